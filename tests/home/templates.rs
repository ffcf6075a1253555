//! What Home Assistant makes of our templates. The player has them in Rust; a test has the real Jinja make the same of
//! them, so that neither can be wrong alone.

use crate::support::skipped;
use std::io::Write;
use std::process::{Command, Stdio};

/// Renders a template over the `value` of a message, or over a brightness. A template that is not known is a mistake
/// of the test.
pub(crate) fn over(template: &str, value: &str) -> String {
    if let Some(number) = between(template, "{{ (value | int) + (", ") }}") {
        let sum = value.parse::<i64>().unwrap_or(0) + number.parse::<i64>().unwrap();
        return sum.to_string();
    }
    if let Some(off) = between(template, "{{ 'OFF' if value == '", "' else 'ON' }}") {
        return if value == off { "OFF" } else { "ON" }.to_owned();
    }
    if let Some(most) = between(template, "{{ value[:", "] }}") {
        return value.chars().take(most.parse().unwrap()).collect();
    }
    match template {
        "{{ value if value else 'None' }}" if value.is_empty() => "None".to_owned(),
        "{{ value if value else 'None' }}" => value.to_owned(),
        r#"{% if value == 'True' %}{"event_type": "press"}{% endif %}"# => match value {
            "True" => r#"{"event_type": "press"}"#.to_owned(),
            _ => String::new(),
        },
        "{{ value[1:3] | int(0, 16) }},{{ value[3:5] | int(0, 16) }},{{ value[5:7] | int(0, 16) }}" =>
        {
            let part = |at: usize| {
                let digits = value.get(at..at + 2).unwrap_or_default();
                i64::from_str_radix(digits, 16).unwrap_or(0).to_string()
            };
            [part(1), part(3), part(5)].join(",")
        }
        other => panic!("the player does not know the template {other}"),
    }
}

/// Renders a template over three colours.
pub(crate) fn over_color(template: &str, [red, green, blue]: [u8; 3]) -> String {
    assert_eq!(template, "{{ '#%02x%02x%02x' | format(red, green, blue) }}");
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let inner = text.strip_prefix(start)?.strip_suffix(end)?;
    (!inner.contains(['{', '}', '\''])).then_some(inner)
}

/// Renders each template over its variables, a line each, as Home Assistant does: what is around it is cut off.
const JINJA: &str = "import json, sys, jinja2
for line in sys.stdin:
    template, variables = json.loads(line)
    print(json.dumps(jinja2.Environment().from_string(template).render(**variables).strip()))
";

#[test]
fn the_real_jinja_makes_the_same_of_every_template() {
    let has = Command::new("python3")
        .args(["-c", "import jinja2"])
        .stderr(Stdio::null())
        .status();
    if !has.is_ok_and(|status| status.success()) {
        skipped("python3-jinja2");
        return;
    }
    let templates = [
        "{{ (value | int) + (-20) }}",
        "{{ (value | int) + (20) }}",
        "{{ 'OFF' if value == '-20' else 'ON' }}",
        "{{ 'OFF' if value == '#000000' else 'ON' }}",
        "{{ value[:32] }}",
        "{{ value if value else 'None' }}",
        r#"{% if value == 'True' %}{"event_type": "press"}{% endif %}"#,
        "{{ value[1:3] | int(0, 16) }},{{ value[3:5] | int(0, 16) }},{{ value[5:7] | int(0, 16) }}",
    ];
    let long = "x".repeat(40);
    let values = [
        "",
        "True",
        "False",
        "0",
        "-20",
        "512",
        "#000000",
        "#ff8001",
        "Gr\u{fc}\u{df}e",
        &long,
    ];
    let mut asked = String::new();
    let mut expected = Vec::new();
    for template in templates {
        // a colour is one of seven characters, always
        let is_color = template.starts_with("{{ value[1:3]");
        for value in values
            .into_iter()
            .filter(|value| !is_color || value.starts_with('#'))
        {
            asked += &format!("{}\n", serde_json::json!([template, { "value": value }]));
            expected.push(over(template, value));
        }
    }
    let color = "{{ '#%02x%02x%02x' | format(red, green, blue) }}";
    asked += &format!(
        "{}\n",
        serde_json::json!([color, { "red": 255, "green": 8, "blue": 0 }])
    );
    expected.push(over_color(color, [255, 8, 0]));
    let mut python = Command::new("python3")
        .args(["-c", JINJA])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(asked.as_bytes())
        .unwrap();
    let output = python.wait_with_output().unwrap();
    let made = String::from_utf8(output.stdout).unwrap();
    let made: Vec<String> = made
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(made, expected);
}
