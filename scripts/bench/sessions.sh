#!/usr/bin/env bash
# Milliseconds of a turn of the built mtt serve, and of its parts, at 200 requests a second against a scripted upstream, for sessions of 10
# and of 200 turns that are hit at random. Requests and upstream are of another process, whose own CPU is reported beside the server's.
# Usage: scripts/bench/sessions.sh [SESSIONS [SECONDS [TURNS …]]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet build "$root/tests/MultiTurnTrainer.Benchmarks" -c Release -v q -nologo >&2
dotnet build "$root/src/MultiTurnTrainer.Cli" -c Release -v q -nologo >&2
lscpu | sed -n 's/^Model name: */machine: /p'
sessions=${1:-10000} seconds=${2:-30}
if [ $# -gt 2 ]; then turns=("${@:3}"); else turns=(10 200); fi
for count in "${turns[@]}"; do
  mkdir "$folder/$count"
  "$root/artifacts/bin/MultiTurnTrainer.Benchmarks/release/MultiTurnTrainer.Benchmarks" session-load \
    "$root/artifacts/bin/MultiTurnTrainer.Cli/release/mtt" "$folder/$count" "$sessions" "$count" "$seconds"
  rm -r "${folder:?}/$count"
done
