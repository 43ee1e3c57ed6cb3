#!/usr/bin/env bash
# Milliseconds of a turn of the built mtt serve, and of its parts, at 200 requests a second against a scripted upstream, for sessions of 10
# and of 200 turns that are hit at random; over SQLite, PostgreSQL, and Redis before PostgreSQL, beside one SET of the whole history as JSON in
# SQLite and in Redis; then a burst of 5,000 turns and how far short forms lag behind. Requests and upstream are of another process, whose own
# CPU is reported beside the server's. The databases make the sessions themselves: some minutes for all, and 4 GB of the temporary folder.
# Usage: [STORES="sqlite postgres hybrid"] scripts/bench/sessions.sh [SESSIONS [SECONDS [TURNS …]]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet build "$root/tests/MultiTurnTrainer.Benchmarks" -c Release -v q -nologo >&2
dotnet build "$root/src/MultiTurnTrainer.Cli" -c Release -v q -nologo >&2
benchmarks=$root/artifacts/bin/MultiTurnTrainer.Benchmarks/release/MultiTurnTrainer.Benchmarks
lscpu | sed -n 's/^Model name: */machine: /p'
sessions=${1:-10000} seconds=${2:-12} stores=${STORES:-sqlite postgres hybrid}
if [ $# -gt 2 ]; then turns=("${@:3}"); else turns=(10 200); fi
alone() { # everything that a run leaves is gone before the next
  mkdir "$folder/run"
  "$benchmarks" "$@"
  rm -r "${folder:?}/run"
}
for count in "${turns[@]}"; do
  for store in $stores; do
    alone session-load "$root/artifacts/bin/MultiTurnTrainer.Cli/release/mtt" "$folder/run" "$sessions" "$count" "$seconds" "$store"
  done
  for kind in sqlite redis; do
    alone session-plain "$kind" "$folder/run" "$sessions" "$count" "$seconds"
  done
done
for store in $stores; do
  alone session-burst "$folder/run" "$store"
done
