//! The governor's shared topics, and what is said there.

use crate::process::{Process, Start, online};
use crate::support::{Mosquitto, Observer};

pub const COMMANDS: &str = "system_performance/commands";
pub const RESPONSES: &str = "system_performance/responses";

/// A broker with our SUT `c1`, which may run anything, and a witness of its answers.
pub struct Lab {
    pub sut: Process,
    pub observer: Observer,
    pub mosquitto: Mosquitto,
}

impl Lab {
    pub fn start() -> Option<Self> {
        Self::with("", &["--allow", "*", "--shell"])
    }

    /// With these lines in the broker's configuration, and a SUT with these arguments.
    pub fn with(broker: &str, arguments: &[&str]) -> Option<Self> {
        let mosquitto = Mosquitto::start_with(broker)?;
        let observer = Observer::start(&mosquitto, RESPONSES);
        let sut = Start::new(&mosquitto, "sut")
            .args(&["--client-id", "c1"])
            .args(arguments)
            .run();
        online(&mosquitto, "c1");
        Some(Self {
            sut,
            observer,
            mosquitto,
        })
    }

    /// The answer to one command.
    pub fn answer(&self, command: &[u8]) -> String {
        answered(&self.mosquitto, &self.observer, command)
    }

    /// Whether it still does what it is for.
    pub fn still_answers(&self, word: &str) {
        let answer = self.answer(format!("c1|echo {word}").as_bytes());
        let right = format!(
            "Client: c1\nCommand: echo {word}\nStart Time: T\nEnd Time: T\nOutput: {word}\n\nError: None"
        );
        assert_eq!(answer, right);
    }
}

/// The answer to one command, with its times replaced by `T` after they were found to be what Python writes.
pub fn answered(mosquitto: &Mosquitto, observer: &Observer, command: &[u8]) -> String {
    let before = observer.texts(RESPONSES).len();
    mosquitto.publish(COMMANDS, command, false);
    let mut seen = 0;
    let answer = observer.wait_where("an answer", |message| {
        let is_answer = message.topic == RESPONSES;
        seen += usize::from(is_answer);
        is_answer && seen > before
    });
    assert!(!answer.retained, "answers are not retained");
    assert_eq!(answer.qos, 0, "the protocol is QoS 0");
    without_times(&answer.text())
}

pub fn without_times(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    for label in [
        "start_time\": \"",
        "end_time\": \"",
        "Start Time: ",
        "End Time: ",
    ] {
        let Some(at) = rest.find(label) else { continue };
        let (before, after) = rest.split_at(at + label.len());
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap();
        let time = &after[..end];
        let (whole, part) = time.split_once('.').expect("at least one place");
        assert!(whole.len() == 10 && (1..=6).contains(&part.len()), "{time}");
        assert!(part == "0" || !part.ends_with('0'), "{time}");
        told.push_str(before);
        told.push('T');
        rest = &after[end..];
    }
    told + rest
}
