# shellcheck shell=bash disable=SC2154
# Which program goes to which host: deploy.sh sources this and sets what it does not. Looks into ELF files with nothing but od and grep, so that
# it runs where no binutils are.

# The machine that a program is for, in Debian's words (ELF-64 Object File Format, `e_machine`); nothing when it is no program.
machine_of() {
    local head
    head=$(od -An -v -tx1 -N 20 "$1" 2>/dev/null | tr -d ' \n') || return 0
    case $head in
        7f454c4601*2800) echo armhf ;;
        7f454c4602*b700) echo arm64 ;;
        7f454c4602*3e00) echo amd64 ;;
        7f454c46*) echo unknown ;;
    esac
}

# The glibc that a program needs, as 2.34.
glibc_of() {
    LC_ALL=C grep -aoE 'GLIBC_2\.[0-9]+' "$1" | cut -d_ -f2 | sort -uV | tail -n 1
}

newer_than() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }

triple_of() {
    case $1 in
        armhf) echo armv7-unknown-linux-gnueabihf ;;
        arm64) echo aarch64-unknown-linux-gnu ;;
        amd64) echo x86_64-unknown-linux-gnu ;;
    esac
}

how_to_build() {
    case $1 in
        armhf) echo "deploy/build.sh armv7" ;;
        arm64) echo "deploy/build.sh aarch64" ;;
        *) echo "cargo build --release --no-default-features" ;;
    esac
}

# The program for an architecture; nothing when there is none yet.
binary_for() {
    local target=${CARGO_TARGET_DIR:-$HERE/../target} candidate
    if [ ${#binaries[@]} -gt 0 ]; then
        for candidate in "${binaries[@]}"; do
            if [ "$(machine_of "$candidate")" = "$1" ]; then echo "$candidate"; return; fi
        done
        return
    fi
    for candidate in "$target/$(triple_of "$1")/release/mqtt-thing" "$target/release/mqtt-thing"; do
        if [ "$(machine_of "$candidate")" = "$1" ]; then echo "$candidate"; return; fi
    done
}

# Finds, or builds, the program of each host that can be delivered to, and says of the others why not.
choose_binaries() {
    local n architecture binary needs has
    for n in "${!hosts[@]}"; do
        [ ! -s "$work/$n/outcome" ] || continue
        architecture=$(fact "$n" architecture)
        binary=$(binary_for "$architecture")
        if [ -z "$binary" ] && [ ${#binaries[@]} -gt 0 ]; then
            ends "$n" refused - "it is $architecture, and --binary is for $(machines); nothing was touched"
            continue
        fi
        if [ -z "$binary" ] && [ "$build" = yes ] && [ ! -e "$work/not-built-$architecture" ]; then
            show "$n" step "building for $architecture"
            (cd "$HERE/.." && bash -c "$(how_to_build "$architecture")") >&2 || : >"$work/not-built-$architecture"
            binary=$(binary_for "$architecture")
        fi
        if [ -z "$binary" ]; then
            show "$n" problem "there is no program for $architecture yet"
            show "$n" cure "$(how_to_build "$architecture"), or --build"
            ends "$n" refused - "no program for it; nothing was touched"
            continue
        fi
        needs=$(glibc_of "$binary") has=$(fact "$n" glibc)
        if [ -n "$has" ] && [ -n "$needs" ] && newer_than "$needs" "$has"; then
            show "$n" problem "the program needs glibc $needs, the host has $has"
            show "$n" cure "a newer Raspberry Pi OS there, or a build by an older one: deploy/build.sh --route cross"
            ends "$n" refused - "its system is too old for the program; nothing was touched"
            continue
        fi
        printf '%s\n' "$binary" >"$work/$n/binary"
    done
}

machines() {
    local one list=()
    for one in "${binaries[@]}"; do list+=("$(machine_of "$one")"); done
    echo "${list[*]}"
}
