#!/usr/bin/env bash
# Builds the Raspberry Pi's binary on a Debian or Ubuntu machine with what is there.
# `deploy/build.sh --help` says how. It writes to cargo's target directory and to a cache
# directory, and lets rustup add a target; packages it only names, it installs none.
set -euo pipefail

# The oldest Rust that the project promises to build with (`rust-version` in Cargo.toml),
# which is also the one that Debian 12 carries for every architecture of the Pi.
readonly MSRV=1.85
readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/mqtt-thing
readonly PREFIX=$CACHE/rust-$MSRV
# shellcheck source=deploy/debian-rust.sh
source "$(dirname "${BASH_SOURCE[0]}")/debian-rust.sh"

usage() {
    cat <<HELP
Builds mqtt-thing for a Raspberry Pi: release, without the demo and the broker's tools.

Usage: deploy/build.sh [OPTIONS] [armv7|aarch64] [CARGO ARGUMENTS]...

  armv7     32-bit Raspberry Pi OS on a Pi 2 or later (the default)
  aarch64   64-bit Raspberry Pi OS

Options:
  --route ROUTE      auto (the default), rust, cross or debian
  --toolchain-only   prepare the toolchain, build nothing, print shell assignments
                     for it; takes armv7, aarch64 or host (this machine)
  -h, --help         this text

Routes, in the order in which "auto" tries them:
  rust     the installed Rust, if it has the target's library or rustup can add it,
           and Debian's cross compiler
  cross    the "cross" tool with a running docker or podman; its image has an older
           glibc, so the result runs on older systems, too
  debian   Debian 12's own Rust $MSRV, unpacked (not installed) under
           $PREFIX
           and Debian's cross compiler; needs apt-get, but not root

Examples:
  deploy/build.sh                            for a 32-bit Raspberry Pi OS
  deploy/build.sh aarch64                    for a 64-bit one
  deploy/build.sh --route debian armv7       with Debian's Rust $MSRV
  eval "\$(deploy/build.sh --route debian --toolchain-only host)" && cargo check

Environment: CARGO_TARGET_DIR as in cargo; XDG_CACHE_HOME for the cache;
DEBIAN_MIRROR instead of http://deb.debian.org/debian
HELP
}

say() { printf 'build.sh: %s\n' "$*" >&2; }
die() {
    printf 'build.sh: error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# --- what is to be built ------------------------------------------------------

# Sets the words that the tools have for an architecture: Rust's triple, Debian's name,
# the C compiler, and the packages that bring it.
name_target() {
    case $1 in
        armv7)
            triple=armv7-unknown-linux-gnueabihf deb_arch=armhf
            cc=arm-linux-gnueabihf-gcc
            cc_packages="gcc-arm-linux-gnueabihf libc6-dev-armhf-cross" ;;
        aarch64)
            triple=aarch64-unknown-linux-gnu deb_arch=arm64
            cc=aarch64-linux-gnu-gcc
            cc_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
        host)
            have dpkg || die "dpkg is not there: \"host\" needs a Debian or Ubuntu machine"
            deb_arch=$(dpkg --print-architecture)
            triple=$(host_triple "$deb_arch") cc=cc cc_packages="gcc libc6-dev" ;;
        *) die "unknown architecture \"$1\"" "known are armv7 and aarch64" ;;
    esac
}

host_triple() {
    case $1 in
        amd64) echo x86_64-unknown-linux-gnu ;;
        arm64) echo aarch64-unknown-linux-gnu ;;
        armhf) echo armv7-unknown-linux-gnueabihf ;;
        *) die "no Rust $MSRV is known for a machine of architecture \"$1\"" ;;
    esac
}

# --- the routes: each `*_route` returns 0 when it is usable, else sets `why` ----

usable() {
    case $1 in
        rust) rust_route ;;
        cross) cross_route ;;
        debian) debian_route ;;
    esac
}

# Links a program instead of looking for a file: the compiler without its C library is
# the usual half installation.
cc_works() {
    if ! have "$cc"; then
        why="$cc is not there (apt-get install $cc_packages)"
        return 1
    fi
    if ! printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
        "$cc" -x c -o /dev/null - 2>/dev/null; then
        why="$cc cannot link a program (apt-get install $cc_packages)"
        return 1
    fi
}

rust_route() {
    local version sysroot
    if ! have cargo || ! have rustc; then
        why="no Rust is installed"
        return 1
    fi
    version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || version=
    if [ "$(printf '%s\n' "$MSRV" "${version:-0}" | sort -V | head -n 1)" != "$MSRV" ]; then
        why="the installed Rust is ${version:-broken}, $MSRV is needed"
        return 1
    fi
    cc_works || return 1
    sysroot=$(rustc --print sysroot)
    if has_std "$sysroot"; then return 0; fi
    if ! have rustup; then
        why="the installed Rust has no library for $triple, and there is no rustup to add it"
        return 1
    fi
    say "asking rustup for $triple"
    if timeout 300 rustup target add "$triple" >&2 && has_std "$(rustc --print sysroot)"; then
        return 0
    fi
    why="rustup could not add $triple"
    return 1
}

has_std() { compgen -G "$1/lib/rustlib/$triple/lib/libstd-*.rlib" >/dev/null; }

cross_route() {
    if ! have cross; then
        why="cross is not installed"
        return 1
    fi
    if ! timeout 20 docker info >/dev/null 2>&1 && ! timeout 20 podman info >/dev/null 2>&1; then
        why="cross is there, but neither docker nor podman runs"
        return 1
    fi
}

debian_route() {
    local tool
    for tool in apt-get dpkg-deb flock ldd readelf; do
        if ! have "$tool"; then
            why="$tool is not there, a Debian or Ubuntu machine with binutils has it"
            return 1
        fi
    done
    cc_works || return 1
    if [ ! -x "$PREFIX/bin/cargo" ] || ! has_std "$PREFIX/usr"; then
        if [ ! -r "$KEYRING" ]; then
            why="Debian's signing keys are missing (apt-get install debian-archive-keyring)"
            return 1
        fi
        if ! fetch_debian_rust "$triple" "$deb_arch"; then
            why="Debian's Rust $MSRV could not be fetched, see above"
            return 1
        fi
    fi
}

# --- the build ----------------------------------------------------------------

print_toolchain() {
    if [ "$1" = debian ]; then
        # shellcheck disable=SC2016 # the $PATH is for the shell that reads this
        printf 'export PATH=%q:"$PATH"\n' "$PREFIX/bin"
        printf 'export RUSTC=%q RUSTDOC=%q\n' "$PREFIX/bin/rustc" "$PREFIX/bin/rustdoc"
    fi
    printf '# cargo build --release --no-default-features --target %s\n' "$triple"
}

run_cargo() {
    local route=$1
    shift
    case $route in
        rust) cargo "$@" ;;
        debian) PATH=$PREFIX/bin:$PATH RUSTC=$PREFIX/bin/rustc RUSTDOC=$PREFIX/bin/rustdoc \
            "$PREFIX/bin/cargo" "$@" ;;
        cross) CROSS_CONFIG=cross.toml cross "$@" ;;
    esac
}

# The demo stays out, and the C library stays shared: the system's loader, and the
# tests that put a simulated bus before it, need that.
build() {
    local route=$1 target_dir binary interpreter glibc
    shift
    run_cargo "$route" build --release --no-default-features --target "$triple" "$@" >&2
    target_dir=${CARGO_TARGET_DIR:-$(run_cargo "$route" metadata --no-deps --format-version 1 |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')}
    binary=$target_dir/$triple/release/mqtt-thing
    [ -x "$binary" ] || die "cargo ended well, but $binary is not there" \
        "this script knows no other --profile, --target-dir or --bin"
    have readelf || die "readelf is not there to look at the result" "apt-get install binutils"
    interpreter=$(readelf -lW "$binary" | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
    [ -n "$interpreter" ] || die "$binary is not linked to a shared C library"
    glibc=$(readelf -VW "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
    say "built by the route \"$route\": $(stat -c %s "$binary" |
        awk '{printf "%.2f MB (%d bytes)", $1 / 1e6, $1}'), needs glibc ${glibc#GLIBC_}$(runs_on "${glibc#GLIBC_}")"
    printf '%s\n' "$binary"
}

runs_on() {
    if [ "$(printf '%s\n' "$1" 2.31 | sort -V | tail -n 1)" = 2.31 ]; then
        echo " (Raspberry Pi OS bullseye or later)"
    elif [ "$(printf '%s\n' "$1" 2.36 | sort -V | tail -n 1)" = 2.36 ]; then
        echo " (Raspberry Pi OS bookworm or later)"
    else
        echo " (newer than Raspberry Pi OS bookworm, which has 2.36: trixie or later)"
    fi
}

main() {
    local route=auto toolchain_only=no candidate why reasons=()
    local triple deb_arch cc cc_packages
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) usage; exit 0 ;;
            --route) route=${2:-}; shift 2 || die "--route needs a value" ;;
            --route=*) route=${1#*=}; shift ;;
            --toolchain-only) toolchain_only=yes; shift ;;
            *) break ;;
        esac
    done
    local architecture=armv7
    case ${1:-} in '' | -*) ;; *) architecture=$1; shift ;; esac
    if [ "$architecture" = host ] && [ "$toolchain_only" = no ]; then
        die "\"host\" is for --toolchain-only" "this machine's own binary: cargo build --release"
    fi
    case $route in
        auto) set -- "rust cross debian" "$@" ;;
        rust | cross | debian) set -- "$route" "$@" ;;
        *) die "unknown route \"$route\"" "known are auto, rust, cross and debian" ;;
    esac
    local candidates=$1
    shift
    name_target "$architecture"
    cd "$(dirname "${BASH_SOURCE[0]}")/.."

    for candidate in $candidates; do
        why=
        if usable "$candidate"; then
            say "route \"$candidate\" for $triple"
            for why in ${reasons[@]+"${reasons[@]}"}; do say "not $why"; done
            if [ "$toolchain_only" = yes ]; then
                print_toolchain "$candidate"
            else
                build "$candidate" "$@"
            fi
            exit 0
        fi
        reasons+=("\"$candidate\": $why")
    done
    die "no way to build for $triple on this machine" "${reasons[@]}"
}

main "$@"
