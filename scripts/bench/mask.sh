#!/usr/bin/env bash
# Measures `mtt mask` end to end: parse, render with provenance, tokenize, mask, write Parquet.
#
# usage: mask.sh [MODEL_FOLDER] [MEGABYTES]     (default: qwen3 from shared/data, 200)
#
# Makes a chat-like file from shared/data/chats, masks it with one thread and with two (three runs each, the best
# counts), and compares the outputs byte for byte. MTT_SHARED points to the shared material.
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=${MTT_SHARED:-$(cd .. && pwd)/shared}
model=${1:-$shared/data/tokenizers/qwen3}
megabytes=${2:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mtt=artifacts/bin/MultiTurnTrainer.Cli/release/mtt
[ -x "$mtt" ] || dotnet build src/MultiTurnTrainer.Cli -c Release -v q -nologo
python3 scripts/bench/make_chats.py "$shared/data/chats" "$work/chats.jsonl" "$megabytes"
cat "$work/chats.jsonl" > /dev/null

echo "$(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ //'); model $(basename "$model")"
for threads in 1 2; do
  best=
  for _ in 1 2 3; do
    /usr/bin/time -f '%e %U %M' -o "$work/time" \
      "$mtt" mask "$work/chats.jsonl" --model "$model" --output "$work/rows-$threads.parquet" \
      --threads "$threads" --force 2> "$work/report" || { code=$?; cat "$work/report" >&2; exit $code; }
    read -r seconds cpu kilobytes < "$work/time"
    if [ -z "$best" ] || awk "BEGIN{exit !($seconds < $best)}"; then best=$seconds; user=$cpu; memory=$kilobytes; fi
  done
  awk -v mb="$megabytes" -v s="$best" -v cpu="$user" -v kb="$memory" -v t="$threads" \
    'BEGIN { printf "threads %d: %.2f s, %.1f MB/s, %.2f s of CPU, %.0f MB of memory\n", t, s, mb / s, cpu, kb / 1024 }'
done
head -1 "$work/report"
cmp "$work/rows-1.parquet" "$work/rows-2.parquet" && echo "outputs are equal"
