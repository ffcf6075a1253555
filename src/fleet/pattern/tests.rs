use super::*;
use proptest::prelude::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn allows(entry: &str, arguments: &[&str]) -> bool {
    pattern(entry).fits(arguments).is_ok()
}

#[test]
fn an_entry_allows_what_its_words_say() {
    for (entry, arguments, allowed) in [
        ("true", &[][..], true),
        ("true", &["x"], false),
        ("*", &["-x", "../y", ""], true),
        ("a *", &[], true),
        ("a *", &["-x", "/etc", ".."], true),
        ("a -r -f *", &["-r", "-f", "800MHz"], true),
        ("a -r -f *", &["-r", "-f"], true),
        ("a -r -f *", &["-f", "-r", "800MHz"], false),
        ("a -r -f *", &["-r"], false),
        // one argument, no option
        ("a * b", &["x", "b"], true),
        ("a * b", &["", "b"], true),
        ("a * b", &["/etc/x y", "b"], true),
        ("a * b", &["b"], false),
        ("a * b", &["x", "y", "b"], false),
        ("a * b", &["-x", "b"], false),
        ("a * b", &["-", "b"], false),
        ("a -* b", &["-5", "b"], true),
        // within a word
        ("a --cpu=*", &["--cpu=4"], true),
        ("a --cpu=*", &["--cpu="], true),
        ("a --cpu=*", &["--cpu"], false),
        ("a --cpu=*", &["--cpu=4", "x"], false),
        ("a --out=/tmp/*", &["--out=/tmp/x"], true),
        ("a --out=/tmp/*", &["--out=/tmp/x/y"], false),
        ("a --out=/tmp/*", &["--out=/tmp/.."], false),
        ("a --out=*", &["--out=.."], false),
        ("a --out=.*", &["--out=.."], false),
        ("a -C*", &["-C.."], false),
        ("a /tmp/*/x", &["/tmp/y/x"], true),
        ("a /tmp/*/x", &["/tmp/../x"], false),
        ("a /tmp/*/x", &["/tmp/y/z/x"], false),
        ("a *.dat", &["x.dat"], true),
        ("a *.dat", &[".dat"], true),
        ("a *.dat", &["-x.dat"], false),
        ("a *.dat", &["--output=x.dat"], false),
        ("a *.dat", &["x/y.dat"], false),
        ("a *.dat", &["x\n.dat"], false),
        ("a *.dat", &["x\t.dat"], false),
        ("a a*b*c", &["aXbYc"], true),
        ("a a*b*c", &["abbc"], true),
        ("a a*b*c", &["acb"], false),
        ("a a*a", &["a"], false),
        ("a a*a", &["aa"], true),
        ("a *ab*ab", &["abab"], true),
        ("a *ab*ab", &["ab"], false),
        // quoted, it is the character
        (r"a \*", &["*"], true),
        (r"a \*", &["x"], false),
        ("a '*' b", &["*", "b"], true),
        ("a '*' b", &["x", "b"], false),
        ("a 'x*'*", &["x*y"], true),
        ("a 'x*'*", &["xzy"], false),
        ("a ''", &[""], true),
        ("a ''", &[], false),
    ] {
        assert_eq!(allows(entry, arguments), allowed, "{entry:?} {arguments:?}");
    }
}

#[test]
fn a_program_is_a_name_or_an_absolute_path() {
    let program = |text| pattern(text).program().clone();
    assert_eq!(program("*"), Program::Any);
    assert_eq!(program(" * "), Program::Any);
    assert_eq!(program("stress-ng *"), Program::Named("stress-ng".into()));
    assert_eq!(
        program("/opt/lab/bench.sh --runs *"),
        Program::At("/opt/lab/bench.sh".into())
    );
    assert_eq!(program("'my prog' *"), Program::Named("my prog".into()));
}

#[test]
fn each_mistake_has_its_place_and_says_what_is_allowed() {
    for (entry, place, told) in [
        (
            "",
            0..0,
            "the entry is empty; an entry is a program and its arguments, as in \"stress-ng --cpu * --timeout *s\"",
        ),
        (
            "  ",
            0..0,
            "the entry is empty; an entry is a program and its arguments, as in \"stress-ng --cpu * --timeout *s\"",
        ),
        (
            "a; b",
            1..2,
            "the entry is not only words: `;` at byte 1 is an operator of the shell, and no shell runs here; quoted it is a character; an entry is a program and its arguments, as in \"stress-ng --cpu * --timeout *s\"",
        ),
        (
            "stress* x",
            0..7,
            "the program `stress*` has a wildcard; name one; `*` alone, without arguments, allows any program",
        ),
        (
            "* x",
            0..1,
            "the program `*` has a wildcard; name one; `*` alone, without arguments, allows any program",
        ),
        (
            "* *",
            0..1,
            "the program `*` has a wildcard; name one; `*` alone, without arguments, allows any program",
        ),
        (
            " ./a x",
            1..4,
            "the path `./a` is not absolute; write its name, as in \"stress-ng *\", or its absolute path, as in \"/opt/lab/bench.sh *\"",
        ),
        (
            "bin/a",
            0..5,
            "the path `bin/a` is not absolute; write its name, as in \"stress-ng *\", or its absolute path, as in \"/opt/lab/bench.sh *\"",
        ),
        (
            "..",
            0..2,
            "`..` is no name of a program; write its name, as in \"stress-ng *\", or its absolute path, as in \"/opt/lab/bench.sh *\"",
        ),
        (
            "-x",
            0..2,
            "`-x` is no name of a program; write its name, as in \"stress-ng *\", or its absolute path, as in \"/opt/lab/bench.sh *\"",
        ),
        (
            "'' x",
            0..2,
            "`` is no name of a program; write its name, as in \"stress-ng *\", or its absolute path, as in \"/opt/lab/bench.sh *\"",
        ),
        (
            "/opt/../a",
            0..9,
            "the path `/opt/../a` goes a roundabout way; a path has no `.`, `..` or empty part",
        ),
        (
            "/opt//a",
            0..7,
            "the path `/opt//a` goes a roundabout way; a path has no `.`, `..` or empty part",
        ),
        (
            "/",
            0..1,
            "the path `/` goes a roundabout way; a path has no `.`, `..` or empty part",
        ),
        (
            "a x**",
            2..5,
            "two `*` follow each other; one stands for any run of characters except `/`",
        ),
        (
            "a ../*",
            2..6,
            "a `..` stands beside a wildcard; write the folder that is meant",
        ),
    ] {
        let error = Pattern::parse(entry).unwrap_err();
        assert_eq!(
            (error.place.clone(), error.to_string().as_str()),
            (place, told),
            "{entry:?}"
        );
    }
}

#[test]
fn who_asks_why_not_hears_which_argument_and_what_is_allowed() {
    for (entry, arguments, told) in [
        ("a -r *", &[][..], "argument 1 is missing; allowed is `-r`"),
        ("a -r", &["-r", "x"], "argument 2 `x` is one too many"),
        ("a -r", &["-R"], "argument 1 is `-R`; allowed is `-r`"),
        (
            "a * b",
            &["-o", "b"],
            "argument 1 `-o` would be an option, and `*` allows none",
        ),
        (
            "a x/*",
            &["x/.."],
            "argument 1 `x/..` holds `..`, which `x/*` does not stand for",
        ),
        (
            "a b",
            &["\u{1b}[2J"],
            "argument 1 is `\\u{1b}[2J`; allowed is `b`",
        ),
    ] {
        let unfit = pattern(entry).fits(arguments).unwrap_err();
        assert_eq!(unfit.to_string(), told);
    }
}

#[test]
fn what_an_entry_lets_through_is_known_without_a_command() {
    for (entry, option, through) in [
        ("a *", "--yaml", true),
        ("a --cpu * --timeout *s", "--yaml", false),
        ("a --cpu *", "--yaml", true),
        ("a --*", "--yaml", true),
        ("a --yaml=*", "--yaml", true),
        ("a --cpu=*", "--yaml", false),
        ("a -Y x", "-Y", true),
    ] {
        assert_eq!(pattern(entry).lets_through(option), through, "{entry}");
    }
    assert!(
        pattern("a b c").is_exact() && !pattern("a * b").is_exact() && !pattern("a *").is_exact()
    );
}

proptest! {
    #[test]
    fn any_text_is_an_entry_or_a_mistake_inside_it(text in prop_oneof![".{0,40}", "[a/.*' \\\\-]{0,16}"]) {
        match Pattern::parse(&text) {
            Ok(pattern) => {
                let program = pattern.program();
                prop_assert!(program == &Program::Any || !text.is_empty());
            }
            Err(error) => prop_assert!(text.get(error.place.clone()).is_some(), "{:?}", error),
        }
    }

    #[test]
    fn a_wildcard_within_a_word_smuggles_nothing(
        entry in "[-a./=*]{1,8}", argument in "[-a./=]{0,10}",
    ) {
        let Ok(pattern) = Pattern::parse(&format!("p {entry} end")) else { return Ok(()) };
        if entry == "*" || !entry.contains('*') || pattern.fits(&[argument.as_str(), "end"]).is_err() {
            return Ok(());
        }
        prop_assert!(!argument.contains(".."));
        prop_assert_eq!(argument.matches('/').count(), entry.matches('/').count());
        prop_assert!(!argument.starts_with('-') || entry.starts_with('-'));
        let kept: String = entry.replace('*', "");
        prop_assert!(argument.len() >= kept.len());
    }

    #[test]
    fn an_entry_matches_as_the_plain_rule_says(entry in "[ab*]{1,6}", argument in "[ab]{0,8}") {
        /// The rule itself, one step after the other.
        fn plain(entry: &[u8], text: &[u8]) -> bool {
            match entry {
                [] => text.is_empty(),
                [b'*', rest @ ..] => (0..=text.len()).any(|run| plain(rest, &text[run..])),
                [c, rest @ ..] => text.first() == Some(c) && plain(rest, &text[1..]),
            }
        }
        if let Ok(pattern) = Pattern::parse(&format!("p {entry} end")) {
            let expected = plain(entry.as_bytes(), argument.as_bytes());
            prop_assert_eq!(pattern.fits(&[argument.as_str(), "end"]).is_ok(), expected);
        }
    }
}
