# Sourced by the commands for other platforms: the standard library for a target.
#
# A toolchain with the target installed (`rustup target add`) has it. Otherwise it is built, with the compiler
# that is there, from source: the toolchain's own (`rustup component add rust-src`), or Debian's package of just
# this version, which may be in a newer suite than the system. Building takes half a minute on two cores; the
# result is kept.
#
#   std_for TARGET [FLAGS]      sets sysroot to a directory for `rustc --sysroot`, or to nothing if the
#                               toolchain has the target; FLAGS are flags for rustc, as -Zsanitizer=thread
#
# Only the standard library is built with unstable features; whatever uses it is compiled as usual.

# Where Debian may have the source of a version, after the suites of the system itself.
suites=(system trixie-backports trixie forky sid)

release=$(rustc -vV | awk '$1 == "release:" { print $2 }')

std_for() {
  local target=$1 flags=${2-} libraries key
  sysroot=
  if [[ -z $flags ]]; then
    libraries=$(rustc --print target-libdir --target "$target")
    ! compgen -G "$libraries/libstd-*.rlib" >/dev/null || return 0
  fi
  key=$(rustc -vV | awk '$1 == "commit-hash:" { print substr($2, 1, 12) }')-$target
  [[ -z $flags ]] || key+=$(tr -cd 'a-z=' <<<"$flags")
  sysroot=$cache/std/$key
  once "std-$key" build_std "$target" "$sysroot" "$flags"
}

build_std() {
  local target=$1 into=$2 flags=$3 source work libraries name object
  std_source
  work=$(mktemp -d "$cache/std-build.XXXXXX")
  cp -a "$source" "$work/library"
  rm -rf "$work/library/vendor" # Debian's lacks crates that the lock file names; the registry has them
  sed -i 's/^crate-type = \["dylib", "rlib"\]/crate-type = ["rlib"]/' "$work/library/std/Cargo.toml"
  say "building the standard library of Rust $release for $target"
  name=$(tr 'a-z-' 'A-Z_' <<<"$target")
  (
    cd "$work/library"
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET
    export RUSTC_BOOTSTRAP=1
    export "CARGO_TARGET_${name}_RUSTFLAGS=-Zforce-unstable-if-unmarked -Cforce-unwind-tables=yes -Cembed-bitcode=yes $flags"
    cargo build --locked --release --quiet --manifest-path sysroot/Cargo.toml \
      --features panic-unwind,backtrace --target "$target" --target-dir "$work/out"
  ) || give_up "the standard library does not build for $target"
  libraries=$into/lib/rustlib/$target/lib
  rm -rf "$into"
  mkdir -p "$libraries"
  cp "$work/out/$target/release/deps/"*.rlib "$libraries/"
  if [[ $target == *-windows-gnu ]]; then
    for object in rsbegin rsend; do
      RUSTC_BOOTSTRAP=1 rustc --target "$target" --sysroot "$into" --crate-type lib --emit=obj \
        -o "$libraries/$object.o" "$work/library/rtstartup/$object.rs"
    done
  fi
  rm -rf "$work"
}

# Sets source to the directory of the standard library's source.
std_source() {
  local suite version
  source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
  [[ ! -e $source/Cargo.lock ]] || return 0
  for source in "$cache/rust-src-$release"/usr/src/rustc-*/library; do
    [[ ! -e $source/Cargo.lock ]] || return 0
  done
  for suite in "${suites[@]}"; do
    version=$(apt_in "$suite" apt-cache madison rust-src |
      awk -F' *[|] *' -v release="$release+" 'index($2, release) == 1 && !/Sources/ { print $2; exit }')
    [[ -n $version ]] || continue
    say "fetching rust-src $version from $suite"
    unpack "$suite" "$cache/rust-src-$release" "rust-src=$version"
    for source in "$cache/rust-src-$release"/usr/src/rustc-*/library; do
      [[ ! -e $source/Cargo.lock ]] || return 0
    done
  done
  give_up "no source of Rust $release: run \`rustup target add\` for the target, or \`rustup component add rust-src\`"
}
