//! The commands that put a set-up where it works. Passwords are in files, and none is shown.

use mqtt_thing::broker::set_up::Settings;
use mqtt_thing::model::{shell_path, shell_word};
use mqtt_thing::topology::rights::{self, Account, Who};
use std::path::Path;

/// Where a Pi has what lets it in.
const ON_A_PI: &str = "/etc/mqtt-thing";

/// Onto the broker's machine.
pub(super) fn broker(folder: &Path, settings: &Settings) -> String {
    let (host, at) = (
        &settings.host,
        shell_path(Path::new(&settings.installed_at)),
    );
    let from = shell_path(&folder.join("broker"));
    let script = shell_word(&format!(
        "sudo cp -n {at}/mosquitto.conf {at}/mosquitto.conf.before; \
         sudo install -o mosquitto -g mosquitto -m 600 new-mosquitto/* {at}/ && \
         sudo systemctl restart mosquitto; rm -r new-mosquitto"
    ))
    .into_owned();
    format!(
        "\nTo the broker's machine, {host} (Mosquitto 2.0 or later; where its user is not yours, write USER@ before it):\n  \
         scp -r {from} {host}:new-mosquitto\n  \
         ssh -t {host} {script}\n"
    )
}

/// Onto each Pi, and to each person.
pub(super) fn clients(folder: &Path, settings: &Settings, accounts: &[&Account]) -> String {
    let mut text = String::new();
    let mut things = Vec::new();
    let (mut people, mut strangers) = (Vec::new(), Vec::new());
    let (mut prover, mut home) = (None, None);
    for account in accounts {
        match &account.who {
            Who::Thing { name } => things.push((name, &account.user)),
            Who::Operator | Who::Building | Who::Observer => people.push(&account.user),
            Who::HomeAssistant => home = Some(&account.user),
            Who::Prover => prover = Some(&account.user),
            Who::Stranger => strangers.push(&account.user),
        }
    }
    for (name, user) in &things {
        let from = shell_path(&folder.join("clients").join(user));
        text.push_str(&format!(
            "\nTo the thing `{name}`:\n  \
             scp -r {from} {user}:new-mqtt-thing\n  \
             ssh -t {user} 'sudo install -d -m 755 {ON_A_PI} && \
             sudo install -o mqtt-thing -m 600 new-mqtt-thing/* {ON_A_PI}/ && \
             sudo systemctl restart mqtt-thing; rm -r new-mqtt-thing'\n"
        ));
    }
    if !things.is_empty() {
        text.push_str(&keys(settings));
    }
    for user in people {
        text.push_str(&format!(
            "\nFor the {user}, as in `mqtt-thing {}`:\n  {}\n",
            match user.as_str() {
                rights::OPERATOR => "operator",
                rights::BUILDING => "building simulate",
                _ => "broker watch",
            },
            options(folder, settings, user)
        ));
    }
    if let Some(user) = home {
        text.push_str(&format!(
            "\nFor Home Assistant, in the settings of its MQTT integration: broker {}, port {}, user {user}, and from {}\n  \
             the password{}\n",
            settings.host,
            settings.people_port,
            shell_path(&folder.join("clients").join(user)),
            match settings.system_ca {
                true => "",
                false => ", and ca.crt for \"Broker certificate validation: custom\"",
            }
        ));
    }
    if let Some(user) = prover {
        let url = url(settings, settings.people_port);
        text.push_str(&format!(
            "\nFor whoever tests the rights, and nobody else:\n  \
             mqtt-thing broker acl test TABLE --broker {url} --prover {user} --passwords-dir {}\n",
            shell_path(folder)
        ));
    }
    for user in strangers {
        text.push_str(&format!(
            "\nFor {user}, which is followed and not in the topology: port {}, user {user}, and from {}\n  \
             the password{}\n",
            settings.people_port,
            shell_path(&folder.join("clients").join(user)),
            match settings.system_ca {
                true => "",
                false => " and the broker's ca.crt",
            }
        ));
    }
    text
}

/// What goes into the topology.
fn keys(settings: &Settings) -> String {
    let url = url(settings, settings.things_port);
    let ca = match settings.system_ca {
        true => String::new(),
        false => format!("  ca_file = \"{ON_A_PI}/ca.crt\"\n"),
    };
    format!(
        "\nInto the topology on every thing:\n  \
         [broker]\n  \
         url = \"{url}\"\n\
         {ca}  \
         cert_file = \"{ON_A_PI}/client.crt\"\n  \
         key_file = \"{ON_A_PI}/client.key\"\n  \
         password_file = \"{ON_A_PI}/password\"\n"
    )
}

pub(super) fn options(folder: &Path, settings: &Settings, user: &str) -> String {
    let its = folder.join("clients").join(user);
    let ca = match settings.system_ca {
        true => String::new(),
        false => format!(" --ca-file {}", shell_path(&its.join("ca.crt"))),
    };
    format!(
        "--broker {} --username {user} --password-file {}{ca}",
        url(settings, settings.people_port),
        shell_path(&its.join("password"))
    )
}

fn url(settings: &Settings, port: u16) -> String {
    let host = &settings.host;
    match host.contains(':') {
        true => format!("mqtts://[{host}]:{port}"),
        false => format!("mqtts://{host}:{port}"),
    }
}

/// New certificates to where the old ones are.
pub(super) fn certificates(folder: &Path, users: &[String]) -> String {
    let mut text = String::new();
    for user in users {
        let its = folder.join("clients").join(user);
        let (certificate, key) = (
            shell_path(&its.join("client.crt")),
            shell_path(&its.join("client.key")),
        );
        text.push_str(&match user.as_str() {
            "homeassistant" => format!("\nFor Home Assistant, where it was given one: {certificate} {key}\n"),
            "operator" | "observer" | "prover" => format!("\nFor the {user}, where a copy is kept: {certificate} {key}\n"),
            _ => format!(
                "\nTo {user}:\n  \
                 ssh {user} 'install -d -m 700 new-mqtt-thing' && scp {certificate} {key} {user}:new-mqtt-thing/\n  \
                 ssh -t {user} 'sudo install -o mqtt-thing -m 600 new-mqtt-thing/* {ON_A_PI}/ && \
                 sudo systemctl restart mqtt-thing; rm -r new-mqtt-thing'\n"
            ),
        });
    }
    text
}
