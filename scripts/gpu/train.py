"""LoRA r=16 on all linear layers of a Llama with random weights, packed to 4096 tokens: mtt beside transformers + peft.

Prints tokens per second (median of the steps after the warm-up), peak GPU memory and the ratio, from one run on one machine."""

import argparse
import gc
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import torch

import tensors

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTT = os.environ.get("MTT", str(ROOT / "mtt"))
SIZES = {
    # name: hidden, intermediate, layers, heads, kv heads, vocabulary
    "8b": (4096, 14336, 32, 32, 8, 128256),
    "1b": (2048, 8192, 16, 32, 8, 128256),
    "dry": (64, 128, 2, 4, 2, 512),
}


def make_model(folder, size, device):
    hidden, intermediate, layers, heads, kv, vocabulary = SIZES[size]
    head_dim = hidden // heads
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": hidden, "intermediate_size": intermediate,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": kv, "head_dim": head_dim,
        "vocab_size": vocabulary, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "hidden_act": "silu", "rope_theta": 500000.0,
        "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False, "torch_dtype": "bfloat16", "dtype": "bfloat16", "bos_token_id": 1, "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config))
    shapes = {"model.embed_tokens.weight": (vocabulary, hidden), "lm_head.weight": (vocabulary, hidden), "model.norm.weight": (hidden,)}
    for layer in range(layers):
        at = f"model.layers.{layer}"
        shapes |= {
            f"{at}.self_attn.q_proj.weight": (heads * head_dim, hidden), f"{at}.self_attn.k_proj.weight": (kv * head_dim, hidden),
            f"{at}.self_attn.v_proj.weight": (kv * head_dim, hidden), f"{at}.self_attn.o_proj.weight": (hidden, heads * head_dim),
            f"{at}.mlp.gate_proj.weight": (intermediate, hidden), f"{at}.mlp.up_proj.weight": (intermediate, hidden),
            f"{at}.mlp.down_proj.weight": (hidden, intermediate),
            f"{at}.input_layernorm.weight": (hidden,), f"{at}.post_attention_layernorm.weight": (hidden,),
        }
    generator = torch.Generator(device).manual_seed(1)
    weights = {
        name: torch.ones(shape, dtype=torch.bfloat16)
        if len(shape) == 1
        else torch.empty(shape, dtype=torch.bfloat16, device=device).normal_(0, 0.02, generator=generator).cpu()
        for name, shape in shapes.items()
    }
    tensors.save(folder / "model.safetensors", weights)
    if device == "cuda":
        # The card's memory is mtt's now.
        torch.cuda.empty_cache()


def make_rows(path, vocabulary, length, per_pack, packs, share):
    generator = torch.Generator().manual_seed(2)
    with open(path, "w") as file:
        for n in range(packs * per_pack):
            ids = torch.randint(3, vocabulary, (length // per_pack,), generator=generator).tolist()
            first = round(len(ids) * (1 - share))
            file.write(json.dumps({"id": str(n), "input_ids": ids, "labels": [-100] * first + ids[first:]}) + "\n")


def run_mtt(model, rows, work, device, length, steps, warmup, dtype):
    settings = {
        "train.packing": "true", "train.max_length": length, "train.per_device_train_batch_size": 1, "train.gradient_accumulation_steps": 1,
        "train.max_steps": steps, "train.learning_rate": 1e-4, "lora.r": 16, "lora.lora_alpha": 32, "lora.target_modules": "all-linear",
    }
    flags = [flag for key, value in settings.items() for flag in ("--set", f"{key}={value}")]
    done = subprocess.run(
        [MTT, "train", "--model", model, "--train", rows, "--output", work / "adapter", "--device", device, "--dtype", dtype, "--force", *flags],
        capture_output=True, text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-3000:])
    lines = [json.loads(line) for line in (work / "adapter" / "metrics.jsonl").read_text().splitlines()]
    steady = [line for line in lines if "tokens_per_second" in line][warmup:]
    return statistics.median(line["tokens_per_second"] for line in steady), steady[-1]


def run_peft(model, device, vocabulary, length, per_pack, steps, warmup, share, dtype, checkpointing):
    """The same tokens a step: as many conversations of equal length, which need no padding, side by side."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype), attn_implementation="sdpa").to(device)
    net = get_peft_model(base, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))
    net.config.use_cache = False
    net.train()
    if checkpointing:
        net.enable_input_require_grads()
        net.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-4)
    generator = torch.Generator().manual_seed(2)
    rates = []
    for _ in range(steps):
        ids = torch.randint(3, vocabulary, (per_pack, length // per_pack), generator=generator).to(device)
        labels = ids.clone()
        labels[:, : round(length // per_pack * (1 - share))] = -100
        if device == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        net(input_ids=ids, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in net.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if device == "cuda":
            torch.cuda.synchronize()
        rates.append(length / (time.perf_counter() - started))
    memory = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else float("nan")
    return statistics.median(rates[warmup:]), memory


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--share", type=float, default=1.0, help="share of tokens supervised")
    parser.add_argument("--per-pack", type=int, default=4, help="conversations in a pack")
    options = parser.parse_args()
    device = options.device
    size = options.size or ("8b" if device == "cuda" else "dry")
    length, steps, warmup = (4096, 16, 4) if device == "cuda" else (256, 4, 1)
    dtype = "bfloat16" if device == "cuda" else "float32"
    vocabulary = SIZES[size][-1]
    work = pathlib.Path(tempfile.mkdtemp(prefix="mtt-gpu-train-"))
    try:
        model = work / "model"
        model.mkdir()
        make_model(model, size, device)
        make_rows(work / "rows.jsonl", vocabulary, length, options.per_pack, steps, options.share)
        print(f"Llama {size}, LoRA r=16 on all linear layers, {dtype}, packs of {length} tokens ({options.per_pack} conversations), {options.share:.0%} supervised")
        ours, last = run_mtt(model, work / "rows.jsonl", work, device, length, steps, warmup, dtype)
        print(f"{'mtt':34} {ours:10.0f} tokens/s   {json.dumps({k: v for k, v in last.items() if 'memory' in k or 'mfu' in k})}", flush=True)
        for checkpointing in (False, True):
            name = "transformers + peft" + (", checkpointing" if checkpointing else "")
            try:
                theirs, memory = run_peft(model, device, vocabulary, length, options.per_pack, steps, warmup, options.share, dtype, checkpointing)
                print(f"{name:34} {theirs:10.0f} tokens/s   peak {memory:.1f} GiB   mtt {ours / theirs:.2f}x", flush=True)
            except ImportError as missing:
                print(f"{name:34} not installed here ({missing.name})")
                break
            except torch.OutOfMemoryError:
                print(f"{name:34} out of memory", flush=True)
            gc.collect()
            if device == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
