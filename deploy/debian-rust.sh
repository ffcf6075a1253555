# shellcheck shell=bash
# Debian 12's own Rust for build.sh, which sources this: unpacked into its cache directory,
# not installed. Needs from there MSRV, CACHE and PREFIX, `say`, `die` and `has_std`;
# `fetch_debian_rust` is the only door.

readonly MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt with a state of its own: its lists, its empty "installed" database and Debian 12
# as the only source, so that the machine's package system is neither read nor touched.
private_apt() {
    local command=$1
    shift
    "$command" -q -o Dir::State="$work/state" -o Dir::State::status="$work/status" \
        -o Dir::Cache="$work/cache" -o Dir::Etc::sourcelist="$work/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null \
        -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::trusted="$KEYRING" \
        -o APT::Architecture="$host_arch" -o APT::Architectures="$host_arch,armhf,arm64" \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::Retries=3 -o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)" "$@"
}

# Fetches what is missing of the prefix: the host's part, the library for the target (Rust's
# triple, Debian's name), or both. Says what went wrong and returns 1 when it cannot.
# Everything is unpacked beside the prefix and renamed into it when it is whole, so an
# interrupted run leaves nothing that a later one could take for a toolchain.
fetch_debian_rust() {
    local triple=$1 deb_arch=$2
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    flock 9
    rm -rf "$CACHE"/new.*
    if [ ! -x "$PREFIX/bin/cargo" ] || ! has_std "$PREFIX/usr"; then
        (unpack_debian_rust) >&2 || return 1
    fi
    exec 9>&-
}

unpack_debian_rust() {
    local version
    # This runs in a subshell called from an `if`, where `set -e` is off: hence the `|| die`.
    # `work` is not local, because the trap outlives this function.
    work=$(mktemp -d "$CACHE/new.XXXXXX") || die "$CACHE cannot be written"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    host_arch=$(dpkg --print-architecture)
    say "fetching Debian's Rust $MSRV from $MIRROR into $PREFIX"
    mkdir -p "$work"/{state/lists/partial,cache/archives/partial,debs,root,libs} || die "disk full?"
    : >"$work/status"
    printf 'deb [signed-by=%s] %s bookworm main\n' "$KEYRING" "$MIRROR" >"$work/sources.list"
    private_apt apt-get -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 || {
        cat "$work/log"
        die "$MIRROR cannot be reached" "another mirror: DEBIAN_MIRROR=http://... deploy/build.sh"
    }
    if [ -x "$PREFIX/bin/cargo" ]; then
        version=$(cat "$PREFIX/VERSION")
    else
        version=$(private_apt apt-cache madison rustc-web | awk '{print $3}' |
            grep "^${MSRV//./\\.}\." | sort -V | tail -n 1) || version=
        [ -n "$version" ] || die "$MIRROR has no rustc-web $MSRV any more"
        download "rustc-web:$host_arch=$version" "cargo-web:$host_arch=$version" \
            "libstd-rust-web-dev:$host_arch=$version" "libstd-rust-web-$MSRV:$host_arch=$version"
    fi
    if [ "$deb_arch" != "$host_arch" ]; then
        download "libstd-rust-web-dev:$deb_arch=$version"
    fi
    unpack "$work/debs" "$work/root"
    if [ -x "$PREFIX/bin/cargo" ]; then
        mv -T "$work/root/usr/lib/rustlib/$triple" "$PREFIX/usr/lib/rustlib/$triple" ||
            die "the library for $triple could not be added to $PREFIX"
    else
        finish_prefix "$version"
        rm -rf "$PREFIX"
        mv -T "$work/root" "$PREFIX" || die "$PREFIX could not be made"
    fi
    say "Debian's Rust is ready: $("$PREFIX/bin/rustc" --version)"
}

download() {
    (cd "$work/debs" && private_apt apt-get download "$@") >"$work/log" 2>&1 || {
        cat "$work/log"
        die "could not download $*" \
            "if that version is gone from the archive: rm -r $PREFIX, and run this again"
    }
}

unpack() {
    local deb
    for deb in "$1"/*.deb; do
        dpkg-deb -x "$deb" "$2" || die "$deb could not be unpacked (disk full?)"
    done
}

# Makes the unpacked packages a toolchain: rustc finds its libraries relative to its driver,
# which Debian keeps one directory too deep for that; shared libraries that the machine does
# not have come from Debian's packages; wrappers set the search path for nobody else.
finish_prefix() {
    local root=$work/root tool
    mv "$root"/usr/lib/*-linux-gnu*/librustc_driver-*.so "$root/usr/lib/" || die "no compiler in the packages"
    rm -rf "${root:?}/usr/share"
    add_missing_libraries
    for tool in cargo rustc rustdoc; do
        LD_LIBRARY_PATH=$root/usr/lib "$root/usr/bin/$tool" --version >/dev/null ||
            die "Debian's Rust does not run on this machine" \
                "it needs glibc 2.36: Debian 12, Ubuntu 24.04 or later"
    done
    mkdir "$root/bin"
    for tool in cargo rustc rustdoc; do
        cat >"$root/bin/$tool" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH="$PREFIX/usr/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$PREFIX/usr/bin/$tool" "\$@"
WRAPPER
        chmod +x "$root/bin/$tool"
    done
    printf '%s\n' "$1" >"$root/VERSION"
}

missing_libraries() {
    LD_LIBRARY_PATH=$work/root/usr/lib ldd "$work"/root/usr/bin/{cargo,rustc,rustdoc} \
        "$work"/root/usr/lib/lib*.so* | awk '/not found/ {print $1}' | sort -u
}

add_missing_libraries() {
    local missing library found packages
    missing=$(missing_libraries)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # the words of $missing are file names without spaces
    say "shared libraries that this machine does not have:" $missing
    packages=$(private_apt apt-get -s --no-install-recommends install libllvm19 libcurl4 \
        libhttp-parser2.9 libpcre3 libsqlite3-0 libssh2-1 libssl3 zlib1g |
        awk '/^Inst/ && $2 !~ /^(libc6|gcc-)/ {print $2}')
    rm -f "$work"/debs/*.deb
    # shellcheck disable=SC2086 # one word is one package
    download $packages
    unpack "$work/debs" "$work/libs"
    # A library that was added can need further ones.
    while [ -n "$missing" ]; do
        for library in $missing; do
            found=$(find "$work/libs" -name "$library" | head -n 1)
            [ -n "$found" ] || die "$library is missing on this machine and in Debian's packages"
            cp -L "$found" "$work/root/usr/lib/" || die "disk full?"
        done
        missing=$(missing_libraries)
    done
}
