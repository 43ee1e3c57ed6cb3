#!/usr/bin/env bash
# Tokenizer throughput beside both versions of HuggingFace's library, model by model in one run: on one pinned core and on
# two, cold and warm, ids only and with offsets (1.0 has none). By processor time on one core, which a machine that does other
# work falsifies least, by wall time on two.
# Usage: scripts/bench/tokenizers.sh [FOLDER-OF-MODELS [CORPUS.jsonl.gz [MEGABYTES [MODEL…]]]]
# Without arguments all models of the shared material are used (../shared, or MTT_SHARED). CORES="0" leaves the two cores out.
# Needs python3.
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=${MTT_SHARED:-$(cd .. && pwd)/shared}/data
models=${1:-$shared/tokenizers}
corpus=${2:-$shared/corpus/mixed.jsonl.gz}
megabytes=${3:-20}
shift $(($# < 3 ? $# : 3))
names=("$@")
[ -d "$models" ] && [ -f "$corpus" ] || { echo "needs tokenizers and a corpus: $models, $corpus" >&2; exit 2; }
if [ ${#names[@]} -eq 0 ]; then
  for file in "$models"/*/tokenizer.json; do names+=("$(basename "$(dirname "$file")")"); done
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for wheel in "$shared"/wheels/tokenizers-*.whl; do
  version=$(basename "$wheel" | cut -d- -f2)
  python3 -m zipfile -e "$wheel" "$folder/$version"
done
new=$(ls -d "$folder"/1.*)
old=$(ls -d "$folder"/0.*)
gzip -dc "$corpus" | head -c $((megabytes * 1000000)) | sed '$d' > "$folder/texts.jsonl" || true
[ -x artifacts/bin/MultiTurnTrainer.Cli/release/mtt ] || dotnet build src/MultiTurnTrainer.Cli -c Release -v q -nologo

lscpu | sed -n 's/^Model name: */machine: /p'
echo "MB/s of UTF-8 (10^6 bytes), cold / warm; one core, pinned: processor time; two: wall time"
printf '%-22s %-6s %14s %14s %14s %14s %14s\n' model cores "1.0 ids" "0.23 offsets" "mtt ids" "mtt offsets" "ids : 1.0"
for name in "${names[@]}"; do
  for cores in ${CORES:-0 0,1}; do
    export RAYON_NUM_THREADS=$(($(tr -cd , <<<"$cores" | wc -c) + 1))
    theirs=$(taskset -c "$cores" python3 scripts/bench/tokenizers_hf.py "$new" "$models/$name" "$folder/texts.jsonl")
    before=$(taskset -c "$cores" python3 scripts/bench/tokenizers_hf.py "$old" "$models/$name" "$folder/texts.jsonl" offsets)
    ours=$(taskset -c "$cores" ./mtt doctor --tokenizer "$models/$name" --texts "$folder/texts.jsonl")
    THEIRS=$theirs BEFORE=$before OURS=$ours python3 - "$name" "$RAYON_NUM_THREADS" <<'PYTHON'
import json, os, re, sys

name, threads = sys.argv[1], sys.argv[2]
theirs, before = json.loads(os.environ["THEIRS"]), json.loads(os.environ["BEFORE"])
number = r" +([\d.]+)"
rows = re.findall(rf"^(ids and offsets|ids) +{threads}{4 * number} +([\d,]+)$", os.environ["OURS"], re.M)
first = 2 if threads == "1" else 0
ours = {what: (float(rates[first]), float(rates[first + 1]), int(tokens.replace(",", ""))) for what, *rates, tokens in rows}
kind = "_cpu" if threads == "1" else ""
tokens = ours["ids"][2]
for other in (theirs, before):
    if other.get("tokens", tokens) != tokens:
        print(f"{name}: {other['tokens']} tokens with {other['version']}, {tokens} here", file=sys.stderr)
pair = lambda x: f"{x['cold' + kind]:.1f} / {x['warm' + kind]:.1f}" if "cold" in x else "refused"
mine = lambda what: "{:.1f} / {:.1f}".format(*ours[what][:2])
ratio = "{:.1f}x / {:.1f}x".format(ours["ids"][0] / theirs["cold" + kind], ours["ids"][1] / theirs["warm" + kind]) if "cold" in theirs else ""
print(f"{name:22} {threads:6} {pair(theirs):>14} {pair(before):>14} {mine('ids'):>14} {mine('ids and offsets'):>14} {ratio:>14}")
PYTHON
  done
done

# Microsoft.ML.Tokenizers' own tokenizer of a vocabulary, and ours of the same list through the same interface; not for
# models that were named.
[ $# -eq 0 ] || exit 0
dotnet build tests/MultiTurnTrainer.Benchmarks -c Release -v q -nologo >&2
bench=artifacts/bin/MultiTurnTrainer.Benchmarks/release/MultiTurnTrainer.Benchmarks
echo "beside Microsoft.ML.Tokenizers, one thread, MB/s cold"
for oracle in "o200k_base O200kBase" "cl100k_base Cl100kBase"; do
  # shellcheck disable=SC2086
  "$bench" tokenizer-oracle $oracle "$corpus" "$megabytes" | python3 -c '
import json, sys

row = json.load(sys.stdin)
ratio = row["cold_mb_s"] / row["mb_s"]
print("{model:14} theirs {mb_s:.2f}, ours {cold_mb_s:.1f} ({ratio:.1f}x); other ids in {differing} of {texts} texts".format(ratio=ratio, **row))'
done
