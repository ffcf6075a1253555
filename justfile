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

# A building of ten thousand sensors and the alarm over it; four minutes, or `just bench-building --quick`
bench-building *arguments:
    cargo bench --no-default-features --bench building -- "$@"

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

# Put it on Pis as a service that goes back by itself: just deploy pi@host --topology lab.toml --build
deploy *arguments:
    deploy/deploy.sh "$@"

# Format the sources
fmt:
    cargo fmt

# The documentation, in a browser
doc:
    cargo doc --no-deps --open

# What CI runs; `just ci clippy test` for single steps
ci *steps:
    bash .ci/run "$@"
