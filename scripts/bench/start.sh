#!/usr/bin/env bash
# Start-up: least processor time of nine runs each of mtt --help and of mtt validate on a small file, beside python3 -c pass; then least
# wall time of three from the call of mtt train to its first step on a tiny model.
#   scripts/bench/start.sh [MTT]
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 - "$(realpath "${1:-./mtt}")" datasets/chat/chat.jsonl <<'PYTHON'
import os, resource, subprocess, sys, tempfile, time


def least(command):
    best = float("inf")
    for _ in range(9):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


def first_step(command, folder):
    taken = None
    begun = time.monotonic()
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in run.stdout:
        if taken is None and line.startswith("step 1/"):
            taken = time.monotonic() - begun
    if run.wait() != 0 or taken is None:
        sys.exit("mtt train failed, or told of no first step")
    return taken


mtt, rows = sys.argv[1:]
for command in (["python3", "-c", "pass"], [mtt, "--version"], [mtt, "--help"], [mtt, "validate", "--help"], [mtt, "validate", rows]):
    print(f"{least(command) * 1000:5.0f} ms  {' '.join(command)}")
with tempfile.TemporaryDirectory() as folder:
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    subprocess.run([mtt, "init", "--preset", "tiny", "demo"], **quiet)
    subprocess.run([mtt, "mask", "demo/data/chat.jsonl", "--model", "demo/model", "--output", "rows.parquet"], **quiet)
    train = [mtt, "train", "--model", "demo/model", "--train", "rows.parquet", "--max-steps", "3", "--output"]
    best = min(first_step([*train, f"adapter{turn}"], folder) for turn in range(3))
    print(f"{best * 1000:5.0f} ms  wall, mtt train on the tiny model to its first step")
PYTHON
