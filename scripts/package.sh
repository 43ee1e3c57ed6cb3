#!/usr/bin/env bash
# Makes what others install, in artifacts/packages: one file that brings its own .NET, and the packages of `dotnet tool install`.
#   scripts/package.sh           for this platform (linux-x64), and the tool package for others, which needs .NET there
#   scripts/package.sh --try     the same, then tried: as a tool, on a bare Debian 12 and on a bare Ubuntu 22.04 (root, debootstrap; some minutes)
set -euo pipefail
cd "$(dirname "$0")/.."
packages=artifacts/packages
say() { printf '%s\n' "package: $*" >&2; }
rm -rf "$packages"
mkdir -p "$packages"

say "machine code, for what starts often and ends soon"
dotnet build src/MultiTurnTrainer.Cli -c Release -v quiet -nologo -p:RequireCurves=true >&2
scripts/native.sh

say "the whole program, attached to it"
dotnet publish src/MultiTurnTrainer.Cli -c Release -v quiet -nologo --runtime linux-x64 --self-contained -p:PackAsTool=false -o "$packages/whole" >&2
# The XML docs of the libraries stay: mtt docs makes their pages of them.
find "$packages/whole" -maxdepth 1 \( -name '*.pdb' -o -name '*.xml' ! -name 'MultiTurnTrainer.*' \) -delete
tar -C "$packages/whole" --sort=name --mtime=@0 --owner=0 --group=0 -c . | gzip -n9 >"$packages/whole.tar.gz"
{
  cat artifacts/mtt/mtt-native "$packages/whole.tar.gz"
  # What AttachedProgram reads.
  printf '%s %016d attached\n' "$(sha256sum <"$packages/whole.tar.gz" | cut -c1-64)" "$(stat -c %s "$packages/whole.tar.gz")"
} >"$packages/mtt"
chmod 755 "$packages/mtt"
rm -rf "$packages/whole" "$packages/whole.tar.gz"

say "tool packages"
# The package by which the tool is called, and the one for any platform, with the machine's .NET.
dotnet pack src/MultiTurnTrainer.Cli -c Release -v quiet -nologo -o "$packages" -p:PublishReadyToRun=false \
  -p:ToolPackageRuntimeIdentifiers="\"linux-x64;any\"" -p:RuntimeIdentifiers="\"linux-x64;any\"" >&2
# For this platform, the one file.
dotnet pack src/MultiTurnTrainer.Cli -c Release -v quiet -nologo -o "$packages" --no-build \
  -p:NuspecFile="$PWD/scripts/package/tool.nuspec" -p:NuspecBasePath="$PWD" \
  -p:NuspecProperties="version=$(basename "$packages"/mtt.any.*.nupkg .nupkg | cut -d. -f3-)" >&2

say "library packages: MultiTurnTrainer.Agents and the rooms that it stands on"
dotnet build src/MultiTurnTrainer.Agents -c Release -v quiet -nologo >&2
for room in Files Unicode Conversations Validation Context Templates Tokenizers Datasets Sessions Agents; do
  dotnet pack "src/MultiTurnTrainer.$room" -c Release -v quiet -nologo --no-build -o "$packages" >&2
done
(cd "$packages" && sha256sum mtt ./*.nupkg >SHA256SUMS)
ls -l "$packages" >&2

if [ "${1:-}" = --try ]; then
  say "dotnet tool install"
  tools=$(mktemp -d)
  trap 'rm -rf "$tools"' EXIT
  dotnet tool install mtt --tool-path "$tools" --add-source "$PWD/$packages" >&2
  "$tools/mtt" validate datasets/chat/chat.jsonl
  "$tools/mtt" --version
  say "a .NET agent on the library packages"
  scripts/package/agent.sh
  scripts/package/try.sh debian bookworm
  scripts/package/try.sh ubuntu jammy
fi
