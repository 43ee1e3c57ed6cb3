#!/usr/bin/env bash
# Lost in conversation on a laptop: a tiny model that books tables from one prompt and has read the logs of hasty clerks, loses its
# way when the details come turn by turn, and what SFT, CCOPD, MAIGO and MAIGO's ablations do about it: a table over seeds with
# paired intervals.
#   scripts/experiments/maigo-tiny.sh [OUTPUT_FOLDER]                 base, SFT, CCOPD and MAIGO, one seed
#   SEEDS="1 2 3 4 5 6 7 8" ABLATIONS=1 scripts/experiments/maigo-tiny.sh    all of it
#   RUNS=2 TASKS=20 STEPS=20 scripts/experiments/maigo-tiny.sh        a quick look
#   METHODS=maigo MODES=full,sharded scripts/experiments/maigo-tiny.sh    only some methods and modes
#   SEEDS="1 2 3 4 5 6 7 8" METHODS="sft maigo dpo maigo-dpo" scripts/experiments/maigo-tiny.sh artifacts/preferences-tiny
#                                                                     preferences: DPO from scored dialogues, alone and after MAIGO
# Two models are trained or evaluated at a time (JOBS), each on its share of the cores; the bits do not depend on it.
# Every model and evaluation is kept with a fingerprint of what made it (program, settings, inputs): a run that was stopped goes
# on, and what has changed since is made again. The table is OUTPUT_FOLDER/table.json, .md and .html; DOCS=1 also puts it into
# docs/distillation.md and keeps the JSON beside this script, for the test that compares the two.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/maigo-tiny}
mtt=${MTT:-./mtt}
runs=${RUNS:-3} tasks=${TASKS:-100} steps=${STEPS:-300} seeds=${SEEDS:-1} methods=${METHODS-sft ccopd maigo}
here=scripts/experiments/maigo-tiny
modes=${MODES:-full,sharded,cleaned,padded:10,contradicted-rightly,contradicted-wrongly}
mkdir -p "$out"
. scripts/experiments/tiny.sh

evaluate() { # NAME [--adapter DIR]
  local name=$1 weights="$dir/base/model.safetensors"; shift
  [ $# = 0 ] || weights="$2/adapter_model.safetensors"
  local sampling=(--model "$dir/base" "$@" --name "$name" --runs "$runs" --max-new-tokens 24 --temperature 1 --batch-size 256 --seed "$seed" --force)
  cell "$dir/$name.json" "$weights" "$dir/eval.jsonl" -- \
    "$mtt" evaluate "$dir/eval.jsonl" "${sampling[@]}" --modes "$modes" --output "$dir/$name.json"
  cell "$dir/$name-refine.json" "$weights" "$dir/refine.jsonl" -- \
    "$mtt" evaluate "$dir/refine.jsonl" "${sampling[@]}" --modes refine --output "$dir/$name-refine.json"
}

train() { # NAME OBJECTIVE FILE [FLAGS]
  local name=$1 objective=$2 file=$3; shift 3
  cell "$dir/$name" "$dir/base/model.safetensors" "$file" -- "$mtt" train --model "$dir/base" --train "$file" --output "$dir/$name" \
    --objective "$objective" --force --batch-size "${BATCH:-16}" --max-steps "$steps" --seed "$seed" --learning-rate "${RATE:-2e-3}" \
    --set train.save_steps=0 --set lora.r=16 --set lora.lora_alpha=32 --set lora.target_modules=all-linear --dtype float32 "$@"
  evaluate "$name" --adapter "$dir/$name"
}

rollouts=(--set distill.max_new_tokens_middle=24 --set distill.max_new_tokens_answer=24 --set distill.rollout_batch_size=128)
ablate() { # NAME SETTING…: MAIGO with settings changed, looked at in fewer modes
  local name=$1 flags=() modes=${ABLATION_MODES:-full,sharded,contradicted-rightly}; shift
  for setting in "$@"; do flags+=(--set "$setting"); done
  train "$name" maigo "${DATA:-$dir/data/tasks-train.jsonl}" "${rollouts[@]}" "${flags[@]}"
}

# The tasks of four epochs, those with the fewest shards first.
by_shards() {
  cat "$1" "$1" "$1" "$1" | awk '{ list = $0; sub(/.*"shards":\[/, "", list); sub(/\].*/, "", list); print gsub(/","/, "", list) "\t" $0 }' |
    sort -s -n -k1,1 | cut -f2-
}

# Dialogues of the training tasks, scored by the verifier, and DPO on the pairs they give; looked at in fewer modes. At five times the rate
# and three times the steps DPO unlearns the task (seed 1: FULL 4).
prefer() { # NAME STUDENT: base, or an adapter that was trained before
  local modes=${PREFERENCE_MODES:-full,sharded,contradicted-rightly,contradicted-wrongly}
  local name=$1 student=() start=(--set lora.r=16 --set lora.lora_alpha=32 --set lora.target_modules=all-linear) weights="$dir/base/model.safetensors"
  if [ "$2" != base ]; then
    student=(--adapter "$dir/$2") start=(--init-adapter "$dir/$2") weights="$dir/$2/adapter_model.safetensors"
  fi
  cell "$dir/$2-rollouts.json" "$weights" "$dir/data/tasks-train.jsonl" -- "$mtt" evaluate "$dir/data/tasks-train.jsonl" --model "$dir/base" \
    "${student[@]}" --modes full,sharded --runs "${PAIR_RUNS:-2}" --max-new-tokens 24 --temperature 1 --batch-size 256 --seed "$seed" \
    --output "$dir/$2-rollouts.json" --force
  cell "$dir/$2-pairs.jsonl" "$dir/$2-rollouts.json" -- \
    "$mtt" pairs "$dir/$2-rollouts.json" --trajectories --output "$dir/$2-pairs.jsonl" --force
  cell "$dir/$name" "$weights" "$dir/$2-pairs.jsonl" -- "$mtt" train --model "$dir/base" --train "$dir/$2-pairs.jsonl" --output "$dir/$name" \
    --objective dpo --skip-refused --force --batch-size 16 --max-steps "${DPO_STEPS:-100}" --seed "$seed" --learning-rate "${DPO_RATE:-1e-4}" \
    --dtype float32 --set train.save_steps=0 --set preference.beta="${BETA:-0.1}" --set preference.turn_weighting=discount \
    --set preference.sft_weight=1 "${start[@]}"
  evaluate "$name" --adapter "$dir/$name"
}

method() {
  case $1 in
    sft)
      cell "$dir/sft-train.jsonl" "$dir/data/tasks-train.jsonl" -- \
        "$mtt" shard "$dir/data/tasks-train.jsonl" --output "$dir/sft-train.jsonl" --format sft --force
      train sft sft "$dir/sft-train.jsonl"
      ;;
    ccopd | maigo) train "$1" "$1" "$dir/data/tasks-train.jsonl" "${rollouts[@]}" ;;
    dpo) prefer dpo base ;;
    maigo-dpo) prefer maigo-dpo maigo ;;
    maigo-no-middle) ablate "$1" distill.alpha=0 ;;
    maigo-uniform) ablate "$1" distill.middle_weight=uniform ;;
    maigo-no-full) ablate "$1" distill.rho=0 ;;
    maigo-full-reference) ablate "$1" distill.answer_reference=full ;;
    maigo-all-middle) ablate "$1" distill.middle_turns=all ;;
    maigo-fast-teacher) ablate "$1" distill.ema_decay=0.9 ;;
    maigo-no-clip) ablate "$1" distill.clip=1000 ;;
    maigo-cold) ablate "$1" distill.temperature=0.7 ;;
    maigo-fewer-rollouts) BATCH=8 ablate "$1" ;;
    maigo-curriculum)
      by_shards "$dir/data/tasks-train.jsonl" >"$dir/curriculum.jsonl"
      DATA="$dir/curriculum.jsonl" ablate "$1" train.shuffle=false
      ;;
    maigo-half-rate) RATE=1e-3 ablate "$1" ;;
    maigo-double-rate) RATE=4e-3 ablate "$1" ;;
    maigo-long) steps=$((2 * steps)) ablate "$1" ;;
    *) log "METHODS: $1 is none that this script knows"; exit 2 ;;
  esac
}

ablations="maigo-long maigo-no-clip maigo-no-full maigo-uniform maigo-no-middle maigo-all-middle maigo-full-reference maigo-fast-teacher
  maigo-cold maigo-fewer-rollouts maigo-curriculum maigo-half-rate maigo-double-rate"
evaluations=()
for seed in $seeds; do
  dir="$out/seed-$seed"
  mkdir -p "$dir"
  make_base "$dir" "$seed"
  head -n "$tasks" "$dir/data/tasks-eval.jsonl" >"$dir/eval.jsonl"
  head -n "$tasks" "$dir/data/tasks-refine.jsonl" >"$dir/refine.jsonl"
  start evaluate base
  # MAIGO takes longest: it begins first, so that no core waits for it at the end.
  names=" $methods ${ABLATIONS:+$ablations} "
  case "$names" in *" maigo "*) names="maigo ${names/ maigo / }" ;; esac
  for name in $names; do
    [ "$name" != maigo-dpo ] || finish # It goes on from maigo.
    start method "$name"
  done
  finish
  for name in base $methods ${ABLATIONS:+$ablations}; do
    evaluations+=("$dir/$name.json" "$dir/$name-refine.json")
  done
done

"$mtt" evaluate --compare "${evaluations[@]}" --output "$out/table.json" --force
if [ "${DOCS:-}" ]; then
  cp "$out/table.json" $here/table.json
  # The scores; what a dialogue looked like stays in the table beside them.
  awk '/^\| method \| mode/ { exit } { print }' "$out/table.md" >"$out/scores.md"
  into_page docs/distillation.md maigo-tiny "$out/scores.md"
fi
log "done: $out/table.md, $out/table.html"
