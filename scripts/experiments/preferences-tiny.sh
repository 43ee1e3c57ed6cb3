#!/usr/bin/env bash
# Preferences on the family of maigo-tiny.sh: SFT, MAIGO, multi-turn DPO from the base's own scored dialogues, and MAIGO followed by
# DPO; FULL, SHARDED and corrections over several seeds, with paired intervals. What is there is kept: a run that was stopped goes on.
#   scripts/experiments/preferences-tiny.sh [OUTPUT_FOLDER]        eight seeds, more than an hour on two cores
#   SEEDS="1 2" RUNS=3 TASKS=30 STEPS=40 scripts/experiments/preferences-tiny.sh   a quick look
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/preferences-tiny}
mtt=${MTT:-./mtt}
steps=${STEPS:-100} runs=${RUNS:-10} beta=${BETA:-0.1} rate=${DPO_RATE:-5e-4}

pairs() { # FOLDER NAME SEED [--adapter DIR]: dialogues of the training tasks, scored by the verifier
  local folder=$1 name=$2 seed=$3; shift 3
  [ -f "$folder/$name-pairs.jsonl" ] && return
  "$mtt" evaluate "$folder/data/tasks-train.jsonl" --model "$folder/base" "$@" --modes full,sharded --runs 4 --max-new-tokens 24 \
    --temperature 1 --batch-size 256 --seed "$seed" --output "$folder/$name-rollouts.json" --force >/dev/null
  "$mtt" pairs "$folder/$name-rollouts.json" --trajectories --output "$folder/$name-pairs.jsonl" --force
}

dpo() { # FOLDER NAME PAIRS SEED [FLAGS]
  local folder=$1 name=$2 rows=$3 seed=$4; shift 4
  [ -f "$folder/$name/adapter_model.safetensors" ] && return
  "$mtt" train --model "$folder/base" --train "$rows" --output "$folder/$name" --objective dpo --skip-refused --force --batch-size 16 \
    --max-steps "$steps" --seed "$seed" --learning-rate "$rate" --dtype float32 --set train.save_steps=0 --set preference.beta="$beta" \
    --set preference.turn_weighting=discount --set preference.sft_weight=0.1 "$@"
}

score() { # FOLDER NAME SEED [--adapter DIR]
  local folder=$1 name=$2 seed=$3; shift 3
  local common=(--model "$folder/base" "$@" --runs "$runs" --max-new-tokens 24 --temperature 1 --batch-size 256 --seed "$seed" --force --name "$name")
  [ -f "$folder/scores-$name.json" ] ||
    "$mtt" evaluate "$folder/data/eval.jsonl" "${common[@]}" --modes full,sharded --output "$folder/scores-$name.json"
  [ -f "$folder/corrections-$name.json" ] ||
    "$mtt" evaluate "$folder/data/refine.jsonl" "${common[@]}" --modes refine --output "$folder/corrections-$name.json"
}

scores=() corrections=()
for seed in ${SEEDS:-1 2 3 4 5 6 7 8}; do
  folder=$out/seed-$seed
  SEED=$seed scripts/experiments/maigo-tiny.sh "$folder" >/dev/null
  lora=(--set lora.r=16 --set lora.lora_alpha=32 --set lora.target_modules=all-linear)
  pairs "$folder" base "$seed"
  dpo "$folder" dpo "$folder/base-pairs.jsonl" "$seed" "${lora[@]}"
  pairs "$folder" maigo "$seed" --adapter "$folder/maigo"
  dpo "$folder" maigo-dpo "$folder/maigo-pairs.jsonl" "$seed" --init-adapter "$folder/maigo"
  score "$folder" base "$seed"
  for name in sft maigo dpo maigo-dpo; do score "$folder" "$name" "$seed" --adapter "$folder/$name"; done
  for name in base sft maigo dpo maigo-dpo; do
    scores+=("$folder/scores-$name.json")
    corrections+=("$folder/corrections-$name.json")
  done
done
"$mtt" evaluate --compare "${scores[@]}" --output "$out/table.json" --force
"$mtt" evaluate --compare "${corrections[@]}" --output "$out/corrections.json" --force
