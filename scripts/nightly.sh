#!/usr/bin/env bash
# What is too long for every change: the fuzz runs of the readers and the validator (200,000 mutated inputs by default)
# and of the Parquet reader (20,000 mutated files), those of templates, tokenizers, configurations, adapters, settings and
# replies (fifty times the usual), near duplicates among 200,000 rows beside an exact join, a real model that learns facts, and
# 300 random conversations under random context policies, the quickstart and the long commands of the documentation,
# a server that is killed 50 times under load and its databases as often, and one whole seed of the experiments on tiny models (of lost-in-conversation all eight with their ablations: SEEDS="1 2 3 4 5 6 7 8" ABLATIONS=1).
#   scripts/nightly.sh [INPUTS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
# Builds everything, and installs what the tests drive.
scripts/setup.sh --tests
MTT_FUZZ_INPUTS=${1:-200000} MTT_FUZZ_SEED=${2:-1} timeout 3600 \
  artifacts/bin/MultiTurnTrainer.Validation.Tests/release/MultiTurnTrainer.Validation.Tests \
  -class MultiTurnTrainer.Validation.Tests.FuzzTests -showliveoutput
MTT_NEAR_ROWS=200000 timeout 3600 \
  artifacts/bin/MultiTurnTrainer.Validation.Tests/release/MultiTurnTrainer.Validation.Tests \
  -class MultiTurnTrainer.Validation.Tests.Duplicates.NearIndexTests -showliveoutput
MTT_FUZZ_PARQUET=1250 timeout 3600 \
  artifacts/bin/MultiTurnTrainer.Datasets.Tests/release/MultiTurnTrainer.Datasets.Tests \
  -class MultiTurnTrainer.Datasets.Tests.Parquet.ParquetFuzzTests
# The real model learns invented facts: some minutes, and 540 MB below artifacts/.
MTT_REAL_TRAINING=1 timeout 1800 \
  artifacts/bin/MultiTurnTrainer.Cli.Tests/release/MultiTurnTrainer.Cli.Tests \
  -class MultiTurnTrainer.Cli.Tests.RealTrainingTests -showliveoutput
# Trainings on TorchSharp's libtorch, by the goldens.
MTT_TORCHSHARP_TRAINING=1 scripts/test.sh TorchSharp
# What the README begins with.
timeout 1800 scripts/quickstart.sh artifacts/quickstart
# The commands of the pages that are too long for every change, with training as long as the pages have it; the tutorial on the real model.
MTT_DOCS_NIGHTLY=1 timeout 7200 \
  artifacts/bin/MultiTurnTrainer.Documentation.Tests/release/MultiTurnTrainer.Documentation.Tests -class '*PageCommandsTests' -showliveoutput
for room in Templates Tokenizers Models Inference Hub Serving Sessions Cli; do
  # Fifty times what every change runs; inputs that fail are kept in artifacts/fuzz, and belong into tests/fuzz-corpus.
  MTT_FUZZ=${MTT_FUZZ:-50} MTT_FUZZ_SEED=${2:-1} timeout 3600 \
    "artifacts/bin/MultiTurnTrainer.$room.Tests/release/MultiTurnTrainer.$room.Tests" -class '*FuzzTests' -class '*HostileCommandTests' -showliveoutput
done
# The server, killed at 50 random moments under load.
MTT_KILLS=50 timeout 1800 \
  artifacts/bin/MultiTurnTrainer.Serving.Tests/release/MultiTurnTrainer.Serving.Tests -class '*ServeKillTests'
# The same over PostgreSQL and Redis, and each other fault of stores as often.
MTT_FAULTS=50 timeout 7200 \
  artifacts/bin/MultiTurnTrainer.Serving.Tests/release/MultiTurnTrainer.Serving.Tests -class '*StoreFaultTests' -showliveoutput
MTT_POLICY_CASES=300 timeout 3600 \
  artifacts/bin/MultiTurnTrainer.Context.Tests/release/MultiTurnTrainer.Context.Tests \
  -class MultiTurnTrainer.Context.Tests.Planning.ContextSessionProperties
MTT_POLICY_CASES=300 timeout 3600 \
  artifacts/bin/MultiTurnTrainer.Datasets.Tests/release/MultiTurnTrainer.Datasets.Tests \
  -class MultiTurnTrainer.Datasets.Tests.Contexts.PolicyExpanderTests
scripts/experiments/maigo-tiny.sh artifacts/maigo-tiny
BASES=artifacts/maigo-tiny scripts/experiments/context-tiny.sh artifacts/context-tiny
# Several processes: more faults of each kind. Then a real Slurm, with an array over a data set of 1 GB.
MTT_PROCESSES=1 timeout 1800 \
  artifacts/bin/MultiTurnTrainer.Cli.Tests/release/MultiTurnTrainer.Cli.Tests -class '*SeveralProcessesTests'
MTT_SLURM_MB=1000 timeout 1800 \
  artifacts/bin/MultiTurnTrainer.Cli.Tests/release/MultiTurnTrainer.Cli.Tests -class '*SlurmTests'
# The commands that ./mtt gives to machine code, by their tests; then the packages on bare systems (root).
scripts/native.sh
MTT_TESTED=$PWD/artifacts/mtt/native/mtt timeout 1800 \
  artifacts/bin/MultiTurnTrainer.Cli.Tests/release/MultiTurnTrainer.Cli.Tests -class '*ValidateCommandTests'
scripts/package.sh --try
