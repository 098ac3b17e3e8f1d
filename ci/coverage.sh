#!/usr/bin/env bash
# Which code of the crates the test suite runs, in the tests' own processes and in all that they start.
# Ten to twenty minutes on two cores.
#
#   ci/coverage.sh                     a line for each file, and the lines that are not run, in target/coverage
#   ci/coverage.sh --test pipes        what `cargo test` is given instead of everything
#
# Processes that are killed do not come to write down what they have run, so what only they run does not show.
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
  export LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu:$tools/usr/lib/llvm-$version/lib
  LLVM_COV=$tools/usr/lib/llvm-$version/bin/llvm-cov
  LLVM_PROFDATA=$tools/usr/lib/llvm-$version/bin/llvm-profdata
fi

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/coverage
profiles=$(mktemp -d)
trap 'rm -rf "$profiles"' EXIT
# Processes of one program share a few files.
export LLVM_PROFILE_FILE=$profiles/%4m.profraw
export RUSTFLAGS="${RUSTFLAGS:-} -Cinstrument-coverage"
if (( $# == 0 )); then
  set -- --lib --bins --tests --examples --no-fail-fast
fi
set -- cargo test --locked -p concurrent-futures -p executor-core -p executor-thread -p executor-process "$@"
# Tests start examples, and themselves.
mapfile -t programs < <("$@" --no-run --message-format=json |
  sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | sort -u)
status=0
env -u LD_LIBRARY_PATH "$@" || status=$?

"$LLVM_PROFDATA" merge -sparse "$profiles"/*.profraw -o "$profiles/all.profdata"
what=(--instr-profile="$profiles/all.profdata"
  --ignore-filename-regex='/(registry|rustc|tests|examples|benches|models|fuzzed)/|/tests\.rs|/models\.rs' "${programs[0]}")
for program in "${programs[@]:1}"; do
  what+=(--object "$program")
done
"$LLVM_COV" report --summary-only "${what[@]}" >"$CARGO_TARGET_DIR/report.txt" 2>/dev/null
"$LLVM_COV" show --show-instantiations=false --show-line-counts-or-regions=false "${what[@]}" 2>/dev/null |
  awk '/^\/.*:$/ { file = $0 } /^ *[0-9]+\| *0\|/ { if (file) print file; file = ""; print }' \
    >"$CARGO_TARGET_DIR/not-run.txt"
# Files, functions and lines: how many there are, how many are not run.
awk 'NR == 1 || /\.rs / || /^TOTAL/ { print }' "$CARGO_TARGET_DIR/report.txt" |
  awk '{ printf "%-58s %8s %8s %8s\n", $1, $8, $9, $10 }'
echo "lines that are not run: $CARGO_TARGET_DIR/not-run.txt"
exit "$status"
