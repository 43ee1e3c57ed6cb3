#!/usr/bin/env bash
# From nothing to a trained adapter: set up, look at bad data, look at masks, train, compare answers.
#   scripts/quickstart.sh [FOLDER]     default .quickstart
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --quick
root=$PWD
project=${1:-.quickstart}
rm -rf "$project"
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

step "1. A starter project: a tiny model, its tokenizer, 126 conversations, settings"
./mtt init --preset tiny "$project"
cd "$project"
mtt() { "$root/mtt" "$@"; }

step "2. What mtt validate says of bad data (exit code 1 is the point)"
mtt validate "$root/datasets/broken/broken.jsonl" | tail -n 45 || true

step "3. The sample conversations are fine"
mtt validate data/chat.jsonl data/eval.jsonl

step "4. What is supervised: only the assistant's own words and its stop token"
mtt mask data/chat.jsonl --model model --show 3

step "5. The support conversations, prepared and masked for training"
mtt prepare data/chat.jsonl --output support --filter 'id startswith "support"'
mtt mask support/data.jsonl --model model --output rows.parquet

ask='{"messages": [{"role": "user", "content": "How do I clean the lamp?"}]}
{"messages": [{"role": "user", "content": "Can I return the lamp?"}]}'
answer() { printf '%s\n' "$ask" | mtt generate - --model model --max-new-tokens 60 "$@" 2>/dev/null; }
step "6. The answer before training"
answer | tee before.json

step "7. Training a LoRA adapter (under two minutes on two CPU cores)"
mtt train --model model --train rows.parquet --eval data/eval.jsonl --output adapter

step "8. The adapter, as PEFT writes it"
ls -l adapter

step "9. The answer after training"
answer --adapter adapter | tee after.json
