//! What the bytes of a stream become in an answer: text with `\n` at the ends of its lines, what is not UTF-8 replaced
//! and counted, and a line that says how much is missing where it was cut.

use super::job::Captured;
use std::borrow::Cow;

/// Where text goes, piece by piece.
pub(super) type Sink<'a> = dyn FnMut(&str) + 'a;

/// The parts of a stream that an answer shows.
pub(super) struct Shown<'a> {
    front: Cow<'a, [u8]>,
    /// How many bytes are missing between the two.
    gap: u64,
    back: Cow<'a, [u8]>,
}

impl<'a> Shown<'a> {
    /// What is there of a stream: `beginning` (of the spool) as far as it goes beyond the head, and the tail; of more
    /// than `2 * most` bytes, the first and the last `most`.
    pub(super) fn of(captured: &'a Captured, beginning: &'a [u8], most: usize) -> Self {
        let tail = captured.tail.as_slice();
        let longer = if beginning.len() > captured.head.len() {
            beginning
        } else {
            &captured.head
        };
        let before_tail = captured.total.saturating_sub(tail.len() as u64);
        let front = &longer[..longer
            .len()
            .min(usize::try_from(before_tail).unwrap_or(usize::MAX))];
        let (mut front, mut back) = (Cow::Borrowed(front), Cow::Borrowed(tail));
        if before_tail == front.len() as u64 && !back.is_empty() {
            front = if front.is_empty() {
                back
            } else {
                Cow::Owned([front, back].concat())
            };
            back = Cow::Borrowed(&[]);
        }
        let shown = front.len() + back.len();
        let all = captured.total <= front.len() as u64;
        if all && shown > most.saturating_mul(2) {
            back = cut(&front, shown - most, shown);
        }
        let (front_ends, back_begins) = (front.len().min(most), back.len().saturating_sub(most));
        if all && back.is_empty() {
            return Self {
                front,
                gap: 0,
                back,
            };
        }
        // a character that the cut went through is left out on both sides
        let front_ends = front_ends - unfinished(&front[..front_ends]);
        let back_begins = back_begins + continuing(&back[back_begins..]);
        let (front, back) = (
            cut(&front, 0, front_ends),
            cut(&back, back_begins, back.len()),
        );
        let gap = captured
            .total
            .saturating_sub((front.len() + back.len()) as u64);
        Self { front, gap, back }
    }

    /// Whether nothing is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.gap == 0
    }

    /// How many bytes of text it is, at least.
    pub(super) fn len(&self) -> usize {
        self.front.len() + self.back.len()
    }

    /// Writes the text. Returns how many bytes were not UTF-8, and whether the text ends within a line.
    pub(super) fn write(&self, sink: &mut Sink<'_>) -> (u64, bool) {
        let mut replaced = put(&self.front, sink);
        if self.gap > 0 {
            if !matches!(self.front.last(), None | Some(b'\n' | b'\r')) {
                sink("\n");
            }
            sink(&format!("[{} bytes are missing here]\n", self.gap));
        }
        replaced += put(&self.back, sink);
        let last = self.back.last().or_else(|| self.front.last());
        let within = match last {
            Some(last) => !matches!(last, b'\n' | b'\r'),
            None => false,
        };
        (replaced, within && !(self.back.is_empty() && self.gap > 0))
    }
}

fn cut<'a>(bytes: &Cow<'a, [u8]>, from: usize, to: usize) -> Cow<'a, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[from..to]),
        Cow::Owned(bytes) => Cow::Owned(bytes[from..to].to_vec()),
    }
}

/// How many bytes at the end belong to a character that goes on behind it.
fn unfinished(bytes: &[u8]) -> usize {
    for (back, byte) in bytes.iter().rev().take(3).enumerate() {
        let needs = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 0,
        };
        return if needs > back + 1 { back + 1 } else { 0 };
    }
    0
}

/// How many bytes at the beginning belong to a character that began before it.
fn continuing(bytes: &[u8]) -> usize {
    let leading = bytes
        .iter()
        .take_while(|byte| matches!(byte, 0x80..=0xbf))
        .count();
    if leading <= 3 { leading } else { 0 }
}

fn put(bytes: &[u8], sink: &mut Sink<'_>) -> u64 {
    let mut replaced = 0;
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.bytes().position(|byte| byte == b'\r') {
            sink(&rest[..at]);
            sink("\n");
            rest = &rest[at + 1..];
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        sink(rest);
        if !chunk.invalid().is_empty() {
            sink("\u{fffd}");
            replaced += chunk.invalid().len() as u64;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn captured(head: &[u8], tail: &[u8], total: usize) -> Captured {
        Captured {
            head: head.to_vec(),
            tail: tail.to_vec(),
            total: total as u64,
            spooled: None,
        }
    }

    fn text(captured: &Captured, beginning: &[u8], most: usize) -> (String, u64) {
        let mut text = String::new();
        let (replaced, _) = Shown::of(captured, beginning, most).write(&mut |s| text.push_str(s));
        (text, replaced)
    }

    #[test]
    fn carriage_returns_become_ends_of_lines_and_bytes_that_are_no_text_are_counted() {
        let all = captured(b"a\r\nb\rc\n\xff\xfe\r", b"", 10);
        assert_eq!(
            text(&all, b"", 99),
            ("a\nb\nc\n\u{fffd}\u{fffd}\n".into(), 2)
        );
    }

    #[test]
    fn a_line_between_head_and_tail_says_how_much_is_missing() {
        let cut = captured(b"abc", b"xyz", 100);
        assert_eq!(
            text(&cut, b"", 99).0,
            "abc\n[94 bytes are missing here]\nxyz"
        );
        assert_eq!(
            text(&captured(b"a\n", b"", 9), b"", 99).0,
            "a\n[7 bytes are missing here]\n"
        );
    }

    #[test]
    fn the_spool_fills_the_gap_as_far_as_it_goes() {
        let cut = captured(b"ab", b"ij", 10);
        assert_eq!(text(&cut, b"abcdefghij", 99).0, "abcdefghij");
        assert_eq!(text(&cut, b"abcdefgh", 99).0, "abcdefghij");
        assert_eq!(
            text(&cut, b"abcd", 99).0,
            "abcd\n[4 bytes are missing here]\nij"
        );
    }

    #[test]
    fn a_character_across_head_and_tail_stays_whole_and_one_at_the_cut_is_left_out() {
        let euro = "€".as_bytes();
        let whole = captured(&euro[..1], &euro[1..], 3);
        assert_eq!(text(&whole, b"", 99), ("€".into(), 0));
        let cut = captured(&[b'a', euro[0], euro[1]], &[euro[2], b'b'], 50);
        assert_eq!(
            text(&cut, b"", 99),
            ("a\n[48 bytes are missing here]\nb".into(), 0)
        );
    }

    #[test]
    fn of_more_than_twice_the_most_only_the_ends_are_shown() {
        let whole = captured(b"0123456789", b"", 10);
        assert_eq!(text(&whole, b"", 2).0, "01\n[6 bytes are missing here]\n89");
        assert_eq!(text(&whole, b"", 5).0, "0123456789");
        let cut = captured(b"01234", b"56789", 20);
        assert_eq!(text(&cut, b"", 2).0, "01\n[16 bytes are missing here]\n89");
    }

    proptest! {
        #[test]
        fn nothing_of_ascii_is_lost_or_invented(total in 0usize..60, head in 0usize..40, tail in 0usize..40, spool in 0usize..60, most in 1usize..40) {
            let all: Vec<u8> = (0..total).map(|n| b'a' + (n % 26) as u8).collect();
            let head = head.min(total);
            let tail = tail.min(total - head);
            let spool = spool.min(total);
            let stream = captured(&all[..head], &all[total - tail..], total);
            let (shown, replaced) = text(&stream, &all[..spool], most);
            prop_assert_eq!(replaced, 0);
            match shown.split_once('[') {
                None => prop_assert_eq!(shown.as_bytes(), &all[..]),
                Some((front, back)) => {
                    let front = front.trim_end();
                    let (gap, back) = back.split_once(" bytes are missing here]\n").unwrap();
                    prop_assert!(all.starts_with(front.as_bytes()) && all.ends_with(back.as_bytes()));
                    prop_assert_eq!(front.len() + back.len() + gap.parse::<usize>().unwrap(), total);
                    prop_assert!(front.len() <= most && back.len() <= most);
                }
            }
        }
    }
}
