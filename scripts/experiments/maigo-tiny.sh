#!/usr/bin/env bash
# Lost in conversation on a laptop: a tiny model that books tables perfectly from one prompt, loses its way when the
# details come turn by turn, and what SFT, CCOPD, MAIGO and MAIGO's ablations do about it. What is there is kept: a run
# that was stopped goes on.
#   scripts/experiments/maigo-tiny.sh [OUTPUT_FOLDER]      about seven minutes on two cores
#   RUNS=3 TASKS=30 STEPS=40 scripts/experiments/maigo-tiny.sh   a quick look
#   SEED=2 scripts/experiments/maigo-tiny.sh OTHER_FOLDER        other first weights, orders and draws
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/maigo-tiny}
mtt=${MTT:-./mtt}
runs=${RUNS:-10} tasks=${TASKS:-50} steps=${STEPS:-100} seed=${SEED:-1}
here=scripts/experiments/maigo-tiny
mkdir -p "$out"
started=$SECONDS
log() { printf '%5d s  %s\n' $((SECONDS - started)) "$*" >&2; }
run() { # LOG COMMAND…: what it says on the way goes to the log, whose end is shown where it fails
  local file=$1 code=0; shift
  "$@" 2>>"$file" || code=$?
  if [ $code != 0 ]; then
    tail -n 20 "$file" >&2
    log "ended with $code: $*"
    exit $code
  fi
}

if [ ! -f "$out/base/model.safetensors" ]; then
  log "tasks, and a base model that has only seen whole prompts and small talk"
  dotnet run $here/booking-tasks.cs -- "$out/data"
  rm -rf "$out/preset" "$out/random"
  run "$out/base.log" "$mtt" init --preset tiny "$out/preset"
  run "$out/base.log" "$mtt" init --model-config $here/config.json --tokenizer "$out/preset/model" "$out/random" --seed "$seed"
  run "$out/base.log" "$mtt" mask "$out/data/base-train.jsonl" datasets/everyday/everyday.jsonl --model "$out/random" --output "$out/data/base.parquet" --force
  run "$out/base.log" "$mtt" train --model "$out/random" --train "$out/data/base.parquet" --output "$out/base-run" --force \
    --set train.finetuning_type=full --set train.packing=true --set train.max_length=512 --set train.save_steps=0 --batch-size 4 --seed "$seed" \
    --learning-rate 3e-3 --epochs "${EPOCHS:-4}" --dtype float32
  mkdir -p "$out/base"
  cp "$out"/random/*.json "$out"/random/*.jinja "$out/base/"
  cp "$out/base-run/model.safetensors" "$out/base/model.safetensors"
fi

head -n "$tasks" "$out/data/tasks-eval.jsonl" >"$out/data/eval.jsonl"
head -n "$tasks" "$out/data/tasks-refine.jsonl" >"$out/data/refine.jsonl"

sampling=(--runs "$runs" --max-new-tokens 24 --temperature 1 --batch-size 256 --seed "$seed" --force)
evaluate() { # NAME [--adapter DIR]
  local name=$1; shift
  if [ ! -f "$out/$name-refine.json" ]; then
    run "$out/$name.log" "$mtt" evaluate "$out/data/eval.jsonl" --model "$out/base" "$@" "${sampling[@]}" --output "$out/$name.json" \
      --modes full,concat,sharded,wrong-hint-assistant,wrong-hint-user >"$out/$name.txt"
    run "$out/$name.log" "$mtt" evaluate "$out/data/refine.jsonl" --model "$out/base" "$@" "${sampling[@]}" --output "$out/$name-refine.json" \
      --modes refine | tail -n 1 >>"$out/$name.txt"
  fi
  log "$name"
  cat "$out/$name.txt" >&2
}

lora=(--set lora.r=16 --set lora.lora_alpha=32 --set lora.target_modules=all-linear --dtype float32)
rollouts=(--set distill.max_new_tokens_middle=24 --set distill.max_new_tokens_answer=24 --set distill.rollout_batch_size=128)
train() { # NAME OBJECTIVE FILE [FLAGS]
  local name=$1 objective=$2 file=$3; shift 3
  [ -f "$out/$name/adapter_model.safetensors" ] ||
    run "$out/$name.log" "$mtt" train --model "$out/base" --train "$file" --output "$out/$name" --objective "$objective" --force \
      --batch-size 16 --max-steps "$steps" --seed "$seed" --learning-rate "${RATE:-2e-3}" --set train.save_steps=0 "${lora[@]}" "$@"
  evaluate "$name" --adapter "$out/$name"
}

evaluate base
run "$out/shard.log" "$mtt" shard "$out/data/tasks-train.jsonl" --output "$out/data/sft-train.jsonl" --format sft --force
train sft sft "$out/data/sft-train.jsonl"
for objective in ccopd maigo; do train $objective $objective "$out/data/tasks-train.jsonl" "${rollouts[@]}"; done
train maigo-no-middle maigo "$out/data/tasks-train.jsonl" "${rollouts[@]}" --set distill.alpha=0
train maigo-uniform maigo "$out/data/tasks-train.jsonl" "${rollouts[@]}" --set distill.middle_weight=uniform
train maigo-no-full maigo "$out/data/tasks-train.jsonl" "${rollouts[@]}" --set distill.rho=0

# The table: means (aptitude / unreliability) over the runs; corrections and wrong hints by the last reply.
{
  printf '| method | FULL | CONCAT | SHARDED, any turn | SHARDED, last turn | SHARDED/FULL | corrections | hint by assistant | hint by user |\n'
  printf '|---|---|---|---|---|---|---|---|---|\n'
  for name in base sft ccopd maigo maigo-no-middle maigo-uniform maigo-no-full; do
    awk -v name=$name '
      NF == 7 { any[$1] = sprintf("%s (%.0f / %.0f)", $2, $3, $4); last[$1] = sprintf("%s (%.0f / %.0f)", $5, $6, $7); mean[$1] = $2 }
      END { printf "| %s | %s | %s | %s | %s | %.2f | %s | %s | %s |\n", name, any["full"], any["concat"], any["sharded"],
            last["sharded"], mean["sharded"] / mean["full"], last["refine"], last["wrong-hint-assistant"], last["wrong-hint-user"] }' "$out/$name.txt"
  done
} | tee "$out/table.md"
log "done: $out/table.md"
