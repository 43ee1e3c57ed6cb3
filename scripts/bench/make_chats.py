#!/usr/bin/env python3
"""Writes a chat-like JSONL file of a given size from shared/data/chats: the input of the masking benchmark.

usage: make_chats.py CHATS_FOLDER OUTPUT [MEGABYTES=200]

Instruction pairs become conversations of two to six turns; ShareGPT rows and agent trajectories with tools keep theirs.
The same sources are drawn again in another order until the size is reached. Same input, same bytes.
"""
import json
import pathlib
import random
import sys

SHAREGPT = {"human": "user", "gpt": "assistant", "function_call": "assistant", "observation": "tool", "system": "system"}


def pairs(folder):
    for name in ("llamafactory__alpaca_en_demo.json", "llamafactory__alpaca_zh_demo.json"):
        for row in json.loads((folder / name).read_text()):
            question = "\n".join(part for part in (row["instruction"], row.get("input")) if part)
            yield [{"role": "user", "content": question}, {"role": "assistant", "content": row["output"]}]


def whole(folder):
    for name in ("llamafactory__glaive_toolcall_en_demo.json", "llamafactory__glaive_toolcall_zh_demo.json",
                 "fastchat__dummy_conversation.json"):
        for row in json.loads((folder / name).read_text()):
            yield [{"role": SHAREGPT[m["from"]], "content": m["value"]} for m in row["conversations"]]
    for name in ("mistral_cookbook__fib-train.jsonl", "datajuicer__data_demo-dataset-chatml.jsonl"):
        for line in (folder / name).read_text().splitlines():
            messages = json.loads(line).get("messages") if line.strip() else None
            if messages and all(isinstance(m.get("content"), str) for m in messages):
                yield [{"role": m["role"], "content": m["content"]} for m in messages]
    for row in json.loads((folder / "taubench__gpt-4o-airline.json").read_text()):
        # Templates differ about a null content; none refuses an empty one.
        yield [{key: value or "" for key, value in m.items() if key == "content" or value is not None and key in
                ("role", "tool_calls", "tool_call_id", "name")} for m in row["traj"]]


def main():
    folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    limit = int(sys.argv[3] if len(sys.argv) > 3 else 200) * 1_000_000
    draw = random.Random(20261121)
    short, long = list(pairs(folder)), list(whole(folder))
    size = number = 0
    with output.open("w", encoding="utf-8", newline="\n") as file:
        while size < limit:
            draw.shuffle(short)
            draw.shuffle(long)
            rest, rows = short[:], long[:]
            while rest:
                turns = draw.randint(2, 6)
                rows.append([message for pair in rest[:turns] for message in pair])
                rest = rest[turns:]
            draw.shuffle(rows)
            for messages in rows:
                line = json.dumps({"id": f"chat-{number}", "messages": messages}, ensure_ascii=False) + "\n"
                file.write(line)
                size += len(line.encode())
                number += 1
                if size >= limit:
                    break
    print(f"{output}: {number} conversations, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
