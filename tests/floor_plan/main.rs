//! The house rules of `src/lib.rs`, read off the imports: no room reaches upstairs, each crate stays where it
//! belongs, nothing on the lower floors reads a clock, and no file is longer than 400 lines.

mod plan;

use plan::{AT_HOME, DEPENDENCIES, EVERYWHERE, ROOMS, Room};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// What a file reaches for.
#[derive(Default)]
struct Reach {
    rooms: BTreeSet<String>,
    crates: BTreeSet<String>,
    clocks: Vec<String>,
}

impl Reach {
    fn path(&mut self, segments: &[String]) {
        match segments {
            [first, second, ..] if first == "crate" => {
                self.rooms.insert(second.clone());
            }
            [first, second, ..] if first == "mqtt_thing" => {
                self.crates.insert(first.clone());
                self.rooms.insert(format!("lib:{second}"));
            }
            [first, ..] if DEPENDENCIES.contains(&first.as_str()) => {
                self.crates.insert(first.clone());
            }
            _ => {}
        }
        if let [.., clock, now] = segments {
            if now == "now"
                && ["Instant", "SystemTime", "Timestamp", "Zoned"].contains(&clock.as_str())
            {
                self.clocks.push(format!("{clock}::now"));
            }
        }
    }

    fn tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.path(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.path(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.path(prefix),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.tree(prefix, item));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reach {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        // a name on its own is a variable's, `bytes` for instance
        if segments.len() > 1 {
            self.path(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // tests may use what they like
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap()
        .display()
        .to_string()
}

/// The room that a file of `src/` stands in; `None` for the roof and the front door.
fn room_of(file: &str) -> Option<&'static Room> {
    let name = file
        .strip_prefix("src/")?
        .split('/')
        .next()?
        .trim_end_matches(".rs");
    if ["lib", "main"].contains(&name) {
        return None;
    }
    let room = ROOMS.iter().find(|room| room.name == name);
    assert!(
        room.is_some(),
        "{file} stands in a room that the floor plan does not know"
    );
    room
}

fn wrongs(file: &str, text: &str) -> Vec<String> {
    let Some(room) = room_of(file) else {
        return Vec::new();
    };
    let mut reach = Reach::default();
    reach.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}")));
    let mut wrongs = Vec::new();
    for used in &reach.rooms {
        let known = ROOMS.iter().any(|room| room.name == used);
        if known && used != room.name && !room.rooms.contains(&used.as_str()) {
            wrongs.push(format!(
                "{file} uses crate::{used}, which does not stand below `{}`",
                room.name
            ));
        }
    }
    for used in reach
        .crates
        .iter()
        .map(String::as_str)
        .filter(|used| !EVERYWHERE.contains(used))
    {
        if !room.crates.contains(&used) {
            wrongs.push(format!(
                "{file} uses the crate {used}, which `{}` must not know",
                room.name
            ));
        }
        if AT_HOME
            .iter()
            .any(|(name, home)| *name == used && !file.starts_with(home))
        {
            wrongs.push(format!("{file} uses the crate {used} away from its home"));
        }
    }
    if !room.clock {
        wrongs.extend(
            reach
                .clocks
                .iter()
                .map(|clock| format!("{file} calls {clock}; time is an argument here")),
        );
    }
    wrongs
}

#[test]
fn no_room_reaches_upstairs_and_each_crate_stays_at_home() {
    let found: Vec<String> = files("src")
        .iter()
        .flat_map(|path| wrongs(&shown(path), &std::fs::read_to_string(path).unwrap()))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_plan_itself_has_no_stairs_that_go_round() {
    for (index, room) in ROOMS.iter().enumerate() {
        for below in room.rooms.iter().filter(|below| **below != room.name) {
            let place = ROOMS.iter().position(|other| other.name == *below).unwrap();
            // topology checks the broker's URL by the session's own type; they are neighbours
            let neighbours = (room.name, *below) == ("topology", "mqtt");
            assert!(place < index || neighbours, "{} uses {below}", room.name);
        }
    }
}

#[test]
fn a_wrong_import_is_found() {
    let wrong = "use crate::{model::Topic, runtime::Node};\nfn f() { let _ = std::time::Instant::now(); tokio::spawn(x); }";
    assert_eq!(
        wrongs("src/thing/example.rs", wrong),
        [
            "src/thing/example.rs uses crate::runtime, which does not stand below `thing`",
            "src/thing/example.rs uses the crate tokio, which `thing` must not know",
            "src/thing/example.rs calls Instant::now; time is an argument here",
        ]
    );
    assert_eq!(
        wrongs("src/board/sim/x.rs", "use rppal::i2c::I2c;").len(),
        1
    );
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<String> = ["src", "tests", "benches", "examples"]
        .iter()
        .flat_map(|folder| files(folder))
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            (lines > 400).then(|| format!("{} has {lines} lines", shown(&path)))
        })
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}
