//! Reads the environment that an executor gives to its jobs.

use super::findings::{Findings, Rule};
use super::section::{Section, shown};
use crate::model::{Mistake, Place};
use std::collections::BTreeMap;

/// The longest value of a variable, in bytes; the kernel takes 128 KiB for one argument or variable.
const LONGEST: usize = 32 * 1024;

/// Reads `environment = { NAME = "value" }`.
pub(super) fn read(
    section: &mut Section<'_>,
    findings: &mut Findings<'_>,
) -> BTreeMap<String, String> {
    let mut set = BTreeMap::new();
    let table = section.take("environment");
    let table =
        table.and_then(|item| item.section("`environment`", Rule::UnknownKeyInResource, findings));
    let Some(mut table) = table else {
        return set;
    };
    for item in table.take_all() {
        let name = item.key.value;
        if !is_fit_name(name, &item.key.place, findings) {
            continue;
        }
        if let Some(value) = item.text(findings) {
            if is_fit_value(name, value, &item.place, findings) {
                set.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    set
}

/// Whether a variable may have this name; if not, that is told at `place`.
pub(super) fn is_fit_name(name: &str, place: &Place, findings: &mut Findings<'_>) -> bool {
    // POSIX.1-2017, section 8.1, in any case
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.starts_with(|c: char| letter(c) && !c.is_ascii_digit()) || !name.chars().all(letter) {
        let message = format!("`{}` is no name of a variable", shown(name));
        let mistake = Mistake::new(place.clone(), message)
            .help("a name has letters, digits and _, and does not begin with a digit");
        findings.refuse(Rule::EnvironmentName, mistake);
        return false;
    }
    if name.starts_with("LD_") {
        let message = format!("`{name}` puts other code into every program that is allowed");
        let mistake = Mistake::new(place.clone(), message)
            .help("set it in a script of root's, and allow that script");
        findings.refuse(Rule::EnvironmentLoader, mistake);
        return false;
    }
    true
}

/// Whether the variable `name` may have this value; if not, that is told at `place`.
pub(super) fn is_fit_value(
    name: &str,
    value: &str,
    place: &Place,
    findings: &mut Findings<'_>,
) -> bool {
    let mistake = |message: String| Mistake::new(place.clone(), message);
    if value.contains('\0') || value.len() > LONGEST {
        let message = format!("`{name}` holds U+0000 or more than {LONGEST} bytes");
        findings.refuse(
            Rule::EnvironmentValue,
            mistake(message).help("no variable can"),
        );
        return false;
    }
    // an empty part is the folder that one is in
    if name == "PATH" && !value.split(':').all(|folder| folder.starts_with('/')) {
        let message = "`PATH` leads through the folder that a job is in".to_owned();
        let help = "each part between `:` is an absolute path; allowed programs are not looked for here, but what they start is";
        findings.refuse(Rule::EnvironmentPath, mistake(message).help(help));
        return false;
    }
    true
}
