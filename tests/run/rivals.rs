//! Two Pis that believe to be the same thing, since one file was copied with its address.

use crate::pi::{File, INNER, LAB, Pi, can_run};
use crate::support::{Mosquitto, wait_for};

const NAMED: &str = "another client uses the same identifier";

#[test]
fn two_things_with_one_id_say_so_by_name_and_make_no_storm() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let mut twins = [Pi::start(&file, "inner"), Pi::start(&file, "inner")];
    let named = || {
        twins
            .iter()
            .map(|pi| pi.said().matches(NAMED).count())
            .sum::<usize>()
    };
    let connects = || mosquitto.count_log(&format!(" as {INNER} ("));
    wait_for("one of them to notice", || (named() > 0).then_some(()));
    assert!(connects() <= 12, "{} connections", connects());
    let line = twins.iter().find_map(|pi| {
        let said = pi.said();
        said.lines()
            .find(|line| line.contains(NAMED))
            .map(str::to_owned)
    });
    let line = line.unwrap();
    assert!(
        line.contains(&format!("client_id=\"{INNER}\"")) && line.contains(" WARN "),
        "{line}"
    );
    // the next take-over comes after a pause, and it is said again
    wait_for("the next take-over", || (named() > 1).then_some(()));
    println!("{} connections, {} lines", connects(), named());
    assert!(connects() <= 20, "{} connections", connects());
    for pi in &mut twins {
        pi.signal(rustix::process::Signal::TERM);
        let (status, _) = pi.wait_end();
        assert_eq!(status.code(), Some(0), "{}", pi.said());
    }
}
