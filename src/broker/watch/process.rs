//! The broker's process, where it runs on this machine.

use crate::mqtt::BrokerUrl;
use crate::system::{Listener, ProcessState, Root, listener, local_addresses};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Looks that are closer to each other say little: the kernel counts in hundredths of a second.
const APART: Duration = Duration::from_millis(900);

/// What a look at the broker's process found.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It is not known yet where the broker is.
    NotYet,
    /// The broker is another machine's.
    Remote,
    /// Nobody listens there on this machine, or a process of a container that it does not show.
    Elsewhere,
    /// It is another user's, and we may not look at it.
    Hidden,
    /// How it does.
    Seen {
        /// Its state.
        state: ProcessState,
        /// How much of one processor it has had since the last look, in percent.
        cpu_percent: Option<f64>,
    },
}

/// Looks at the broker's process from time to time.
#[derive(Debug)]
pub struct BrokerProcess {
    root: Root,
    port: u16,
    /// The broker's addresses that are this machine's; none while they are not known.
    local: Option<Vec<IpAddr>>,
    last: Option<(Instant, Look)>,
}

impl BrokerProcess {
    /// Not looked yet.
    #[must_use]
    pub fn new(root: Root, broker: &BrokerUrl) -> Self {
        Self {
            root,
            port: broker.port(),
            local: None,
            last: None,
        }
    }

    /// Finds out whether the broker is on this machine. A name that cannot be looked up is looked up again next time.
    pub async fn locate(&mut self, broker: &BrokerUrl) {
        if self.local.is_some() {
            return;
        }
        let Ok(found) = tokio::net::lookup_host((broker.host(), broker.port())).await else {
            return;
        };
        let addresses = found.map(|address| address.ip()).collect();
        self.located(addresses, &local_addresses().unwrap_or_default());
    }

    fn located(&mut self, mut addresses: Vec<IpAddr>, ours: &[IpAddr]) {
        addresses.retain(|ip| ip.to_canonical().is_loopback() || ours.contains(&ip.to_canonical()));
        self.local = Some(addresses);
    }

    /// How the process does now; the same as last time if that was a moment ago.
    pub fn look(&mut self, now: Instant) -> Look {
        let Some(local) = &self.local else {
            return Look::NotYet;
        };
        if local.is_empty() {
            return Look::Remote;
        }
        if let Some((at, look)) = &self.last {
            if now.saturating_duration_since(*at) < APART {
                return look.clone();
            }
        }
        let look = self.look_again(now, local);
        self.last = Some((now, look.clone()));
        look
    }

    fn look_again(&self, now: Instant, local: &[IpAddr]) -> Look {
        if let Some((at, Look::Seen { state: before, .. })) = &self.last {
            let state = ProcessState::read(&self.root, before.pid).filter(|state| state.is(before));
            if let Some(state) = state {
                let cpu_percent = state.cpu_percent(before, now.saturating_duration_since(*at));
                return Look::Seen { state, cpu_percent };
            }
        }
        let mut unseen = Look::Elsewhere;
        for address in local {
            match listener(&self.root, *address, self.port) {
                Listener::Process(pid) => {
                    if let Some(state) = ProcessState::read(&self.root, pid) {
                        let cpu_percent = None;
                        return Look::Seen { state, cpu_percent };
                    }
                }
                Listener::Hidden => unseen = Look::Hidden,
                Listener::Elsewhere | Listener::Nobody => {}
            }
        }
        unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_found_looked_at_again_and_forgotten_when_its_port_is_free() {
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let url = BrokerUrl::new("127.0.0.1", address.port()).unwrap();
        let mut process = BrokerProcess::new(Root::default(), &url);
        let now = Instant::now();
        assert_eq!(process.look(now), Look::NotYet);
        process.located(vec![address.ip()], &[]);
        let Look::Seen { state, cpu_percent } = process.look(now) else {
            panic!("not seen");
        };
        assert_eq!((state.pid, cpu_percent), (std::process::id(), None));
        let look = process.look(now + Duration::from_secs(2));
        assert!(
            matches!(look, Look::Seen { cpu_percent: Some(percent), .. } if percent >= 0.0),
            "{look:?}"
        );
        assert_eq!(process.look(now + Duration::from_secs(2)), look, "too soon");
    }

    #[test]
    fn a_broker_of_another_machine_and_one_that_nobody_sees_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let url = BrokerUrl::new("broker", 1883).unwrap();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let looked = |addresses: &[&str], ours: &[&str]| {
            let mut process = BrokerProcess::new(Root::at(folder.path()), &url);
            let all = |texts: &[&str]| texts.iter().map(|text| ip(text)).collect::<Vec<_>>();
            process.located(all(addresses), &all(ours));
            process.look(Instant::now())
        };
        assert_eq!(looked(&["10.0.0.2"], &["10.0.0.1"]), Look::Remote);
        assert_eq!(looked(&["10.0.0.1"], &["10.0.0.1"]), Look::Elsewhere);
        assert_eq!(looked(&["::1"], &[]), Look::Elsewhere);
        assert_eq!(looked(&["::ffff:127.0.0.1"], &[]), Look::Elsewhere);
    }
}
