#!/usr/bin/env bash
# What a change must pass before it is committed: formatting, build without warnings, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet tool restore >/dev/null
dotnet csharpier check .
scripts/test.sh "$@"
