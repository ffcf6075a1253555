//! The environment of a job: made from nothing, so that neither the thing's secrets nor somebody's `LD_PRELOAD` get in.
//! Nothing of it comes from the network.

use super::orphans::MARK;
use crate::fleet::ProcessSettings;
use crate::system::Root;
use std::ffi::OsString;
use std::process::Command;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What systemd tells the thing alone: a job that finds it might answer in its name. And what lets the thing in at its
/// broker: a job has no business there.
const THE_THINGS_OWN: [&str; 5] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "MQTT_THING_PASSWORD",
    "CREDENTIALS_DIRECTORY",
];

/// The environment of an executor's jobs, made once.
#[derive(Debug)]
pub(super) struct Environment {
    inherit: bool,
    set: Vec<(OsString, OsString)>,
}

impl Environment {
    /// `PATH`, `HOME`, `USER`, `LOGNAME` and `LANG=C.UTF-8`, or the thing's own; on top what the settings say.
    pub(super) fn new(settings: &ProcessSettings, root: &Root, mark: OsString) -> Self {
        let mut set: Vec<(OsString, OsString)> = Vec::new();
        if !settings.inherit_environment {
            let (user, home) = user(root);
            set.push(("PATH".into(), PATH.into()));
            set.push(("LANG".into(), "C.UTF-8".into()));
            set.push(("HOME".into(), home));
            if let Some(user) = user {
                set.push(("USER".into(), user.clone()));
                set.push(("LOGNAME".into(), user));
            }
        }
        let own = settings.environment.iter();
        set.extend(own.map(|(name, value)| (name.into(), value.into())));
        // last, so that the file cannot hide a job from the next life
        set.push((MARK.into(), mark));
        Self {
            inherit: settings.inherit_environment,
            set,
        }
    }

    pub(super) fn apply(&self, command: &mut Command) {
        if self.inherit {
            for name in THE_THINGS_OWN {
                command.env_remove(name);
            }
        } else {
            command.env_clear();
        }
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
    }
}

/// Name and home of the user that runs this. Source: passwd(5); for users that are elsewhere, the thing's environment.
fn user(root: &Root) -> (Option<OsString>, OsString) {
    let uid = rustix::process::getuid().as_raw().to_string();
    let known = std::fs::read_to_string(root.path("/etc/passwd")).unwrap_or_default();
    let found = known.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let (name, id, home) = (fields.first()?, fields.get(2)?, fields.get(5)?);
        (*id == uid && !home.is_empty()).then(|| (Some((*name).into()), (*home).into()))
    });
    found.unwrap_or_else(|| {
        let home = std::env::var_os("HOME").unwrap_or_else(|| "/".into());
        (std::env::var_os("USER"), home)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn seen(settings: &ProcessSettings, root: &Root) -> BTreeMap<String, Option<String>> {
        let mut command = Command::new("/usr/bin/env");
        Environment::new(settings, root, "spool".into()).apply(&mut command);
        let text = |text: &std::ffi::OsStr| text.to_str().unwrap().to_owned();
        command
            .get_envs()
            .map(|(name, value)| (text(name), value.map(text)))
            .collect()
    }

    #[test]
    fn name_and_home_are_those_of_the_user_and_the_settings_have_the_last_word() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        let uid = rustix::process::getuid().as_raw();
        let users = format!(
            "# a comment\nother:x:4711:1::/home/other:/bin/sh\npi:x:{uid}:1:Pi,,,:/home/pi:/bin/sh\n"
        );
        std::fs::write(root.path().join("etc/passwd"), users).unwrap();
        let settings = ProcessSettings {
            environment: [("LANG", "C"), ("X", "y z")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..ProcessSettings::default()
        };
        let seen = seen(&settings, &Root::at(root.path()));
        let seen: Vec<(&str, &str)> = seen
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_deref().unwrap()))
            .collect();
        assert_eq!(
            seen,
            [
                ("HOME", "/home/pi"),
                ("LANG", "C"),
                ("LOGNAME", "pi"),
                (MARK, "spool"),
                ("PATH", PATH),
                ("USER", "pi"),
                ("X", "y z")
            ]
        );
    }

    #[test]
    fn an_inherited_environment_lacks_only_what_is_the_things_own() {
        let settings = ProcessSettings {
            inherit_environment: true,
            ..ProcessSettings::default()
        };
        let seen = seen(&settings, &Root::default());
        let set: Vec<&String> = seen
            .iter()
            .filter(|(_, set)| set.is_some())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(set, [MARK], "beside what is inherited");
        assert_eq!(seen.len(), THE_THINGS_OWN.len() + 1);
    }
}
