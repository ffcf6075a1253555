//! Mosquitto's configuration. Source: mosquitto.conf(5) of Mosquitto 2.0.

use super::Settings;

/// The largest packet where no governor's operator is served: an answer of ours with all of its output escaped takes
/// 1.5 MiB, and a thing itself takes 1 MiB.
const LARGEST_PACKET: u32 = 4 * 1024 * 1024;

/// The configuration for a set-up. With `governor` old clients may send whole outputs, however long they are.
pub(super) fn config(settings: &Settings, governor: bool) -> String {
    let at = |file: &str| format!("{}/{file}", settings.installed_at.trim_end_matches('/'));
    let (acl, server, key, ca) = (
        at("acl"),
        at("server.crt"),
        at("server.key"),
        at("clients-ca.crt"),
    );
    let (things, people) = (at("passwords-things"), at("passwords-people"));
    let (things_port, people_port) = (settings.things_port, settings.people_port);
    let largest = if governor {
        "# No max_packet_size: clients of the governor send whole outputs, up to MQTT's 256 MiB.\n"
            .to_owned()
    } else {
        format!(
            "# Far more than anything in the topology sends.\nmax_packet_size {LARGEST_PACKET}\n"
        )
    };
    format!(
        "# Written by `mqtt-thing broker init`; with --again it is written anew.

# Each listener has accounts of its own. This has to stand before all of them.
per_listener_settings true

# Small messages go at once instead of waiting for each other.
set_tcp_nodelay true
# Things say everything again when they connect, so nothing old needs to be kept on the disk.
persistence false
{largest}
# To the journal, under systemd.
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information

# ---- Things. The user name is the client id, so that no account can take another's place; a certificate of the set-up's
# CA is asked for beside the password.
listener {things_port}
certfile {server}
keyfile {key}
tls_version tlsv1.2
cafile {ca}
require_certificate true
use_username_as_clientid true
allow_anonymous false
password_file {things}
acl_file {acl}

# ---- People, and what is followed and not in the topology. By a password; one may be connected several times.
listener {people_port}
certfile {server}
keyfile {key}
tls_version tlsv1.2
allow_anonymous false
password_file {people}
acl_file {acl}
"
    )
}

/// The classroom's broker, as the governor's README has it: everybody may do everything.
#[must_use]
pub fn open_broker() -> &'static str {
    "# Written by `mqtt-thing broker init --open`.
#
# THIS BROKER IS OPEN. Whoever reaches port 1883 can read everything, say anything in anybody's name, switch every
# output, and have commands run on every machine whose executor allows them. For a classroom's own network, without a
# way to or from anywhere else, and for an hour.
listener 1883
allow_anonymous true
set_tcp_nodelay true
persistence false
log_dest stderr
"
}
