#!/usr/bin/env bash
# Builds the tests for Windows (x86_64-pc-windows-gnu), and runs them under Wine.
#
#   ci/windows.sh                     the whole suite, without the benchmark harness
#   ci/windows.sh --test threads x    what `cargo test` is given instead
#   ci/windows.sh -- COMMAND...       a command with the environment for the target: cargo clippy, a shell
#
# Needs Debian's apt on x86_64, and the registry. It fetches a linker (mingw-w64) and Wine, about 160 MB, makes
# a Wine prefix, and keeps all that in a directory of its own; nothing is installed, see
# ci/foreign/packages.sh. The first time takes three minutes longer on two cores. How long the suite takes, and
# what Wine cannot show: docs/portability.md.
#
# The examples, which some tests start, are built with the whole suite; for single ones, build them before:
# ci/windows.sh -- cargo build --examples.
#
# Environment: FOREIGN_CACHE, CARGO_TARGET_DIR (default target/cross), TEST_PATIENCE, and WINE_LIMIT: how many
# seconds a program may run (900), after which it is ended with all that it has started. Runs wait for each
# other, since all of them use one Wine.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=x86_64-pc-windows-gnu
. "$root/ci/foreign/packages.sh"
. "$root/ci/foreign/std.sh"
needs cargo rustc cc awk timeout flock

exec {lock}>"$cache/windows.lock"
flock -n "$lock" || { say "waiting for another run"; flock "$lock"; }

tools=$cache/mingw/usr/bin
wine=$cache/wine
prefix=$cache/wine-prefix

fetch_mingw() {
  say "fetching mingw-w64"
  rm -rf "$cache/mingw"
  unpack system "$cache/mingw" binutils-mingw-w64-x86-64 gcc-mingw-w64-base gcc-mingw-w64-x86-64-posix \
    gcc-mingw-w64-x86-64-posix-runtime mingw-w64-common mingw-w64-x86-64-dev
}

fetch_wine() {
  local packages dlls zlib
  say "fetching Wine"
  rm -rf "$wine"
  mapfile -t packages < <(with_dependencies system wine64 libwine libz-mingw-w64)
  unpack system "$wine" "${packages[@]}"
  dlls=$(find "$wine/usr/lib" -type d -name x86_64-windows | head -n 1)
  rm -rf "${dlls%/*}/i386-windows" # programs of 64 bits only
  # What the packages do when they are installed: zlib is marked as one of Wine's own libraries.
  zlib=$wine/usr/x86_64-w64-mingw32/lib/zlib1.dll
  if [[ -e $zlib && ! -e $dlls/zlib1.dll ]]; then
    { head -c 64 "$zlib"; printf 'Wine builtin DLL'; head -c 16 /dev/zero; tail -c +97 "$zlib"; } >"$dlls/zlib1.dll"
  fi
  # The packaged one is a script that names places in the system.
  find "$wine/usr/lib" -name wineserver64 -execdir ln -sf wineserver64 wineserver \;
}

make_prefix() {
  say "creating the Wine prefix"
  rm -rf "$prefix"
  timeout 300 "$cache/run-wine" wineboot -i >"$cache/wineboot.log" 2>&1 {lock}>&- || {
    cat "$cache/wineboot.log" >&2
    give_up "Wine does not start"
  }
  # Rust's standard library asks this library for random bytes; Wine has it from version 9 on.
  if ! compgen -G "$wine/usr/lib/*/wine/x86_64-windows/bcryptprimitives.dll" >/dev/null; then
    cat >"$cache/bcryptprimitives.c" <<'C'
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    const ULONG most = 1 << 20;
    while (length > 0) {
        ULONG now = length < most ? (ULONG)length : most;
        if (!SystemFunction036(buffer, now))
            return FALSE;
        buffer += now;
        length -= now;
    }
    return TRUE;
}
C
    "$tools/x86_64-w64-mingw32-gcc-posix" -shared -O2 -s "$cache/bcryptprimitives.c" -ladvapi32 \
      -o "$prefix/drive_c/windows/system32/bcryptprimitives.dll"
  fi
}

make_console() {
  "$tools/x86_64-w64-mingw32-gcc-posix" -municode -Wall -O2 -s "$root/ci/windows/with-console.c" \
    -o "$cache/with-console.exe"
}

once mingw fetch_mingw
export PATH="$PATH:$tools" # rustc looks for dlltool
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc-posix
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc-posix AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
std_for "$target"
once wine fetch_wine
programs=$(dirname "$(find "$wine/usr/lib" -name wineserver64 | head -n 1)")
# No debugger: tests crash on purpose.
cat >"$cache/run-wine" <<SCRIPT
#!/bin/sh
export LD_LIBRARY_PATH=$wine/usr/lib/x86_64-linux-gnu WINEPREFIX=$prefix WINEARCH=win64
export WINEDEBUG=\${WINEDEBUG--all} WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe,winedbg.exe='
[ "\$1" = wineboot ] || set -- $cache/with-console.exe "\$@"
status=0
timeout -k 10 "\${WINE_LIMIT:-900}" $programs/wine64 "\$@" || status=\$?
case \$status in
  124 | 137)
    echo "\$2 has not ended in \${WINE_LIMIT:-900} seconds" >&2
    $programs/wineserver -k || true ;;
esac
exit \$status
SCRIPT
chmod +x "$cache/run-wine"
once wine-prefix make_prefix
once "console-$(cksum <"$root/ci/windows/with-console.c" | tr ' ' -)" make_console

flags=${sysroot:+--sysroot $sysroot}
export TEST_PATIENCE=${TEST_PATIENCE:-8} # all that waits goes through one process of Wine's
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/cross} CARGO_BUILD_TARGET=$target
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$cache/run-wine
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS=$flags CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTDOCFLAGS=$flags
run() { "$@" {lock}>&-; } # or Wine, which stays for a moment, would have the lock
trap 'LD_LIBRARY_PATH=$wine/usr/lib/x86_64-linux-gnu WINEPREFIX=$prefix "$programs/wineserver" -k || true' EXIT

cd "$root"
case ${1-} in
  --) shift; run "$@" ;;
  '')
    status=0
    run cargo test --locked --workspace --exclude concurrent-futures-benches --no-fail-fast || status=$?
    run cargo test --locked -p executor-process --no-default-features --lib --test init --no-fail-fast || status=$?
    exit "$status" ;;
  *) run cargo test --locked "$@" ;;
esac
