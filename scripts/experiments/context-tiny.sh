#!/usr/bin/env bash
# Does it help to train a model under the policy that it is served with? The bookings of maigo-tiny in logs of 20 to 40 turns, longer
# than the window: a LoRA adapter trained on the rows of a policy, one on whole logs, one on logs cut at the window (the oldest tokens
# stay, as most trainers have it); each served with the policy and with everything. Accuracy by turn, by where in the log a detail was
# told, and by how long ago: a table over seeds with paired intervals.
#   scripts/experiments/context-tiny.sh [OUTPUT_FOLDER]                one seed
#   SEEDS="1 2 3 4 5 6 7 8" scripts/experiments/context-tiny.sh        all of it
#   BASES=artifacts/maigo-tiny scripts/experiments/context-tiny.sh     with the data and base models that maigo-tiny.sh has made
#   LOGS=20 PASSES=1 TASKS=10 scripts/experiments/context-tiny.sh      a quick look
# Every file, model and set of answers is kept with a fingerprint of what made it: a run that was stopped goes on. The table is
# OUTPUT_FOLDER/table.json, .md and .html; DOCS=1 also puts it into docs/context.md and keeps the JSON beside this script, for the test
# that compares the two. It needs jq.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/context-tiny}
mtt=${MTT:-./mtt}
seeds=${SEEDS:-1} logs=${LOGS:-800} tasks=${TASKS:-100} passes=${PASSES:-2}
here=scripts/experiments/context-tiny
policy=$here/policy.yaml
budget=486 # What the policy has for a prompt.
mkdir -p "$out"
. scripts/experiments/tiny.sh

into() { local file=$1; shift; "$@" >"$file"; } # FILE COMMAND…: the command's output becomes the file.

# The logs, and the prompts of their last answers: whole, and as the policy has them.
make_logs() {
  local lengthen=(dotnet run $here/booking-logs.cs --)
  head -n "$logs" "$source/data/tasks-train.jsonl" >"$dir/tasks-train.jsonl"
  head -n "$tasks" "$source/data/tasks-eval.jsonl" >"$dir/tasks-eval.jsonl"
  cell "$dir/train.jsonl" "$dir/tasks-train.jsonl" -- "${lengthen[@]}" "$dir/tasks-train.jsonl" "$dir/train.jsonl" "$seed"
  cell "$dir/eval.jsonl" "$dir/tasks-eval.jsonl" -- "${lengthen[@]}" "$dir/tasks-eval.jsonl" "$dir/eval.jsonl" "$seed" 20 25 30 35 40
  for logged in train eval; do
    cell "$dir/$logged-policy" "$dir/$logged.jsonl" $policy -- \
      "$mtt" prepare "$dir/$logged.jsonl" --output "$dir/$logged-policy" --policy $policy --model "$source/base" --force
  done
  cell "$dir/prompts-whole.jsonl" "$dir/eval.jsonl" -- \
    into "$dir/prompts-whole.jsonl" jq -c '{id, messages: .messages[:-1]}' "$dir/eval.jsonl"
  # The last row of each log ends with its last answer.
  cell "$dir/prompts-policy.jsonl" "$dir/eval-policy/data.jsonl" -- into "$dir/prompts-policy.jsonl" jq -c -n \
    'reduce inputs as $row ({}; .[$row.id | split("#")[0]] = $row) | .[] | {id, messages: .messages[:-1]}' "$dir/eval-policy/data.jsonl"
}

make_rows() {
  cell "$dir/policy.jsonl" "$dir/train-policy/data.jsonl" -- \
    "$mtt" mask "$dir/train-policy/data.jsonl" --model "$source/base" --output "$dir/policy.jsonl" --force
  cell "$dir/whole.jsonl" "$dir/train.jsonl" -- "$mtt" mask "$dir/train.jsonl" --model "$source/base" --output "$dir/whole.jsonl" --force
  cell "$dir/start.jsonl" "$dir/whole.jsonl" -- into "$dir/start.jsonl" \
    jq -c --argjson most $budget '{id, input_ids: .input_ids[:$most], labels: .labels[:$most]} | select(any(.labels[]; . != -100))' \
    "$dir/whole.jsonl"
}

train_and_ask() { # policy, whole or start
  cell "$dir/$1" "$source/base/model.safetensors" "$dir/$1.jsonl" -- "$mtt" train --model "$source/base" --train "$dir/$1.jsonl" \
    --output "$dir/$1" --force --batch-size 2 --epochs "$passes" --seed "$seed" --learning-rate 2e-3 --dtype float32 \
    --set train.packing=true --set train.max_length=1280 --set train.save_steps=0 \
    --set lora.r=16 --set lora.lora_alpha=32 --set lora.target_modules=all-linear
  for served in policy whole; do
    cell "$dir/$1-$served.jsonl" "$dir/$1/adapter_model.safetensors" "$dir/prompts-$served.jsonl" -- \
      "$mtt" generate "$dir/prompts-$served.jsonl" --model "$source/base" --adapter "$dir/$1" --max-new-tokens 24 --batch-size 50 \
      --dtype float32 --output "$dir/$1-$served.jsonl" --force
  done
}

for seed in $seeds; do
  dir="$out/seed-$seed"
  mkdir -p "$dir"
  source=${BASES:+$BASES/seed-$seed}
  [ "$source" ] || { source=$dir; make_base "$dir" "$seed"; }
  make_logs
  make_rows
  for trained in whole policy start; do start train_and_ask $trained; done
  finish
done

dotnet run $here/booking-table.cs -- "$out" $seeds
if [ "${DOCS:-}" ]; then
  cp "$out/table.json" $here/table.json
  into_page docs/context.md context-tiny "$out/table.md"
fi
log "done: $out/table.md, $out/table.html"
