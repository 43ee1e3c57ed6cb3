#!/usr/bin/env bash
# Makes what others install, in artifacts/packages: one file with its own .NET, and the packages of `dotnet tool install`.
#   scripts/package.sh           for this platform (linux-x64), and the tool package for others, which needs .NET there
#   scripts/package.sh --try     the same, then tried on a bare Debian 12 and a bare Ubuntu 22.04 (root, debootstrap; some minutes)
set -euo pipefail
cd "$(dirname "$0")/.."
packages=artifacts/packages
say() { printf '%s\n' "package: $*" >&2; }
rm -rf "$packages"
mkdir -p "$packages"

say "one file"
dotnet publish src/MultiTurnTrainer.Cli -c Release -v quiet -nologo --runtime linux-x64 --self-contained \
  -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -p:PublishReadyToRunComposite=false -p:PackAsTool=false -o "$packages/one" >&2
mv "$packages/one/mtt" "$packages/mtt"
rm -rf "$packages/one"

# With the machine's .NET for any platform, and the package by which the tool is called; then for this platform with its own.
pack() {
  dotnet pack src/MultiTurnTrainer.Cli -c Release -v quiet -nologo -o "$packages" -p:ToolPackageRuntimeIdentifiers="\"linux-x64;any\"" "$@" >&2
}
say "tool packages"
pack -p:RuntimeIdentifiers="\"linux-x64;any\"" -p:PublishReadyToRun=false
pack --runtime linux-x64 -p:PublishSelfContained=true -p:PublishReadyToRunComposite=false
(cd "$packages" && sha256sum mtt ./*.nupkg >SHA256SUMS)
ls -l "$packages" >&2

if [ "${1:-}" = --try ]; then
  scripts/package/try.sh debian bookworm
  scripts/package/try.sh ubuntu jammy
fi
