#!/usr/bin/env bash
# Checks the code for systems whose programs cannot be run here: compiles the library and its tests for them, with
# clippy, as far as that goes without their linkers. Nothing is run, so what such a system does remains to be seen.
#
#   ci/check-only.sh                        macOS, FreeBSD and Android
#   ci/check-only.sh x86_64-apple-darwin    other targets
#
# Takes about a minute for each, and two more the first time. Needs the registry, and what
# ci/foreign/std.sh needs if the toolchain has not got the target. Environment: FOREIGN_CACHE,
# CARGO_TARGET_DIR (default target/cross).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/ci/foreign/packages.sh"
. "$root/ci/foreign/std.sh"
needs cargo rustc cc ar awk
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/cross}
export MACOSX_DEPLOYMENT_TARGET=11.0

# Dependencies have some lines of assembler. A check links nothing, so it is enough that there is an object file.
sham=$cache/sham
mkdir -p "$sham/sdk"
cat >"$sham/cc" <<'SCRIPT'
#!/bin/sh
for argument; do
  if [ "$previous" = -o ]; then
    exec touch "$argument"
  fi
  previous=$argument
done
case " $* " in *' -E '*) exec cc -E "$argument" ;; esac # which compiler is it?
exit 1
SCRIPT
chmod +x "$sham/cc"
export SDKROOT=$sham/sdk

check() {
  local target=$1 name
  name=$(tr 'a-z-' 'A-Z_' <<<"$target")
  std_for "$target"
  export "CARGO_TARGET_${name}_RUSTFLAGS=${sysroot:+--sysroot $sysroot}"
  export "CC_${target//-/_}=$sham/cc" "AR_${target//-/_}=ar"
  say "checking for $target"
  # The benchmark harness depends on programs that only run where it is used.
  set -- --quiet --target "$target" --workspace --exclude concurrent-futures-benches --all-targets
  cargo check "$@"
  cargo clippy "$@" -- -D warnings
}

cd "$root"
[[ $# -gt 0 ]] || set -- aarch64-apple-darwin x86_64-unknown-freebsd aarch64-linux-android
for target; do
  check "$target"
done
