# What one does daily. `just` lists it; `pip install rust-just` or `cargo install just` brings it.

set positional-arguments

_list:
    @{{just_executable()}} --list --unsorted

# Format, lint, document: what takes a minute and fails most
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# All tests but the long ones
test *arguments:
    cargo test "$@"

# Two simulated Pis, a broker, buttons and LEDs in this terminal
demo *arguments:
    cargo run --release -- demo "$@"

# All tests, the long ones too, one at a time because they measure
soak *arguments:
    MQTT_THING_LONG=1 cargo test "$@" -- --test-threads=1 --nocapture

# The figures: latency, missed presses, memory, CPU, start; six minutes, or `just bench --quick`
bench *arguments:
    cargo bench --no-default-features --bench thing -- "$@"

# The governor's figures: round trips, queue, output, memory, fleets; five minutes, or `just bench-governor --quick`
bench-governor *arguments:
    cargo bench --no-default-features --bench governor -- "$@"

# What TLS costs beside plain TCP: connecting, messages, memory; three minutes, or `just bench-tls --quick`
bench-tls *arguments:
    cargo bench --no-default-features --bench tls -- "$@"

# Binary for a 32-bit Raspberry Pi OS
armv7 *arguments:
    deploy/build.sh armv7 "$@"

# Binary for a 64-bit Raspberry Pi OS
aarch64 *arguments:
    deploy/build.sh aarch64 "$@"

# Debian package for a Raspberry Pi OS, of 32 bits or `just package aarch64`
package *arguments:
    deploy/package.sh "$@"

# Build for the Pi at HOST (user@address), copy the binary and the unit there
deploy host:
    #!/usr/bin/env bash
    set -euo pipefail
    # A 64-bit kernel may carry a 32-bit system, so the system is asked. The first Pis and the
    # Zero have the same system and an older processor.
    case $(ssh "$1" 'dpkg --print-architecture; uname -m' | tr '\n' ' ') in
        "armhf armv6l ") echo "$1 has an ARMv6 processor: a Pi 2 or later is needed" >&2; exit 1 ;;
        "armhf "*) binary=$(deploy/build.sh armv7) ;;
        "arm64 "*) binary=$(deploy/build.sh aarch64) ;;
        *) echo "$1 is no Raspberry Pi OS" >&2; exit 1 ;;
    esac
    scp "$binary" deploy/systemd/mqtt-thing.service "$1":
    ssh "$1" 'sudo install -m 755 mqtt-thing /usr/local/bin/ && /usr/local/bin/mqtt-thing --version'
    echo "The unit lies beside it; its first lines say how to start it."

# Format the sources
fmt:
    cargo fmt

# The documentation, in a browser
doc:
    cargo doc --no-deps --open

# What CI runs; `just ci clippy test` for single steps
ci *steps:
    bash .ci/run "$@"
