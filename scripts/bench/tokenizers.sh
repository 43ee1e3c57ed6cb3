#!/usr/bin/env bash
# Tokenizer throughput beside HuggingFace's library, model by model in one run.
# Usage: scripts/bench/tokenizers.sh [FOLDER-OF-MODELS [CORPUS.jsonl.gz [MEGABYTES [MODEL…]]]]
# Without arguments the shared material is used (../shared, or MTT_SHARED).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
shared=${MTT_SHARED:-$root/../shared}/data
models=${1:-$shared/tokenizers}
corpus=${2:-$shared/corpus/mixed.jsonl.gz}
megabytes=${3:-16}
shift $(($# < 3 ? $# : 3))
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(llama3.1 qwen3 gpt-oss deepseek-v3 llama2 mistral-v0.3 gemma3)
[ -d "$models" ] && [ -f "$corpus" ] || { echo "needs tokenizers and a corpus: $models, $corpus" >&2; exit 2; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --loglevel error --no-audit --no-fund --prefix "$folder" tokenizers@0.23.2 >/dev/null
dotnet build "$root/tests/MultiTurnTrainer.Benchmarks" -c Release -v q -nologo >&2
bench=$root/artifacts/bin/MultiTurnTrainer.Benchmarks/release/MultiTurnTrainer.Benchmarks

lscpu | sed -n 's/^Model name: */machine: /p'
printf '%-14s %8s %8s %6s %8s %8s %8s %9s %9s\n' model anchor cold ratio cpu long 2threads load "anchor ld"
for name in "${names[@]}"; do
  anchor=$(NODE_PATH=$folder/node_modules RAYON_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false \
    node "$root/scripts/bench/tokenizers_anchor.cjs" "$models/$name/tokenizer.json" "$corpus" "$megabytes")
  ours=$("$bench" tokenizer-throughput "$models/$name" "$corpus" "$megabytes")
  jq -rn --argjson a "$anchor" --argjson o "$ours" '
    if $a.tokens != $o.tokens then error("\($o.model): \($a.tokens) tokens there, \($o.tokens) here") else . end
    | [$o.model, $a.mb_s, $o.cold_mb_s, $o.cold_mb_s / $a.mb_s, $o.cold_cpu_mb_s, $o.long_texts_mb_s, $o.two_threads_mb_s, $o.load_ms, $a.load_ms]
    | @tsv' | while IFS=$'\t' read -r m a c r p l t ld al; do
    printf '%-14s %8.2f %8.1f %5.1fx %8.1f %8.1f %8.1f %6.0f ms %6.0f ms\n' "$m" "$a" "$c" "$r" "$p" "$l" "$t" "$ld" "$al"
  done
done
# Microsoft.ML.Tokenizers' own tokenizer of a vocabulary, and ours of the same list through the same interface.
for oracle in "o200k_base O200kBase" "cl100k_base Cl100kBase"; do
  # shellcheck disable=SC2086
  "$bench" tokenizer-oracle $oracle "$corpus" "$megabytes" | jq -r '
    [.model, .mb_s, .cold_mb_s, .cold_mb_s / .mb_s, .differing, .texts] | @tsv' |
    while IFS=$'\t' read -r m a c r d t; do
      printf '%-14s %8.2f %8.1f %5.1fx  beside Microsoft.ML.Tokenizers; other ids in %d of %d texts\n' "$m" "$a" "$c" "$r" "$d" "$t"
    done
done
echo "MB/s of UTF-8 (10^6 bytes); cold: caches empty, one thread, ids only; cpu: the same by processor time; long: texts of 1 MB."
