//! Accounts as `broker init` keeps them.

use crate::lab::{Lab, USERS, private, resource, run, shipped};

#[test]
fn passwords_are_taken_from_a_folder_of_clients() {
    let Some(lab) = Lab::start("mosquitto.conf", &shipped("acl")) else {
        return;
    };
    let secrets = std::fs::read_to_string(lab.file("secrets")).unwrap();
    let set_up = lab.file("set-up");
    for line in secrets.lines() {
        let (user, password) = line.split_once(':').unwrap();
        let its = set_up.join("clients").join(user);
        std::fs::create_dir_all(&its).unwrap();
        private(&its.join("password"), &format!("{password}\n"));
    }
    let url = format!("mqtt://127.0.0.1:{}", lab.port());
    let arguments = ["--broker", &url, "--prover", "prover", "--passwords-dir"];
    let arguments = [&arguments[..], &[set_up.to_str().unwrap()]].concat();
    let tested = run(&resource("table.md"), &arguments);
    assert!(
        tested.out.contains("16 passed, 1 failed, 0 undecided"),
        "{}{}",
        tested.out,
        tested.err
    );
    for user in USERS {
        std::fs::remove_file(set_up.join("clients").join(user).join("password")).unwrap();
    }
    let missing = run(&resource("table.md"), &arguments);
    assert_eq!(missing.code, 2);
    let why = "/clients has no folder with a password for alice, bob, carol, prover\n";
    assert!(missing.err.ends_with(why), "{}", missing.err);
}
