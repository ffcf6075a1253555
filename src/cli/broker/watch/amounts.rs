//! Numbers as people read them.

/// A count, its thousands apart: `1 234 567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// With three figures or more: `0`, `0.25`, `12.3`, `1 234`.
pub(super) fn rate(number: f64) -> String {
    match number {
        number if number >= 99.95 => count(whole(number)),
        number if number >= 9.995 => format!("{number:.1}"),
        number if number > 0.0 => format!("{number:.2}"),
        _ => "0".to_owned(),
    }
}

/// Bytes by thousands: `512 B`, `1.23 kB`, `45.6 MB`.
pub(super) fn bytes(number: f64) -> String {
    let mut number = number.max(0.0);
    let mut units = ["B", "kB", "MB", "GB", "TB", "PB"].iter();
    let mut unit = "B";
    for next in units.by_ref() {
        unit = next;
        if number < 999.5 {
            break;
        }
        if *next != "PB" {
            number /= 1000.0;
        }
    }
    let text = match number {
        _ if unit == "B" => whole(number).to_string(),
        number if number >= 99.95 => count(whole(number)),
        number if number >= 9.995 => format!("{number:.1}"),
        number => format!("{number:.2}"),
    };
    format!("{text} {unit}")
}

fn whole(number: f64) -> u64 {
    // a cast keeps within bounds
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_people_read_them() {
        let counts = [0, 999, 1000, 1_234_567, u64::MAX].map(count);
        let expected = [
            "0",
            "999",
            "1 000",
            "1 234 567",
            "18 446 744 073 709 551 615",
        ];
        assert_eq!(counts, expected);
        let rates = [0.0, 0.254, 9.994, 9.996, 12.34, 99.96, 1234.4].map(rate);
        assert_eq!(rates, ["0", "0.25", "9.99", "10.0", "12.3", "100", "1 234"]);
        let sizes = [
            0.0, 999.0, 999.6, 1234.0, 45_600.0, 999_600.0, 5.3e6, 7e9, 1e18,
        ]
        .map(bytes);
        let expected = [
            "0 B", "999 B", "1.00 kB", "1.23 kB", "45.6 kB", "1.00 MB", "5.30 MB", "7.00 GB",
            "1 000 PB",
        ];
        assert_eq!(sizes, expected);
    }
}
