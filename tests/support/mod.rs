//! The harness of the integration tests: a real Mosquitto, an independent observer, a proxy that misbehaves.
//!
//! Each test file takes what it needs from here, so some of it is unused in each.
#![allow(dead_code, unused_imports, unreachable_pub, clippy::unwrap_used)]

pub mod bulk;
pub mod command;
pub mod cpufreq_tree;
pub mod fake_broker;
pub mod lines;
pub mod machine;
pub mod mosquitto;
pub mod preload;
pub mod proxy;
pub mod small_disk;
pub mod terminal;

pub use bulk::{Next, flood, peak_kib};
pub use command::{broker_init, mqtt_thing, well};
pub use cpufreq_tree::CpuFreqTree;
pub use fake_broker::FakeBroker;
pub use lines::Lines;
pub use machine::Machine;
pub use mosquitto::{Mosquitto, Observer, Seen};
pub use preload::{SimBus, Target};
pub use proxy::Proxy;
pub use small_disk::SmallDisk;
pub use terminal::Terminal;

use std::time::{Duration, Instant};

/// How long a test waits for what must happen. Generous: the machine may be slow, a failing test may take its time.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Waits until `what` gives something, and says what it waited for when it does not.
pub fn wait_for<T>(name: &str, what: impl FnMut() -> Option<T>) -> T {
    until(what).unwrap_or_else(|| panic!("waited {LIMIT:?} for {name}"))
}

/// The same for whoever says himself what did not come.
pub fn until<T>(mut what: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = what() {
            return Some(found);
        }
        if began.elapsed() >= LIMIT {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A tool that a test needs is missing: on a developer's machine the test is skipped, in CI it fails.
pub fn skipped(package: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{package} is missing, and CI must have it"
    );
    println!("skipped: install {package}");
}

/// Whether the long tests shall run (`just soak`, CI's last step); if not, says so.
pub fn long() -> bool {
    let wanted = std::env::var_os("MQTT_THING_LONG").is_some();
    if !wanted {
        println!("skipped: long; MQTT_THING_LONG=1 runs it");
    }
    wanted
}

/// A port that nothing listens on, below those that the kernel gives to outgoing connections.
pub fn free_port() -> u16 {
    wait_for("a free port", || {
        let port = rand::random_range(15_000..32_000);
        std::net::TcpListener::bind(("127.0.0.1", port))
            .ok()
            .map(|_| port)
    })
}
