//! What is checked on the command line beside topics.

use mqtt_thing::model::TopicFilter;

/// One mebibyte, in bytes.
const MIB: f64 = 1_048_576.0;
/// The largest payload that MQTT carries, in MiB.
const MOST: f64 = 256.0;

/// A number of messages.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("`{text}` is no number of messages; allowed is 1 and more"))
}

/// A size in MiB, in bytes.
// in range, so that nothing is lost
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn largest(text: &str) -> Result<usize, String> {
    let size = text.parse::<f64>().ok().map(|size| size * MIB);
    let size = size.filter(|size| (1.0..=MOST * MIB).contains(size));
    let size = size.map(|size| size.round() as usize);
    size.ok_or_else(|| {
        format!("`{text}` is no size; it takes MiB, from a byte to {MOST}, as 16 or 0.5")
    })
}

/// Whether a filter that begins as a shared subscription is one: `$share/GROUP/FILTER` (MQTT 5.0, section 4.8.2).
pub(super) fn shared(filter: &TopicFilter) -> Result<(), String> {
    let mut parts = filter.as_str().splitn(3, '/');
    if parts.next() != Some("$share") {
        return Ok(());
    }
    let is_group = |group: &str| !group.is_empty() && !group.contains(['+', '#']);
    match (parts.next(), parts.next()) {
        (Some(group), Some(rest)) if is_group(group) && !rest.is_empty() => Ok(()),
        _ => Err(format!(
            "`{filter}` is no shared subscription; it is $share/GROUP/FILTER, the group without wildcards"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_told_in_their_own_words() {
        assert_eq!(largest("16"), Ok(16 << 20));
        assert_eq!(largest("0.001"), Ok(1049));
        assert_eq!(largest("256"), Ok(256 << 20));
        for text in ["0", "-1", "nan", "inf", "257", "0.0000001", "x", ""] {
            assert!(
                largest(text).unwrap_err().contains("from a byte to 256"),
                "{text}"
            );
        }
        assert_eq!(count("3"), Ok(3));
        for text in ["0", "-1", "x", "99999999999999999999"] {
            assert!(count(text).unwrap_err().contains("1 and more"), "{text}");
        }
    }

    #[test]
    fn a_shared_subscription_has_a_group_and_a_filter() {
        let of = |text: &str| shared(&TopicFilter::new(text).unwrap());
        for text in [
            "$share/g/a/#",
            "$share/g//",
            "a/$share",
            "$SYS/#",
            "$shared/g",
            "#",
        ] {
            assert_eq!(of(text), Ok(()), "{text}");
        }
        for text in [
            "$share",
            "$share/g",
            "$share/g/",
            "$share//a",
            "$share/+/a",
            "$share/#",
        ] {
            assert!(
                of(text).unwrap_err().contains("$share/GROUP/FILTER"),
                "{text}"
            );
        }
    }
}
