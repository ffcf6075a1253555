//! JSON as Python's default `json.dumps` writes it (wire contract, section 4): separators `", "` and `": "`, keys in
//! the order given, everything but printable ASCII escaped. Source: CPython's `Lib/json/encoder.py`, `ESCAPE_ASCII`.

use super::fields::Malformed;
use serde::de::IgnoredAny;

/// How deep a payload may be nested for [`indented`]: the indentation grows with the square of it.
const DEEPEST: usize = 128;

/// An object that is being written.
#[derive(Debug)]
pub struct Object {
    out: Vec<u8>,
}

impl Default for Object {
    fn default() -> Self {
        Self::with_capacity(256)
    }
}

impl Object {
    /// An object without a key, with room for `bytes` of JSON.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut out = Vec::with_capacity(bytes);
        out.push(b'{');
        Self { out }
    }

    fn key(&mut self, key: &str) {
        if self.out.len() > 1 {
            self.out.extend_from_slice(b", ");
        }
        push_string(&mut self.out, key);
        self.out.extend_from_slice(b": ");
    }

    /// A key with text.
    #[must_use]
    pub fn text(mut self, key: &str, text: &str) -> Self {
        self.key(key);
        push_string(&mut self.out, text);
        self
    }

    /// A key with text that comes in pieces: `write` is given a function that takes them. What it returns is returned.
    pub fn pieces<T>(&mut self, key: &str, write: impl FnOnce(&mut dyn FnMut(&str)) -> T) -> T {
        self.key(key);
        self.out.push(b'"');
        let out = &mut self.out;
        let told = write(&mut |piece| push_escaped(out, piece));
        self.out.push(b'"');
        told
    }

    /// A key with what is JSON already: a number, `null`, an object.
    #[must_use]
    pub fn json(mut self, key: &str, json: impl AsRef<[u8]>) -> Self {
        self.key(key);
        self.out.extend_from_slice(json.as_ref());
        self
    }

    /// The bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

/// Appends `text` as a JSON string, with its quotes.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Appends `text` escaped, without quotes. Runs of plain characters are copied whole: a payload may have 16 MiB.
fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    loop {
        let plain = rest.bytes().position(|byte| !is_plain(byte));
        let end = plain.unwrap_or(rest.len());
        out.extend_from_slice(&rest.as_bytes()[..end]);
        rest = &rest[end..];
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { return };
        rest = chars.as_str();
        let short = match c {
            '"' | '\\' => c as u8,
            '\u{8}' => b'b',
            '\t' => b't',
            '\n' => b'n',
            '\u{c}' => b'f',
            '\r' => b'r',
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    push_unit(out, *unit);
                }
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

fn push_unit(out: &mut Vec<u8>, unit: u16) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(HEX[usize::from(unit >> shift) & 15]);
    }
}

/// The same JSON as Python's `json.dumps(.., indent=2)` shows it, keys in the order in which they came. Numbers stay as
/// they were written; of a key that comes twice both are shown.
///
/// # Errors
/// It is not UTF-8, not JSON, or nested deeper than 128 levels.
pub fn indented(payload: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(payload).map_err(|_| Malformed::not_utf8(payload))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|why| Malformed::not_json(payload, &why))?;
    let mut out = Vec::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut rest = text.trim_ascii();
    while let Some(byte) = rest.bytes().next() {
        let token = token_length(rest);
        let (this, after) = rest.split_at(token);
        rest = after.trim_ascii_start();
        match byte {
            b'{' | b'[' if rest.starts_with(['}', ']']) => {
                out.extend_from_slice(this.as_bytes());
                out.push(rest.as_bytes()[0]);
                rest = rest[1..].trim_ascii_start();
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Malformed::TooDeep(DEEPEST));
                }
                out.push(byte);
                new_line(&mut out, depth);
            }
            b'}' | b']' => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                new_line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            // lone surrogates cannot be decoded; such a string is shown as it came
            b'"' => match serde_json::from_str::<String>(this) {
                Ok(decoded) => push_string(&mut out, &decoded),
                Err(_) => out.extend_from_slice(this.as_bytes()),
            },
            _ => out.extend_from_slice(this.as_bytes()),
        }
    }
    Ok(String::from_utf8(out).expect("tokens of a text are text"))
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

/// The length of the token that `json` begins with. It is valid JSON.
fn token_length(json: &str) -> usize {
    let bytes = json.as_bytes();
    match bytes[0] {
        b'"' => {
            let mut at = 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at + 1
        }
        b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
        _ => bytes
            .iter()
            .position(|byte| {
                matches!(
                    byte,
                    b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\t' | b'\r'
                )
            })
            .unwrap_or(bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn string(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_python_does() {
        assert_eq!(string("a/b \"c\" \\"), r#""a/b \"c\" \\""#);
        assert_eq!(string("\u{8}\t\n\u{c}\r"), r#""\b\t\n\f\r""#);
        assert_eq!(string("\0\u{1b}\u{7f}"), r#""\u0000\u001b\u007f""#);
        assert_eq!(string("é€😀"), r#""\u00e9\u20ac\ud83d\ude00""#);
        assert_eq!(string(""), r#""""#);
    }

    #[test]
    fn keys_keep_their_order_and_separators_have_a_space() {
        let object = Object::default().text("b", "1").json("a", "null");
        assert_eq!(object.finish(), br#"{"b": "1", "a": null}"#);
        assert_eq!(Object::default().finish(), b"{}");
    }

    #[test]
    fn an_indented_object_looks_as_python_shows_it() {
        let json = br#"{"z":1.50,"a":[1,{"k":"\u00e9\n,}"},[],{}],"n":null, "e":{}}"#;
        let shown = "{\n  \"z\": 1.50,\n  \"a\": [\n    1,\n    {\n      \"k\": \"\\u00e9\\n,}\"\n    },\n    [],\n    {}\n  ],\n  \"n\": null,\n  \"e\": {}\n}";
        assert_eq!(indented(json).unwrap(), shown);
        assert_eq!(indented(b" 12 ").unwrap(), "12");
        assert_eq!(indented(br#""\ud800""#).unwrap(), r#""\ud800""#);
    }

    #[test]
    fn what_is_no_json_is_not_indented() {
        assert!(matches!(indented(b"{"), Err(Malformed::NotJson { .. })));
        assert!(matches!(
            indented(b"\"\xff\""),
            Err(Malformed::NotUtf8 { .. })
        ));
        let deep = [b"[".repeat(130), b"]".repeat(130)].concat();
        assert!(matches!(indented(&deep), Err(Malformed::TooDeep(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_is_ascii_and_reads_back(text: String) {
            let json = string(&text);
            prop_assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn indenting_changes_no_value(text in r#"\{("[a-z]{0,2}":(-?[1-9]{1,3}(\.5)?|true|null|"[ -~&&[^"\\]]{0,6}"|\[\]|\[1, *\{\}\]),){0,4}"z": *0 *\}"#) {
            let before: serde_json::Value = serde_json::from_str(&text).unwrap();
            let after: serde_json::Value = serde_json::from_str(&indented(text.as_bytes()).unwrap()).unwrap();
            prop_assert_eq!(before, after);
        }

        #[test]
        fn any_bytes_are_indented_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = indented(&bytes);
        }
    }
}
