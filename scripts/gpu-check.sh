#!/usr/bin/env bash
# Checks mtt on a CUDA machine that has PyTorch (with transformers and peft) and neither .NET nor a network.
#   scripts/gpu-check.sh --pack   where the .NET SDK is: puts a self-contained mtt into artifacts/gpu-check
#   scripts/gpu-check.sh          there (or here): builds the native part, runs the goldens, the kernels and the benchmarks
#   scripts/gpu-check.sh STEP …   only these steps: doctor goldens kernels head train
# Without a CUDA device every step runs small on the CPU, as a dry run.
set -uo pipefail
cd "$(dirname "$0")/.."
pack=artifacts/gpu-check

if [ "${1:-}" = --pack ]; then
  dotnet publish src/MultiTurnTrainer.Cli -c Release -r linux-x64 --self-contained -v quiet -nologo \
    -p:PublishSingleFile=true -p:DebugType=none -o "$pack"
  rm -f "$pack"/*.xml
  # Packed as a whole it is two thirds of what .NET's own compression makes of it, and starts at once when unpacked.
  python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(open(sys.argv[1], "rb"), lzma.open(sys.argv[1] + ".xz", "wb"))' "$pack/mtt"
  rm "$pack/mtt"
  ls -l "$pack"
  exit
fi

if [ "$pack/mtt.xz" -nt "$pack/mtt" ]; then
  python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1] + ".xz"), open(sys.argv[1], "wb"))' "$pack/mtt"
  chmod +x "$pack/mtt"
fi
[ -x "$pack/mtt" ] || { echo "no self-contained build: run scripts/gpu-check.sh --pack where the .NET SDK is, and bring $pack along"; exit 2; }
python3 -c 'import torch' 2>/dev/null || { echo "python3 ($(command -v python3 || echo none)) has no PyTorch: put the environment's python3 first in PATH"; exit 2; }
export MTT="$PWD/$pack/mtt"
# The libtorch of the PyTorch that python3 imports, unless another is named.
export MTT_LIBTORCH="${MTT_LIBTORCH:-$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')}"
device=$(python3 -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")')
steps=("$@")
[ ${#steps[@]} -gt 0 ] || steps=(doctor goldens kernels head train)
failed=0
for step in "${steps[@]}"; do
  echo "== $step ($device)"
  case $step in
    doctor) "$MTT" setup && "$MTT" doctor ;;
    goldens) python3 scripts/gpu/goldens.py --device "$device" ;;
    kernels) "$MTT" doctor --kernels --device "$device" ;;
    head) python3 scripts/gpu/head.py --device "$device" ;;
    train) python3 scripts/gpu/train.py --device "$device" ;;
    *) echo "unknown step $step"; false ;;
  esac || { echo "!! $step failed"; failed=$((failed + 1)); }
done
echo "$((${#steps[@]} - failed)) steps passed, $failed failed"
[ $failed -eq 0 ]
