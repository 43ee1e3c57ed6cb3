"""Runs every golden of the test suite through mtt on a device and prints the largest errors beside the tolerances.

Single precision must give the reference's numbers. bfloat16, which takes other operators on a GPU (flash attention, products with wide
results), must come near its losses."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tensors

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTT = os.environ.get("MTT", str(ROOT / "mtt"))
MODELS = ROOT / "tests" / "MultiTurnTrainer.Models.Tests" / "Goldens"
RUNS = ROOT / "tests" / "MultiTurnTrainer.Training.Tests" / "Goldens"


def mtt(*args):
    done = subprocess.run([MTT, *map(str, args)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"mtt {' '.join(map(str, args))}\n{done.stderr}")
    return done.stdout


def rows(path, sequences):
    with open(path, "w") as file:
        for name, sequence in sequences:
            file.write(json.dumps({"id": name, "input_ids": sequence["input_ids"], "labels": sequence["labels"]}) + "\n")


def difference(a, b):
    return (a.float() - b.float()).abs().max().item() if a.numel() else 0.0


def train(case, flags, dtype, device, work):
    out = work / f"out-{dtype}"
    mtt("train", "--model", case, "--device", device, "--dtype", dtype, "--train", work / "train.jsonl", "--init-adapter", case / "adapter",
        "--no-shuffle", "--output", out, "--force", *flags)
    lines = (out / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines if "loss" in line], tensors.load(out / "adapter_model.safetensors")


def check(case, device, work):
    expected = case / "expected"
    batch = json.loads((case / "batch.json").read_text())["sequences"]
    common = ["--model", case, "--device", device, "--dtype", "float32"]
    results = {}

    rows(work / "rows.jsonl", [(f"s{i}", sequence) for i, sequence in enumerate(batch)])
    gold = tensors.load(expected / "logits.safetensors")
    for kind, extra in (("base", []), ("adapter", ["--adapter", case / "adapter"])):
        mtt("score", work / "rows.jsonl", *common, *extra, "--logits", work / f"{kind}.safetensors")
        found = tensors.load(work / f"{kind}.safetensors")
        results[f"logits {kind}"] = (max(difference(found[f"s{i}"], gold[f"logits.{kind}.{i}"]) for i in range(len(batch))), 1e-4)

    runs = json.loads((expected / "generation.json").read_text())["runs"]
    (work / "prompts.jsonl").write_text("".join(json.dumps({"input_ids": run["prompt"]}) + "\n" for run in runs))
    for kind, extra in (("base", []), ("adapter", ["--adapter", case / "adapter"])):
        out = mtt("generate", work / "prompts.jsonl", *common, *extra, "--max-new-tokens", 20, "--temperature", 0, "--ignore-eos")
        lines = [json.loads(line) for line in out.splitlines()]
        results[f"greedy {kind}"] = (sum(line["ids"] != run[kind] for line, run in zip(lines, runs)), 0)
    # The families that this repository made goldens for have no training run.
    return results | (check_training(case, batch, device, work) if (RUNS / case.name).is_dir() else {})


def check_training(case, batch, device, work):
    results = {}
    run = json.loads((RUNS / case.name / "train.json").read_text())
    optimizer = run["optimizer"]
    steps = [[i for micro in step["micro_batches"] for i in micro["sequences"]] for step in run["steps"]]
    width = max(map(len, steps))
    # Steps have different numbers of sequences; a sequence without a label fills them up and changes nothing.
    blank = next(s for s in batch if all(label == -100 for label in s["labels"][1:]) and len(s["input_ids"]) > 1)
    listed = [(f"{n}-{k}", batch[step[k]] if k < len(step) else blank) for n, step in enumerate(steps) for k in range(width)]
    rows(work / "train.jsonl", listed)
    settings = {
        "learning_rate": optimizer["lr"], "lr_scheduler_type": "cosine_with_min_lr", "min_lr_ratio": optimizer["floor"],
        "warmup_steps": optimizer["warmup_steps"], "weight_decay": optimizer["weight_decay"], "max_grad_norm": optimizer["max_grad_norm"],
        "per_device_train_batch_size": 1, "gradient_accumulation_steps": width, "max_steps": optimizer["total_steps"],
    }
    flags = [flag for key, value in settings.items() for flag in ("--set", f"train.{key}={value}")]
    wanted = [step["loss"] for step in run["steps"]]
    losses, found = train(case, flags, "float32", device, work)
    results["loss of ten steps"] = (max(abs(a - b) for a, b in zip(losses, wanted, strict=True)), 1e-5)
    gold = tensors.load(RUNS / case.name / "final_adapter.safetensors")
    if set(found) != set(gold):
        raise RuntimeError(f"adapter keys differ: {sorted(set(found) ^ set(gold))[:4]}")
    results["adapter after ten steps"] = (max(difference(found[key], gold[key]) for key in gold), 1e-4)
    losses, first = train(case, flags, "bfloat16", device, work)
    results["loss of ten steps, bf16"] = (max(abs(a - b) for a, b in zip(losses, wanted, strict=True)), 5e-2)
    _, second = train(case, flags, "bfloat16", device, work)
    results["bf16 twice, other values"] = (sum((first[key] != second[key]).sum().item() for key in first), 0)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("cases", nargs="*", help="names of goldens; all by default")
    options = parser.parse_args()
    failed = 0

    def run(case):
        with tempfile.TemporaryDirectory() as work:
            return check(case, options.device, pathlib.Path(work))

    cases = [path for path in sorted(MODELS.iterdir()) if path.is_dir() and (path.name in options.cases or not options.cases)]
    # A GPU is idle while a process starts; a processor is not.
    with concurrent.futures.ThreadPoolExecutor(4 if options.device == "cuda" else 1) as pool:
        for case, future in [(case, pool.submit(run, case)) for case in cases]:
            try:
                results = future.result()
            except (RuntimeError, KeyError, ValueError, OSError) as problem:
                print(f"{case.name:20} FAILED {problem}", flush=True)
                failed += 1
                continue
            for name, (error, tolerance) in results.items():
                bad = error > tolerance
                failed += bad
                print(f"{case.name:20} {name:26} {error:10.2e}  tolerance {tolerance:g}{'  <-- over' if bad else ''}", flush=True)
    print(f"{failed} over tolerance")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
