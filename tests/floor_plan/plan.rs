//! The plan itself: which room may use which rooms and crates.

/// A room: its folder or file in `src/`, the rooms that it may use, and the crates.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) rooms: &'static [&'static str],
    pub(crate) crates: &'static [&'static str],
    /// Whether it may read the clocks.
    pub(crate) clock: bool,
}

const fn room(
    name: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
) -> Room {
    Room {
        name,
        rooms,
        crates,
        clock: false,
    }
}

const fn waiting(
    name: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
) -> Room {
    Room {
        name,
        rooms,
        crates,
        clock: true,
    }
}

/// From the ground up. Every room may use `serde`, `serde_json`, `thiserror` and `tracing`.
pub(crate) const ROOMS: &[Room] = &[
    room("model", &[], &[]),
    // the simulator keeps time as the firmware does, the real bus as the kernel does
    waiting(
        "board",
        &["model"],
        &["embedded_hal", "rppal", "rustix", "rand"],
    ),
    waiting("system", &["model"], &["get_if_addrs", "rustix"]),
    room("fleet", &["model", "system"], &["ring", "base64"]),
    room("building", &["model"], &["minicbor"]),
    room("thing", &["model", "board", "fleet", "building"], &[]),
    room("payload", &["model"], &["minicbor", "base64"]),
    room(
        "resources",
        &["model", "board", "system", "fleet", "building", "thing"],
        &["jiff"],
    ),
    room(
        "topology",
        &[
            "model",
            "board",
            "system",
            "fleet",
            "building",
            "thing",
            "resources",
            "mqtt",
        ],
        &["toml"],
    ),
    waiting(
        "mqtt",
        &["model", "system"],
        &[
            "bytes",
            "rumqttc",
            "tokio",
            "tokio_rustls",
            "rustls_native_certs",
            "rand",
            "async_tungstenite",
            "ws_stream_tungstenite",
        ],
    ),
    waiting(
        "store",
        &["model", "system", "fleet"],
        &["rusqlite", "rustix", "base64"],
    ),
    waiting(
        "runtime",
        &[
            "model",
            "board",
            "system",
            "thing",
            "resources",
            "topology",
            "mqtt",
            "fleet",
            "building",
            "store",
        ],
        &["tokio", "sd_notify", "rustix", "wait4", "rand"],
    ),
    waiting(
        "broker",
        &[
            "model",
            "system",
            "thing",
            "resources",
            "topology",
            "mqtt",
            "fleet",
        ],
        // ring: the hashes of Mosquitto's password file
        &["tokio", "rcgen", "ring", "base64", "rand", "rustix", "jiff"],
    ),
    waiting(
        "demo",
        &[
            "model",
            "board",
            "system",
            "thing",
            "resources",
            "topology",
            "mqtt",
            "fleet",
            "store",
            "runtime",
        ],
        // rand: client identifiers and tokens that nobody else has
        // rustix: a socket option that the broker lacks
        &[
            "tokio",
            "rumqttd",
            "crossterm",
            "owo_colors",
            "rand",
            "rustix",
        ],
    ),
    waiting(
        "doctor",
        &[
            "model",
            "board",
            "system",
            "thing",
            "resources",
            "topology",
            "mqtt",
            "fleet",
            "store",
            "runtime",
        ],
        // jiff: the dates of a certificate
        &["tokio", "rand", "rustix", "jiff"],
    ),
    waiting(
        "cli",
        &["cli"],
        &[
            "mqtt_thing",
            "clap",
            "clap_complete",
            "clap_mangen",
            "anyhow",
            "tokio",
            "anstream",
            "owo_colors",
            "tracing_subscriber",
            "crossterm",
            "rand",
            "jiff",
        ],
    ),
];

pub(crate) const EVERYWHERE: &[&str] =
    &["serde", "serde_json", "thiserror", "tracing", "std", "core"];

/// Crates that live in one file or folder alone.
pub(crate) const AT_HOME: &[(&str, &str)] = &[
    ("rppal", "src/board/rpi"),
    ("rumqttc", "src/mqtt"),
    ("bytes", "src/mqtt"),
    ("rumqttd", "src/demo"),
    ("rcgen", "src/broker"),
    ("tokio_rustls", "src/mqtt"),
    ("async_tungstenite", "src/mqtt"),
    ("ws_stream_tungstenite", "src/mqtt"),
    ("rusqlite", "src/store"),
    ("wait4", "src/runtime/jobs"),
    ("toml", "src/topology"),
    ("clap", "src/cli"),
    ("clap_complete", "src/cli/manual"),
    ("clap_mangen", "src/cli/manual"),
    ("anyhow", "src/cli"),
];

pub(crate) const DEPENDENCIES: &[&str] = &[
    "anstream",
    "anyhow",
    "async_tungstenite",
    "base64",
    "bytes",
    "clap",
    "clap_complete",
    "clap_mangen",
    "crossterm",
    "embedded_hal",
    "get_if_addrs",
    "jiff",
    "minicbor",
    "owo_colors",
    "rand",
    "rcgen",
    "ring",
    "rppal",
    "rumqttc",
    "rumqttd",
    "rusqlite",
    "rustls_native_certs",
    "rustix",
    "sd_notify",
    "serde",
    "serde_json",
    "thiserror",
    "tokio",
    "tokio_rustls",
    "toml",
    "tracing",
    "tracing_subscriber",
    "wait4",
    "ws_stream_tungstenite",
    "mqtt_thing",
];
