#!/bin/bash
# Installs what mtt needs on this machine and builds it, its native part included. Safe to run again.
#   scripts/setup.sh          to build and run mtt
#   scripts/setup.sh --quick  the same without machine code, which takes some minutes once (scripts/native.sh)
#   scripts/setup.sh --tests  also what the test suite drives (headless Chromium, SentencePiece, npm, PostgreSQL, Redis, bubblewrap, Prometheus, Slurm, curl, jq, openssl, kill)
set -euo pipefail
# Programs come from the absolute entries of PATH: others mean the current folder.
PATH=$(IFS=:; set -f; for entry in $PATH; do case $entry in /*) printf '%s:' "$entry" ;; esac; done)
PATH=${PATH%:}
cd "$(dirname "$0")/.."

say() { printf '%s\n' "setup: $*" >&2; }
fail() { say "$*"; exit 2; }

missing=()
has_package() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
want() { has_package "$1" || missing+=("$1"); }

command -v dotnet >/dev/null || fail "the .NET SDK 10 is missing: install it from https://dotnet.microsoft.com/download, then run this again"
dotnet --version >/dev/null 2>&1 || fail "the installed .NET SDK does not satisfy global.json: install the .NET SDK 10"

if command -v dpkg-query >/dev/null; then
  command -v g++ >/dev/null || missing+=(g++)
  command -v cmake >/dev/null || missing+=(cmake)
  if [ -z "${MTT_LIBTORCH:-}" ] && ! python3 -I -c 'import site, sys; sys.path.append(site.getusersitepackages()); import torch' 2>/dev/null; then
    want libtorch-dev
    want libgloo-dev
  fi
  # With the reference BLAS beside Debian's libtorch a float product is ten times slower.
  if [ ${#missing[@]} -gt 0 ] || has_package libtorch-dev; then want libopenblas0-pthread; fi
  if [ "${1:-}" = --tests ]; then
    for package in chromium sentencepiece xz-utils postgresql redis-server bubblewrap prometheus slurm-wlm munge; do want "$package"; done
    for tool in npm curl jq openssl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    # Of the program kill, not the shell's own.
    want procps
  fi
else
  for tool in g++ python3; do command -v "$tool" >/dev/null || say "'$tool' is missing"; done
fi

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then root=(); elif command -v sudo >/dev/null; then root=(sudo); else
    fail "not root and no sudo; as root run: apt-get update && apt-get install -y ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

command -v npm >/dev/null || say "npm is missing: the curves of reports will be still pictures"
say "building (about a minute the first time)"
dotnet build MultiTurnTrainer.sln -c Release -v quiet -nologo
# The same compiled ahead of time starts in less than half the time; without the compiler for it ./mtt runs the build.
dotnet publish src/MultiTurnTrainer.Cli -c Release -v quiet -nologo --use-current-runtime --no-self-contained -o artifacts/mtt >/dev/null &&
  touch artifacts/mtt/mtt ||
  { rm -rf artifacts/mtt; say "no compiler ahead of time on the package feed: mtt starts slower"; }
./mtt setup
if [ "${1:-}" = "" ]; then
  scripts/native.sh || say "no machine code: validate, explain and the help start slower"
fi
