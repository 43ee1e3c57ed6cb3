#!/usr/bin/env bash
# Tries mtt under a real Slurm of one node: a step of several tasks, a job that is preempted, one that is asked before its time limit,
# and an array that makes rows in parts. Says what held; ends with 1 where something did not.
#   scripts/cluster/check-slurm.sh MTT MODEL ROWS CHATS CHAT-MODEL
set -euo pipefail
if [ "${1:-}" != --inside ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  here=$(cd "$(dirname "$0")" && pwd)
  "$here/one-node-slurm.sh" "$folder/slurm" "$here/check-slurm.sh" --inside "$folder" "$@"
  exit
fi

folder=$2
export MTT=$3
model=$4 rows=$5 chats=$6 chat_model=$7
here=$(cd "$(dirname "$0")" && pwd)
cd "$folder"
settings=(--set train.threads=1 --set train.lr_scheduler_type=constant --set train.report_samples=0)
small=(--nodes=1 --ntasks-per-node=2 --cpus-per-task=1 --output=%j.log)
fail() { echo "slurm: $*"; tail -n 5 -- *.log slurm/slurmctld.log >&2 || true; exit 1; }
state() { scontrol show job "$1" | grep -oE "$2=[^ ]+" | head -1 | cut -d= -f2; }
saved() { compgen -G "$1/checkpoints/step-*" >/dev/null; }
steps() { tail -n 1 "$1/metrics.jsonl" | grep -oE '"step": ?[0-9]+' | grep -oE '[0-9]+'; }
# until SECONDS COMMAND …
until_true() {
  local end=$((SECONDS + $1))
  until "${@:2}"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}
is() { [ "$(state "$1" "$2")" = "$3" ]; }

# 1. A step of two tasks finds each other by Slurm's variables alone.
srun -n2 "$MTT" train --model "$model" --train "$rows" --output step --max-steps 4 "${settings[@]}" 2>step.log || fail "srun failed"
grep -q "2 processes" step.log || fail "srun: not two processes"
echo "slurm: srun -n2 trained one adapter"

# 2. A job of lower priority is preempted: it saves, is put back, and goes on to its end.
job=$(sbatch --parsable "${small[@]}" "$here/train.sbatch" "$model" "$rows" preempted --max-steps 120 --set train.save_steps=10 "${settings[@]}")
until_true 60 saved preempted || fail "the job saves nothing"
srun -p high -n4 true || fail "the job of high priority did not run"
until_true 120 is "$job" Restarts 1 || fail "the job was not put back into the queue"
until_true 180 is "$job" JobState COMPLETED || fail "the job did not go on to its end: $(state "$job" JobState)"
[ "$(steps preempted)" = 120 ] || fail "the job ends at step $(steps preempted)"
grep -q 'stopped at step' "$job.log" || fail "the preempted job did not save"
grep -qE 'steps +[0-9]{2,} to 120' "$job.log" || fail "the job began anew"
echo "slurm: a preempted job saved, was put back into the queue and went on"

# 3. Asked by a signal before its end: the script itself puts the job back.
job=$(sbatch --parsable "${small[@]}" "$here/train.sbatch" "$model" "$rows" asked --max-steps 120 --set train.save_steps=10 "${settings[@]}")
until_true 60 saved asked || fail "the job saves nothing"
scancel --signal=USR1 "$job"
until_true 120 is "$job" Restarts 1 || fail "the job did not put itself back"
until_true 180 is "$job" JobState COMPLETED || fail "the job did not go on to its end: $(state "$job" JobState)"
[ "$(steps asked)" = 120 ] || fail "the job ends at step $(steps asked)"
echo "slurm: a job asked by USR1 saved, put itself back and went on"

# 4. An array of four makes the rows of one run.
"$MTT" mask "$chats" --model "$chat_model" --output whole.jsonl 2>/dev/null
sbatch --wait --cpus-per-task=1 --output=array-%a.log "$here/data-array.sbatch" "$chats" "$chat_model" parts >/dev/null || fail "the array failed"
cat parts/rows-*-of-00004.jsonl | cmp - whole.jsonl || fail "the parts are not the whole"
echo "slurm: four parts of $(wc -c <whole.jsonl) bytes of rows are the whole, byte for byte"
