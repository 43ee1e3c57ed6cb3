#!/usr/bin/env bash
# The table of docs/evaluation.md: how lost a real small model gets in the tasks of "Lost in Conversation" (math, actions, database,
# translation), put to it whole and in pieces.
#   scripts/experiments/lost-smollm2.sh [OUTPUT_FOLDER]             all 345 tasks; some hours on two cores
#   TASKS=6 MAX_NEW_TOKENS=160 scripts/experiments/lost-smollm2.sh  the first six of each family, as the page shows them
#   MODEL=Qwen/Qwen3-0.6B LIC=FOLDER scripts/experiments/lost-smollm2.sh   another model; the benchmark's files elsewhere
# Each mode is kept in a file of its own under the settings that made it: a run that was stopped goes on. DOCS=1 puts the table into
# docs/evaluation.md and keeps its JSON beside this script, for the test that compares the two. It needs jq.
set -euo pipefail
cd "$(dirname "$0")/../.."
mtt=${MTT:-./mtt}
shared=${MTT_SHARED:-../shared/data}
lic=${LIC:-$shared/lic}
model=${MODEL:-$shared/models/smollm2-135m-instruct.Q4_1.gguf}
name=${NAME:-$(basename "$model" .gguf)}
tasks=${TASKS:-1000} tokens=${MAX_NEW_TOKENS:-512} temperature=${TEMPERATURE:-1} runs=${RUNS:-1} seed=${SEED:-1}
modes=${MODES:-full concat sharded recap snowball cleaned padded:1}
out=${1:-artifacts/lost-smollm2}/$name-$tasks-tasks-$tokens-tokens-$runs-runs-temperature-$temperature-seed-$seed
mkdir -p "$out"

# All families in one file: their dialogues are answered in common batches.
for file in rlsta/lost_in_conversation_{math,actions,database} sharded_translation; do
  jq -c --argjson tasks "$tasks" '.[:$tasks][]' "$lic/$file.json"
done >"$out/tasks.jsonl"

made=()
for mode in $modes; do
  target="$out/${mode/:/-}.json"
  made+=("$target")
  [ ! -e "$target" ] || continue
  started=$SECONDS
  "$mtt" evaluate "$out/tasks.jsonl" --model "$model" --name "$name" --modes "$mode" --runs "$runs" --seed "$seed" \
    --temperature "$temperature" --max-new-tokens "$tokens" --batch-size "${BATCH_SIZE:-24}" --output "$target" >&2
  printf '%5d s  %s\n' $((SECONDS - started)) "$target" >&2
done

"$mtt" evaluate --compare "${made[@]}" --output "$out/table.json" --force >/dev/null
if [ "${DOCS:-}" ]; then
  cp "$out/table.json" scripts/experiments/lost-smollm2/table.json
  # The first table of the Markdown: all families.
  awk '/^$/ { exit } { print }' "$out/table.md" >"$out/families.md"
  awk -v families="$out/families.md" '
    /<!-- end of lost-smollm2 -->/ { inside = 0 }
    !inside { print }
    /<!-- lost-smollm2 -->/ { while ((getline line < families) > 0) print line; inside = 1 }' docs/evaluation.md >"$out/evaluation.md"
  cp "$out/evaluation.md" docs/evaluation.md
fi
echo "done: $out/table.md, $out/table.html" >&2
