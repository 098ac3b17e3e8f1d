#!/usr/bin/env bash
# The long stress run: millions of tasks with random cancels and panics, in release mode, with new
# random choices each round. Ten minutes on two cores by default.
#
#   ci/soak.sh            rounds until ten minutes have passed
#   ci/soak.sh 60         rounds until a minute has passed
#   STRESS_SEED=7 ci/soak.sh 1   one round with the choices of a failed one
set -euo pipefail
cd "$(dirname "$0")/.."
limit=${1:-600}
cargo test --release --test stress --no-run
while (( SECONDS < limit )); do
  seed=${STRESS_SEED:-$RANDOM$RANDOM}
  echo "round at ${SECONDS}s, STRESS_SEED=$seed"
  STRESS_SEED=$seed STRESS_TASKS=${STRESS_TASKS:-2000000} timeout 600 \
    cargo test --release --quiet --test stress
done
