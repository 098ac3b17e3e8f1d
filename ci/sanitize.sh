#!/usr/bin/env bash
# Runs the test suite with a sanitizer: every load and store is checked while the tests run, in the worker
# processes too, which are the same program. Ten to twenty minutes each on two cores.
#
#   ci/sanitize.sh thread           data races (ThreadSanitizer)
#   ci/sanitize.sh address          memory that is used after it was freed, or not there, or leaked
#                                   (AddressSanitizer, with LeakSanitizer)
#   ci/sanitize.sh address -p concurrent-futures --test pipes    arguments of `cargo test`
#
# Needs Linux on x86_64, and what ci/foreign/std.sh needs: the standard library is built with the sanitizer as
# well. What is left out, and why, is said below and in docs/soundness.md; what is reported and is no fault is
# in ci/sanitize/*.supp, each with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:-}
target=x86_64-unknown-linux-gnu
if [[ $sanitizer != thread && $sanitizer != address ]]; then
  sed -n '2,/^set/p' "$0" | sed '$d' >&2
  exit 2
fi
shift

. ci/foreign/packages.sh
. ci/foreign/std.sh
std_for "$target" "-Zsanitizer=$sanitizer"
# The runtime that programs are linked with comes with the toolchain.
cp -n "$(rustc --print target-libdir)"/librustc-*_rt.*san.a "$sysroot/lib/rustlib/$target/lib/"
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Zsanitizer=$sanitizer --sysroot $sysroot"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/sanitize-$sanitizer
# For the switches of the compiler; the code is compiled as it is.
export RUSTC_BOOTSTRAP=1
# Tests in debug mode keep their assertions; optimised a little they take half the time.
export CARGO_PROFILE_DEV_OPT_LEVEL=${CARGO_PROFILE_DEV_OPT_LEVEL:-1} CARGO_PROFILE_DEV_DEBUG=line-tables-only

# What is found goes to files, so that nothing is missed that a child says to nobody.
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
here=$PWD/ci/sanitize
# Some tests have processes die of a signal, which is to remain one.
signals=handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:handle_abort=0
export TSAN_OPTIONS=$signals:log_path=$reports/thread:suppressions=$here/thread.supp
export ASAN_OPTIONS=$signals:log_path=$reports/address:detect_stack_use_after_return=1
export LSAN_OPTIONS=suppressions=$here/leak.supp:print_suppressions=0
export TEST_PATIENCE=${TEST_PATIENCE:-10}

# What is left out, whatever is asked for. Those of the module `scale` look whether the time that something takes
# grows as it should.
skip=(--skip scale::)
# The sanitizer's own memory would have to do with as little as the program's.
skip+=(--skip little_memory)
if [[ $sanitizer == thread ]]; then
  # Hundred thousand calls deep, on stacks that are made as need be: ThreadSanitizer has room for 65,536
  # frames in its own record of them.
  skip+=(--skip deep_chains --skip a_chain_of_100_000_tasks)
  # It lets a handler of a signal run at the next call that it knows to wait, and the thread sleeps in a
  # system call of which it does not know.
  skip+=(--skip interrupted_and_prepared --skip ctrl_c_ends_it_promptly)
  # It makes a temporary file as a program starts.
  skip+=(--skip only_named_memory_makes_files --skip full_directory_for_temporary_files)
fi

if [[ $sanitizer == address ]]; then
  # They end in the middle of a test's program, or of a copy of it in which none of its threads are, where what the
  # test has is of course not let go of; looking for leaks can take for ever there.
  skip+=(--skip ends::calling_exit --skip ends::leaving_main --skip ends::panicking --skip start::forked)
  # Looking for leaks takes system calls, descriptors and /proc that are not to be had there.
  skip+=(--skip refused::from_ --skip limits::few_descriptors --skip places::no_proc)
  # Nor can it be interrupted by a signal.
  skip+=(--skip everywhere_all_the_time)
  # It measures memory.
  skip+=(--skip endless_lines)
fi

packages=(-p concurrent-futures -p executor-core -p executor-thread -p executor-process)
if (( $# == 0 )); then
  cargo build --locked --target "$target" "${packages[@]}" --examples # which tests start
  set -- "${packages[@]}" --lib --bins --test init
  for test in tests/*.rs tests/*/main.rs; do
    test=${test%/main.rs}
    test=$(basename "$test" .rs)
    # What it checks is the memory and the address space that a program takes, and how often it wakes up, which
    # is all different with a sanitizer.
    [[ $test == process_limits ]] || set -- "$@" --test "$test"
  done
fi
what=()
while (( $# > 0 )) && [[ $1 != -- ]]; do
  what+=("$1")
  shift
done
status=0
cargo test --locked --no-fail-fast --target "$target" "${what[@]}" -- "${skip[@]}" "${@:2}" || status=$?
shopt -s nullglob
found=("$reports"/*)
if (( ${#found[@]} > 0 )); then
  cat "${found[@]}"
  echo "${#found[@]} processes have something to report"
  exit 1
fi
exit "$status"
