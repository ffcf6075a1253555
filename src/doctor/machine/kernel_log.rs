//! What the kernel noted since the machine's start: weak power, a failing card, memory that was used up.
//!
//! Source of the words: `drivers/hwmon/raspberrypi-hwmon.c` of Raspberry Pi's kernel, "Undervoltage detected!"
//! ("Under-voltage" before 6.2); `block/blk-core.c`, "I/O error, dev mmcblk0"; `fs/ext4/super.c`, "EXT4-fs error";
//! `mm/oom_kill.c`, "Out of memory: Killed process".

use crate::doctor::program::ask;
use crate::doctor::{Cure, Findings, Severity};

/// What is looked for, as journalctl's `--grep` takes it; without capitals it looks for both.
const WANTED: &str =
    "under-?voltage detected|i/o error, dev mmcblk|ext4-fs error|out of memory: killed process";

/// Asks for it; false if nothing could be read.
pub(super) fn examine(findings: &mut Findings) -> bool {
    let text = ask(
        "journalctl",
        &["-k", "-b", "-o", "cat", "-q", "--no-pager", "-g", WANTED],
    );
    let text = text.unwrap_or_default();
    judge(&text, findings);
    !text.is_empty()
}

fn judge(text: &str, findings: &mut Findings) {
    let lines: Vec<(String, &str)> = text
        .lines()
        .map(|line| (line.to_lowercase(), line))
        .collect();
    let with = |words: &[&str]| -> Option<(usize, &str)> {
        let found = lines
            .iter()
            .filter(|(low, _)| words.iter().any(|word| low.contains(word)));
        let last = found.clone().next_back()?;
        Some((found.count(), last.1.trim()))
    };
    let often = |count| match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    if let Some((count, line)) = with(&["i/o error, dev mmcblk", "ext4-fs error"]) {
        let cause = format!(
            "the card could not be read or written, or its file system was found damaged, {} since the machine's start: {line}",
            often(count)
        );
        let cures = [
            Cure::advise(
                "copy what matters, and put in another card; a weak supply damages cards, too",
            ),
            Cure::run("journalctl -k -b | grep -i -e mmc -e ext4"),
        ];
        findings.tell("card-errors", Severity::Warning, cause, cures);
    }
    if let Some((count, line)) = with(&["under-voltage detected", "undervoltage detected"]) {
        let cause = format!(
            "the supply's voltage was too low {} since the machine's start: {line}",
            often(count)
        );
        let cures = [
            Cure::advise("use the supply that is made for this Pi, and a short, thick cable"),
            Cure::run("journalctl -k -b | grep -i voltage"),
        ];
        findings.tell("under-voltage-earlier", Severity::Warning, cause, cures);
    }
    if let Some((count, line)) = with(&["out of memory: killed process"]) {
        let cause = format!(
            "memory was used up {} since the machine's start: {line}",
            often(count)
        );
        let cures = [
            Cure::advise(
                "limit the executor's jobs: `memory_mib` in the topology, or `MemoryMax=` of the runner's unit",
            ),
            Cure::run("journalctl -k -b | grep -i 'out of memory'"),
        ];
        findings.tell("out-of-memory", Severity::Warning, cause, cures);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::rules;

    #[test]
    fn each_kind_of_line_is_counted_and_others_are_not() {
        let told = |text: &str| rules(|findings| judge(text, findings));
        assert_eq!(told(""), [""; 0]);
        assert_eq!(told("hwmon hwmon1: Voltage normalised\n"), [""; 0]);
        assert_eq!(
            told("Under-voltage detected! (0x00050005)\n"),
            ["under-voltage-earlier"]
        );
        assert_eq!(told("I/O error, dev mmcblk0, sector 9\n"), ["card-errors"]);
        let mut findings = Findings::default();
        judge(
            "Undervoltage detected!\nUndervoltage detected!\n",
            &mut findings,
        );
        assert!(findings.sorted()[0].cause.contains("2 times"));
    }
}
