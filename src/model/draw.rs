//! Numbers that look like chance and are none: the same seed, names and place in the order give the same.
//!
//! Source: FNV-1a (draft-eastlake-fnv, 64 bits) for the bytes; SplitMix64 (Steele, Lea, Flood 2014) for the numbers.

use std::time::Duration;

/// A sequence of numbers.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// The sequence for the `nth` time that somebody does something.
    #[must_use]
    pub fn new(seed: u64, who: &str, what: &str, nth: u64) -> Self {
        let mut state = fingerprint(who) ^ seed.rotate_left(17);
        state = state.wrapping_mul(FNV_PRIME) ^ fingerprint(what);
        Self(state.wrapping_mul(FNV_PRIME) ^ nth)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// At least 0 and less than 1.
    pub fn share(&mut self) -> f64 {
        // 53 bits are what a double holds
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        share
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// A duration from the shortest to the longest.
    pub fn between(&mut self, (shortest, longest): (Duration, Duration)) -> Duration {
        shortest + longest.saturating_sub(shortest).mul_f64(self.share())
    }
}

const FNV_PRIME: u64 = 0x0000_0100_0000_01B3;

/// The FNV-1a hash of a text.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_is_published() {
        // from the draft's test vectors
        assert_eq!(fingerprint(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_numbers_are_the_ones_that_are_published() {
        // SplitMix64 from state 0, as the reference program prints it
        let mut draw = Draw(0);
        assert_eq!(draw.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(draw.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn each_of_seed_client_command_and_place_changes_what_is_drawn() {
        let first = |seed, client, command, nth| Draw::new(seed, client, command, nth).next();
        let usual = first(1, "sim-1", "true", 0);
        assert_eq!(usual, first(1, "sim-1", "true", 0));
        for other in [
            first(2, "sim-1", "true", 0),
            first(1, "sim-2", "true", 0),
            first(1, "sim-1", "false", 0),
            first(1, "sim-1", "true", 1),
        ] {
            assert_ne!(usual, other);
        }
    }

    #[test]
    fn a_probability_is_met_by_and_large_and_0_and_1_exactly() {
        let happened = |probability| {
            let draw = |nth| Draw::new(7, "sim-1", "true", nth).happens(probability);
            (0..10_000).filter(|nth| draw(*nth)).count()
        };
        assert_eq!(happened(0.0), 0);
        assert_eq!(happened(1.0), 10_000);
        assert!((2_800..3_200).contains(&happened(0.3)));
    }

    #[test]
    fn durations_fill_their_range() {
        let (shortest, longest) = (Duration::from_millis(5), Duration::from_millis(20));
        let drawn = |nth| Draw::new(7, "sim-1", "true", nth).between((shortest, longest));
        let all: Vec<Duration> = (0..1_000).map(drawn).collect();
        assert!(all.iter().all(|one| (shortest..=longest).contains(one)));
        assert!(all.iter().any(|one| *one < Duration::from_millis(7)));
        assert!(all.iter().any(|one| *one > Duration::from_millis(18)));
        let same = Draw::new(7, "a", "b", 0).between((shortest, shortest));
        assert_eq!(same, shortest);
    }
}
