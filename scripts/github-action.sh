#!/bin/bash
# What action.yml runs: annotations and the step's summary, then SARIF where it is asked for. Inputs come as INPUT_* variables.
set -euo pipefail

lines() {
  local line
  while IFS= read -r line; do
    [ -z "$line" ] || words+=("$line")
  done <<<"$1"
}

words=()
lines "$INPUT_FILES"
[ "${#words[@]}" -gt 0 ] || { echo "::error::the input 'files' names no file"; exit 2; }
lines "${INPUT_ARGUMENTS:-}"

result=0
"${INPUT_MTT:-mtt}" validate "${words[@]}" --format github || result=$?
if [ -n "${INPUT_SARIF:-}" ] && [ "$result" -lt 2 ]; then
  # --fail-on may be among the words, and stands once: findings (1) are no reason to stop here.
  "${INPUT_MTT:-mtt}" validate "${words[@]}" --format sarif >"$INPUT_SARIF" || [ $? -eq 1 ]
  [ -z "${GITHUB_OUTPUT:-}" ] || echo "sarif=$INPUT_SARIF" >>"$GITHUB_OUTPUT"
fi
exit "$result"
