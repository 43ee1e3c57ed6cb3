"""The anchor of `scripts/bench.sh train`: the same LoRA steps in plain PyTorch, on the same libtorch.

Reads a model folder written by `mtt init`-style tools (config.json, model.safetensors) and token rows (JSONL), trains r=16 on all
linears and prints tokens per second. `--head naive` computes every row of the logits, `--head filtered` only supervised
rows (the strongest plain loop). Attention is batched: rows have one length.
"""

import argparse
import json
import math
import struct
import time

import torch
import torch.nn.functional as F


def load_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        dtype = {"F32": torch.float32, "BF16": torch.bfloat16}[entry["dtype"]]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=dtype).reshape(entry["shape"]).clone()
    return tensors


class LoraLinear(torch.nn.Module):
    def __init__(self, weight, rank, alpha, dtype):
        super().__init__()
        self.weight = weight.to(dtype)
        self.scale = alpha / rank
        self.a = torch.nn.Parameter(torch.empty(rank, weight.shape[1]))
        torch.nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))
        self.b = torch.nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x):
        update = F.linear(F.linear(x, self.a.to(x.dtype)), self.b.to(x.dtype))
        return F.linear(x, self.weight) + update * self.scale


def rms_norm(x, weight, eps):
    wide = x.float()
    wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    return weight * wide.to(x.dtype)


class Block(torch.nn.Module):
    def __init__(self, tensors, prefix, config, args, dtype):
        super().__init__()
        self.config = config
        self.n1 = tensors[prefix + "input_layernorm.weight"].to(dtype)
        self.n2 = tensors[prefix + "post_attention_layernorm.weight"].to(dtype)
        for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
                     "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"):
            linear = LoraLinear(tensors[prefix + name + ".weight"], args.rank, args.alpha, dtype)
            setattr(self, name.split(".")[1], linear)

    def forward(self, x, cos, sin, mask):
        c = self.config
        heads, dim = c["num_attention_heads"], c["hidden_size"] // c["num_attention_heads"]
        batch, length, _ = x.shape
        h = rms_norm(x, self.n1, c["rms_norm_eps"])
        q, k, v = (p(h).view(batch, length, -1, dim).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        rotate = lambda t: torch.cat((-t[..., dim // 2:], t[..., : dim // 2]), -1)
        q, k = q * cos + rotate(q) * sin, k * cos + rotate(k) * sin
        repeat = heads // k.shape[1]
        if repeat > 1:
            k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(dim) + mask
        weights = torch.softmax(scores, -1, dtype=torch.float32).to(q.dtype)
        x = x + self.o_proj(torch.matmul(weights, v).transpose(1, 2).reshape(batch, length, -1))
        h = rms_norm(x, self.n2, c["rms_norm_eps"])
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--head", default="filtered", choices=["naive", "filtered"])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--threads", type=int, help="Debian's libtorch takes one core unless told")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    dtype = getattr(torch, args.dtype)
    config = json.load(open(args.model + "/config.json"))
    tensors = load_safetensors(args.model + "/model.safetensors")
    embed = tensors["model.embed_tokens.weight"].to(dtype)
    head = tensors.get("lm_head.weight", tensors["model.embed_tokens.weight"]).to(dtype)
    norm = tensors["model.norm.weight"].to(dtype)
    blocks = [Block(tensors, f"model.layers.{i}.", config, args, dtype) for i in range(config["num_hidden_layers"])]
    parameters = [p for block in blocks for p in block.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0)
    rows = [json.loads(line) for line in open(args.train)]
    length = len(rows[0]["input_ids"])
    dim = config["hidden_size"] // config["num_attention_heads"]
    theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
    angles = torch.outer(torch.arange(length), theta ** (-torch.arange(0, dim, 2) / dim))
    cos, sin = (torch.cat((f(angles), f(angles)), -1).to(dtype) for f in (torch.cos, torch.sin))
    mask = torch.full((length, length), float("-inf")).triu(1).to(dtype)
    times, losses = [], []
    for step in range(args.steps):
        batch = [rows[(step * args.batch + i) % len(rows)] for i in range(args.batch)]
        ids = torch.tensor([row["input_ids"] for row in batch])
        labels = torch.tensor([row["labels"] for row in batch])
        begin = time.perf_counter()
        x = F.embedding(ids, embed)
        for block in blocks:
            x = block(x, cos, sin, mask)
        x = rms_norm(x, norm, config["rms_norm_eps"])[:, :-1].reshape(-1, config["hidden_size"])
        targets = labels[:, 1:].reshape(-1)
        if args.head == "filtered":
            keep = (targets != -100).nonzero().squeeze(1)
            x, targets = x[keep], targets[keep]
        loss = F.cross_entropy(F.linear(x, head).float(), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        times.append(time.perf_counter() - begin)
    median = sorted(times[1:])[len(times[1:]) // 2]
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(json.dumps({
        "what": f"PyTorch {torch.__version__} {args.head} {args.dtype}",
        "tokens_per_second": round(args.batch * length / median, 1),
        "losses": [round(value, 6) for value in losses],
        "peak_memory_mb": round(peak, 1),
    }))


if __name__ == "__main__":
    main()
