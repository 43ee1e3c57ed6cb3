#!/usr/bin/env bash
# Plans per second on conversations of 200 turns, beside trimMessages of npm's @langchain/core on the same ones in the same run, and the
# assembled text per second of mtt prepare --policy.
# Usage: scripts/bench/context.sh [CONVERSATIONS]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
count=${1:-400}
model=$root/src/MultiTurnTrainer.Cli/Presets/tiny/model
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --loglevel error --no-audit --no-fund --prefix "$folder" @langchain/core@1.4.0 >/dev/null
dotnet build "$root/tests/MultiTurnTrainer.Benchmarks" -c Release -v q -nologo >&2
dotnet build "$root/src/MultiTurnTrainer.Cli" -c Release -v q -nologo >&2
bin=$root/artifacts/bin

NODE_PATH=$folder/node_modules node "$root/scripts/bench/context.cjs" make "$count" >"$folder/chats.jsonl"
lscpu | sed -n 's/^Model name: */machine: /p'
echo "$count conversations of 200 turns, $(stat -c %s "$folder/chats.jsonl") bytes"
echo -n "mtt: "
"$bin/MultiTurnTrainer.Benchmarks/release/MultiTurnTrainer.Benchmarks" context-plans "$model" "$folder/chats.jsonl"
echo -n "trimMessages: "
NODE_PATH=$folder/node_modules node "$root/scripts/bench/context.cjs" trim "$folder/chats.jsonl"

start=$(date +%s.%N)
"$bin/MultiTurnTrainer.Cli/release/mtt" prepare "$folder/chats.jsonl" --output "$folder/rows" --policy default --model "$model" >&2
end=$(date +%s.%N)
jq -r --argjson s "$(echo "$end - $start" | bc)" \
  '"mtt prepare --policy: \(.assembled_characters / 1e6 | round) MB of prompts in \($s * 10 | round / 10) s, \(.assembled_characters / 1e6 / $s | round) MB/s; \(.rows) rows, tokens ×\(.multiplication)"' \
  "$folder/rows/context.json"
