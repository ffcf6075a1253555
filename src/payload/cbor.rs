//! CBOR (RFC 8949) in its diagnostic notation (section 8), on one line and safe for a terminal.

use crate::model::escaped;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use std::fmt::Write;

/// What is nested deeper is not read.
const DEEPEST: usize = 32;
/// So much of a text is shown, and four times as much of the whole.
const MOST: usize = 64 * 1024;

/// The notation of a map, an array or a tag that takes all bytes; nothing for anything else.
pub(super) fn diagnostic(bytes: &[u8]) -> Option<String> {
    // major types 4, 5 and 6: whatever begins with another byte is as likely something else
    if !matches!(bytes.first(), Some(0x80..=0xDB)) {
        return None;
    }
    let mut decoder = Decoder::new(bytes);
    let mut out = String::new();
    item(&mut decoder, &mut out, 0).ok()?;
    (decoder.position() == bytes.len()).then_some(out)
}

fn item(decoder: &mut Decoder<'_>, out: &mut String, depth: usize) -> Result<(), Error> {
    if depth > DEEPEST || out.len() > 4 * MOST {
        return Err(Error::message("too deep or too long"));
    }
    match decoder.datatype()? {
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array()?;
            list(decoder, out, "[", "]", length, |decoder, out| {
                item(decoder, out, depth + 1)
            })
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map()?;
            list(decoder, out, "{", "}", length, |decoder, out| {
                item(decoder, out, depth + 1)?;
                out.push_str(": ");
                item(decoder, out, depth + 1)
            })
        }
        Type::Tag => {
            put(out, format_args!("{}(", decoder.tag()?.as_u64()));
            item(decoder, out, depth + 1)?;
            out.push(')');
            Ok(())
        }
        _ => simple(decoder, out),
    }
}

/// Items of a known number, or up to a break.
fn list<'b>(
    decoder: &mut Decoder<'b>,
    out: &mut String,
    open: &str,
    close: &str,
    length: Option<u64>,
    mut one: impl FnMut(&mut Decoder<'b>, &mut String) -> Result<(), Error>,
) -> Result<(), Error> {
    out.push_str(open);
    if length.is_none() {
        out.push('_');
    }
    let mut done = 0;
    while length.is_none_or(|length| done < length) {
        if length.is_none() && decoder.datatype()? == Type::Break {
            decoder.set_position(decoder.position() + 1);
            break;
        }
        match (done, length) {
            (0, None) => out.push(' '),
            (0, Some(_)) => {}
            _ => out.push_str(", "),
        }
        one(decoder, out)?;
        done += 1;
    }
    out.push_str(close);
    Ok(())
}

fn simple(decoder: &mut Decoder<'_>, out: &mut String) -> Result<(), Error> {
    match decoder.datatype()? {
        Type::Bool => put(out, format_args!("{}", decoder.bool()?)),
        Type::Null => {
            decoder.null()?;
            out.push_str("null");
        }
        Type::Undefined => {
            decoder.undefined()?;
            out.push_str("undefined");
        }
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => put(out, format_args!("{}", decoder.int()?)),
        Type::F16 => float(out, decoder.f16()?.into()),
        Type::F32 => float(out, decoder.f32()?.into()),
        Type::F64 => float(out, decoder.f64()?),
        Type::Simple => put(out, format_args!("simple({})", decoder.simple()?)),
        Type::String => text(out, decoder.str()?),
        Type::Bytes => bytes(out, decoder.bytes()?),
        Type::StringIndef => {
            out.push_str("(_");
            for part in decoder.str_iter()? {
                out.push(' ');
                text(out, part?);
            }
            out.push(')');
        }
        Type::BytesIndef => {
            out.push_str("(_");
            for part in decoder.bytes_iter()? {
                out.push(' ');
                bytes(out, part?);
            }
            out.push(')');
        }
        other => return Err(Error::type_mismatch(other)),
    }
    Ok(())
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // a String takes everything
    let _never_fails = out.write_fmt(what);
}

fn float(out: &mut String, value: f64) {
    match value {
        value if value.is_nan() => out.push_str("NaN"),
        value if value.is_infinite() => out.push_str(match value > 0.0 {
            true => "Infinity",
            false => "-Infinity",
        }),
        value => put(out, format_args!("{value:?}")),
    }
}

fn text(out: &mut String, text: &str) {
    put(out, format_args!("\"{}\"", escaped(text.as_bytes(), MOST)));
}

fn bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("h'");
    for byte in &bytes[..bytes.len().min(MOST)] {
        put(out, format_args!("{byte:02x}"));
    }
    out.push_str(if bytes.len() > MOST { "...'" } else { "'" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Examples of RFC 8949, appendix A, and what this shows of them.
    #[test]
    fn the_standards_examples_are_shown_as_in_the_standard() {
        for (bytes, shown) in [
            (&b"\x80"[..], "[]"),
            (b"\x83\x01\x02\x03", "[1, 2, 3]"),
            (b"\x83\x01\x82\x02\x03\x82\x04\x05", "[1, [2, 3], [4, 5]]"),
            (b"\xa2\x01\x02\x03\x04", "{1: 2, 3: 4}"),
            (
                b"\xa2\x61a\x01\x61b\x82\x02\x03",
                r#"{"a": 1, "b": [2, 3]}"#,
            ),
            (b"\xc1\x1a\x51\x4b\x67\xb0", "1(1363896240)"),
            (b"\x9f\x01\x82\x02\x03\xff", "[_ 1, [2, 3]]"),
            (b"\xbf\x61a\x01\xff", r#"{_ "a": 1}"#),
            (b"\x81\x7f\x65strea\x64ming\xff", r#"[(_ "strea" "ming")]"#),
            (
                b"\x84\x44\x01\x02\x03\x04\xf5\xf6\xf7",
                "[h'01020304', true, null, undefined]",
            ),
            (b"\x83\xf9\x3e\x00\x20\xf9\x7e\x00", "[1.5, -1, NaN]"),
            (
                b"\x81\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
                "[-18446744073709551616]",
            ),
        ] {
            assert_eq!(diagnostic(bytes).as_deref(), Some(shown));
        }
    }

    #[test]
    fn what_does_not_end_with_the_bytes_is_something_else() {
        for bytes in [
            &b"\x83\x01\x02"[..],
            b"\x80\x80",
            b"\x01",
            b"",
            b"\x9f\x01",
            b"\xff",
        ] {
            assert_eq!(diagnostic(bytes), None, "{bytes:02x?}");
        }
        assert_eq!(diagnostic(&[0x81; 100_000]), None, "nested without end");
    }

    #[test]
    fn a_terminal_is_safe_from_texts() {
        assert_eq!(
            diagnostic(b"\x81\x65\x1b[31m").as_deref(),
            Some(r#"["\u{1b}[31m"]"#)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(first in 0x80u8..=0xDB, rest: Vec<u8>) {
            let bytes: Vec<u8> = std::iter::once(first).chain(rest).collect();
            let _ = diagnostic(&bytes);
        }
    }
}
