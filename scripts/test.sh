#!/usr/bin/env bash
# Runs the whole test suite; the last line is 'N passed, M failed, K skipped'.
#   scripts/test.sh [ROOM …]   only these rooms, for instance: scripts/test.sh Tokenizers Cli; TorchSharp is the other provider
set -uo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --tests || exit 2

rooms=("$@")
if [ ${#rooms[@]} -eq 0 ]; then
  for project in tests/MultiTurnTrainer.*.Tests; do
    room=${project#tests/MultiTurnTrainer.}
    rooms+=("${room%.Tests}")
  done
  rooms+=(TorchSharp)
fi

# The tests start what users start: the same build compiled ahead of time, where setup.sh could make it.
if [ -x artifacts/mtt/mtt ]; then export MTT_TESTED=${MTT_TESTED:-$PWD/artifacts/mtt/mtt}; fi

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0 broken=0
# run LABEL PROGRAM [ARGUMENT …]: a room's tests, counted.
run() {
  local label=$1 started=$SECONDS
  timeout --kill-after=10 900 "${@:2}" -noColor -longRunning 120 >"$log/$label" 2>&1
  local code=$?
  summary=$(grep -E 'Total: [0-9]+, Errors: ' "$log/$label" | tail -1)
  count() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<<"$summary"; }
  if [ -z "$summary" ]; then
    echo "$label: the test runner ended with $code and no summary"
    cat "$log/$label"
    broken=$((broken + 1))
    return
  fi
  local bad=$(($(count Errors) + $(count Failed)))
  if [ $bad -gt 0 ] || { [ $code -ne 0 ] && [ "$(count Total)" -gt 0 ]; }; then
    cat "$log/$label"
    [ $bad -gt 0 ] || broken=$((broken + 1))
  fi
  local good=$(($(count Total) - bad - $(count Skipped)))
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + $(count Skipped)))
  printf '%-20s %5d passed %4d failed %4d skipped %5d s\n' "$label" $good $bad "$(count Skipped)" $((SECONDS - started))
  grep -h -A1 '\[SKIP\]' "$log/$label" | sed 's/^/    /'
}

for room in "${rooms[@]}"; do
  [ "$room" != TorchSharp ] || continue
  run "$room" "artifacts/bin/MultiTurnTrainer.$room.Tests/release/MultiTurnTrainer.$room.Tests"
done

# The other provider of libtorch: TorchSharp's packages, restored, built apart and held to the same goldens.
# Whole trainings on it, with what they build, run at night.
if [[ " ${rooms[*]} " == *" TorchSharp "* ]]; then
  for room in LibTorch Models ${MTT_TORCHSHARP_TRAINING:+Training}; do
    name=MultiTurnTrainer.$room.Tests
    only=()
    [ $room != Training ] || only=(-class '*Golden*' -class '*ThreadCountTests' -class '*DistillationPassTests')
    if dotnet build "tests/$name" -c Release -v quiet -nologo -p:TorchProvider=TorchSharp; then
      run "TorchSharp-$room" "artifacts/torchsharp/bin/$name/release/$name" "${only[@]}"
    else
      echo "TorchSharp-$room: does not build"
      broken=$((broken + 1))
    fi
  done
fi

# Where the shared material is present, nothing that needs it may be skipped.
if [ -d "${MTT_SHARED:-../shared}/data" ] && grep -q 'needs ../shared' "$log"/*; then
  echo "a test that needs ../shared was skipped although it is there"
  broken=$((broken + 1))
fi
# The databases, the browser and Prometheus were installed above, and the build restored uPlot: their suites run.
if command -v dpkg-query >/dev/null && grep -qE 'needs (PostgreSQL|Redis|Chromium|Prometheus|Slurm|uPlot), of the package' "$log"/*; then
  echo "a test that needs PostgreSQL, Redis, Chromium, Prometheus, Slurm or uPlot was skipped although they are installed"
  broken=$((broken + 1))
fi

failed=$((failed + broken))
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
