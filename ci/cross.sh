#!/usr/bin/env bash
# Builds the tests for another processor or C library, and runs them here.
#
#   ci/cross.sh TARGET                     the whole suite, without the benchmark harness
#   ci/cross.sh TARGET --test threads x    what `cargo test` is given instead
#   ci/cross.sh TARGET -- COMMAND...       a command with the environment for the target: cargo clippy, a shell
#
# | TARGET                     | runs            | shows                                                  |
# |----------------------------|-----------------|--------------------------------------------------------|
# | aarch64-unknown-linux-gnu  | by qemu         | another processor: its instructions and its traps      |
# | s390x-unknown-linux-gnu    | by qemu         | the most significant byte first                        |
# | i686-unknown-linux-gnu     | on x86_64       | 32 bits                                                |
# | x86_64-unknown-linux-musl  | on x86_64       | another C library, programs that are linked statically |
#
# The memory order is always that of x86_64: qemu does not reorder what its machine would not. What weaker orders
# allow is explored by ci/models.sh.
#
# Needs Linux on x86_64 with gcc and Debian's apt, and the registry. What else is missing it keeps in a
# directory of its own, and installs nothing: see ci/foreign/packages.sh. The first time takes a minute or two
# longer. How long the suites take, and what of them cannot work where: docs/portability.md.
#
# Processes under qemu start others, which the kernel must know how to start. That is told to a binfmt_misc of our
# own, in a user namespace, so nothing changes for anybody else; kernels before 6.7 cannot. There, and where
# such namespaces are forbidden, only what starts no processes can be run: CROSS_NAMESPACE=0 says so.
#
# Environment: FOREIGN_CACHE, CARGO_TARGET_DIR (default target/cross), and TEST_PATIENCE, by which the tests'
# time limits are multiplied (8 under qemu).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:?"a target: see the top of ${0##*/}"}
shift
. "$root/ci/foreign/packages.sh"
. "$root/ci/foreign/std.sh"
needs cargo rustc cc awk

case $target in
  aarch64-unknown-linux-gnu) triple=aarch64-linux-gnu arch=arm64 qemu=aarch64 ;;
  s390x-unknown-linux-gnu) triple=s390x-linux-gnu arch=s390x qemu=s390x ;;
  i686-unknown-linux-gnu) triple=i686-linux-gnu arch=i386 qemu= ;;
  x86_64-unknown-linux-musl) triple='' arch='' qemu= ;;
  *) give_up "no recipe for $target" ;;
esac

tools=$cache/$target

fetch_compiler() {
  local packages
  say "fetching a C compiler for $target"
  mapfile -t packages < <(with_dependencies system "gcc-$triple" "libc6-dev-$arch-cross")
  rm -rf "$tools"
  unpack system "$tools" "${packages[@]}"
  # A linker script that has the place where the package would have been installed.
  sed -i "s#/usr/$triple/lib/#$tools/usr/$triple/lib/#g" "$tools/usr/$triple/lib/libc.so"
  mkdir -p "$tools/bin"
  cat >"$tools/bin/cc" <<SCRIPT
#!/bin/sh
LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu exec $tools/usr/bin/$triple-gcc "\$@"
SCRIPT
  cat >"$tools/bin/ar" <<SCRIPT
#!/bin/sh
LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu exec $tools/usr/bin/$triple-ar "\$@"
SCRIPT
  chmod +x "$tools/bin/"*
}

fetch_qemu() {
  local packages
  say "fetching qemu"
  mapfile -t packages < <(with_dependencies system qemu-user)
  rm -rf "$cache/qemu"
  unpack system "$cache/qemu" "${packages[@]}"
}

# The start files and libraries that a toolchain with the target would have in its directory `self-contained`.
fetch_musl() {
  local own=$1 packages file
  say "fetching musl"
  rm -rf "$tools"
  mapfile -t packages < <(with_dependencies system musl-dev)
  unpack system "$tools" "${packages[@]}" libunwind-14-dev
  mkdir -p "$own"
  cp "$tools/usr/lib/x86_64-linux-musl/"{crt1,Scrt1,rcrt1,crti,crtn}.o "$tools/usr/lib/x86_64-linux-musl/libc.a" "$own/"
  for file in crtbegin.o crtbeginS.o crtend.o crtendS.o libgcc.a; do
    cp "$(cc -print-file-name="$file")" "$own/"
  done
  # LLVM's unwinder; gcc's needs what only glibc has. Debian has built it with checks that musl has not.
  cp "$(find "$tools/usr" -name libunwind.a -not -type l | head -n 1)" "$own/libunwind.a"
  cat >"$tools/checked.c" <<'C'
#include <stdarg.h>
#include <stdio.h>
int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    va_list arguments;
    int written;
    va_start(arguments, format);
    written = vfprintf(file, format, arguments);
    va_end(arguments);
    return written;
}
C
  cc -O2 -U_FORTIFY_SOURCE -c "$tools/checked.c" -o "$tools/checked.o"
  ar r "$own/libunwind.a" "$tools/checked.o" 2>/dev/null
}

std_for "$target"
flags=${sysroot:+--sysroot $sysroot}
name=$(tr 'a-z-' 'A-Z_' <<<"$target")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/cross}
if [[ -n $triple ]]; then
  once "compiler-$target" fetch_compiler
  export "CARGO_TARGET_${name}_LINKER=$tools/bin/cc" "CC_${target//-/_}=$tools/bin/cc" "AR_${target//-/_}=$tools/bin/ar"
else
  # The assembler of the system will do; there is no C in what the tests use.
  export "CC_${target//-/_}=cc" "AR_${target//-/_}=ar"
  if [[ -n $sysroot ]]; then
    once "musl-${sysroot##*/}" fetch_musl "$sysroot/lib/rustlib/$target/lib/self-contained"
  fi
fi

into_namespace=()
if [[ -n $qemu ]]; then
  once qemu fetch_qemu
  export TEST_PATIENCE=${TEST_PATIENCE:-8}
  # Its time goes by the instruction; what the optimiser saves is more than it takes. What debug builds check is kept.
  export CARGO_PROFILE_DEV_OPT_LEVEL=${CARGO_PROFILE_DEV_OPT_LEVEL:-1}
  emulator="/lib64/ld-linux-x86-64.so.2 --library-path $cache/qemu/usr/lib/x86_64-linux-gnu"
  emulator+=" $cache/qemu/usr/bin/qemu-$qemu -L $tools/usr/$triple"
  # The kernel passes the program's file, and then its arguments from the zeroth. A child of qemu's that has yet to become
  # another program may find a lock of GLib's slices taken for ever, by a thread that it does not have; malloc's
  # are seen to. The program is not to know of that.
  cat >"$cache/start-$qemu" <<SCRIPT
#!/bin/sh
file=\$1 name=\$2
shift 2
G_SLICE=always-malloc exec $emulator -U G_SLICE -0 "\$name" "\$file" "\$@"
SCRIPT
  chmod +x "$cache/start-$qemu"
  if [[ ${CROSS_NAMESPACE:-1} == 1 ]]; then
    # What programs of the target begin with: the class, the byte order, that it is a program, and for which
    # processor. How the loader or the version is given does not matter.
    case $qemu in
      aarch64) magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
        mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff' ;;
      s390x) magic='\x7fELF\x02\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x16'
        mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff' ;;
    esac
    export CROSS_BINFMT=":cross-$qemu:M::$magic:$mask:$cache/start-$qemu:P"
    into_namespace=(unshare --map-root-user --mount sh -c '
      mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
      printf %s "$CROSS_BINFMT" >/proc/sys/fs/binfmt_misc/register || {
        echo "the kernel does not allow a binfmt_misc of our own: see CROSS_NAMESPACE" >&2
        exit 70
      }
      unset CROSS_BINFMT
      exec "$@"' sh)
  else
    export "CARGO_TARGET_${name}_RUNNER=$emulator"
  fi
elif [[ $arch == i386 ]]; then
  # The system may have no C library of 32 bits.
  flags+=" -Clink-arg=-Wl,--dynamic-linker=$tools/usr/$triple/lib/ld-linux.so.2"
  flags+=" -Clink-arg=-Wl,-rpath,$tools/usr/$triple/lib"
fi
export "CARGO_TARGET_${name}_RUSTFLAGS=$flags" "CARGO_TARGET_${name}_RUSTDOCFLAGS=$flags"
export CARGO_BUILD_TARGET=$target

# Tests that cannot work under qemu.
left_out=()
if [[ -n $qemu ]]; then
  left_out=(
    # It does not tell a program that its child cannot be started: `vfork` is `fork` there, and what the child
    # says to the parent is said in memory that they should share.
    inherits::arguments_are_let_go
    start::program_that_is_not_there start::directory_that_is_not_there
    start::later_worker_that_cannot_be_started entry::directory_that_is_not_there
    processes::failing_to_start_surfaces
    # What the kernel says is running is qemu, so a file that is replaced is not the one that is started again; and the
    # memory that is forbidden is qemu's as well.
    start::program_whose_file_is_replaced start::nothing_to_be_had_from_the_system
    refused::workers_with_little_memory
    # The arguments that the kernel shows are qemu's.
    environment::no_secret_is_to_be_seen
    # It has a thread of its own in each process, and these count threads.
    nothing_is_left_behind end::nothing_is_left_behind
    # It says on standard error that a process was killed; these expect it to say nothing.
    processes pool
    # Not all memory comes back that it needs for many threads.
    many::{fifty_pools_at_once,thirty_two_workers,two_hundred_pools,hundreds_of_workers_one_after_the_other}
    # It lets no program filter its system calls.
    refused::{,play_}from_{the_beginning,some_moment}
    # What it has translated takes memory, and these look how much more there is of that.
    engine::hostile::pool::{hello,frames,memory,sockets,who_is_woken_and_does_not_read,who_starts_a_task_twice}
    engine::hostile::pool::{who_denies_what_it_runs,who_says_that_it_has_ended,who_leaves_somebody_behind}
  )
fi

cd "$root"
case ${1-} in
  --) shift ;;
  '')
    set -- cargo test --workspace --exclude concurrent-futures-benches --no-fail-fast -- \
      --exact "${left_out[@]/#/--skip=}" ;;
  *) set -- cargo test "$@" ;;
esac
exec "${into_namespace[@]}" "$@"
