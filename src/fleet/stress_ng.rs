//! The figures that `stress-ng --metrics` and `--metrics-brief` print. Source: stress-ng's `core-stressors`/`stress-ng.c`,
//! `stress_metrics_dump`, and what versions 0.13 to 0.17 print; those before 0.15.08 print it to standard error.

/// What one stressor did.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, as `cpu`.
    pub stressor: String,
    /// Rounds of work of all its instances.
    pub bogo_ops: u64,
    /// Time by the clock, in seconds, the mean of the instances.
    pub real_s: f64,
    /// Time in user mode, in seconds, of all instances.
    pub user_s: f64,
    /// Time in the kernel, in seconds, of all instances.
    pub system_s: f64,
    /// Rounds a second by the clock.
    pub ops_per_real_s: f64,
    /// Rounds a second of processor time.
    pub ops_per_cpu_s: f64,
    /// Processor used by an instance, in per cent; with `--metrics` of newer versions.
    pub cpu_percent: Option<f64>,
    /// Largest resident memory, in KiB; alike.
    pub max_rss_kib: Option<u64>,
}

/// The most stressors that are read from one text; stress-ng has some three hundred.
const MOST: usize = 1000;

/// The rows of the table of figures, wherever they stand in a text.
///
/// ```
/// let error = "stress-ng: metrc: [7] stressor       bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s\n\
///     stress-ng: metrc: [7]                           (secs)    (secs)    (secs)   (real time) (usr+sys time)\n\
///     stress-ng: metrc: [7] cpu                1766      1.00      1.00      0.00      1764.27        1764.41\n";
/// let metrics = mqtt_thing::fleet::stress_ng::metrics(error);
/// assert_eq!((metrics[0].stressor.as_str(), metrics[0].bogo_ops), ("cpu", 1766));
/// ```
#[must_use]
pub fn metrics(text: &str) -> Vec<Metric> {
    let rows = text.lines().filter_map(said);
    // rows of figures follow their head; other lines may look like them
    rows.skip_while(|row| !is_head(row))
        .filter_map(metric)
        .take(MOST)
        .collect()
}

/// What stress-ng says on a line: `stress-ng: metrc: [17521] cpu 1766 ..`, in older versions `info:`.
fn said(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("stress-ng: ")?;
    let rest = rest
        .strip_prefix("metrc:")
        .or_else(|| rest.strip_prefix("info:"))?;
    let (process, row) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let is_process = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
    is_process.then_some(row)
}

fn is_head(row: &str) -> bool {
    let mut words = row.split_whitespace();
    words.next() == Some("stressor") && words.next() == Some("bogo")
}

fn metric(row: &str) -> Option<Metric> {
    let mut words = row.split_whitespace();
    let stressor = words.next()?.to_owned();
    let bogo_ops = words.next()?.parse().ok()?;
    let mut number = || decimal(words.next()?);
    let metric = Metric {
        stressor,
        bogo_ops,
        real_s: number()?,
        user_s: number()?,
        system_s: number()?,
        ops_per_real_s: number()?,
        ops_per_cpu_s: number()?,
        cpu_percent: None,
        max_rss_kib: None,
    };
    let cpu_percent = words.next();
    let max_rss_kib = words.next();
    Some(Metric {
        cpu_percent: cpu_percent.and_then(decimal),
        max_rss_kib: max_rss_kib.and_then(|word| word.parse().ok()),
        ..metric
    })
}

/// Digits with a point; no `inf`, no `nan`, no exponent.
fn decimal(word: &str) -> Option<f64> {
    let is_plain = word
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    word.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Standard error of 0.15.06: `--cpu 1 --timeout 1s --metrics-brief`.
    const BRIEF: &str = "\
stress-ng: info:  [17521] setting to a 1 second run per stressor
stress-ng: info:  [17521] dispatching hogs: 1 cpu
stress-ng: metrc: [17521] stressor       bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s
stress-ng: metrc: [17521]                           (secs)    (secs)    (secs)   (real time) (usr+sys time)
stress-ng: metrc: [17521] cpu                1766      1.00      1.00      0.00      1764.27        1764.41
stress-ng: info:  [17521] successful run completed in 1.00s
";

    /// The same of `--cpu 1 --vm 1 --vm-bytes 16M --timeout 1s --metrics`.
    const FULL: &str = "\
stress-ng: info:  [17523] setting to a 1 second run per stressor
stress-ng: info:  [17523] dispatching hogs: 1 cpu, 1 vm
stress-ng: metrc: [17523] stressor       bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s CPU used per       RSS Max
stress-ng: metrc: [17523]                           (secs)    (secs)    (secs)   (real time) (usr+sys time) instance (%)          (KB)
stress-ng: metrc: [17523] cpu                1745      1.00      0.98      0.00      1743.28        1774.60        98.24          6364
stress-ng: metrc: [17523] vm                80700      1.00      0.73      0.25     80561.71       82391.58        97.78         20672
stress-ng: info:  [17523] successful run completed in 1.00s
";

    #[test]
    fn the_brief_table_is_read() {
        let expected = Metric {
            stressor: "cpu".to_owned(),
            bogo_ops: 1766,
            real_s: 1.0,
            user_s: 1.0,
            system_s: 0.0,
            ops_per_real_s: 1764.27,
            ops_per_cpu_s: 1764.41,
            cpu_percent: None,
            max_rss_kib: None,
        };
        assert_eq!(metrics(BRIEF), std::slice::from_ref(&expected));
        // versions before 0.14 say it as information
        assert_eq!(metrics(&BRIEF.replace("metrc:", "info: ")), [expected]);
    }

    #[test]
    fn the_full_table_is_read_with_its_further_columns() {
        let found = metrics(FULL);
        let names: Vec<&str> = found.iter().map(|one| one.stressor.as_str()).collect();
        assert_eq!(names, ["cpu", "vm"]);
        assert_eq!((found[1].bogo_ops, found[1].system_s), (80_700, 0.25));
        assert_eq!(
            (found[1].cpu_percent, found[1].max_rss_kib),
            (Some(97.78), Some(20_672))
        );
    }

    #[test]
    fn what_only_looks_like_figures_is_none() {
        assert_eq!(metrics(""), []);
        let (_, without_head) = BRIEF.split_once("(usr+sys time)").unwrap();
        assert_eq!(metrics(without_head), [], "rows without a head");
        for odd in ["1766.5", "-1", "inf", "x"] {
            assert_eq!(metrics(&BRIEF.replace("1766", odd)), [], "{odd}");
        }
        let rate = BRIEF.replace("1764.27        1764.41", "MB per sec");
        assert_eq!(metrics(&rate), []);
        assert_eq!(metrics(&BRIEF.replace("1764.41", "nan")), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "(stress-ng: (metrc|info): \\[7\\] (stressor bogo|cpu 1 1 1 1 1 1|[ -~]{0,20})\n|.{0,20}\n){0,6}") {
            prop_assert!(metrics(&text).len() <= 6);
        }
    }
}
