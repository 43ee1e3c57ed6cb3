# What the experiments on tiny models share: cells that are kept by fingerprint, jobs side by side, the base model of a seed, tables in pages.
# Sourced from the repository's root by scripts that have set: out, here (their folder) and mtt.
family=scripts/experiments/maigo-tiny
started=$SECONDS
log() { printf '%5d s  %s\n' $((SECONDS - started)) "$*" >&2; }

# cell TARGET INPUTS -- COMMAND…: runs the command unless TARGET stands as this command made it from these inputs. What the command
# says goes to TARGET.log, whose end is shown where it fails.
program=$(find src "$family" "$here" -type f ! -name table.json -print0 | LC_ALL=C sort -zu | xargs -0 cat | sha256sum)
cell() {
  local target=$1 code=0; shift
  local inputs=()
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done
  shift
  local print
  print=$({ echo "$program" "$@"; cat "${inputs[@]}"; } | sha256sum)
  if [ -e "$target" ] && [ "$(cat "$target.made" 2>/dev/null)" = "$print" ]; then return; fi
  rm -f "$target.made"
  "$@" >"$target.log" 2>&1 || code=$?
  if [ $code != 0 ]; then
    tail -n 20 "$target.log" >&2
    log "ended with $code: $*"
    exit $code
  fi
  echo "$print" >"$target.made"
  log "$target"
}

# start COMMAND…: beside what runs already, JOBS at a time. The first that fails ends the others, and the run.
jobs=${JOBS:-2}
declare -A running=()
start() {
  [ ${#running[@]} -lt "$jobs" ] || await
  DOTNET_PROCESSOR_COUNT=${DOTNET_PROCESSOR_COUNT:-$((($(nproc) + jobs - 1) / jobs))} "$@" &
  running[$!]=1
}
await() {
  local done code=0
  wait -n -p done "${!running[@]}" || code=$?
  unset "running[$done]"
  [ $code = 0 ] || { kill "${!running[@]}" 2>/dev/null || true; exit $code; }
}
finish() { while [ ${#running[@]} -gt 0 ]; do await; done; }

# make_base DIR SEED: the base model of a seed; tasks, first weights, order and draws follow from it. It has only seen whole prompts and small talk.
make_base() {
  local dir=$1 seed=$2
  cell "$dir/data" $family/booking-tasks.cs -- dotnet run $family/booking-tasks.cs -- "$dir/data" "$seed"
  cell "$dir/preset" -- "$mtt" init --preset tiny "$dir/preset" --force
  cell "$dir/random" $family/config.json -- "$mtt" init --model-config $family/config.json --tokenizer "$dir/preset/model" "$dir/random" --seed "$seed" --force
  cell "$dir/base.parquet" "$dir/data/base-train.jsonl" datasets/everyday/everyday.jsonl -- \
    "$mtt" mask "$dir/data/base-train.jsonl" datasets/everyday/everyday.jsonl --model "$dir/random" --output "$dir/base.parquet" --force
  cell "$dir/base-run" "$dir/base.parquet" "$dir/random/model.safetensors" -- "$mtt" train --model "$dir/random" --train "$dir/base.parquet" \
    --output "$dir/base-run" --force --set train.finetuning_type=full --set train.packing=true --set train.max_length=768 \
    --set train.save_steps=0 --batch-size 4 --seed "$seed" --learning-rate 3e-3 --epochs "${EPOCHS:-3}" --dtype float32
  mkdir -p "$dir/base"
  cp "$dir"/random/*.json "$dir"/random/*.jinja "$dir/base/"
  cp "$dir/base-run/model.safetensors" "$dir/base/model.safetensors"
}

# into_page PAGE NAME FILE: the file takes the place of what stands in the page between <!-- NAME --> and <!-- end of NAME -->.
into_page() {
  awk -v first="<!-- $2 -->" -v last="<!-- end of $2 -->" -v file="$3" '
    index($0, last) { inside = 0 }
    !inside { print }
    index($0, first) { while ((getline line < file) > 0) print line; inside = 1 }' "$1" >"$out/page.md"
  cp "$out/page.md" "$1"
}
