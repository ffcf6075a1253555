//! The connection breaks, or the user ends deploy.sh, at each step: the host always has a version that works, asked
//! itself and seen by the broker, and a second run ends well.

use crate::cutter::{After, Cutter};
use crate::lab::Lab;
use crate::program;
use crate::support::wait_for;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
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

    // what is asked; the upload's beginning, middle and end; then the host speaks, from the checks to the verdict
    let cuts = [6_000, 40_000, up / 2, up - 20_000].map(After::Up);
    let steps = ["checks", "activation", "switching", "waiting for health"].map(After::Said);
    let programs = [program::ours(), program::newer()];
    for (round, cut) in cuts.into_iter().chain(steps).enumerate() {
        let way = Cutter::to(lab.host.port(), cut);
        lab.host.reached_through(way.port());
        let mut command = lab.deploy(&programs[round % 2]).command();
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut text = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if matches!(cut, After::Said(step) if line.contains(step)) && !way.broke() {
                way.cut();
            }
            println!("{line}");
            text.push_str(&line);
        }
        let code = child.wait().unwrap().code();
        println!("{cut:?}: {code:?}");
        assert!(way.broke(), "{cut:?} was never reached");
        lab.wait_idle();
        lab.assert_works();
        // what was lost on the way is told as lost, unless it was asked for again with success
        if code != Some(0) {
            assert_eq!(code, Some(1));
            let told = text.contains("connection lost") || text.contains("failed: ssh: ");
            assert!(told, "{text}");
        }
        lab.deploy(&programs[round % 2])
            .run()
            .assert(0, &["online"]);
        assert_eq!(
            lab.host.says("ls -A /home/pi"),
            "",
            "something was left behind"
        );
    }
    lab.assert_works();
}

#[test]
fn deploy_that_is_ended_at_any_step_leaves_a_version_that_works() {
    let Some(lab) = Lab::new() else { return };
    let lab = lab.deployed();
    let programs = [program::newer(), program::ours()];
    let steps = ["sending", "checks", "activation", "waiting for health"];
    for (round, step) in steps.into_iter().enumerate() {
        let mut command = lab.deploy(&programs[round % 2]).command();
        command.stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        lines
            .find(|line| line.as_ref().is_ok_and(|line| line.contains(step)))
            .unwrap_or_else(|| panic!("it never said `{step}`"))
            .unwrap();
        println!("ended at `{step}`");
        // with all that it started, as when a terminal's machine is switched off
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process_group(group, Signal::KILL).unwrap();
        child.wait().unwrap();
        // nobody listens any more to what is still under way
        drop(lines);
        wait_for("the end of what it had begun", || {
            let busy = "grep -ls 'mqtt-thing-deplo[y]\\|activate.s[h]' /proc/[0-9]*/cmdline";
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
