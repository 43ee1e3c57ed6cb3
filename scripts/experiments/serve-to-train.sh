#!/usr/bin/env bash
# From served sessions to an adapter, on the tiny model: serve, talk, export, validate, compare the served prompts with those of training,
# clean, train under the same policy.
#   scripts/experiments/serve-to-train.sh [OUTPUT_FOLDER]
#   STEPS=2 TURNS=3 scripts/experiments/serve-to-train.sh          a quick look
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
out=${1:-artifacts/serve-to-train}
program=${MTT:-$root/mtt}
turns=${TURNS:-12} steps=${STEPS:-60}
mtt() { "$program" "$@"; }
step() { printf '\n== %s\n' "$*" >&2; }

rm -rf "$out"
mtt init --preset tiny "$out" >&2
cd "$out"

# A window so small that the sessions below outgrow it.
cat >policy.yaml <<'YAML'
context:
  window: 700
  reserve: 0.2
  history: {turns: 6, bite: 2}
  summary: {max_tokens: 120}
YAML

step "serve the model under the policy that it is trained with"
"$program" serve --model model --policy policy.yaml --store sqlite:sessions.db --port 0 >serve.log 2>serve.err &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until grep -q ' at http' serve.log; do
  kill -0 $server 2>/dev/null || { cat serve.err >&2; exit 1; }
  sleep 0.1
done
url=$(sed -n 's/^serving .* at //p' serve.log)

step "talk to it: sessions long enough that the policy lets turns leave"
things=(lamp table chair radio kettle shelf)
for number in 1 2; do
  session=$(curl -sSf -X POST "$url/sessions" -H 'Content-Type: application/json' \
    -d '{"messages": [{"role": "system", "content": "You are the help desk of a small shop."}]}' | sed 's/^{"id":"\([0-9a-f]*\)".*/\1/')
  for ((turn = 0; turn < turns; turn++)); do
    thing=${things[$(((turn + number) % ${#things[@]}))]}
    curl -sSf "$url/chat/completions" -D headers.txt -H "mtt-session: $session" -H 'Content-Type: application/json' \
      -d "{\"max_tokens\": 32, \"messages\": [{\"role\": \"user\", \"content\": \"My $thing number $((turn * 7 + number)) came broken. Please do not call me. What now?\"}]}" \
      >>answers.jsonl
    echo >>answers.jsonl
    sed -n 's/^mtt-context-mode: //p' headers.txt | tr -d '\r' >>modes.txt
  done
done
kill -TERM $server
wait $server

step "export the sessions as conversations; they are valid"
mtt sessions export --store sqlite:sessions.db --output sessions.jsonl
mtt validate sessions.jsonl >&2

step "the prompts that were served are those of training, token for token"
mtt parity sessions.jsonl --policy policy.yaml --model model

step "without the model's own mistakes, for distillation"
mtt clean sessions.jsonl --output cleaned.jsonl

step "train on the sessions, under the same policy"
mtt prepare sessions.jsonl --policy policy.yaml --model model --output prepared
mtt mask prepared/data.jsonl --model model --output rows.parquet
mtt train --model model --train rows.parquet --output adapter --set train.max_steps="$steps"
ls adapter >&2
