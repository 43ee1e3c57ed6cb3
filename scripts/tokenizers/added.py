"""Writes vectors for added tokens that stand in tokenizer_config.json: what HuggingFace's library makes of a tokenizer.json
after the tokens of added_tokens_decoder, by rising id, and then the named special tokens were added, as transformers does.

Usage: PYTHONPATH=folder-with-the-unpacked-wheel-of-tokenizers-0.23.3 python3 added.py OUT.jsonl.gz
"""

import gzip
import json
import random
import sys

from tokenizers import AddedToken, Tokenizer

CONTENTS = ["<a>", "<b>", "<|c|>", "[D]", "</s>", "hello", "lo w", "H", "e", "  ", "É"]
FLAGS = ["single_word", "lstrip", "rstrip", "normalized", "special"]
NORMALIZERS = [None, {"type": "Lowercase"}, {"type": "Prepend", "prepend": "_"}]
NAMED = ["bos_token", "eos_token", "pad_token", "unk_token"]


def token(rng, content):
    return {"content": content} | {flag: rng.random() < 0.4 for flag in FLAGS}


def model():
    letters = {chr(c): c - 32 for c in range(32, 127)}
    merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("<", "/"), ("</", "s"), ("</s", ">")]
    vocab = letters | {a + b: len(letters) + i for i, (a, b) in enumerate(merges)}
    return {"type": "BPE", "vocab": vocab, "merges": [list(m) for m in merges]}


def case(rng):
    own = [token(rng, c) | {"id": 0} for c in rng.sample(CONTENTS, rng.randint(0, 4))]
    file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": own}
    file |= {"normalizer": rng.choice(NORMALIZERS), "pre_tokenizer": None, "post_processor": None}
    file |= {"decoder": None, "model": model()}
    declared = rng.sample(CONTENTS, rng.randint(1, 6))
    ids = sorted(rng.sample(range(90, 140), len(declared)))
    config = {"added_tokens_decoder": {str(i): token(rng, c) for i, c in zip(ids, declared)}}
    # Named tokens that nothing knows are left out: mtt refuses to make ids that the model does not have.
    known = declared + [t["content"] for t in own] + list(file["model"]["vocab"])
    for name in rng.sample(NAMED, 2):
        config[name] = rng.choice([c for c in CONTENTS + ["hell"] if c in known])
    return json.dumps(file), config


def reference(file, config):
    tokenizer = Tokenizer.from_str(file)
    named = [config[name] for name in NAMED if name in config]
    tokens = []
    for _, entry in sorted(config["added_tokens_decoder"].items(), key=lambda item: int(item[0])):
        flags = {flag: entry[flag] for flag in FLAGS}
        flags["special"] |= entry["content"] in named
        tokens.append(AddedToken(entry["content"], **flags))
    added = {t.content for t in tokenizer.get_added_tokens_decoder().values()} | {t.content for t in tokens}
    tokens += [AddedToken(content, special=True) for content in dict.fromkeys(named) if content not in added]
    tokenizer.add_tokens(tokens)
    return tokenizer


def main():
    rng = random.Random(20261128)
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as out:
        for _ in range(150):
            file, config = case(rng)
            tokenizer = reference(file, config)
            cases = []
            for _ in range(12):
                parts = CONTENTS + [" ", "  ", "x", "hell", "ello", "low", "É", "_"]
                t = "".join(rng.choice(parts) for _ in range(rng.randint(1, 8)))
                try:
                    encoding = tokenizer.encode(t, add_special_tokens=False)
                except BaseException as problem:
                    # The library's own panic over some overlapping tokens is no Exception.
                    if "bad split" not in str(problem):
                        raise
                    continue
                offsets = [n for pair in encoding.offsets for n in pair]
                cases.append(
                    {"t": t, "i": encoding.ids, "o": offsets, "s": encoding.ids, "so": offsets}
                    | {"d": tokenizer.decode(encoding.ids, skip_special_tokens=False)}
                    | {"k": tokenizer.decode(encoding.ids, skip_special_tokens=True)}
                )
            line = {"tokenizer": file, "config": json.dumps(config), "cases": cases}
            out.write((json.dumps(line, ensure_ascii=False) + "\n").encode())


main()
