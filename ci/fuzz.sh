#!/usr/bin/env bash
# Fuzzes every decoder of what comes from another process, with libFuzzer and AddressSanitizer.
#
#   ci/fuzz.sh               each target for ten seconds, from what is known: three minutes, and the build
#   ci/fuzz.sh 300           each for so many seconds
#   ci/fuzz.sh 60 window     those that are named
#   FUZZ_MERGE=1 ci/fuzz.sh 300    keeps what has been found in fuzz/corpus, as little of it as shows all
#
# What is kept of a target is one file, fuzz/corpus/<target>.hex: an input on each line, in hexadecimal digits; the
# lines are sorted, so that merging and comparing is left to version control. Here it is unpacked for libFuzzer, which
# wants a file for each.
#
# Says for each target how many inputs it has run. An input that makes one fail is left in fuzz/artifacts; when
# the fault is mended it belongs into fuzz/regressions/<target>. The targets are told in
# executor-process/src/fuzzed/mod.rs, whose tests run what is kept, with the stable compiler.
#
# Needs Linux on x86_64, a C++ compiler for libFuzzer, and what ci/foreign/std.sh needs.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
target=x86_64-unknown-linux-gnu
corpus=fuzz/corpus

. ci/foreign/packages.sh
. ci/foreign/std.sh
std_for "$target" -Zsanitizer=address
cp -n "$(rustc --print target-libdir)"/librustc-*_rt.asan.a "$sysroot/lib/rustlib/$target/lib/"
# The flags are those of cargo-fuzz.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Zsanitizer=address --sysroot $sysroot --cfg fuzzing \
$coverage -Ccodegen-units=1"
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/fuzz
cargo build --release --locked --manifest-path fuzz/Cargo.toml --target "$target" --bins
programs=$CARGO_TARGET_DIR/$target/release

if (( $# == 0 )); then
  for source in fuzz/targets/*.rs; do
    set -- "$@" "$(basename "$source" .rs)"
  done
fi

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
# Inputs are short, so nothing that they bring about may need much memory; and none may take long. The
# options for the sanitizer: an allocation that is refused is an error to be handled, as it is without it.
limits=(-max_len=2048 -malloc_limit_mb=64 -rss_limit_mb=2048 -timeout=10)
export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1

# unpack FILE DIRECTORY: a file for each line.
unpack() {
  local escaped number=0
  mkdir "$2"
  sed 's/../\\x&/g' "$1" | while IFS= read -r escaped; do
    printf %b "$escaped" >"$2/$((number += 1))"
  done
}

# pack DIRECTORY FILE: a line for each file.
pack() {
  local input
  for input in "$1"/*; do
    od -An -v -tx1 "$input" | tr -d ' \n'
    echo
  done | LC_ALL=C sort -u >"$2"
}

status=0
for name; do
  mkdir -p "$found/$name" fuzz/artifacts
  log=$found/$name.log
  inputs=()
  if [[ -e $corpus/$name.hex ]]; then
    unpack "$corpus/$name.hex" "$found/known-$name"
    inputs+=("$found/known-$name")
  fi
  [[ ! -d fuzz/regressions/$name ]] || inputs+=("fuzz/regressions/$name")
  if ! "$programs/$name" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="fuzz/artifacts/$name-" "$found/$name" "${inputs[@]}" >"$log" 2>&1; then
    grep -v '^#' "$log" | head -n 60
    echo "$name FAILS, with an input that is in fuzz/artifacts"
    status=1
  fi
  awk -v name="$name" '
    /^#.* cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
    /number_of_executed_units/ { runs = $2 }
    END { printf "%-10s %10d inputs, %5d edges\n", name, runs, edges }' "$log"
  if [[ -n ${FUZZ_MERGE:-} ]]; then
    mkdir "$found/merged"
    "$programs/$name" "${limits[@]}" -set_cover_merge=1 "$found/merged" "${inputs[@]}" "$found/$name" \
      >"$log" 2>&1 || status=1
    mkdir -p "$corpus"
    pack "$found/merged" "$corpus/$name.hex"
    rm -r "$found/merged"
  fi
done
exit "$status"
