#!/usr/bin/env bash
# LoRA training on the CPU: mtt beside PyTorch on the same libtorch. Arguments go to train.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet build src/MultiTurnTrainer.Cli -c Release -v q -nologo
exec /usr/bin/python3 scripts/bench/train.py "$@"
