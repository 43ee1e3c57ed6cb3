#!/usr/bin/env bash
# Decoding on the CPU: `mtt generate` beside a straightforward PyTorch loop on the same libtorch, alternating.
#   scripts/bench/generate.sh [ROUNDS]
# Checks that both choose the same tokens. Needs python3 with torch and a built mtt (dotnet build -c Release).
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3}
mtt=artifacts/bin/MultiTurnTrainer.Cli/release/mtt
model=artifacts/bench/generate
[ -e $model/config.json ] || /usr/bin/python3 scripts/bench/generate.py make $model
head -n 2 $model/prompts.jsonl > $model/two.jsonl
for round in $(seq "$rounds"); do
  for batch in 1 8; do
    prompts=$model/$([ $batch = 1 ] && echo two || echo prompts).jsonl
    echo "batch $batch, round $round"
    printf '  pytorch  '
    /usr/bin/python3 scripts/bench/generate.py run $model $prompts 64 $batch 2>&1 > $model/pytorch.jsonl
    printf '  mtt      '
    $mtt generate $prompts --model $model --max-new-tokens 64 --ignore-eos --batch-size $batch 2>&1 > $model/mtt.jsonl
    cmp -s <(jq -c .ids $model/pytorch.jsonl) <(jq -c .ids $model/mtt.jsonl) || { echo "  the tokens differ"; exit 1; }
  done
done
