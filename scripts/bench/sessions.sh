#!/usr/bin/env bash
# Milliseconds to read, assemble and append a turn at 200 requests a second against a scripted upstream, for sessions of 10 and of 200 turns
# that are hit at random. The requests are made in the same process: cpu_share_of_one_core is of both.
# Usage: scripts/bench/sessions.sh [SESSIONS [SECONDS]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet build "$root/tests/MultiTurnTrainer.Benchmarks" -c Release -v q -nologo >&2
lscpu | sed -n 's/^Model name: */machine: /p'
for turns in 10 200; do
  "$root/artifacts/bin/MultiTurnTrainer.Benchmarks/release/MultiTurnTrainer.Benchmarks" session-store \
    "$root/src/MultiTurnTrainer.Cli/Presets/tiny/model" "$folder/$turns.db" "${1:-10000}" "$turns" "${2:-30}"
  rm -f "$folder/$turns.db"*
done
