"""LoRA r=16 on all linears of a 41M-parameter Llama, 4 x 512 tokens a step, a quarter of them supervised: mtt beside plain PyTorch loops
on the same libtorch, the same model and the same rows, alternating in one run. Needs /usr/bin/python3 with torch (Debian's python3-torch).
Where mtt has been built with -p:TorchProvider=TorchSharp too, that build stands beside it.

  scripts/bench/train.py [--dtype float32,bfloat16] [--rounds 2] [--steps 6]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "gpu"))
import tensors  # noqa: E402

MTT = os.environ.get("MTT", str(ROOT / "artifacts/bin/MultiTurnTrainer.Cli/release/mtt"))
TORCHSHARP = str(ROOT / "artifacts/torchsharp/bin/MultiTurnTrainer.Cli/release/mtt")
HIDDEN, INTERMEDIATE, LAYERS, HEADS, VOCABULARY = 512, 1376, 8, 8, 32000
LENGTH, BATCH, SHARE = 512, 4, 0.25


def make_case(folder):
    generator = torch.Generator().manual_seed(1)
    random = lambda *shape: torch.empty(shape).normal_(0, 0.02, generator=generator).to(torch.bfloat16)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": INTERMEDIATE,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "vocab_size": VOCABULARY,
        "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "hidden_act": "silu", "rope_theta": 10000.0, "tie_word_embeddings": True,
        "attention_bias": False, "mlp_bias": False, "torch_dtype": "bfloat16", "bos_token_id": 1, "eos_token_id": 2,
    }
    model = folder / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps(config))
    weights = {"model.embed_tokens.weight": random(VOCABULARY, HIDDEN), "model.norm.weight": torch.ones(HIDDEN, dtype=torch.bfloat16)}
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        for name in ("q", "k", "v", "o"):
            weights[f"{at}self_attn.{name}_proj.weight"] = random(HIDDEN, HIDDEN)
        for name in ("gate", "up"):
            weights[f"{at}mlp.{name}_proj.weight"] = random(INTERMEDIATE, HIDDEN)
        weights[f"{at}mlp.down_proj.weight"] = random(HIDDEN, INTERMEDIATE)
        weights[f"{at}input_layernorm.weight"] = torch.ones(HIDDEN, dtype=torch.bfloat16)
        weights[f"{at}post_attention_layernorm.weight"] = torch.ones(HIDDEN, dtype=torch.bfloat16)
    tensors.save(model / "model.safetensors", weights)
    rows = folder / "rows.jsonl"
    with open(rows, "w") as file:
        for n in range(16):
            ids = torch.randint(3, VOCABULARY, (LENGTH,), generator=generator).tolist()
            # Turns of a conversation: the last quarter of each stretch of 128 tokens is an answer.
            labels = [token if i % 128 >= 128 * (1 - SHARE) else -100 for i, token in enumerate(ids)]
            file.write(json.dumps({"id": str(n), "input_ids": ids, "labels": labels}) + "\n")
    return model, rows


def anchor(model, rows, dtype, head, steps):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/bench/train_reference.py", "--model", model, "--train", rows, "--dtype", dtype, "--head", head,
         "--batch", str(BATCH), "--steps", str(steps), "--threads", str(os.cpu_count())],
        capture_output=True, text=True, check=True,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    return result["tokens_per_second"], result["peak_memory_mb"], result["losses"][0]


def ours(program, model, rows, folder, dtype, steps):
    settings = {
        "train.packing": "false", "train.max_length": LENGTH, "train.per_device_train_batch_size": BATCH,
        "train.gradient_accumulation_steps": 1, "train.max_steps": steps, "train.learning_rate": 1e-4, "train.warmup_steps": 0,
        "lora.r": 16, "lora.lora_alpha": 32, "lora.target_modules": "all-linear",
    }
    flags = [flag for key, value in settings.items() for flag in ("--set", f"{key}={value}")]
    command = [program, "train", "--model", model, "--train", rows, "--output", folder / "adapter", "--dtype", dtype, "--device", "cpu",
               "--no-shuffle", "--force", *flags]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(errors[-3000:])
    lines = [json.loads(line) for line in (folder / "adapter" / "metrics.jsonl").read_text().splitlines()]
    steady = [line["tokens_per_second"] for line in lines if "tokens_per_second" in line][1:]
    return statistics.median(steady), usage.ru_maxrss / 1024, lines[0]["loss"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", default="float32,bfloat16")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--skip-naive", action="store_true")
    parser.add_argument("--skip-anchors", action="store_true", help="only mtt's own programs beside each other")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model, rows = make_case(folder)
        for dtype in options.dtype.split(","):
            results = {}
            for _ in range(options.rounds):
                if not options.skip_naive and not options.skip_anchors:
                    results.setdefault("PyTorch, all rows", []).append(anchor(model, rows, dtype, "naive", options.steps))
                if not options.skip_anchors:
                    results.setdefault("PyTorch, filtered rows", []).append(anchor(model, rows, dtype, "filtered", options.steps))
                results.setdefault("mtt train", []).append(ours(MTT, model, rows, folder, dtype, options.steps))
                if os.path.exists(TORCHSHARP):
                    results.setdefault("mtt train on TorchSharp", []).append(ours(TORCHSHARP, model, rows, folder, dtype, options.steps))
            base = statistics.median(run[0] for run in results.get("PyTorch, filtered rows", results["mtt train"]))
            print(f"{dtype}: torch {torch.__version__}, {os.cpu_count()} cores, {options.rounds} rounds of {options.steps} steps")
            for what, runs in results.items():
                rate = statistics.median(run[0] for run in runs)
                print(f"  {what:24} {rate:8.0f} tokens/s  {rate / base:5.2f}x   {max(run[1] for run in runs):7.0f} MB   first loss {runs[0][2]:.5f}")
        print("\na step beside its products:")
        sys.stdout.flush()
        subprocess.run([MTT, "doctor", "--step", model, "--rows", rows], check=True)


if __name__ == "__main__":
    main()
