#!/usr/bin/env bash
# Checks every package with every set of features that a user can choose. Two minutes on two cores, and one more
# the first time, for cargo-hack. The tests need all features, but for those that .ci/run names.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/tools.sh
tool cargo-hack 0.6.46
export RUSTFLAGS="${RUSTFLAGS:-} -D warnings"
cargo hack check --workspace --exclude concurrent-futures-benches --feature-powerset --lib --locked
