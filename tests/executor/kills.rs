//! Jobs while thing and broker are killed again and again, and commands come twice: what a job does happened once or
//! not at all, and its answer says which (proof 3).

use crate::bench::ANYTHING;
use crate::process::{Process, Start};
use crate::sender::Sender;
use crate::support::{LIMIT, Mosquitto, long};
use rand::Rng;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long nothing may happen before everything is said again.
const AGAIN: Duration = Duration::from_millis(300);

/// A job, and what may become of it.
struct Job {
    id: String,
    payload: String,
    runs: bool,
}

fn job(n: usize) -> Job {
    let id = format!("job-{n}");
    let effect = format!("echo {id} >> effects");
    let command = match n % 5 {
        0 => format!("{effect}; exit 3"),
        1 => format!("sleep 0.03; {effect}"),
        2 => format!("{effect}; sleep 0.03"),
        3 => format!("{effect}; yes | head -c 200000"),
        _ => effect,
    };
    let over = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        - 1;
    let (payload, runs) = match n % 12 {
        7 => (
            json!({"id": id, "client_id": "c2", "command": command}),
            false,
        ),
        11 => (
            json!({"id": id, "client_id": "c1", "command": command, "expires_at": over}),
            false,
        ),
        _ => (
            json!({"id": id, "client_id": "c1", "command": command}),
            true,
        ),
    };
    Job {
        id,
        payload: payload.to_string(),
        runs,
    }
}

struct Chaos {
    mosquitto: Mosquitto,
    sut: Option<Process>,
    things_killed: usize,
    brokers_killed: usize,
}

impl Chaos {
    fn kill_thing(&mut self) {
        let folder = self.sut.take().unwrap().kill();
        let url = self.mosquitto.url();
        self.sut = Some(Start::within(folder, &url, "sut").args(ANYTHING).run());
        self.things_killed += 1;
    }

    fn strike(&mut self, random: &mut impl Rng) {
        match random.random_range(0..3) {
            0 => self.kill_thing(),
            1 => {
                self.mosquitto.restart();
                self.brokers_killed += 1;
            }
            _ => {
                self.mosquitto.kill();
                self.kill_thing();
                self.mosquitto.restart();
                self.brokers_killed += 1;
            }
        }
    }
}

fn prove(jobs: usize, kills: usize) {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let sut = Process::sut(&mosquitto, "c1");
    let sender = Sender::start(&mosquitto.url());
    let mut chaos = Chaos {
        mosquitto,
        sut: Some(sut),
        things_killed: 0,
        brokers_killed: 0,
    };
    let mut random = rand::rng();
    let (began, mut last) = (Instant::now(), Instant::now());
    let jobs: Vec<Job> = (0..jobs).map(job).collect();
    for job in &jobs {
        sender.say(&job.payload);
        if random.random_bool(0.2) {
            sender.say(&job.payload);
        }
    }
    let (mut answered, mut said) = (0, 0);
    let mut strikes = 0;
    let mut next_strike = random.random_range(1..4);
    while answered < jobs.len() {
        let now = sender.more_than(answered, AGAIN);
        if now == answered {
            // nothing happens: somebody has forgotten something
            said += 1;
            if last.elapsed() > LIMIT {
                let log = chaos.sut.as_ref().unwrap().err.all();
                panic!("{answered} answered, then nothing:\n{}", log.join("\n"));
            }
            for job in jobs.iter().filter(|job| !sender.is_answered(&job.id)) {
                sender.say(&job.payload);
            }
            continue;
        }
        (answered, last) = (now, Instant::now());
        if answered >= next_strike && strikes < kills {
            strikes += 1;
            next_strike = answered + random.random_range(1..=3 * jobs.len() / (2 * kills));
            chaos.strike(&mut random);
        }
    }
    // every id once more: the stored answer comes, nothing runs
    for job in jobs.iter().step_by(7) {
        sender.say(&job.payload);
    }
    let end = json!({"id": "the-end", "client_id": "c1", "command": "true"}).to_string();
    sender.say(&end);
    crate::support::wait_for("the last answer", || {
        sender.more_than(jobs.len(), AGAIN);
        let there = sender.is_answered("the-end");
        (!there).then(|| sender.say(&end));
        there.then_some(())
    });
    check(&jobs, &sender, chaos.sut.as_ref().unwrap());
    println!(
        "{} jobs in {:.1} s; the thing was killed {} times, the broker {} times; all that was open was said again {said} times",
        jobs.len(),
        began.elapsed().as_secs_f64(),
        chaos.things_killed,
        chaos.brokers_killed
    );
    assert!(2 * strikes > kills, "{strikes} strikes");
}

fn check(jobs: &[Job], sender: &Sender, sut: &Process) {
    let effects = std::fs::read_to_string(sut.folder.path().join("effects")).unwrap();
    let mut happened: BTreeMap<&str, usize> = BTreeMap::new();
    for line in effects.lines() {
        *happened.entry(line).or_default() += 1;
    }
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let answers = sender.answers();
    for job in jobs {
        let its = &answers[&job.id];
        let answer: Json = serde_json::from_slice(&its[0]).unwrap();
        let status = answer["status"].as_str().unwrap().to_owned();
        let count = happened.get(job.id.as_str()).copied().unwrap_or(0);
        match (job.runs, status.as_str()) {
            (true, "succeeded") => assert_eq!(count, 1, "{answer}"),
            (true, "failed") => {
                assert_eq!((count, &answer["exit_code"]), (1, &json!(3)), "{answer}");
            }
            (true, "interrupted") => assert!(count <= 1, "{count} times: {answer}"),
            (false, "refused" | "expired") => assert_eq!(count, 0, "{answer}"),
            _ => panic!("{answer}"),
        }
        if job.runs {
            assert!(
                its.iter().all(|other| *other == its[0]),
                "{}: identical",
                job.id
            );
        }
        *told.entry(status).or_default() += 1;
    }
    let known = |line: &&str| jobs.iter().any(|job| job.id == **line);
    assert!(happened.keys().all(known));
    println!("{told:?}");
}

#[test]
fn whatever_is_killed_each_job_happened_once_or_not_and_its_answer_says_which() {
    prove(60, 5);
}

#[test]
fn five_hundred_jobs_and_forty_kills_leave_no_answer_wrong_and_none_missing() {
    if long() {
        prove(500, 40);
    }
}
