//! What this machine's files say about the service: its unit, its variables, the user that it runs as.
//!
//! Source: systemd.unit(5) for where units lie and what drop-ins are, systemd.exec(5) for `EnvironmentFile=`, passwd(5),
//! group(5).

use crate::system::Root;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Where units lie; the first that has one counts.
const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// A unit's file with its drop-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Where it lies.
    pub(super) path: PathBuf,
    lines: Vec<String>,
}

impl Unit {
    /// The unit of that name, such as `mqtt-thing.service`, if it is installed.
    pub(super) fn find(root: &Root, name: &str) -> Option<Self> {
        let paths = FOLDERS.map(|folder| root.path(folder).join(name));
        let path = paths.into_iter().find(|path| path.is_file())?;
        let mut texts = vec![fs::read_to_string(&path).unwrap_or_default()];
        for folder in FOLDERS.iter().rev() {
            let folder = root.path(folder).join(format!("{name}.d"));
            texts.extend(drop_ins(&folder));
        }
        let lines = texts.iter().flat_map(|text| text.lines());
        let lines = lines.map(|line| line.trim().to_owned()).collect();
        Some(Self { path, lines })
    }

    /// The last value of a key.
    pub(super) fn last(&self, key: &str) -> Option<&str> {
        self.values(key).last()
    }

    /// All values of a key, in their order.
    pub(super) fn values<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let key = key.to_owned();
        let value = move |line: &'a String| {
            let value = line.strip_prefix(key.as_str())?.trim_start();
            value.strip_prefix('=')
        };
        self.lines.iter().filter_map(value).map(str::trim)
    }

    /// The groups that it gives to its user.
    pub(super) fn groups(&self) -> Vec<&str> {
        let lists = self.values("SupplementaryGroups");
        lists.flat_map(str::split_ascii_whitespace).collect()
    }

    /// The users and groups that it names and this machine does not have, each as `user NAME`.
    pub(super) fn missing(&self, root: &Root) -> Vec<String> {
        let users = fs::read_to_string(root.path("/etc/passwd")).unwrap_or_default();
        let is_user = |name: &str| {
            users
                .lines()
                .any(|line| line.split(':').next() == Some(name))
        };
        let groups = Group::all(root);
        let is_group = |name: &str| groups.iter().any(|group| group.name == name);
        let user = self.last("User").filter(|name| !is_user(name));
        let user = user.map(|name| format!("user {name}"));
        let groups = self.groups().into_iter().chain(self.last("Group"));
        let groups = groups.filter(|name| !is_group(name));
        let groups = groups.map(|name| format!("group {name}"));
        user.into_iter().chain(groups).collect()
    }

    /// Whether it sets this environment variable.
    pub(super) fn sets(&self, variable: &str) -> bool {
        self.values("Environment").any(|value| {
            let mut words = value.split_ascii_whitespace();
            words.any(|word| {
                let word = word.trim_matches(['"', '\'']);
                word.split_once('=')
                    .is_some_and(|(name, value)| name == variable && !value.is_empty())
            })
        })
    }
}

fn drop_ins(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "conf"))
        .collect();
    paths.sort();
    let texts = paths
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    texts.collect()
}

/// The file of variables for the service.
pub(super) const VARIABLES: &str = "/etc/default/mqtt-thing";

/// What that file sets a variable to; nothing counts as not set.
pub(super) fn variable(root: &Root, name: &str) -> Option<String> {
    let text = fs::read_to_string(root.path(VARIABLES)).ok()?;
    let value = text.lines().rev().find_map(|line| {
        let (key, value) = line.trim().split_once('=')?;
        (key.trim_end() == name).then(|| value.trim())
    })?;
    let value = value.trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// Who the thing runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// The user's name; none if it is whoever runs this.
    pub(super) name: Option<String>,
    pub(super) uid: u32,
    /// The numbers of all its groups.
    pub(super) groups: Vec<u32>,
    /// Its home, if it has a name.
    pub(super) home: Option<PathBuf>,
}

impl Account {
    /// Of the unit, else of whoever runs this: of the person, if that is root for a moment.
    pub(super) fn of(root: &Root, unit: Option<&Unit>) -> Self {
        let Some(unit) = unit else {
            return Self::person(root).unwrap_or_else(Self::ourselves);
        };
        let user = unit.last("User").unwrap_or("root");
        Self::named(root, user, &unit.groups()).unwrap_or_else(Self::ourselves)
    }

    /// Who called `sudo`. Source: sudo(8), `SUDO_USER`, `SUDO_UID`, `SUDO_GID`.
    fn person(root: &Root) -> Option<Self> {
        if Self::ourselves().uid != 0 {
            return None;
        }
        let name = env::var("SUDO_USER").ok();
        let number = |name| env::var(name).ok()?.parse().ok();
        let known = name.as_deref().map(|name| Self::named(root, name, &[]));
        // a user of the network's, whom the files do not have
        known.flatten().or_else(|| {
            let more = name.iter().flat_map(|name| Group::of(root, name, &[]));
            Some(Self {
                uid: number("SUDO_UID")?,
                groups: number("SUDO_GID").into_iter().chain(more).collect(),
                home: None,
                name: name.clone(),
            })
        })
    }

    /// The user of that name, with more groups than those of the files.
    fn named(root: &Root, name: &str, more: &[&str]) -> Option<Self> {
        let users = fs::read_to_string(root.path("/etc/passwd")).ok()?;
        let user = users.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&name)).then_some(fields)
        })?;
        let uid = user.get(2)?.parse().ok()?;
        let mut groups = vec![user.get(3)?.parse().ok()?];
        groups.extend(Group::of(root, name, more));
        Some(Self {
            name: Some(name.to_owned()),
            uid,
            groups,
            home: user.get(5).map(PathBuf::from),
        })
    }

    fn ourselves() -> Self {
        let user = crate::system::User::effective();
        Self {
            name: None,
            uid: user.uid,
            groups: user.groups,
            home: None,
        }
    }

    /// For a sentence.
    pub(super) fn words(&self) -> String {
        match &self.name {
            Some(name) => format!("the user {name}"),
            None => format!("this user ({})", self.uid),
        }
    }

    /// For a command.
    pub(super) fn in_command(&self) -> &str {
        self.name.as_deref().unwrap_or("$USER")
    }

    /// Whether the mode of something with this owner and group lets the account do all of `wanted` (4 read, 2 write, 1
    /// execute). Source: path_resolution(7).
    pub(super) fn may(&self, wanted: u32, (owner, group, mode): (u32, u32, u32)) -> bool {
        let shift = match () {
            () if self.uid == 0 => return true,
            () if owner == self.uid => 6,
            () if self.groups.contains(&group) => 3,
            () => 0,
        };
        (mode >> shift) & wanted == wanted
    }
}

/// A line of `/etc/group`.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) gid: u32,
    members: Vec<String>,
}

impl Group {
    pub(super) fn all(root: &Root) -> Vec<Self> {
        let text = fs::read_to_string(root.path("/etc/group")).unwrap_or_default();
        let group = |line: &str| {
            let mut fields = line.split(':');
            let (name, _, gid) = (fields.next()?, fields.next()?, fields.next()?);
            Some(Self {
                name: name.to_owned(),
                gid: gid.parse().ok()?,
                members: fields.next()?.split(',').map(str::to_owned).collect(),
            })
        };
        text.lines().filter_map(group).collect()
    }

    /// The numbers of those that have the user as a member, or are among `more`.
    fn of(root: &Root, user: &str, more: &[&str]) -> Vec<u32> {
        let its = |group: &Self| {
            more.contains(&group.name.as_str()) || group.members.iter().any(|member| member == user)
        };
        let all = Self::all(root).into_iter();
        all.filter(its).map(|group| group.gid).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::at(folder.path());
        for (path, text) in files {
            let path = root.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, root)
    }

    #[test]
    fn the_administrators_unit_goes_before_the_packages_and_drop_ins_before_both() {
        let (_folder, root) = tree(&[
            ("/lib/systemd/system/a.service", "[Service]\nUser=one\n"),
            ("/etc/systemd/system/a.service", "[Service]\nUser = two\n"),
            (
                "/etc/systemd/system/a.service.d/x.conf",
                "[Service]\nEnvironment=\"RUNNER=/run/x\" B=\n",
            ),
        ]);
        let unit = Unit::find(&root, "a.service").unwrap();
        assert_eq!(unit.last("User"), Some("two"));
        assert!(unit.sets("RUNNER") && !unit.sets("B") && !unit.sets("/run/x"));
        assert_eq!(Unit::find(&root, "b.service"), None);
        assert_eq!(unit.missing(&root), ["user two"]);
    }

    #[test]
    fn variables_are_read_as_systemd_reads_them() {
        let (_folder, root) = tree(&[(VARIABLES, "# A=1\nA=\"in ner\"\nB=\nA2=no\n")]);
        assert_eq!(variable(&root, "A").as_deref(), Some("in ner"));
        assert_eq!(variable(&root, "B"), None);
        assert_eq!(variable(&root, "C"), None);
    }

    #[test]
    fn an_account_has_the_groups_of_the_files_and_of_the_unit() {
        let (_folder, root) = tree(&[
            (
                "/lib/systemd/system/a.service",
                "User=mt\nSupplementaryGroups=i2c\n",
            ),
            ("/etc/passwd", "root:x:0:0::/root:/bin/sh\nmt:x:7:8::/:/\n"),
            ("/etc/group", "i2c:x:9:\ngpio:x:10:pi,mt\nother:x:11:pi\n"),
        ]);
        let unit = Unit::find(&root, "a.service");
        let account = Account::of(&root, unit.as_ref());
        assert_eq!((account.uid, account.groups.clone()), (7, vec![8, 9, 10]));
        assert!(account.may(6, (0, 9, 0o660)) && !account.may(6, (0, 11, 0o660)));
        // who owns something is judged as its owner, also if the group may more
        assert!(!account.may(6, (7, 9, 0o460)) && account.may(4, (0, 0, 0o644)));
        assert_eq!(Account::of(&root, None), Account::ourselves());
    }
}
