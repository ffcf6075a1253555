//! What whoever finds the folder has to know.

use super::Settings;

pub(super) fn text(settings: &Settings) -> String {
    let Settings {
        host,
        things_port,
        people_port,
        installed_at,
        ..
    } = settings;
    let server = match (settings.own_certificate, settings.system_ca) {
        (false, _) => "ca/server-ca.crt     the same CA, by which clients know the broker",
        (true, false) => "ca/server-ca.crt     the CA of the broker's own certificate",
        (true, true) => {
            "                     (clients know the broker by their system's list of CAs)"
        }
    };
    let prover = match settings.prover {
        false => "",
        true => {
            "clients/prover/      WARNING: its password opens every topic, to read and to write. Only for whoever runs
                     `mqtt-thing broker acl test`; broker init --again --no-prover takes the account away
"
        }
    };
    format!(
        "A set-up of Mosquitto 2.0 for {host}, made by `mqtt-thing broker init`.

This folder opens every door of the broker: keep it on one machine that you trust, and a copy of it locked away. It is
not needed where the broker or a thing runs.

ca/ca.key            SECRET. The key of the CA. It never goes to a Pi, nor to the broker's machine.
ca/ca.crt            the CA's certificate
{server}
broker/              what goes to the broker's machine, as {installed_at}/, readable by the user `mosquitto` alone
  mosquitto.conf     two listeners: things on port {things_port}, people on port {people_port}
  acl                who may read and write which topic, each line with what it is for
  server.crt, .key   the broker's certificate, and its SECRET key
  clients-ca.crt     the CA whose client certificates are accepted
  passwords-things   hashes of passwords
  passwords-people
clients/<user>/      what goes to that Pi (as /etc/mqtt-thing/) or to that person. SECRET
  password           the password
  client.crt, .key   the client certificate, and its key
  ca.crt             the CA of the broker's certificate
{prover}
What is known and not mended here: whoever has the password of a person's account may connect under any client id, and
so throw a thing out for a moment. Things cannot do that to each other.

A thing comes or goes:  change the topology, then mqtt-thing broker init --again --topology FILE THIS-FOLDER
Certificates end:       mqtt-thing broker cert show THIS-FOLDER, mqtt-thing broker cert renew THIS-FOLDER
A password leaked:      remove its file, then broker init --again
A key leaked:           as it is of no use without a password, change that, then broker cert renew --only USER
"
    )
}
