//! What a shell would do more than split words.

use super::attacks::{Attack, text};

/// The attacks.
pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        // more than one command
        text("a second command", "true; reboot", "shell-operator"),
        text(
            "a second command without a blank",
            "true;reboot",
            "shell-operator",
        ),
        text(
            "a second command if the first succeeds",
            "true && reboot",
            "shell-operator",
        ),
        text(
            "a second command if the first fails",
            "true || reboot",
            "shell-operator",
        ),
        text("a pipe", "true | sh", "shell-operator"),
        text("a pipe of both streams", "true |& sh", "shell-operator"),
        text(
            "a command in the background",
            "true & reboot",
            "shell-operator",
        ),
        text("a subshell", "(reboot)", "shell-operator"),
        text("a function", "true() { reboot; }", "shell-operator"),
        text(
            "an operator right behind a quote",
            "'true';reboot",
            "shell-operator",
        ),
        text(
            "an operator behind a quote that ends early",
            "true 'a';reboot;'b'",
            "shell-operator",
        ),
        text(
            "an operator behind a double backslash",
            "true \\\\;reboot",
            "shell-operator",
        ),
        text("a second line", "true\nreboot", "line-break"),
        text(
            "a second line of a carriage return",
            "true\rreboot",
            "line-break",
        ),
        text(
            "a second line of a Windows file",
            "true\r\nreboot",
            "line-break",
        ),
        text("a continued line", "true \\\nreboot", "line-break"),
        text(
            "a line separator of Unicode",
            "true\u{2028}reboot",
            "invisible-character",
        ),
        text(
            "a next line of Latin-1",
            "true\u{85}reboot",
            "control-character",
        ),
        text("a vertical tab", "true\u{b}reboot", "control-character"),
        // what a shell puts in
        text("a command's output", "true $(reboot)", "substitution"),
        text(
            "a command's output in backticks",
            "true `reboot`",
            "substitution",
        ),
        text(
            "a command's output within double quotes",
            "true \"$(reboot)\"",
            "substitution",
        ),
        text(
            "backticks within double quotes",
            "true \"`reboot`\"",
            "substitution",
        ),
        text(
            "blanks from a variable",
            "stress-ng${IFS}--yaml${IFS}/etc/passwd",
            "substitution",
        ),
        text(
            "a variable as the program",
            "$SHELL -c reboot",
            "substitution",
        ),
        text("arithmetic", "true $((1))", "substitution"),
        text(
            "C-like quotes of bash",
            "true $'\\x3breboot'",
            "substitution",
        ),
        text("a process as a file", "true <(reboot)", "redirection"),
        text("a file as input", "true < /etc/shadow", "redirection"),
        text("a file as output", "true > /etc/passwd", "redirection"),
        text("a file to append to", "true >> /etc/passwd", "redirection"),
        text(
            "an error stream into a file",
            "true 2>/etc/passwd",
            "redirection",
        ),
        text("a here-document", "true << E", "redirection"),
        text("a here-string", "true <<< reboot", "redirection"),
        text("all files of a folder", "true /etc/*", "glob"),
        text(
            "a file with a letter of any kind",
            "true /etc/passw?",
            "glob",
        ),
        text("a program by a pattern", "/bin/[r]eboot", "glob"),
        text("several words from braces", "true {a,b}", "brace"),
        text("a group", "{ reboot; }", "brace"),
        text("the home of root", "~root/x", "tilde"),
        text("a home folder in an option", "true --x=~/y", "tilde"),
        text("a rest that is no longer read", "true # --safe", "comment"),
        text(
            "a library of one's own",
            "LD_PRELOAD=/tmp/x.so true",
            "assignment",
        ),
        text("another path", "PATH=/tmp true", "assignment"),
        text("a longer path", "PATH+=:/tmp true", "assignment"),
        text("a condition", "if true", "reserved-word"),
        text("a loop", "while true", "reserved-word"),
        text("a negation", "! true", "reserved-word"),
        // quotes
        text(
            "a single quote that never ends",
            "true 'x",
            "unclosed-quote",
        ),
        text(
            "a double quote that never ends",
            "true \"x",
            "unclosed-quote",
        ),
        text(
            "a double quote whose end is kept",
            "true \"x\\\"",
            "unclosed-quote",
        ),
        text("a backslash at the end", "true \\", "trailing-backslash"),
        text("a quoted program", "'reb'\"oo\"t", "not-in-allow"),
        text("a quoted command", "'true; reboot'", "not-in-allow"),
        text(
            "a quoted operator as the program",
            "';' reboot",
            "not-in-allow",
        ),
        text(
            "a quoted operator as an argument where none is allowed",
            "true ';' reboot",
            "argument",
        ),
    ]
}
