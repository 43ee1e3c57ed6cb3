#!/usr/bin/env python3
"""A straightforward PyTorch decoding loop, the anchor for `mtt generate` (scripts/bench/generate.sh).

  generate.py make FOLDER                          a random Llama of SmolLM2-135M's shape, and prompts.jsonl beside it
  generate.py run FOLDER PROMPTS NEW_TOKENS BATCH  greedy ids, one line a prompt; new tokens per second on stderr

Llama-style models only: left-padded prompts, a key-value cache grown by `cat`.
"""
import json
import os
import random
import struct
import sys
import time

import torch
import torch.nn.functional as F


def load(folder):
    config = json.load(open(f"{folder}/config.json"))
    data = open(f"{folder}/model.safetensors", "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            raw = bytearray(data[8 + length + begin : 8 + length + end])
            weights[name] = torch.frombuffer(raw, dtype=torch.float32).reshape(entry["shape"])
    return config, weights


def norm(x, w, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * w


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Decoder:
    def __init__(self, config, weights):
        self.c, self.w = config, weights
        self.d = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        self.inv = config["rope_theta"] ** (-torch.arange(0, self.d, 2).float() / self.d)
        self.cache = [None] * config["num_hidden_layers"]

    def step(self, ids, positions, mask):
        c, w = self.c, self.w
        heads, kv = c["num_attention_heads"], c["num_key_value_heads"]
        angle = positions[:, None, :, None] * self.inv
        cos, sin = angle.cos(), angle.sin()
        x = F.embedding(ids, w["model.embed_tokens.weight"])
        rows, new, _ = x.shape
        for layer in range(c["num_hidden_layers"]):
            p = f"model.layers.{layer}."
            h = norm(x, w[p + "input_layernorm.weight"], c["rms_norm_eps"])
            q = F.linear(h, w[p + "self_attn.q_proj.weight"]).view(rows, new, heads, self.d).transpose(1, 2)
            k = F.linear(h, w[p + "self_attn.k_proj.weight"]).view(rows, new, kv, self.d).transpose(1, 2)
            v = F.linear(h, w[p + "self_attn.v_proj.weight"]).view(rows, new, kv, self.d).transpose(1, 2)
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
            if self.cache[layer] is not None:
                k = torch.cat((self.cache[layer][0], k), 2)
                v = torch.cat((self.cache[layer][1], v), 2)
            self.cache[layer] = (k, v)
            q = q.reshape(rows, kv, heads // kv * new, self.d)
            scores = (q @ k.transpose(2, 3)) * self.d**-0.5
            scores = scores.view(rows, heads, new, -1) + mask
            out = (scores.softmax(-1).view(rows, kv, heads // kv * new, -1) @ v).view(rows, heads, new, self.d)
            x = x + F.linear(out.transpose(1, 2).reshape(rows, new, -1), w[p + "self_attn.o_proj.weight"])
            h = norm(x, w[p + "post_attention_layernorm.weight"], c["rms_norm_eps"])
            gate = F.silu(F.linear(h, w[p + "mlp.gate_proj.weight"]))
            x = x + F.linear(gate * F.linear(h, w[p + "mlp.up_proj.weight"]), w[p + "mlp.down_proj.weight"])
        x = norm(x[:, -1], w["model.norm.weight"], c["rms_norm_eps"])
        head = "model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"
        return F.linear(x, w[head])


@torch.no_grad()
def generate(config, weights, prompts, new_tokens):
    decoder = Decoder(config, weights)
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    start = torch.tensor([longest - len(p) for p in prompts])
    columns = torch.arange(longest)
    hidden = (columns[None, None, :] > columns[None, :, None]) | (columns[None, None, :] < start[:, None, None])
    hidden = hidden & ~torch.eye(longest, dtype=torch.bool)
    mask = torch.zeros(hidden.shape).masked_fill(hidden, float("-inf"))[:, None]
    began = time.perf_counter()
    token = decoder.step(ids, (columns[None] - start[:, None]).clamp(min=0), mask).argmax(-1)
    prefill = time.perf_counter() - began
    out = [token]
    began = time.perf_counter()
    for step in range(1, new_tokens):
        columns = torch.arange(longest + step)
        mask = torch.zeros(len(prompts), 1, 1, longest + step)
        mask.masked_fill_((columns[None, :] < start[:, None])[:, None, None], float("-inf"))
        token = decoder.step(token[:, None], (longest + step - 1 - start)[:, None], mask).argmax(-1)
        out.append(token)
    return torch.stack(out, 1).tolist(), prefill, time.perf_counter() - began


def make(folder):
    os.makedirs(folder, exist_ok=True)
    hidden, middle, layers, vocabulary = 576, 1536, 30, 49152
    config = dict(
        model_type="llama",
        hidden_size=hidden,
        intermediate_size=middle,
        num_hidden_layers=layers,
        num_attention_heads=9,
        num_key_value_heads=3,
        vocab_size=vocabulary,
        max_position_embeddings=2048,
        rms_norm_eps=1e-5,
        rope_theta=10000,
        tie_word_embeddings=True,
        hidden_act="silu",
        torch_dtype="float32",
        eos_token_id=2,
    )
    shapes = {"model.embed_tokens": (vocabulary, hidden), "model.norm": (hidden,)}
    for layer in range(layers):
        p = f"model.layers.{layer}."
        shapes |= {p + "input_layernorm": (hidden,), p + "post_attention_layernorm": (hidden,)}
        shapes |= {p + f"self_attn.{n}_proj": (hidden, hidden) for n in "qo"}
        shapes |= {p + f"self_attn.{n}_proj": (hidden // 3, hidden) for n in "kv"}
        shapes |= {p + "mlp.gate_proj": (middle, hidden), p + "mlp.up_proj": (middle, hidden)}
        shapes[p + "mlp.down_proj"] = (hidden, middle)
    torch.manual_seed(0)
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 4 * torch.Size(shape).numel()
        header[name + ".weight"] = dict(dtype="F32", shape=shape, data_offsets=[offset, offset + size])
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{folder}/model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for shape in shapes.values():
            weight = torch.ones(shape) if len(shape) == 1 else torch.randn(shape) * 0.04
            file.write(weight.numpy().tobytes())
    json.dump(config, open(f"{folder}/config.json", "w"))
    random.seed(1)
    with open(f"{folder}/prompts.jsonl", "w") as file:
        for _ in range(8):
            ids = [random.randrange(3, vocabulary) for _ in range(random.randrange(40, 120))]
            file.write(json.dumps({"input_ids": ids}) + "\n")


def run(folder, prompts_file, new_tokens, batch):
    config, weights = load(folder)
    prompts = [json.loads(line)["input_ids"] for line in open(prompts_file)]
    total, prefill, decode = 0, 0.0, 0.0
    for i in range(0, len(prompts), batch):
        ids, p, d = generate(config, weights, prompts[i : i + batch], new_tokens)
        prefill, decode, total = prefill + p, decode + d, total + sum(map(len, ids))
        for row in ids:
            print(json.dumps({"ids": row}))
    print(f"prefill {prefill:.2f} s, {total} new tokens in {decode:.2f} s ({total / decode:.1f} tokens/s)", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
