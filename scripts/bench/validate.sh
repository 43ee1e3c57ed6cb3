#!/usr/bin/env bash
# Validation on one core: mtt beside jq and Node's JSON.parse on the same file, then a long file and near duplicates.
#   scripts/bench/validate.sh [MEGABYTES] [LONG_MEGABYTES] [SHORT_ROWS]
# Needs node, jq, GNU time and a built mtt (dotnet build -c Release). Files are made under artifacts/bench and removed.
set -euo pipefail
cd "$(dirname "$0")/../.."
megabytes=${1:-300}
long=${2:-5000}
rows=${3:-1000000}
mtt=artifacts/bin/MultiTurnTrainer.Cli/release/mtt
folder=artifacts/bench/validate
mkdir -p $folder
trap 'rm -rf $folder' EXIT

measure() { # NAME BYTES COMMAND…: user + system seconds, rate, peak memory
  local name=$1 bytes=$2
  shift 2
  taskset -c 0 /usr/bin/time -f '%U %S %e %M' -o $folder/time "$@" > /dev/null
  awk -v name="$name" -v bytes="$bytes" '{ cpu = $1 + $2
    printf "%-34s %7.2f s cpu %7.2f s wall %7.0f MB/s (cpu) %6.0f MB peak\n", name, cpu, $3, bytes / 1e6 / cpu, $4 / 1024 }' $folder/time
}

nproc_model=$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)
echo "$(nproc) × $nproc_model"
node scripts/bench/validate.mjs make $folder/chats.jsonl "$megabytes"
bytes=$(stat -c %s $folder/chats.jsonl)
echo "$bytes bytes, $(wc -l < $folder/chats.jsonl) rows, one core"
for round in 1 2 3; do
  measure "mtt validate --rules core" "$bytes" $mtt validate $folder/chats.jsonl --rules core --duplicates none
  measure "mtt validate (all rules, duplicates)" "$bytes" $mtt validate $folder/chats.jsonl
  measure "jq -c ." "$bytes" jq -c . $folder/chats.jsonl
  measure "node JSON.parse" "$bytes" node scripts/bench/validate.mjs parse $folder/chats.jsonl
done
rm $folder/chats.jsonl

if [ "$long" -gt 0 ]; then
  node scripts/bench/validate.mjs make $folder/long.jsonl "$long"
  bytes=$(stat -c %s $folder/long.jsonl)
  echo "$bytes bytes, $(wc -l < $folder/long.jsonl) rows"
  measure "mtt validate --rules core" "$bytes" $mtt validate $folder/long.jsonl --rules core --duplicates none
  measure "mtt validate (all rules, duplicates)" "$bytes" $mtt validate $folder/long.jsonl
  rm $folder/long.jsonl
fi

if [ "$rows" -gt 0 ]; then
  node scripts/bench/validate.mjs short $folder/short.jsonl "$rows"
  bytes=$(stat -c %s $folder/short.jsonl)
  echo "$rows short conversations, $bytes bytes"
  measure "mtt validate --duplicates all" "$bytes" $mtt validate $folder/short.jsonl --duplicates all --fail-on never
fi
