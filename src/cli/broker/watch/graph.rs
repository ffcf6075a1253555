//! Bars of the last values, in eighths of a line.

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where nothing is known.
const GAP: char = '·';

/// The newest values at the right, as `height` lines from the top; the largest of them fills all of it. A value that is
/// not nothing is seen.
pub(super) fn bars(values: &[Option<f64>], width: usize, height: usize) -> Vec<String> {
    let shown = &values[values.len().saturating_sub(width)..];
    let most = most(shown);
    let eighths: Vec<Option<usize>> = shown
        .iter()
        .map(|value| value.map(|value| eighths(value, most, height * 8)))
        .collect();
    let line = |from_top: usize| {
        let below = (height - 1 - from_top) * 8;
        let mut text = " ".repeat(width - shown.len());
        text.extend(eighths.iter().map(|bar| match bar {
            Some(bar) => EIGHTHS[bar.saturating_sub(below).min(8)],
            None if below == 0 => GAP,
            None => ' ',
        }));
        text
    };
    (0..height).map(line).collect()
}

/// The largest value.
pub(super) fn most(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().copied().fold(0.0, f64::max)
}

fn eighths(value: f64, most: f64, whole: usize) -> usize {
    if value <= 0.0 || most <= 0.0 {
        return 0;
    }
    let share = (value / most * whole as f64).round();
    // a cast keeps within bounds
    (share as usize).clamp(1, whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_is_full_nothing_is_empty_and_little_is_seen() {
        let values = [
            Some(8.0),
            None,
            Some(0.0),
            Some(0.001),
            Some(4.0),
            Some(16.0),
        ];
        assert_eq!(bars(&values, 7, 1), [" ▄· ▁▂█"]);
        assert_eq!(bars(&values, 6, 2), ["     █", "█· ▁▄█"]);
        assert_eq!(bars(&values, 2, 1), ["▂█"]);
        assert_eq!(bars(&[], 3, 2), ["   ", "   "]);
        assert_eq!(bars(&[Some(0.0)], 1, 1), [" "]);
        assert_eq!(bars(&values, 0, 0), [] as [&str; 0]);
    }

    proptest! {
        #[test]
        fn bars_fill_their_place_whatever_the_values(
            values in proptest::collection::vec(proptest::option::of(any::<f64>()), 0..40),
            width in 0..60_usize,
            height in 0..9_usize,
        ) {
            let lines = bars(&values, width, height);
            prop_assert_eq!(lines.len(), height);
            prop_assert!(lines.iter().all(|line| line.chars().count() == width));
        }
    }
}
