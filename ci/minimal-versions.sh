#!/usr/bin/env bash
# Builds and tests with the oldest versions of our dependencies that Cargo.toml allows: what a user may have who
# updates nothing. Their own dependencies are the newest, since what those say is not ours to mend. Three minutes
# on two cores.
#
#   ci/minimal-versions.sh                      checks everything, and runs the behaviour tests on both pools
#   ci/minimal-versions.sh --test pipes         what `cargo test` is given instead
#
# Works on a copy, so that the lock file here stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/minimal-versions}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 tar --ignore-failed-read -cf - | tar -C "$copy" -xf -
cd "$copy"
# Nobody depends on the harness, and it wants newer versions than the library.
sed -i '/^members = /s/, "benches"//' Cargo.toml
# The choice of versions is an unstable feature of cargo; what is built with them is not.
RUSTC_BOOTSTRAP=1 cargo update -Zdirect-minimal-versions
if (($# > 0)); then
  exec cargo test --locked "$@"
fi
cargo check --locked --workspace --all-targets
cargo test --locked --test thread_pool --test process_pool
