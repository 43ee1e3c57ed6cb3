#!/usr/bin/env bash
# Measures `mtt mask` end to end: parse, render with provenance, tokenize, mask, write Parquet.
#
# usage: mask.sh [MODEL_FOLDER] [MEGABYTES]     (default: qwen3 from shared/data, 200)
#
# Makes a chat-like file from shared/data/chats, masks it with one thread and with two (three runs each, the best
# counts), compares the outputs byte for byte, and says where the time goes. OLD=FOLDER holds another build of mtt, which is
# measured in turn with this one. MTT_SHARED points to the shared material.
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=${MTT_SHARED:-$(cd .. && pwd)/shared}
model=${1:-$shared/data/tokenizers/qwen3}
megabytes=${2:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -x artifacts/bin/MultiTurnTrainer.Cli/release/mtt ] || dotnet build src/MultiTurnTrainer.Cli -c Release -v q -nologo
programs=(./mtt)
[ -z "${OLD:-}" ] || programs=("$OLD/mtt" ./mtt)
python3 scripts/bench/make_chats.py "$shared/data/chats" "$work/chats.jsonl" "$megabytes"
cat "$work/chats.jsonl" > /dev/null

echo "$(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ //'); model $(basename "$model")"
for threads in 1 2; do
  for round in 1 2 3; do
    for program in "${programs[@]}"; do
      /usr/bin/time -a -f "$program %e %U %S %M" -o "$work/times-$threads" \
        "$program" mask "$work/chats.jsonl" --model "$model" --output "$work/rows-$threads.parquet" \
        --threads "$threads" --force 2> "$work/report" || { code=$?; cat "$work/report" >&2; exit $code; }
    done
  done
  for program in "${programs[@]}"; do
    awk -v program="$program" -v mb="$megabytes" -v t="$threads" '
      $1 == program { cpu = $3 + $4; if (!best || $2 < best) best = $2; if (!least || cpu < least) least = cpu; if ($5 > kb) kb = $5 }
      END { printf "%s, threads %d: %.2f s, %.1f MB/s, %.2f s of CPU, %.0f MB of memory\n", program, t, best, mb / best, least, kb / 1024 }
    ' "$work/times-$threads"
  done
done
head -1 "$work/report"
cmp "$work/rows-1.parquet" "$work/rows-2.parquet" && echo "outputs are equal"
./mtt mask "$work/chats.jsonl" --model "$model" --output "$work/rows-1.parquet" --threads 1 --force --profile 2>&1 | sed -n '/^processor time/,$p'
