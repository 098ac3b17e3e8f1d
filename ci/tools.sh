# Sourced by commands that need a program from the registry.
#
#   tool PACKAGE VERSION [PROGRAM]     builds it, unless it is there already; PROGRAM if it is not named as PACKAGE
#
# It goes to target/tools, apart from what the user has installed, and later commands find it first.

tool() {
  local package=$1 version=$2 program=${3:-$1} root=$PWD/target/tools
  PATH=$root/bin:$PATH
  if ! grep -qs "^\"$package $version " "$root/.crates.toml" || [[ ! -x $root/bin/$program ]]; then
    CARGO_TARGET_DIR=$root/build RUSTFLAGS='' cargo install --quiet --locked --root "$root" --version "$version" "$package"
    rm -rf "$root/build"
  fi
}
