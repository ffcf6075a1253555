//! `[sut]` and an executor in a topology say the same by the same keys.

use super::super::check;
use crate::fleet::ExecutorSettings;
use crate::model::Topic;
use crate::topology::parse;

const TOPOLOGY: &str = include_str!("../../../../resources/every-key.toml");
const INI: &str = include_str!("../../../../resources/governor.ini");

/// The keys of the executor in the topology that shows them all, each with its value.
fn of_the_topology() -> Vec<(&'static str, &'static str)> {
    let table = TOPOLOGY
        .split("kind = \"executor\"\n")
        .nth(1)
        .expect("an executor");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let keys = lines.map(|line| {
        let (key, value) = line.split_once(" = ").unwrap();
        (key, value.split("  #").next().unwrap().trim())
    });
    // the whole of config.ini is about the governor, and a SUT runs its jobs itself
    let others = ["governor", "outlive_thing"];
    keys.filter(|(key, _)| !others.contains(key)).collect()
}

/// A line of the table as lines of the section.
fn in_ini(key: &str, value: &str) -> String {
    let plain = value.trim_matches(['[', ']', '{', '}', ' ']);
    match key {
        "environment" => format!("{key} = {}\n", plain.replace(" = ", "=").replace('"', "")),
        "allow" => format!(
            "{key} =\n {}\n",
            plain.replace("\", ", "\n ").replace('"', "")
        ),
        _ => format!("{key} = {}\n", plain.replace('"', "")),
    }
}

fn in_topology() -> ExecutorSettings {
    let topology = parse(TOPOLOGY).unwrap();
    let thing = topology.things.iter().find(|thing| thing.name == "roaming");
    let specs = thing.unwrap().specs(&Topic::new("10.0.0.1").unwrap());
    let executor = specs.into_iter().find_map(|spec| spec.executor).unwrap();
    ExecutorSettings {
        governor: None,
        ..ExecutorSettings::clone(&executor)
    }
}

#[test]
fn what_a_topology_says_of_an_executor_means_the_same_in_sut() {
    let keys = of_the_topology();
    assert_eq!(keys.len(), 23);
    let lines: String = keys.iter().map(|(key, value)| in_ini(key, value)).collect();
    let config = check(&format!("[sut]\n{lines}")).unwrap();
    assert_eq!(config.executor, in_topology());
}

#[test]
fn the_shipped_files_show_the_same_keys() {
    let section = INI.split("\n[sut]\n").nth(1).unwrap();
    let key = |line: &'static str| {
        let key = line.trim_start_matches("# ").split(" =").next()?;
        let is_key = line.contains(" =") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        // in a topology they are keys of the governor's face
        let others = ["client_id", "unsigned", "governor_allow"];
        (is_key && !others.contains(&key)).then_some(key)
    };
    let mut shown: Vec<&str> = section.lines().filter_map(key).collect();
    let mut expected: Vec<&str> = of_the_topology().into_iter().map(|(key, _)| key).collect();
    shown.sort_unstable();
    expected.sort_unstable();
    assert_eq!(shown, expected);
}
