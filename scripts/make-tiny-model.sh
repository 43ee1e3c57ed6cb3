#!/usr/bin/env bash
# Makes the model that `mtt init --preset tiny` writes: random weights, then every weight trained on datasets/everyday.
# Its tokenizer stays as it is. Takes some minutes; the result is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=src/MultiTurnTrainer.Cli/Presets/tiny/model
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
./mtt init --model-config $preset/config.json --tokenizer $preset "$work/random" --seed 1
cp $preset/generation_config.json "$work/random/"
./mtt mask datasets/everyday/everyday.jsonl --model "$work/random" --output "$work/rows.parquet"
./mtt train --model "$work/random" --train "$work/rows.parquet" --output "$work/run" --dtype float32 --batch-size 2 \
  --learning-rate 2e-3 --epochs "${EPOCHS:-8}" --set train.finetuning_type=full --set train.packing=true \
  --set train.max_length=512 --set train.weight_decay=0.1 --set train.label_smoothing_factor=0.1
cp "$work/run/model.safetensors" $preset/model.safetensors
ls -l $preset
