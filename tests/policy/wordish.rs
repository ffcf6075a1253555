//! What is only words, and is not allowed.

use super::attacks::{Attack, argv, text};
use mqtt_thing::fleet::words::{MOST_BYTES, MOST_WORDS};

/// The attacks.
pub(crate) fn attacks() -> Vec<Attack> {
    let bench =
        |runs: &str, out: &str, conf: &str| format!("/opt/lab/bench.sh --runs {runs} {out} {conf}");
    vec![
        // the program
        text("another program", "reboot", "not-in-allow"),
        text(
            "a program that begins alike",
            "stress-ng-x --cpu 1",
            "not-in-allow",
        ),
        text("a program in other letters", "TRUE", "not-in-allow"),
        text("a builtin of the shell", "eval true", "not-in-allow"),
        text(
            "a launcher before what is allowed",
            "env true",
            "not-in-allow",
        ),
        text("sudo before what is allowed", "sudo true", "not-in-allow"),
        text("a program in the working folder", "./true", "program-path"),
        text("a relative path", "bin/true", "program-path"),
        text("a path that leads up", "../bin/true", "program-path"),
        text("a way round", "/usr/bin/../bin/true", "program-path"),
        text("a way on the spot", "/usr/./bin/true", "program-path"),
        text("a doubled slash", "//usr/bin/true", "program-path"),
        text("a slash behind", "/usr/bin/true/", "program-path"),
        text("the folder itself", ".", "program-path"),
        text("an empty program", "'' true", "program-path"),
        text("an option as the program", "-c true", "program-path"),
        text(
            "the same name elsewhere",
            "/tmp/stress-ng --cpu 1 --timeout 1s --metrics-brief",
            "program-path",
        ),
        text("the same file by a link", "/usr/bin/honest", "not-in-allow"),
        text(
            "the name of an entry with a path",
            "bench.sh --runs 1 --out=/tmp/x.csv x.conf",
            "program-path",
        ),
        text(
            "a link to what jobs can write to",
            "linked x",
            "program-writable",
        ),
        text(
            "a program that jobs can write to",
            "/opt/lab/open.sh",
            "program-writable",
        ),
        text(
            "a program in a folder that jobs can write to",
            "/srv/open/tool",
            "program-writable",
        ),
        text(
            "a text that is no program",
            "/opt/lab/notes.txt",
            "program-not-executable",
        ),
        // the arguments
        text("one argument more", "true reboot", "argument"),
        text(
            "an option that is not listed",
            "stress-ng --cpu 1 --timeout 1s --yaml /etc/passwd",
            "argument",
        ),
        text(
            "an option behind the last",
            "stress-ng --cpu 1 --timeout 1s --metrics-brief --job x",
            "argument",
        ),
        text(
            "an option in place of a value",
            "stress-ng --cpu --job=x --timeout 1s --metrics-brief",
            "argument",
        ),
        text(
            "an option that ends as the value must",
            "stress-ng --cpu 1 --yaml=/etc/s --timeout 1s",
            "argument",
        ),
        text(
            "an option within a pattern",
            "stress-ng --cpu 1 --timeout --log-file=xs --metrics-brief",
            "argument",
        ),
        text(
            "the end of options",
            "stress-ng --cpu -- --timeout 1s --metrics-brief",
            "argument",
        ),
        text(
            "options in another order",
            "stress-ng --timeout 1s --cpu 1 --metrics-brief",
            "argument",
        ),
        text(
            "a shorter option",
            "stress-ng --cp 1 --timeout 1s --metrics-brief",
            "argument",
        ),
        text("a missing argument", "stress-ng --cpu 1", "argument"),
        text(
            "a way out of a folder",
            &bench("1", "--out=/tmp/../etc/x.csv", "x.conf"),
            "argument",
        ),
        text(
            "a way out as the whole name",
            &bench("1", "--out=/tmp/...csv", "x.conf"),
            "argument",
        ),
        text(
            "a folder below",
            &bench("1", "--out=/tmp/x/y.csv", "x.conf"),
            "argument",
        ),
        text(
            "an option by a name that begins with a dash",
            &bench("1", "--out=/tmp/x.csv", "-x.conf"),
            "argument",
        ),
        text(
            "an absolute path for a name",
            &bench("1", "--out=/tmp/x.csv", "/etc/x.conf"),
            "argument",
        ),
        text(
            "a newline in a name",
            &bench("1", "'--out=/tmp/x\ny.csv'", "x.conf"),
            "argument",
        ),
        text(
            "two arguments as one",
            "'stress-ng --cpu' 1 --timeout 1s --metrics-brief",
            "not-in-allow",
        ),
        text(
            "one argument as two",
            "stress-ng --cpu '1 --timeout' 1s --metrics-brief",
            "argument",
        ),
        text("no frequency", "cpufreq-set -r -f ../../x", "frequency"),
        text(
            "another option of an allowed program",
            "cpufreq-set -g performance",
            "argument",
        ),
        // what is not seen
        text(
            "a text that reads backwards",
            "true \u{202e}toober",
            "invisible-character",
        ),
        text(
            "an isolate that turns the text",
            "true '\u{2066}x\u{2069}'",
            "invisible-character",
        ),
        text(
            "a blank of no width in the name",
            "tr\u{200b}ue",
            "invisible-character",
        ),
        text("a byte order mark", "\u{feff}true", "invisible-character"),
        text("a tag character", "true\u{e0041}", "invisible-character"),
        text("a soft hyphen", "tr\u{ad}ue", "invisible-character"),
        text(
            "a letter of another alphabet",
            "stre\u{455}s-ng --cpu 1",
            "not-in-allow",
        ),
        text("letters of full width", "\u{ff54}rue", "not-in-allow"),
        text(
            "a semicolon of full width",
            "true\u{ff1b}reboot",
            "not-in-allow",
        ),
        text(
            "a blank that does not break",
            "true\u{a0}reboot",
            "odd-blank",
        ),
        text("an ideographic blank", "true\u{3000}reboot", "odd-blank"),
        text(
            "a terminal's escape",
            "true '\u{1b}[2J'",
            "control-character",
        ),
        text(
            "a backspace",
            "reboot\u{8}\u{8}\u{8}true",
            "control-character",
        ),
        text("a text that ends for C", "true\0; reboot", "nul"),
        text("a quoted text that ends for C", "true '\0'", "nul"),
        // size
        text("nothing", "", "empty"),
        text("nothing but blanks", " \t ", "empty"),
        text("a giant word", &"x".repeat(MOST_BYTES + 1), "too-long"),
        text(
            "a giant number of words",
            &"x ".repeat(MOST_WORDS + 1),
            "too-many-words",
        ),
        // without any text to be split
        argv("an argv of nothing", &[], "empty"),
        argv("an argv of an empty program", &["", "true"], "program-path"),
        argv(
            "an argv whose program is a command",
            &["true; reboot"],
            "not-in-allow",
        ),
        argv("an argv with a NUL", &["true", "a\0b"], "nul"),
        argv(
            "an argv with an escape",
            &["true", "\u{1b}[2J"],
            "control-character",
        ),
        argv(
            "an argv with a carriage return",
            &["true", "a\rb"],
            "control-character",
        ),
        argv(
            "an argv that reads backwards",
            &["true", "\u{202e}"],
            "invisible-character",
        ),
        argv(
            "an argv with one argument more",
            &["true", "-rf"],
            "argument",
        ),
        argv(
            "an argv with an option for a value",
            &[
                "stress-ng",
                "--cpu",
                "-Yx",
                "--timeout",
                "1s",
                "--metrics-brief",
            ],
            "argument",
        ),
        argv("an argv by a shell", &["sh", "-c", "true"], "not-in-allow"),
        argv("a giant argv", &["x"; MOST_WORDS + 1], "too-many-words"),
        argv(
            "an argv of a giant word",
            &["true", &"x".repeat(MOST_BYTES)],
            "too-long",
        ),
    ]
}
