use super::*;
use mqtt_thing::broker::watch::Watcher;
use proptest::prelude::*;
use std::time::Instant;

const PATIENCE: Duration = Duration::from_secs(12);

/// A watcher that has heard so many rounds, 2 s apart; the last at the end.
fn watched(rounds: u64, topics: &[(&str, &str)]) -> (Watcher, Instant) {
    let began = Instant::now();
    let mut watcher = Watcher::new(began);
    watcher.connected(began);
    let mut now = began;
    for round in 0..rounds {
        now = began + Duration::from_secs(2 * round);
        let uptime = format!("{} seconds", 93_784 + 2 * round);
        let received = (round * (round + 1) * 10).to_string();
        watcher.message("$SYS/broker/uptime", uptime.as_bytes(), false, now);
        for (figure, text) in [
            (Figure::MessagesReceived, received.as_str()),
            (Figure::BytesSent, "1234567"),
            (Figure::ClientsConnected, "12"),
            (Figure::RetainedMessages, "53"),
        ] {
            watcher.message(&figure.topic(), text.as_bytes(), false, now);
        }
        for (topic, text) in topics {
            watcher.message(topic, text.as_bytes(), false, now);
        }
        watcher.wake(now + Duration::from_millis(300));
    }
    (watcher, now)
}

fn plain(watcher: &Watcher, now: Instant, width: usize, height: usize) -> Vec<String> {
    with_look(watcher, &Look::Remote, now, width, height)
}

fn with_look(
    watcher: &Watcher,
    look: &Look,
    now: Instant,
    width: usize,
    height: usize,
) -> Vec<String> {
    let shown = Shown {
        broker: "mqtt://b",
        watcher,
        look,
        patience: PATIENCE,
        now,
    };
    let lines = lines(&shown, Some("a note"), width, height);
    let plain = lines.iter().map(|line| line.plain().trim_end().to_owned());
    plain.collect()
}

#[test]
fn the_screen_has_figures_graphs_and_where_they_are_from() {
    let (watcher, now) = watched(5, &[("$SYS/broker/version", "mosquitto version 2.0.11")]);
    let lines = plain(&watcher, now + Duration::from_secs(1), 80, 24);
    let expected = [
        " mosquitto version 2.0.11   mqtt://b   up 1 d 2:03:12",
        " figures of 0:01 ago, every 2 s; graphs of the last 0:09",
        "",
        " CLIENTS    12 connected   - disconnected   - in all   at most -",
        "",
        " MESSAGES IN  40.0/s       most 40.0/s   MESSAGES OUT -/s",
        "                                     █",
        "                                    ██",
        "                                   ███",
        "                                  ████                                    ····",
        " BYTES IN     -/s                        BYTES OUT    0 B/s         most 0 B/s",
        "",
        "",
        "",
        "                                  ····",
        "",
        " PUBLISHED  in - (-/s)   out - (-/s)   dropped - (-/s)",
        " KEPT       53 retained   - subscriptions   - stored, -   heap -, at most -",
        " LOAD       messages in -, -, -   out -, -, -   connections -, -, -",
        "            a minute, over 1, 5, 15 min",
        " PROCESS    the broker runs on another machine",
        " a note",
    ];
    assert_eq!(lines, expected, "{lines:#?}");
}

#[test]
fn what_is_wrong_stands_at_the_top() {
    let (mut watcher, now) = watched(2, &[]);
    let silent = plain(&watcher, now + PATIENCE, 80, 24);
    assert!(
        silent[2].contains("tells no new figures any more"),
        "{silent:#?}"
    );
    watcher.disconnected("it went\u{1b}[2J".to_owned(), now);
    let lost = plain(&watcher, now + Duration::from_secs(61), 80, 24);
    assert_eq!(
        lost[2],
        " not connected since 1:01: it went\\u{1b}[2J; trying again"
    );
    let later = now + Duration::from_secs(70);
    watcher.connected(later);
    watcher.message("$SYS/broker/uptime", b"3 seconds", true, later);
    watcher.wake(later + Duration::from_secs(1));
    let back = plain(&watcher, later + Duration::from_secs(4), 80, 24);
    assert_eq!(
        back[2], " the broker has started anew, seen 0:04 ago",
        "{back:#?}"
    );
    assert!(back[1].contains("had kept"), "{back:#?}");

    let mut nothing = Watcher::new(now);
    assert_eq!(
        plain(&nothing, now, 80, 24)[2],
        " not connected to mqtt://b yet"
    );
    nothing.connected(now);
    let told = plain(&nothing, now + PATIENCE, 60, 40).join(" ");
    for text in ["sys_interval 0", "ACL"] {
        assert!(told.contains(text), "{told}");
    }
}

#[test]
fn why_the_process_is_not_seen_is_told_in_words() {
    let (mut watcher, now) = watched(2, &[]);
    let told = |watcher: &Watcher, look: &Look| {
        let lines = with_look(watcher, look, now, 80, 24);
        let line = lines.into_iter().find(|line| line.starts_with(" PROCESS"));
        line.unwrap()
            .trim_start_matches(" PROCESS")
            .trim()
            .to_owned()
    };
    assert!(told(&watcher, &Look::Hidden).contains("another user's"));
    assert!(told(&watcher, &Look::Elsewhere).contains("a container's, or a tunnel"));
    watcher.disconnected("it went".to_owned(), now);
    assert!(told(&watcher, &Look::Elsewhere).contains("not there"));
}

#[test]
fn narrow_terminals_have_the_graphs_below_each_other() {
    let (watcher, now) = watched(30, &[]);
    let lines = plain(&watcher, now, 50, 40);
    for title in [" MESSAGES IN", " MESSAGES OUT", " BYTES IN", " BYTES OUT"] {
        assert!(
            lines.iter().any(|line| line.starts_with(title)),
            "{lines:#?}"
        );
    }
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_drawing_higher(
        width in 0..200_usize, height in 0..80_usize, rounds in 0..40_u64,
        version in "\\PC{0,300}", count in any::<u64>(), mean in 0.0..1e300_f64,
    ) {
        let (count, mean) = (count.to_string(), format!("{mean:.2}"));
        let (watcher, now) = watched(rounds, &[
            ("$SYS/broker/version", &version),
            ("$SYS/broker/bytes/received", &count),
            ("$SYS/broker/heap/current", &count),
            ("$SYS/broker/load/connections/1min", &mean),
        ]);
        let lines = plain(&watcher, now, width, height);
        prop_assert!(lines.len() < height.max(2), "{}", lines.len());
        prop_assert!(lines.iter().all(|line| line.chars().count() < width.max(1)), "{lines:#?}");
    }
}
