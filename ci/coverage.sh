#!/usr/bin/env bash
# Which code of the crates the test suite runs, in the tests' own processes and in all that they start.
# About ten minutes on two cores.
#
#   ci/coverage.sh                     a line for each file, and the lines that are not run, in target/coverage
#   ci/coverage.sh --test pipes        what `cargo test` is given instead of everything
#
# Processes that are killed do not come to write down what they have run, so what only they run does not show. Two
# tests are left out: one that has few descriptors, and one that becomes another user; the files are in the way of both.
#
# Needs llvm-cov and llvm-profdata of the LLVM that the compiler is made with: the toolchain's component
# (`rustup component add llvm-tools`), or those that LLVM_COV and LLVM_PROFDATA name, or else Debian's packages,
# as ci/foreign/packages.sh fetches them. What is not run, and why, is told in docs/soundness.md.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/^host: //p')
version=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
component=$(rustc --print sysroot)/lib/rustlib/$host/bin
if [[ -z ${LLVM_COV:-} && -x $component/llvm-cov ]]; then
  LLVM_COV=$component/llvm-cov LLVM_PROFDATA=$component/llvm-profdata
elif [[ -z ${LLVM_COV:-} ]]; then
  . ci/foreign/packages.sh
  fetch_llvm() {
    local packages
    mapfile -t packages < <(with_dependencies system "llvm-$version")
    unpack system "$cache/llvm-$version" "${packages[@]}"
  }
  once "llvm-$version" fetch_llvm
  tools=$cache/llvm-$version
  libraries=$tools/usr/lib/x86_64-linux-gnu:$tools/usr/lib/llvm-$version/lib
  LLVM_COV=$tools/usr/lib/llvm-$version/bin/llvm-cov
  LLVM_PROFDATA=$tools/usr/lib/llvm-$version/bin/llvm-profdata
fi

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/coverage
profiles=$(mktemp -d)
trap 'rm -rf "$profiles"' EXIT
# Processes of one program share a few files.
export LLVM_PROFILE_FILE=$profiles/%4m.profraw
# Workers do all that they do before `main`, and before the profile would be set up: so that is done earlier still.
early=$(realpath -m "$CARGO_TARGET_DIR")/early
mkdir -p "$CARGO_TARGET_DIR"
cat >"$early.c" <<'C'
extern void __llvm_profile_initialize(void);
__attribute__((constructor(101))) static void early(void) { __llvm_profile_initialize(); }
C
cc -c "$early.c" -o "$early.o"
export RUSTFLAGS="${RUSTFLAGS:-} -Cinstrument-coverage -Clink-arg=$early.o"
left_out=(--skip share_with_few_descriptors --skip few_descriptors_for_shared_bytes
  --skip what_cannot_be_read_is_reported_at_the_end)
if (( $# == 0 )); then
  set -- --lib --bins --tests --no-fail-fast -- "${left_out[@]}"
fi
packages=(-p concurrent-futures -p executor-core -p executor-thread -p executor-process)
# Tests start examples, and themselves.
programs_of() {
  cargo "$1" --message-format=json --locked "${packages[@]}" "${@:2}" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p'
}
mapfile -t programs < <(
  programs_of build --examples
  programs_of test --no-run "$@"
)
set -- cargo test --locked "${packages[@]}" "$@"
status=0
"$@" || status=$?

# Theirs, and nobody else's.
[[ -z ${libraries:-} ]] || export LD_LIBRARY_PATH=$libraries
"$LLVM_PROFDATA" merge -sparse "$profiles"/*.profraw -o "$profiles/all.profdata"
what=(--instr-profile="$profiles/all.profdata"
  --ignore-filename-regex='/(registry|rustc|tests|examples|benches|models|fuzzed|hostile)/|/(tests|models|fuzzed|basket)\.rs' "${programs[0]}")
for program in "${programs[@]:1}"; do
  what+=(--object "$program")
done
"$LLVM_COV" report --summary-only "${what[@]}" >"$CARGO_TARGET_DIR/report.txt" 2>/dev/null
"$LLVM_COV" show --show-instantiations=false --show-line-counts-or-regions=false "${what[@]}" 2>/dev/null |
  awk '/^\/.*:$/ { file = $0 } /^ *[0-9]+\| *0\|/ { if (file) print file; file = ""; print }' \
    >"$CARGO_TARGET_DIR/not-run.txt"
# Lines: how many there are, how many are not run, and the part that is; of each file, and of each crate.
awk '
  function line(name, all, missed) { printf "%-58s %6d %6d %7.2f%%\n", name, all, missed, 100 * (all - missed) / all }
  BEGIN { printf "%-58s %6s %6s %8s\n", "lines", "all", "missed", "run" }
  /\.rs / && $8 > 0 {
    line($1, $8, $9)
    crate = $1 ~ /^executor-/ ? substr($1, 1, index($1, "/") - 1) : "concurrent-futures"
    all[crate] += $8
    missed[crate] += $9
  }
  END { for (crate in all) line(crate, all[crate], missed[crate]) }' "$CARGO_TARGET_DIR/report.txt"
echo "lines that are not run: $CARGO_TARGET_DIR/not-run.txt"
exit "$status"
