use super::*;
use crate::fleet::audit::{Entry, Event, Subject};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

/// So many lines, each with its line feed, and their heads.
fn lines(count: u64) -> (Vec<String>, Vec<Head>) {
    let mut head = Head::NONE;
    let of = |n: u64| {
        let entry = Entry::new(
            SystemTime::UNIX_EPOCH + Duration::from_secs(n),
            Event::Accepted,
        );
        entry
            .by("executor0")
            .about(Subject::of_payload(format!("echo {n}").as_bytes()))
    };
    (0..count)
        .map(|n| {
            let (line, next) = head.then(&of(n), None);
            head = next;
            (line, next)
        })
        .unzip()
}

/// Verifies a file; an end without a line feed is no line.
fn verify(file: &[u8], wanted: Option<WantedHead>) -> Result<Verified, Fault> {
    let mut verifier = Verifier::new(wanted);
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        if let Some(line) = line.strip_suffix(b"\n") {
            verifier.line(line)?;
        }
    }
    verifier.finish()
}

fn told(file: &[String], wanted: Option<WantedHead>) -> String {
    match verify(file.concat().as_bytes(), wanted) {
        Ok(verified) => format!("{} to {}", verified.first, verified.head.number),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn each_way_to_tamper_is_told_by_what_was_expected_and_found() {
    let (all, heads) = lines(5);
    let head = Some(WantedHead::from(heads[4]));
    assert_eq!(told(&all, head), "1 to 5");
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = all.clone();
        change(&mut lines);
        told(&lines, head)
    };
    let removed = with(&|lines| drop(lines.remove(2)));
    assert_eq!(
        removed,
        "number 3 was expected and 4 found: a line is missing before it"
    );
    let doubled = with(&|lines| lines.insert(2, lines[1].clone()));
    assert!(doubled.ends_with("it stands twice, or in another place than it was written"));
    let moved = with(&|lines| lines.swap(1, 2));
    assert!(
        moved.starts_with("number 2 was expected and 3 found"),
        "{moved}"
    );
    let changed = with(&|lines| lines[1] = lines[1].replace("echo 1", "echo 9"));
    assert!(changed.starts_with("line number 2 has hash "), "{changed}");
    let cut = with(&|lines| lines.truncate(3));
    let expected = "the head is line number 5, and the last line has number 3: the end was cut off";
    assert_eq!(cut, expected);
    assert!(with(&|lines| lines[3] = "garbage\n".to_owned()).starts_with("it is no line of this"));
    assert!(with(&|lines| lines[3] = "\n".to_owned()).starts_with("it is no line of this"));
    assert!(with(&Vec::clear).starts_with("there is no line"));
}

#[test]
fn a_line_that_was_written_anew_is_found_at_the_next_and_a_whole_chain_only_by_the_head() {
    let (mut all, heads) = lines(3);
    let entry = Entry::new(SystemTime::UNIX_EPOCH, Event::Closed);
    let (forged, forged_head) = heads[0].then(&entry, None);
    all[1] = forged;
    let fault = told(&all, None);
    assert!(
        fault.starts_with("line number 3 follows a line with hash "),
        "{fault}"
    );
    let (last, _) = forged_head.then(&entry, None);
    all[2] = last;
    assert_eq!(told(&all, None), "1 to 3", "there is no key in the chain");
    let fault = told(&all, Some(heads[2].into()));
    assert!(fault.ends_with("the log was written anew"), "{fault}");
    // and a head from before it says nothing against it
    assert_eq!(told(&all, Some(heads[0].into())), "1 to 3");
}

#[test]
fn a_log_that_begins_later_is_verified_from_there_and_by_the_head_just_before() {
    let (all, heads) = lines(6);
    let left = &all[3..];
    assert_eq!(told(left, None), "4 to 6");
    for (at, head) in heads.iter().enumerate() {
        let by_hash = WantedHead {
            number: None,
            hash: head.hash,
        };
        let ok = told(left, Some((*head).into())) == "4 to 6";
        assert_eq!(ok, told(left, Some(by_hash)) == "4 to 6");
        assert_eq!(ok, at >= 2, "{at}");
    }
    let gone = told(left, Some(heads[1].into()));
    assert!(
        gone.contains("the first that is left has number 4"),
        "{gone}"
    );
    let other = WantedHead {
        hash: Hash::NONE,
        ..heads[2].into()
    };
    assert!(told(left, Some(other)).starts_with("line number 3 was to have hash 000"));
}

#[test]
fn line_1_follows_nothing() {
    let before = Head {
        number: 0,
        hash: Hash::of(&[b"x"]),
    };
    let entry = Entry::new(SystemTime::UNIX_EPOCH, Event::Closed);
    let (line, _) = before.then(&entry, None);
    assert!(told(&[line], None).starts_with("line number 1 follows a line with hash "));
    let before = Head {
        number: u64::MAX,
        ..before
    };
    let zero = r#"{"number":0,"time":"","event":"","prev":"#;
    let line = format!("{zero}\"{0}\",\"hash\":\"{0}\"}}\n", before.hash);
    assert!(told(&[line], None).starts_with("number 1 was expected and 0 found"));
}

#[test]
fn not_even_a_letter_may_be_written_large_or_a_bit_be_flipped() {
    let (all, heads) = lines(2);
    let file = all.concat().into_bytes();
    for at in 0..file.len() {
        for bit in [0x01, 0x20] {
            let mut changed = file.clone();
            changed[at] ^= bit;
            let head = Some(WantedHead::from(heads[1]));
            assert!(verify(&changed, head).is_err(), "byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn any_changed_byte_is_found_given_the_head(
        count in 1u64..6,
        at in any::<prop::sample::Index>(),
        change in 1u8..,
    ) {
        let (all, heads) = lines(count);
        let mut file = all.concat().into_bytes();
        let at = at.index(file.len());
        file[at] ^= change;
        prop_assert!(verify(&file, heads.last().map(|head| (*head).into())).is_err());
    }

    #[test]
    fn any_other_order_or_number_of_the_lines_is_found_given_the_head(
        (count, picks) in (1u64..7).prop_flat_map(|count| {
            let picks = proptest::collection::vec(0..usize::try_from(count).unwrap(), 0..9);
            (Just(count), picks)
        }),
    ) {
        let (all, heads) = lines(count);
        let picked: Vec<String> = picks.iter().map(|at| all[*at].clone()).collect();
        // only its beginning may be gone, as after a rotation
        let ends_alike = !picked.is_empty() && all.ends_with(&picked);
        let verified = verify(picked.concat().as_bytes(), heads.last().map(|head| (*head).into()));
        prop_assert_eq!(verified.is_ok(), ends_alike);
    }

    #[test]
    fn any_bytes_are_a_fault_and_no_panic(file in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&file, None).is_err());
    }
}
