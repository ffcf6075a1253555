# shellcheck shell=bash
# The steps of .ci/run: one function each, run in a bash of its own with `set -e`.
# A line that starts with "ci: " is shown in the progress, the rest only in the step's log.

# systemd and what is beside it: the units are run by it in a machine of namespaces, and packages installed there.
# The deployment is tried against an sshd, by an account that may sudo.
readonly PACKAGES="openssh-server openssh-client sudo procps bsdutils systemd udev iproute2 util-linux dpkg lintian man-db mosquitto mosquitto-clients openssl stress-ng strace qemu-user-static shellcheck binutils
    gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    debian-archive-keyring ca-certificates"

step_packages() {
    local package missing=()
    for package in $PACKAGES; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    # Python without its venv module is Debian's default, Python from elsewhere has it.
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    if [ ${#missing[@]} -gt 0 ]; then
        install_packages "${missing[@]}"
    fi
    for component in rustfmt clippy; do
        cargo "${component/rust/}" --version >/dev/null 2>&1 || rustup component add "$component"
    done
    cargo --version
    cargo fetch --locked
}

install_packages() {
    echo "ci: installing $*"
    if [ "$(id -u)" -ne 0 ]; then
        echo "ci: this needs root: apt-get install $*"
        return 1
    fi
    # Mosquitto's package starts a broker on port 1883. The tests start their own on free ports.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt-get -q -o Acquire::Retries=3 update
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
        install --no-install-recommends "$@"
}

step_python() {
    local wanted="paho-mqtt==2.1.0 jinja2==3.1.6"
    [ -x "$OUT/venv/bin/python3" ] || python3 -m venv "$OUT/venv"
    # shellcheck disable=SC2086 # several words
    "$OUT/venv/bin/python3" -c 'import sys
from importlib.metadata import version
assert all(version(name) == number for name, number in (it.split("==") for it in sys.argv[1:]))' $wanted 2>/dev/null ||
        "$OUT/venv/bin/python3" -m pip install --quiet --retries 5 $wanted
    "$OUT/venv/bin/python3" -c 'import paho.mqtt, jinja2; print("paho-mqtt", paho.mqtt.__version__, "jinja2", jinja2.__version__)'
}

step_scripts() {
    local scripts
    mapfile -t scripts < <(git ls-files -- .ci deploy tests benches | while read -r file; do
        case $(head -c 64 "$file" | head -n 1) in
            '#!'*sh) echo "$file" ;;
            *) case $file in *.sh) echo "$file" ;; esac ;;
        esac
    done)
    echo "${scripts[*]}"
    shellcheck --external-sources "${scripts[@]}"
}

step_fmt() { cargo fmt --check; }

step_clippy() { cargo clippy --locked --all-targets -- -D warnings; }

# By the first route that works, as a user's run would.
step_armv7() { build_for armv7 auto; }

# By Debian's Rust, so that every run proves that route, too.
step_aarch64() { build_for aarch64 debian; }

build_for() {
    local architecture=$1 route=$2 log=$OUT/build-$1.log
    deploy/build.sh --route "$route" "$architecture" --locked 2>"$log" >"$OUT/$architecture.path" || {
        cat "$log"
        rm -f "$OUT/$architecture.path"
        return 1
    }
    sed 's/^build.sh: /ci: /' "$log"
    # Code that only the Pi's features leave unused is seen by nobody else.
    # (The one word that rustc has for the instruction set is expected: .cargo/config.toml.)
    if grep '^warning: ' "$log" | grep -v -e thumb-mode -e 'generated 1 warning'; then
        echo "ci: the build without default features has warnings"
        return 1
    fi
}

# The manual comes from a program of this machine that can do what a Pi's can. It is packaged, too: that package is
# installed and run by the tests.
step_deb() {
    local target=${CARGO_TARGET_DIR:-target} manual=$OUT/mqtt-thing-manual host=$OUT/mqtt-thing-host row architecture name binary package
    cargo build --locked --no-default-features --features manual
    cp "$target/debug/mqtt-thing" "$manual"
    strip -o "$host" "$manual"
    for row in "armv7 ARMHF $(cat "$OUT/armv7.path")" "aarch64 ARM64 $(cat "$OUT/aarch64.path")" "host HOST $host"; do
        read -r architecture name binary <<<"$row"
        package=$(deploy/package.sh "$architecture" --binary "$binary" --manual "$manual" --output "$OUT/debian")
        realpath "$package" >"$OUT/deb-$name.path"
        echo "ci: $(basename "$package"): $(stat -c %s "$package") bytes"
        [ "$architecture" != armv7 ] ||
            cmp "$package" "$(deploy/package.sh armv7 --binary "$binary" --manual "$manual" --output "$OUT/again")"
    done
}

# Sets what the tests go by. Without the binaries, the tests under emulation fail and say so.
test_environment() {
    export PATH=$OUT/venv/bin:$PATH
    if [ -s "$OUT/armv7.path" ]; then
        MQTT_THING_ARMV7_BIN=$(cat "$OUT/armv7.path")
        export MQTT_THING_ARMV7_BIN
    fi
    if [ -s "$OUT/aarch64.path" ]; then
        MQTT_THING_AARCH64_BIN=$(cat "$OUT/aarch64.path")
        export MQTT_THING_AARCH64_BIN
    fi
    local name
    for name in ARMHF ARM64 HOST; do
        if [ -s "$OUT/deb-$name.path" ]; then
            export "MQTT_THING_DEB_$name=$(cat "$OUT/deb-$name.path")"
        fi
    done
}

# With the output of passing tests, because the long ones say there that they were skipped.
step_test() {
    test_environment
    # most tests wait for other processes most of the time
    RUST_TEST_THREADS=4 cargo test --locked --no-fail-fast -- --show-output 2>&1 | tee "$OUT/cargo-test.log"
    if grep -q '^skipped: install' "$OUT/cargo-test.log"; then
        echo "ci: a test was skipped for want of a tool"
        return 1
    fi
}

# The exit code is the proof. A reader that leaves early (grep -q) would end tee by SIGPIPE, and the step with it.
step_demo() { cargo run --locked --quiet -- demo --script; }

step_bench() {
    cargo bench --locked --profile dev --bench thing -- --quick &&
        cargo bench --locked --profile dev --bench governor -- --quick &&
        cargo bench --locked --profile dev --bench tls -- --quick &&
        cargo bench --locked --profile dev --bench building -- --quick
}

step_smoke() {
    local version file
    version="mqtt-thing $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
    for runner in "armv7 qemu-arm-static -L /usr/arm-linux-gnueabihf" \
        "aarch64 qemu-aarch64-static -L /usr/aarch64-linux-gnu"; do
        read -r architecture emulator <<<"$runner"
        binary=$(cat "$OUT/$architecture.path")
        # shellcheck disable=SC2086 # the emulator is several words
        $emulator "$binary" --version | tee /dev/stderr | grep -q "^$version"
        for file in resources/*.toml resources/pipelines/*.toml resources/building/*.toml resources/governor.ini; do
            echo "$architecture: check $file"
            # shellcheck disable=SC2086
            $emulator "$binary" check "$file"
        done
    done
}

step_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps; }

step_msrv() {
    local toolchain
    toolchain=$(deploy/build.sh --route debian --toolchain-only host)
    eval "$toolchain"
    cargo --version
    # not the tests: that route starts rustc by a shell, which drops CARGO_BIN_EXE_mqtt-thing for the dash in its name
    cargo check --locked --lib --bins
}

# 32 bits are what most Pis have: a `usize` that was taken for 64 bits shows here only.
step_arm32() {
    local toolchain
    toolchain=$(deploy/build.sh --route debian --toolchain-only armv7)
    eval "$toolchain"
    # what proptest makes up is tried in full on this machine; the emulator is slow. One test reads every wrong file once for
    # every rule, which says nothing about a processor and takes two minutes there
    PROPTEST_CASES=32 CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_RUNNER="qemu-arm-static -L /usr/arm-linux-gnueabihf" \
        cargo test --locked --no-fail-fast --lib --no-default-features --target armv7-unknown-linux-gnueabihf \
        -- --skip without_a_rule_its_own_rows_change_and_no_other
}

step_licences() {
    if ! cargo deny --version 2>/dev/null; then
        echo "ci: not run: cargo-deny is not installed (cargo install --locked cargo-deny)"
        return 0
    fi
    cargo deny --offline check licenses bans sources
}

# The long tests are those that said in the step before that they were skipped for being
# long; they run one at a time, because they measure.
step_long() {
    local names
    test_environment
    mapfile -t names < <(awk '/^---- .* stdout ----$/ {name = $2} /^skipped: long/ {print name}' "$OUT/cargo-test.log" | sort -u)
    if [ ${#names[@]} -eq 0 ]; then
        echo "ci: no test said that it is long"
        ! grep -rqs MQTT_THING_LONG tests
        return
    fi
    echo "ci: ${#names[@]} long tests"
    MQTT_THING_LONG=1 MQTT_THING_SOAK_S=${MQTT_THING_SOAK_S:-60} cargo test --locked --no-fail-fast -- --exact --test-threads=1 --nocapture "${names[@]}"
}
