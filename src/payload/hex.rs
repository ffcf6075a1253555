//! Bytes as people look at them.

use crate::model::is_harmful;
use std::fmt::Write;

/// Bytes of a line.
const WIDTH: usize = 16;

/// The beginning of some bytes, at most `most` of them: place, hexadecimal digits and what is printable of ASCII, sixteen
/// bytes a line, without a line's end after the last.
#[must_use]
pub fn dump(bytes: &[u8], most: usize) -> String {
    let mut lines = Vec::new();
    for (nth, line) in bytes[..bytes.len().min(most)].chunks(WIDTH).enumerate() {
        let mut digits = String::new();
        for byte in line {
            // a String takes everything
            let _never_fails = write!(digits, " {byte:02x}");
        }
        let printable = |byte: &u8| match char::from(*byte) {
            c if byte.is_ascii() && !is_harmful(c) => c,
            _ => '.',
        };
        let text: String = line.iter().map(printable).collect();
        let width = 3 * WIDTH;
        lines.push(format!("{:08x} {digits:<width$}  {text}", nth * WIDTH));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_with_their_places() {
        let bytes: Vec<u8> = (b'A'..=b'R').collect();
        let shown = "00000000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP\n\
                     00000010  51                                               Q";
        assert_eq!(dump(&bytes, 17), shown);
        assert_eq!(dump(b"\x1b\xff", 9).split_whitespace().last(), Some(".."));
        assert_eq!(dump(b"", 9), "");
    }
}
