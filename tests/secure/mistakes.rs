//! What goes wrong around secrets: files that are mixed up, broken, too open, or somebody else's; a broker that is not
//! ours or does not want us. Each is refused, and nothing of what the files hold is repeated.

use crate::lab::Lab;
use crate::person::{Person, told};
use mqtt_thing::broker::set_up::Authority;
use std::fs::{Permissions, create_dir_all, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn put(path: &Path, text: impl AsRef<[u8]>, mode: u32) -> String {
    create_dir_all(path.parent().unwrap()).unwrap();
    write(path, text).unwrap();
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Makes every mistake, and hands over what was said.
pub fn make_all(lab: &Lab, person: &Person, place: &Path, said: &mut dyn FnMut(String, Vec<u8>)) {
    let folder = place.join("mistakes");
    let at = |name: &str| folder.join(name);
    let its = |file: &str| lab.file(file).to_str().unwrap().to_owned();
    let own = |file: &str| its(&format!("clients/operator/{file}"));
    let thing = |file: &str| its(&format!("clients/10.0.0.1/{file}"));
    let secret = |path: &str| std::fs::read(path).unwrap();
    let key = person.key_file("alice").to_str().unwrap().to_owned();
    let pem = std::fs::read_to_string(&key).unwrap();

    let wrong = put(&at("wrong/password"), "wrong-4711-and-long-enough\n", 0o600);
    let open = put(&at("open/password"), secret(&own("password")), 0o644);
    let lines = put(
        &at("lines/password"),
        [secret(&own("password")), secret(&own("password"))].concat(),
        0o600,
    );
    let half = pem.replace("END PRIVATE KEY", "END PRIVATE KEX");
    let broken = put(&at("keys/broken.pem"), half, 0o600);
    let open_key = put(&at("keys/open.pem"), &pem, 0o644);
    let other = put(
        &at("keys/other-kind.pem"),
        secret(&thing("client.key")),
        0o600,
    );
    let (stranger, _) = Authority::new(crate::lab::now()).unwrap();
    let foreign = put(&at("foreign.crt"), stranger.certificate(), 0o644);
    let (ca, user) = (own("ca.crt"), own("password"));
    let url = format!("mqtts://localhost:{}", lab.people);
    let things = format!("mqtts://localhost:{}", lab.things);
    let unnamed = format!("mqtts://127.0.0.2:{}", lab.people);

    // the broker, the password's file, the CA's, and the key that signs
    let sends: [[&str; 4]; 13] = [
        [&url, &wrong, &ca, &key],
        [&url, &open, &ca, &key],
        [&url, &lines, &ca, &key],
        [&url, &key, &ca, &key],
        [&url, &user, &foreign, &key],
        [&url, &user, &key, &key],
        [&url, &user, &user, &key],
        [&unnamed, &user, &ca, &key],
        [&things, &user, &ca, &key],
        [&url, &user, &ca, &broken],
        [&url, &user, &ca, &open_key],
        [&url, &user, &ca, &other],
        [&url, &user, &ca, &user],
    ];
    for (number, [url, password, ca, key]) in sends.iter().enumerate() {
        let arguments = [
            "-vvv",
            "send",
            "10.0.0.1",
            "--wait",
            "5",
            "--find",
            "1",
            "--broker",
            url,
            "--username",
            "operator",
            "--password-file",
            password,
            "--ca-file",
            ca,
            "--key",
            key,
            "--",
            "echo",
        ];
        let mut command = person.command(&arguments);
        let told = told(command.env("RUST_LOG", "trace"));
        assert_eq!(
            told.code.map(|code| code != 0),
            Some(true),
            "{number}: {told:?}"
        );
        said(
            format!("what mistake {number} of `send` said"),
            (told.out + &told.err).into(),
        );
    }

    let (public, private) = (thing("client.crt"), thing("client.key"));
    let with_password = put(
        &at("password.toml"),
        "[broker]\nurl = \"mqtt://a\"\npassword_file = 5\n[things]\n",
        0o644,
    );
    let inline = |name: &str, text: &str| {
        let password = "inline-4711-and-long-enough";
        put(&at("inline/password"), password, 0o600);
        put(
            &at(&format!("inline/{name}")),
            text.replace("PASSWORD", password),
            0o644,
        )
    };
    let in_topology = inline(
        "in.toml",
        "[broker]\nurl = \"mqtt://a\"\npassword = \"PASSWORD\"\n",
    );
    let in_url = inline("in-url.toml", "[broker]\nurl = \"mqtt://u:PASSWORD@a\"\n");
    let in_config = inline("in-config.ini", "[sut]\npassword = PASSWORD\n");
    let in_host = inline("in-host.ini", "[mqtt]\nbroker = mqtt://u:PASSWORD@a\n");
    let list = at("trusted").to_str().unwrap().to_owned();
    let client = [
        "-vvv",
        "send",
        "x",
        "--wait",
        "2",
        "--broker",
        &things,
        "--ca-file",
        &ca,
    ];
    let certificates = |certificate: &str, key: &str| -> Vec<String> {
        let more = ["--cert-file", certificate, "--key-file", key, "--", "echo"];
        [&client[..], &more]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let owned =
        |list: &[&str]| -> Vec<String> { list.iter().map(|&text| text.to_owned()).collect() };
    let set_up = lab.set_up.to_str().unwrap();
    let topology = lab.topology.to_str().unwrap();
    let new = at("new-set-up").to_str().unwrap().to_owned();
    let init = |certificate: &str, key: &str| {
        owned(&[
            "broker",
            "init",
            "--topology",
            topology,
            "--cert",
            certificate,
            "--key",
            key,
            &new,
        ])
    };
    let rows: Vec<Vec<String>> = vec![
        certificates(&private, &public),
        certificates(&public, &user),
        certificates(&public, &key),
        certificates(&private, &private),
        certificates(&user, &private),
        owned(&["key", "trust", "eve", &user, "--file", &list]),
        owned(&["key", "trust", "eve", &private, "--file", &list]),
        owned(&["key", "trust", "eve", &broken, "--file", &list]),
        owned(&["key", "show", &broken, "--json"]),
        owned(&["key", "show", &user]),
        owned(&["key", "show", "--trusted", &key]),
        owned(&["key", "show", "--trusted", &user, "--json"]),
        owned(&["key", "revoke", "alice", "--file", &key]),
        owned(&["key", "new", "alice"]),
        owned(&[
            "-vvv",
            "sut",
            "--client-id",
            "x",
            "--broker",
            &url,
            "--trusted-keys",
            &key,
        ]),
        owned(&[
            "-vvv",
            "sut",
            "--client-id",
            "x",
            "--broker",
            &url,
            "--trusted-keys",
            &user,
        ]),
        owned(&["sut", "--config", &private]),
        owned(&["sut", "--config", &user]),
        owned(&["check", &key]),
        owned(&["check", "--json", &user]),
        owned(&["check", &with_password]),
        owned(&["check", &in_topology]),
        owned(&["check", "--json", &in_topology]),
        owned(&["run", &in_topology]),
        owned(&["run", &in_url]),
        owned(&["check", "--json", &in_url]),
        owned(&["sut", "--config", &in_config]),
        owned(&["sut", "--config", &in_host]),
        owned(&["operator", "--config", &in_host]),
        owned(&["run", &private]),
        owned(&["operator", &key, "--broker", &url]),
        owned(&["broker", "acl", "test", &key, "--broker", &url]),
        owned(&[
            "broker",
            "acl",
            "test",
            "table.md",
            "--broker",
            &url,
            "--prover",
            "operator",
            "--acl",
            &private,
            "--passwords",
            &private,
        ]),
        owned(&[
            "broker",
            "acl",
            "test",
            "table.md",
            "--broker",
            &url,
            "--prover",
            "operator",
            "--passwords",
            &user,
        ]),
        owned(&["broker", "init", "--topology", &key, &new]),
        owned(&["broker", "init", "--topology", topology, set_up]),
        init(&private, &private),
        init(&public, &key),
        init(&public, &user),
        owned(&["audit", "verify", &key]),
        owned(&["runs", "list", "--store", &key]),
    ];
    for row in rows {
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        let mut command = person.command(&row);
        let told = told(command.env("RUST_LOG", "trace"));
        println!("{row:?} {:?} {}", told.code, told.err);
        said(
            format!("what `{}` said", row.join(" ")),
            (told.out + &told.err).into(),
        );
    }
}
