#!/usr/bin/env bash
# Runs the whole test suite; the last line is 'N passed, M failed, K skipped'.
#   scripts/test.sh [ROOM …]   only these rooms, for instance: scripts/test.sh Tokenizers Cli
set -uo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --tests || exit 2

rooms=("$@")
if [ ${#rooms[@]} -eq 0 ]; then
  for project in tests/MultiTurnTrainer.*.Tests; do
    room=${project#tests/MultiTurnTrainer.}
    rooms+=("${room%.Tests}")
  done
fi

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0 broken=0
for room in "${rooms[@]}"; do
  name=MultiTurnTrainer.$room.Tests
  started=$SECONDS
  timeout --kill-after=10 900 "artifacts/bin/$name/release/$name" -noColor -longRunning 120 >"$log/$room" 2>&1
  code=$?
  summary=$(grep -E 'Total: [0-9]+, Errors: ' "$log/$room" | tail -1)
  count() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<<"$summary"; }
  if [ -z "$summary" ]; then
    echo "$room: the test runner ended with $code and no summary"
    cat "$log/$room"
    broken=$((broken + 1))
    continue
  fi
  bad=$(($(count Errors) + $(count Failed)))
  if [ $bad -gt 0 ] || { [ $code -ne 0 ] && [ "$(count Total)" -gt 0 ]; }; then
    cat "$log/$room"
    [ $bad -gt 0 ] || broken=$((broken + 1))
  fi
  good=$(($(count Total) - bad - $(count Skipped)))
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + $(count Skipped)))
  printf '%-14s %5d passed %4d failed %4d skipped %5d s\n' "$room" $good $bad "$(count Skipped)" $((SECONDS - started))
  grep -h -A1 '\[SKIP\]' "$log/$room" | sed 's/^/    /'
done

# Where the shared material is present, nothing that needs it may be skipped.
if [ -d "${MTT_SHARED:-../shared}/data" ] && grep -q 'needs ../shared' "$log"/*; then
  echo "a test that needs ../shared was skipped although it is there"
  broken=$((broken + 1))
fi

failed=$((failed + broken))
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
