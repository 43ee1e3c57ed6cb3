#!/usr/bin/env bash
# Start-up: least processor time of nine runs each of mtt --help and of mtt validate on a small file, beside python3 -c pass.
#   scripts/bench/start.sh [MTT]
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 - "${1:-./mtt}" datasets/chat/chat.jsonl <<'PYTHON'
import resource, subprocess, sys


def least(command):
    best = float("inf")
    for _ in range(9):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


mtt, rows = sys.argv[1:]
for command in (["python3", "-c", "pass"], [mtt, "--version"], [mtt, "--help"], [mtt, "validate", "--help"], [mtt, "validate", rows]):
    print(f"{least(command) * 1000:5.0f} ms  {' '.join(command)}")
PYTHON
