#!/usr/bin/env bash
# Bad times and bad company, longer than `cargo test` has them, in release mode:
#
# - a program that is built with `panic = "abort"` (tests/hardship/aborting.rs);
# - everything with every number of descriptors from 3 to 63, every amount of address space up to 40 MiB, and
#   signals at every moment, five times (tests/hardship);
# - a thousand workers of each kind that lie to their pool (executor-process/src/engine/hostile), and a thousand
#   processes of each kind that write and send noise to their partners (tests/security).
#
# About fifteen minutes on two cores; the first alone takes two, most of which are for building.
#
#   ci/hardship.sh             all of it
#   ci/hardship.sh abort       the first alone
#   HOSTILE_ROUNDS=100 HOSTILE_SEED=7 ci/hardship.sh   fewer, beginning with these choices
#
# Needs Linux, and for full and missing directories the permission to make user namespaces (`unshare -r -m`); without
# it those tests say that they are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/abort timeout 900 \
  cargo run --quiet --config 'profile.dev.panic="abort"' --example aborting
[[ ${1:-} == abort ]] && exit
HARDSHIP_FACTOR=${HARDSHIP_FACTOR:-5} timeout 1200 \
  cargo test --release --test hardship
export HOSTILE_ROUNDS=${HOSTILE_ROUNDS:-1000} HOSTILE_SEED=${HOSTILE_SEED:-$RANDOM}
echo "HOSTILE_SEED=$HOSTILE_SEED"
timeout 1800 cargo test --release -p executor-process --lib hostile
timeout 1800 cargo test --release --test security partners
