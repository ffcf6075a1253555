#!/usr/bin/env bash
# Builds the Debian package for a Raspberry Pi. `deploy/package.sh --help` says how.
set -euo pipefail

usage() {
    cat <<HELP
Builds mqtt-thing's Debian package: program, units, rules, man pages, completions.

Usage: deploy/package.sh [OPTIONS] [armv7|aarch64|host]

  armv7     32-bit Raspberry Pi OS on a Pi 2 or later (the default)
  aarch64   64-bit Raspberry Pi OS
  host      this machine: for trials of the package, only with --binary

Options:
  --binary FILE    package this program instead of building it (deploy/build.sh)
  --manual FILE    a program of this machine with the feature "manual", which writes man
                   pages and completions; else one is built
  --output FOLDER  where the package goes (target/debian when left out)
  -h, --help       this text

The package's path is the only thing on standard output. The same sources and the same program
give the same bytes.

Environment: SOURCE_DATE_EPOCH instead of the time of the last commit; DEBFULLNAME and
DEBEMAIL for whose package it is; CARGO_TARGET_DIR as in cargo

Exit codes: 0 it is there, 1 it cannot be built, 2 the command line cannot be used
HELP
}

say() { printf 'package.sh: %s\n' "$*" >&2; }
complain() {
    printf 'package.sh: error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
}
die() { complain "$@"; exit 1; }
misused() { complain "$@"; exit 2; }

# A tool, and the package that has it.
need() { command -v "$1" >/dev/null 2>&1 || die "$1 is not there" "apt-get install $2"; }

# --- what the program needs ---------------------------------------------------

# What its header must say to be for this architecture.
check_machine() {
    local machine
    machine=$(readelf -hW "$binary" 2>/dev/null | sed -n 's/.*Machine: *//p')
    case $deb_arch,$machine in
        armhf,ARM | arm64,AArch64 | amd64,*X86-64*) ;;
        *) die "$binary is for \"${machine:-no machine}\", not for $deb_arch" ;;
    esac
}

# The packages of the libraries that it is linked to. Nobody knows packages for others, so others
# are an error.
depends() {
    local library glibc depends=()
    glibc=$(readelf -VW "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
    [ -n "$glibc" ] || die "$binary is not linked to a shared C library"
    depends+=("libc6 (>= ${glibc#GLIBC_})")
    for library in $(readelf -dW "$binary" | sed -n 's/.*Shared library: \[\(.*\)\]/\1/p'); do
        case $library in
            libc.so.6 | libm.so.6 | ld-linux*) ;;
            libgcc_s.so.1) depends+=("libgcc-s1 (>= 4.2)") ;;
            *) die "$binary needs $library, and no package is known for that" ;;
        esac
    done
    # LoadCredential= without a path
    depends+=("systemd (>= 250)" "init-system-helpers (>= 1.54~)")
    printf '%s, ' "${depends[@]}" | sed 's/, $//'
}

# --- what goes in -------------------------------------------------------------

# Writes standard input into the package, with this mode.
put() {
    mkdir -p "$(dirname "$tree/$2")"
    cat >"$tree/$2"
    chmod "$1" "$tree/$2"
}

put_gzipped() { gzip -9n | put 644 "$1"; }

install_files() {
    local file
    put 755 usr/bin/mqtt-thing <"$binary"
    for file in mqtt-thing.service mqtt-thing-runner.service; do
        put 644 "usr/lib/systemd/system/$file" <"deploy/systemd/$file"
    done
    put 644 usr/lib/sysusers.d/mqtt-thing.conf <deploy/systemd/mqtt-thing.sysusers.conf
    put 644 usr/lib/tmpfiles.d/mqtt-thing.conf <deploy/systemd/mqtt-thing.tmpfiles.conf
    put 644 usr/lib/modules-load.d/mqtt-thing.conf <deploy/systemd/mqtt-thing.modules-load.conf
    put 644 usr/lib/udev/rules.d/60-mqtt-thing.rules <deploy/systemd/60-mqtt-thing.rules
    put 644 etc/default/mqtt-thing <deploy/debian/default
}

install_documents() {
    local file folder=usr/share/doc/mqtt-thing
    put 644 "$folder/copyright" <deploy/debian/copyright
    put_gzipped "$folder/changelog.gz" <CHANGELOG.md
    put_gzipped "$folder/changelog.Debian.gz" <<CHANGES
mqtt-thing ($version) unstable; urgency=medium

  * Version ${version%-*}. What is new in it stands in changelog.gz.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGES
    put 644 "$folder/README.md" <README.md
    for file in docs/*.md; do
        put 644 "$folder/$file" <"$file"
    done
    for file in resources/*.toml resources/governor.ini resources/pipelines/*.toml resources/building/*.toml; do
        put 644 "$folder/examples/${file#resources/}" <"$file"
    done
    put 644 usr/share/lintian/overrides/mqtt-thing <deploy/debian/lintian-overrides
}

# An environment of nothing, so that no variable of ours shows up as a default.
install_manual() {
    local file made=$work/manual
    mkdir "$made"
    env -i "$manual" manual "$made" || die "$manual cannot write the manual" \
        "it must be this machine's, built with --features manual"
    for file in "$made"/*.1; do
        put_gzipped "usr/share/man/man1/${file##*/}.gz" <"$file"
    done
    put 644 usr/share/bash-completion/completions/mqtt-thing <"$made/mqtt-thing.bash"
    put 644 usr/share/zsh/vendor-completions/_mqtt-thing <"$made/_mqtt-thing"
    put 644 usr/share/fish/vendor_completions.d/mqtt-thing.fish <"$made/mqtt-thing.fish"
}

write_control() {
    local script
    put 644 DEBIAN/control <<CONTROL
Package: mqtt-thing
Version: $version
Architecture: $deb_arch
Maintainer: $maintainer
Installed-Size: $(du -k --apparent-size -s "$tree" | cut -f 1)
Depends: $(depends)
Recommends: i2c-tools
Suggests: mosquitto-clients
Section: net
Priority: optional
Description: Raspberry Pi with a GrovePi board as a thing on MQTT
 What is plugged into the board speaks MQTT: buttons and sensors say what they
 see, lamps and relays follow them, over the network or on the spot. One file
 tells for the whole lab what is plugged in where.
 .
 The machine itself can be a thing, too: commands that its own file permits are
 run, measured and answered, by a service of their own without a network.
 .
 Both services are locked down by systemd. They start as soon as there is an
 /etc/mqtt-thing/topology.toml.
CONTROL
    echo /etc/default/mqtt-thing | put 644 DEBIAN/conffiles
    for script in postinst prerm postrm; do
        put 755 "DEBIAN/$script" <"deploy/debian/$script"
    done
    (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort |
        grep -v '^etc/' | xargs md5sum) | put 644 DEBIAN/md5sums
}

main() {
    local architecture=armv7 binary='' manual='' output='' tree version maintainer deb_arch
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) usage; exit 0 ;;
            --binary | --manual | --output)
                [ -n "${2:-}" ] || misused "$1 needs a value"
                printf -v "${1#--}" %s "$(realpath -m -- "$2")"
                shift 2 ;;
            -*) misused "unknown option \"$1\"" "deploy/package.sh --help tells which there are" ;;
            *) architecture=$1; shift ;;
        esac
    done
    case $architecture in
        armv7) deb_arch=armhf ;;
        aarch64) deb_arch=arm64 ;;
        host) deb_arch=$(dpkg --print-architecture) ;;
        *) misused "unknown architecture \"$architecture\"" "known are armv7, aarch64 and host" ;;
    esac
    need dpkg-deb dpkg
    need readelf binutils
    cd "$(dirname "${BASH_SOURCE[0]}")/.."

    local target=${CARGO_TARGET_DIR:-target}
    if [ -z "$binary" ]; then
        [ "$architecture" != host ] || misused "\"host\" needs --binary"
        binary=$(deploy/build.sh "$architecture" --locked)
    fi
    [ -f "$binary" ] || die "there is no $binary"
    check_machine
    if [ -z "$manual" ]; then
        # with what a Pi's program has, and nothing else: that is what shall be told
        cargo build --locked --quiet --no-default-features --features manual >&2
        manual=$target/debug/mqtt-thing
    fi
    [ -x "$manual" ] || die "there is no $manual"

    : "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}"
    export SOURCE_DATE_EPOCH
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)-1
    maintainer="${DEBFULLNAME:-The mqtt-thing authors} <${DEBEMAIL:-authors@mqtt-thing.example}>"

    # not local, because the trap outlives this function
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    tree=$work/tree
    umask 022
    mkdir "$tree"
    install_files
    install_documents
    install_manual
    write_control
    find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

    output=${output:-$target/debian}
    local package=$output/mqtt-thing_${version}_$deb_arch.deb
    mkdir -p "$output"
    # beside its place and moved into it when it is whole
    dpkg-deb --root-owner-group -Zxz --build "$tree" "$work/package.deb" >&2
    cp "$work/package.deb" "$package.new"
    mv "$package.new" "$package"
    say "$(stat -c %s "$package" | awk '{printf "%.2f MB", $1 / 1e6}'), needs $(depends)"
    printf '%s\n' "$package"
}

main "$@"
