#!/usr/bin/env bash
# Compiles mtt to machine code, artifacts/mtt/mtt-native, for the commands that are its own (WholeProgram); nothing is done where
# nothing has changed since. What says anything else than the build is thrown away: reflection can miss code there.
set -euo pipefail
cd "$(dirname "$0")/.."
native=artifacts/mtt/mtt-native
build=$PWD/artifacts/bin/MultiTurnTrainer.Cli/release/mtt

# What it is made of: the program's sources, project files, samples, the SDK.
made_of() {
  find src docs/index.md docs/mtt.schema.json Directory.* global.json datasets/chat -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  dotnet --version
}

compile() {
  echo "native: compiling to machine code (a minute or two)" >&2
  dotnet publish src/MultiTurnTrainer.Cli -c Release -v quiet -nologo --runtime linux-x64 \
    -p:Native=true -p:PackAsTool=false -o artifacts/native >&2
}

# compare PROGRAM: everything that it would do itself, once with each.
compare() {
  local data=$PWD/datasets side program code
  local cases=(
    "" "--help" "help" "help validate" "explain" "explain MTT304" "completion bash" "validate"
    "validate $data/chat/chat.jsonl" "validate $data/chat --print-config" "validate $data/broken --set validate.target=openai"
    "validate $data/broken --write-baseline known.json" "validate $data/broken --baseline known.json" "validate nothing.jsonl"
    "validate $data/broken/broken.jsonl --fix --output good.jsonl --rejects bad.jsonl --force" "validate $data/chat --target openai"
    "validate $data/broken --target together --quiet" "validate $data/chat --duplicates all --eval $data/chat/eval.jsonl"
    "validate $data/chat/chat.jsonl --model $PWD/src/MultiTurnTrainer.Cli/Presets/tiny/model"
    "[suggest:4] mtt" "help train" "validate $data/chat --watch --write-baseline known.json"
  )
  for format in text json jsonl github sarif junit; do cases+=("validate $data/broken --format $format"); done
  local root
  root=$(mktemp -d)
  trap "rm -rf '$root'" EXIT
  for words in "${cases[@]}"; do
    for side in build native; do
      [ $side = native ] && program=$1 || program=$build
      mkdir -p "$root/$side"
      code=0
      # Words, not a path: none has a blank.
      (cd "$root/$side" && "$program" $words >said 2>&1) || code=$?
      echo "exit $code" >>"$root/$side/said"
    done
    diff -r "$root/build" "$root/native" >&2 || { echo "native: differs from the build: mtt $words" >&2; return 1; }
  done
}

now=$(made_of | sha256sum)
if [ "$(cat "$native.made-of" 2>/dev/null)" != "$now" ]; then
  rm -f "$native"
  compile
  compare "$PWD/artifacts/native/mtt"
  # ParquetSharp's and SQLite's libraries lie beside it. The help shows the name that it is called by.
  mkdir -p artifacts/mtt/native
  cp -u artifacts/native/*.so artifacts/mtt/
  mv artifacts/native/mtt "$native"
  ln -sf ../mtt-native artifacts/mtt/native/mtt
  rm -rf artifacts/native
  printf '%s\n' "$now" >"$native.made-of"
fi
touch "$native"
