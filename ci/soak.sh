#!/usr/bin/env bash
# The long runs, in release mode, with new random choices each round:
#
# - millions of tasks on threads with random cancels and panics (tests/stress.rs);
# - process pools whose workers are killed in every way, each run of tests/process_faults ten times;
# - process pools at the limits of the system, five times as long (tests/process_limits);
# - eight processes with four threads each on one queue, one lock, one semaphore and the others, millions of
#   operations with exact books (tests/shared_queues, tests/shared_sync);
# - processes killed by the thousand while they use any of these, a manager, a pipe or shared memory (the
#   same, tests/managers, tests/pipes, tests/shared_memory).
#
# A round takes about six minutes on two cores. Rounds are made until the limit has
# passed, ten minutes by default, so the whole takes at most one round longer.
#
#   ci/soak.sh            rounds until ten minutes have passed
#   ci/soak.sh 1          one round
#   SOAK_SEED=7 ci/soak.sh 1   one round with the choices of a failed one
set -euo pipefail
cd "$(dirname "$0")/.."
limit=${1:-600}
cargo test --release --test stress --test process_faults --test process_limits --test shared_queues \
  --test shared_sync --test managers --test pipes --test shared_memory --no-run
while (( SECONDS < limit )); do
  seed=${SOAK_SEED:-$RANDOM$RANDOM}
  echo "round at ${SECONDS}s, SOAK_SEED=$seed"
  STRESS_SEED=$seed STRESS_TASKS=${STRESS_TASKS:-2000000} timeout 600 \
    cargo test --release --quiet --test stress
  FAULTS_SEED=$seed FAULTS_FACTOR=${FAULTS_FACTOR:-10} timeout 900 \
    cargo test --release --quiet --test process_faults
  LIMITS_FACTOR=${LIMITS_FACTOR:-5} timeout 900 \
    cargo test --release --quiet --test process_limits
  STRESS_ITEMS=${STRESS_ITEMS:-4000000} KILLS=${KILLS:-1000} KILLS_SEED=$seed timeout 900 \
    cargo test --release --quiet --test shared_queues
  SHARED_SYNC_FACTOR=${SHARED_SYNC_FACTOR:-20} timeout 900 \
    cargo test --release --quiet --test shared_sync
  FAULTS_FACTOR=${FAULTS_FACTOR:-10} timeout 900 \
    cargo test --release --quiet --test managers
  KILLS=${KILLS:-1000} timeout 900 \
    cargo test --release --quiet --test pipes
  KILLS=${KILLS:-1000} KILLS_SEED=$seed timeout 900 \
    cargo test --release --quiet --test shared_memory
done
