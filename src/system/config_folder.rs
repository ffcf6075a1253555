//! Where a user's own settings and keys are kept. Source: the XDG Base Directory Specification 0.8.

use std::ffi::OsString;
use std::path::PathBuf;

/// The configuration folder of this user: `$XDG_CONFIG_HOME/mqtt-thing`, else `$HOME/.config/mqtt-thing`. None when
/// neither variable is an absolute path. It is not made.
///
/// `variable` is the environment: `|name| std::env::var_os(name)`.
#[must_use]
pub fn config_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(base.join("mqtt-thing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_where_the_standard_says_and_relative_paths_do_not_count() {
        let folder = |set: &'static [(&str, &str)]| {
            let found = config_folder(|name| {
                let pair = set.iter().find(|(key, _)| *key == name);
                pair.map(|(_, value)| OsString::from(value))
            });
            found.map(|path| path.display().to_string())
        };
        let usual = Some("/home/pi/.config/mqtt-thing".to_owned());
        assert_eq!(folder(&[("HOME", "/home/pi")]), usual);
        assert_eq!(
            folder(&[("HOME", "/home/pi"), ("XDG_CONFIG_HOME", "")]),
            usual
        );
        assert_eq!(
            folder(&[("HOME", "/home/pi"), ("XDG_CONFIG_HOME", "x")]),
            usual
        );
        let own = folder(&[("HOME", "/home/pi"), ("XDG_CONFIG_HOME", "/xdg")]);
        assert_eq!(own.as_deref(), Some("/xdg/mqtt-thing"));
        assert_eq!(folder(&[("HOME", "pi")]), None);
    }
}
