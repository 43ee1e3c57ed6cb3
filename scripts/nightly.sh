#!/usr/bin/env bash
# What is too long for every change: the fuzz run of the readers and the validator (200,000 mutated inputs by default).
#   scripts/nightly.sh [INPUTS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/MultiTurnTrainer.Conversations.Tests -c Release -v q -nologo
MTT_FUZZ_INPUTS=${1:-200000} MTT_FUZZ_SEED=${2:-1} timeout 3600 \
  artifacts/bin/MultiTurnTrainer.Conversations.Tests/release/MultiTurnTrainer.Conversations.Tests \
  -class MultiTurnTrainer.Validation.Tests.FuzzTests -showliveoutput
