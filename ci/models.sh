#!/usr/bin/env bash
# Explores the models of the state machines with loom. Bounded: a few minutes on two cores.
#
#   ci/models.sh                      all of them
#   ci/models.sh callback             those whose name contains a word
#   LOOM_MAX_PREEMPTIONS=4 ci/models.sh   deeper (the default bound is 3; the time grows steeply)
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="${RUSTFLAGS:-} --cfg loom"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
exec cargo test --release -p executor-core -p executor-thread -p executor-process --lib "models::${1:-}" -- --nocapture
