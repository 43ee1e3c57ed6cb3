#!/usr/bin/env bash
# Tries artifacts/packages on a bare system without .NET: the data commands as they are, then a training with libtorch from its packages.
#   scripts/package/try.sh DISTRIBUTION SUITE      debian bookworm
set -euo pipefail
distribution=$1 suite=$2
cd "$(dirname "$0")/../.."
say() { printf '%s\n' "try $suite: $*" >&2; }
fail() { say "$*"; exit 1; }
[ "$(id -u)" = 0 ] || fail "debootstrap and chroot need root"
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null

# The mirror of this machine's own packages; other distributions lie beside it.
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/*$' | head -1)
mirror=${mirror%/}
bare=${TMPDIR:-/tmp}/mtt-bare/$suite
if [ ! -e "$bare/made" ]; then
  say "making a bare system"
  mkdir -p "${bare%/*}"
  rm -rf "$bare"
  keys=/usr/share/keyrings/$distribution-archive-keyring.gpg
  if [ -e "$keys" ]; then check=--keyring=$keys; else check=--no-check-gpg; fi
  debootstrap --variant=minbase "$check" "$suite" "$bare" "${mirror%/debian}/$distribution" >"$bare.log" ||
    fail "debootstrap failed: $bare.log"
  touch "$bare/made"
fi

# What is installed below stays out of the bare system, which the next try finds as it was.
tree=$bare.used
rm -rf "$tree"
cp -a "$bare" "$tree"
install -m 755 artifacts/packages/mtt "$tree/usr/local/bin/mtt"
inside() {
  unshare --mount --pid --fork sh -ec 'mount -t proc proc "$0/proc"
    exec chroot "$0" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb /bin/sh -ec "$1"' "$tree" "$1"
}
inside '! command -v dotnet' >/dev/null || fail "there is .NET in the bare system"

say "as it is: $(inside 'ldd --version | head -1')"
cat >"$tree/root/hello.jsonl" <<'JSON'
{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
JSON
inside 'mtt --version && mtt validate /root/hello.jsonl'
if ! inside 'ls /usr/lib/*/libssl.so.3 2>/dev/null' >/dev/null; then
  said=$(inside 'mtt init --preset tiny /root/demo' 2>&1) && fail "it hashes without OpenSSL"
  grep -q 'apt-get install libssl3' <<<"$said" || fail "the error does not say that OpenSSL is missing: $said"
  [ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$tree/etc/resolv.conf"
  inside 'apt-get update -qq && apt-get install -y -qq --no-install-recommends libssl3 >/dev/null'
fi
inside '
  mtt doctor | tail -2
  cd /root && mtt init --preset tiny demo && cd demo
  mtt validate data/chat.jsonl
  mtt mask data/chat.jsonl --model model --output rows.parquet
  mtt mask data/chat.jsonl --model model --output rows.jsonl'
# What cannot work yet says what to install.
if said=$(inside 'cd /root/demo && mtt train --model model --train rows.parquet --output adapter --max-steps 3' 2>&1); then
  fail "a training without libtorch came to an end"
fi
grep -q 'apt-get install libtorch-dev' <<<"$said" || fail "the error does not say what to install: $said"

say "with the libtorch of its packages"
if [ "$distribution" = ubuntu ]; then
  printf 'deb %s %s main universe\n' "${mirror%/debian}/$distribution" "$suite" >"$tree/etc/apt/sources.list"
fi
[ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$tree/etc/resolv.conf"
inside 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libtorch-dev libgloo-dev libopenblas0-pthread g++ >/dev/null'
if [ "$suite" = jammy ]; then
  # Its libtorch is 1.8, older than any that mtt builds against, which has to be said.
  said=$(inside 'mtt setup' 2>&1) && fail "mtt setup took libtorch 1.8"
  grep -q 'does not compile against the libtorch in' <<<"$said" || fail "the error does not say what does not fit: $said"
else
  inside '
    cd /root/demo
    mtt doctor | tail -2
    mtt train --model model --train rows.parquet --output adapter --max-steps 3
    ls adapter/adapter_model.safetensors'
fi
say "passed"
