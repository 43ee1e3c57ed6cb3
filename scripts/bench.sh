#!/usr/bin/env bash
# Benchmarks, each beside its anchor in the same run; figures and machine are kept in docs/benchmarks.md.
#   scripts/bench.sh data               validate, mask and tokenizers
#   scripts/bench.sh train | generate | validate | mask | tokenizers | context | sessions | start [ARGUMENT …]
set -euo pipefail
here=$(dirname "$0")/bench
case ${1:-} in
  data)
    for part in validate mask tokenizers; do
      echo "== $part"
      "$here/$part.sh"
    done
    ;;
  train | generate | validate | mask | tokenizers | context | sessions | start) exec "$here/$1.sh" "${@:2}" ;;
  *)
    sed -n '2,4s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
