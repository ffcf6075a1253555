use super::WordRule as Rule;
use super::*;
use proptest::prelude::*;
use std::process::Command;

fn words(text: &str) -> Vec<String> {
    split(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn words_are_split_as_a_shell_splits_them() {
    for (text, expected) in [
        ("true", vec!["true"]),
        (" \t stress-ng  --cpu\t4 ", vec!["stress-ng", "--cpu", "4"]),
        ("a ''", vec!["a", ""]),
        ("a \"\"b", vec!["a", "b"]),
        ("a'b c'd", vec!["ab cd"]),
        (r"a\ b \\ \' \; \*", vec!["a b", "\\", "'", ";", "*"]),
        (r#"a "\" \\ \$ \` \x""#, vec!["a", "\" \\ $ ` \\x"]),
        ("a \"x\\\ny\"", vec!["a", "xy"]),
        ("a 'x\ny'", vec!["a", "x\ny"]),
        (r"a '\'", vec!["a", "\\"]),
        (
            r#"a '; | & < > ( ) $x `y` * ? [ { ~ #'"#,
            vec!["a", "; | & < > ( ) $x `y` * ? [ { ~ #"],
        ),
        (
            r#"a "; | & < > ( ) * ? [ { ~ #""#,
            vec!["a", "; | & < > ( ) * ? [ { ~ #"],
        ),
        ("a x#y x~ ''~ ''#z", vec!["a", "x#y", "x~", "~", "#z"]),
        ("a b=c if", vec!["a", "b=c", "if"]),
        ("'A'=b", vec!["A=b"]),
        (r"\if x", vec!["if", "x"]),
        ("grün größe", vec!["grün", "größe"]),
    ] {
        assert_eq!(words(text), expected, "{text:?}");
    }
}

#[test]
fn whatever_a_shell_would_do_more_is_refused_with_its_place() {
    for (text, rule, at) in [
        ("", Rule::Empty, 0),
        (" \t ", Rule::Empty, 0),
        ("a;b", Rule::Operator, 1),
        ("a & b", Rule::Operator, 2),
        ("a|b", Rule::Operator, 1),
        ("(a)", Rule::Operator, 0),
        ("a )", Rule::Operator, 2),
        ("a <b", Rule::Redirection, 2),
        ("a 2>b", Rule::Redirection, 3),
        ("a $b", Rule::Substitution, 2),
        ("a \"$b\"", Rule::Substitution, 3),
        ("a `b`", Rule::Substitution, 2),
        ("a \"ü`b`\"", Rule::Substitution, 5),
        ("a *", Rule::Glob, 2),
        ("a ?", Rule::Glob, 2),
        ("a [b]", Rule::Glob, 2),
        ("a {b,c}", Rule::Brace, 2),
        ("a }", Rule::Brace, 2),
        ("a ~", Rule::Tilde, 2),
        ("a b=~", Rule::Tilde, 4),
        ("a b:~c", Rule::Tilde, 4),
        ("# a", Rule::Comment, 0),
        ("a #b", Rule::Comment, 2),
        ("A=b c", Rule::Assignment, 1),
        ("A+=b c", Rule::Assignment, 2),
        ("_a1=", Rule::Assignment, 3),
        ("if true", Rule::ReservedWord, 0),
        (" ! true", Rule::ReservedWord, 1),
        ("a 'b", Rule::UnclosedQuote, 2),
        ("a \"b", Rule::UnclosedQuote, 2),
        ("a \"b\\", Rule::UnclosedQuote, 2),
        ("a b\\", Rule::TrailingBackslash, 3),
        ("a\nb", Rule::LineBreak, 1),
        ("a\rb", Rule::LineBreak, 1),
        ("a 'b\r'", Rule::ControlCharacter, 4),
        ("a \\\nb", Rule::LineBreak, 3),
        ("a \0", Rule::Nul, 2),
        ("a '\0'", Rule::Nul, 3),
        ("a \"\\\0\"", Rule::Nul, 4),
        ("a \\\0", Rule::Nul, 3),
        ("a \u{1b}[31m", Rule::ControlCharacter, 2),
        ("a \u{7f}", Rule::ControlCharacter, 2),
        ("a \u{85}", Rule::ControlCharacter, 2),
        ("a '\u{202e}'", Rule::InvisibleCharacter, 3),
        ("a b\u{200b}", Rule::InvisibleCharacter, 3),
        ("a\u{a0}b", Rule::OddBlank, 1),
        ("a\u{3000}b", Rule::OddBlank, 1),
    ] {
        let error = split(text).unwrap_err();
        assert_eq!((error.rule, error.at), (rule, At::Byte(at)), "{text:?}");
    }
}

#[test]
fn the_limits_are_the_last_that_is_allowed() {
    let word = "a".repeat(MOST_BYTES);
    assert_eq!(words(&word), [word.as_str()]);
    assert_eq!(split(&format!("{word}a")).unwrap_err().rule, Rule::TooLong);
    let many = "a ".repeat(MOST_WORDS);
    assert_eq!(words(&many).len(), MOST_WORDS);
    assert_eq!(
        split(&format!("{many}a")).unwrap_err().rule,
        Rule::TooManyWords
    );
    let argv = |count| vec![String::new(); count];
    assert_eq!(check(&argv(MOST_WORDS)), Ok(()));
    assert_eq!(
        check(&argv(MOST_WORDS + 1)).unwrap_err().rule,
        Rule::TooManyWords
    );
    assert_eq!(check(&argv(0)).unwrap_err().rule, Rule::Empty);
    let long = [word.clone(), "a".to_owned()];
    assert_eq!(check(&long[..1]), Ok(()));
    assert_eq!(check(&long).unwrap_err().at, At::Word(1));
    for (c, rule) in [
        ("\0", Rule::Nul),
        ("\r", Rule::ControlCharacter),
        ("\u{2066}", Rule::InvisibleCharacter),
    ] {
        assert_eq!(
            check(&["a".to_owned(), c.to_owned()]).unwrap_err().rule,
            rule
        );
    }
}

#[test]
fn a_refusal_tells_what_stands_where_and_what_to_do() {
    for (text, told) in [
        (
            "a;b",
            "`;` at byte 1 is an operator of the shell, and no shell runs here; quoted it is a character",
        ),
        (
            "a \u{202e}",
            "U+202E at byte 2 is not seen or turns the text around it; leave it out",
        ),
        (
            "while x",
            "the word at byte 0 begins a construct of the shell, and no shell runs here; name a program",
        ),
        ("", "there is no word; a command begins with a program"),
    ] {
        assert_eq!(split(text).unwrap_err().to_string(), told);
    }
    let long = split(&"a".repeat(MOST_BYTES + 1)).unwrap_err().to_string();
    assert_eq!(
        long,
        "the command is too long; at most 65536 bytes are allowed"
    );
}

#[test]
fn only_what_a_shell_would_touch_is_quoted() {
    for (argv, text) in [
        (&["A=b", "c=d", "if"][..], "'A=b' c=d if"),
        (&["if", "-x"], "'if' -x"),
        (
            &["/opt/a.sh", "--x=1,2:3", "50%", "a@b"],
            "/opt/a.sh --x=1,2:3 50% a@b",
        ),
        (
            &["a", "", "b c", "~", "#", "*", "{x}", "ü"],
            "a '' 'b c' '~' '#' '*' '{x}' 'ü'",
        ),
        (&["a", "it's"], r"a 'it'\''s'"),
    ] {
        assert_eq!(quoted(argv), text);
        assert_eq!(split(text).unwrap(), argv);
    }
}

/// What `/bin/sh` makes of a text behind a program that prints its arguments.
fn by_a_shell(text: &str) -> Vec<String> {
    let output = Command::new("/bin/sh")
        .args(["-c", &format!("printf '%s\\0' {text}")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{text:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Text that is mostly made of what matters to a shell.
fn shellish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-c=~:#/.-]",
        3 => Just(" ".to_owned()),
        4 => r#"['"\\]"#,
        2 => r"[;&|<>()$`*?\[\]{}!%^\n\t]",
        1 => "\\PC",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Words that a command may have.
fn argv() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        "[a-z]{1,6}",
        "(\\PC|[ \t\n'\"\\\\$`;]){0,8}",
        Just("if".to_owned())
    ];
    proptest::collection::vec(word, 1..6)
        .prop_filter("what no argument may hold", |argv| check(argv).is_ok())
}

proptest! {
    #[test]
    fn any_text_is_split_or_refused_inside_it(text in prop_oneof![".{0,80}", shellish()]) {
        match split(&text) {
            Ok(words) => prop_assert_eq!(check(&words), Ok(())),
            Err(error) => {
                let At::Byte(at) = error.at else { panic!("{error:?}") };
                prop_assert!(text.is_char_boundary(at));
                prop_assert!(!error.to_string().chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn what_is_split_is_what_a_shell_splits(text in shellish()) {
        if let Ok(words) = split(&text) {
            prop_assert_eq!(words, by_a_shell(&text));
        }
    }

    #[test]
    fn words_that_are_quoted_come_back_also_from_a_shell(argv in argv()) {
        let text = quoted(&argv);
        let back = split(&text);
        prop_assert_eq!(back.as_ref(), Ok(&argv), "{}", text);
        prop_assert_eq!(by_a_shell(&text), argv);
    }

    #[test]
    fn nothing_with_an_operator_outside_quotes_is_split(
        before in "[a-c ]{0,6}", operator in r"[;&|<>()$`*?\[{}\n\r]", after in "[a-c ]{0,6}",
    ) {
        let text = format!("x{before}{operator}{after}");
        prop_assert!(split(&text).is_err(), "{}", text);
    }
}
