//! The connection breaks, or the user ends deploy.sh, at each step: the host always has a version that works, asked
//! itself and seen by the broker, and a second run ends well.

use crate::cutter::{After, Cutter};
use crate::lab::Lab;
use crate::program;
use crate::support::wait_for;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn a_connection_that_breaks_anywhere_leaves_a_version_that_works() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.deployed();
    let usual = Cutter::to(lab.host.port(), After::Never);
    lab.host.reached_through(usual.port());
    lab.deploy(&program::newer())
        .run()
        .assert(0, &["upgraded: online"]);
    let (up, down) = usual.counted();
    println!("an upgrade takes {up} bytes to the host and {down} from it");

    let mut cuts = vec![
        // the first handshake; what is asked; the second handshake; the upload's beginning, middle and end
        After::Up(500),
        After::Up(6_000),
        After::Up(12_000),
        After::Up(40_000),
        After::Up(up / 2),
        After::Up(up - 20_000),
    ];
    // from the checks to the verdict, the host speaks
    cuts.extend((1..=6).map(|part| After::Down(down - part * 150)));
    let programs = [program::ours(), program::newer()];
    for (round, cut) in cuts.into_iter().enumerate() {
        let way = Cutter::to(lab.host.port(), cut);
        lab.host.reached_through(way.port());
        let outcome = lab.deploy(&programs[round % 2]).run();
        println!("{cut:?}: {:?}", outcome.code);
        assert!(way.broke(), "{cut:?} was never reached");
        lab.wait_idle();
        lab.assert_works();
        // what was lost on the way is told as lost, unless it was asked for again with success
        if outcome.code != Some(0) {
            assert_eq!(outcome.code, Some(1));
            assert!(
                outcome.text.contains("connection lost") || outcome.text.contains("failed: ssh: "),
                "{}",
                outcome.text
            );
        }
        let again = lab.deploy(&programs[round % 2]).run();
        again.assert(0, &["online"]);
        lab.assert_works();
        assert_eq!(
            lab.host.says("ls -A /home/pi"),
            "",
            "something was left behind"
        );
    }
}

#[test]
fn deploy_that_is_ended_at_any_step_leaves_a_version_that_works() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.deployed();
    let programs = [program::newer(), program::ours()];
    let steps = [
        "asking",
        "sending",
        "checks",
        "activation",
        "switching",
        "waiting for health",
    ];
    for (round, step) in steps.into_iter().enumerate() {
        let mut command = lab.deploy(&programs[round % 2]).command();
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        lines
            .find(|line| line.as_ref().is_ok_and(|line| line.contains(step)))
            .unwrap_or_else(|| panic!("it never said `{step}`"))
            .unwrap();
        println!("ended at `{step}`");
        child.kill().unwrap();
        child.wait().unwrap();
        // nobody listens any more to what is still under way
        drop(lines);
        wait_for("the end of what it had begun", || {
            let busy = "grep -ls 'mqtt-thing-deploy\\|activate.sh' /proc/[0-9]*/cmdline | grep -v \"/$$/\"";
            lab.host.says(busy).is_empty().then_some(())
        });
        lab.assert_works();
        lab.deploy(&programs[round % 2])
            .run()
            .assert(0, &["online"]);
        lab.assert_works();
        assert_eq!(
            lab.host.says("ls -A /home/pi"),
            "",
            "something was left behind"
        );
    }
}
