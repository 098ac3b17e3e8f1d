#!/usr/bin/env bash
# Checks the code for macOS from Linux: compiles the library and its tests for it, with clippy, as far as that
# goes without its linker. Nothing is run, so what the system does remains to be seen on a Mac.
#
#   ci/macos-check.sh                       aarch64
#   ci/macos-check.sh x86_64-apple-darwin   the processors of before
#
# Takes about a minute, and half a minute more the first time. Needs the registry, and what
# ci/foreign/std.sh needs if the toolchain has not got the target. Environment: FOREIGN_CACHE,
# CARGO_TARGET_DIR (default target/cross).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-aarch64-apple-darwin}
. "$root/ci/foreign/packages.sh"
. "$root/ci/foreign/std.sh"
needs cargo rustc cc ar awk

std_for "$target"
name=$(tr 'a-z-' 'A-Z_' <<<"$target")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/cross}
export "CARGO_TARGET_${name}_RUSTFLAGS=${sysroot:+--sysroot $sysroot}"

# Dependencies have some lines of assembler. A check links nothing, so it is enough that there is an object file.
mkdir -p "$cache/$target/sdk"
cat >"$cache/$target/cc" <<'SCRIPT'
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
chmod +x "$cache/$target/cc"
export "CC_${target//-/_}=$cache/$target/cc" "AR_${target//-/_}=ar" SDKROOT="$cache/$target/sdk" MACOSX_DEPLOYMENT_TARGET=11.0

cd "$root"
# The benchmark harness depends on programs that only run where it is used.
cargo check --quiet --target "$target" --workspace --exclude concurrent-futures-benches --all-targets
cargo clippy --quiet --target "$target" --workspace --exclude concurrent-futures-benches --all-targets -- -D warnings
