//! What is wrong with a bus and its board.

use super::look::{Answers, Facts, Forbidden, NoDevice, Seen};
use crate::board::{BAD_PERCENT, Firmware, STRETCHING_REMEDIES};
use crate::doctor::{Cure, Findings, Severity};

const CONFIG: &str = "/boot/firmware/config.txt";

pub(super) fn judge(facts: &Facts, findings: &mut Findings) {
    let device = facts.device.display();
    match &facts.seen {
        Seen::NoDevice(why) => no_device(facts, why, findings),
        Seen::Forbidden(why) => forbidden(facts, why, findings),
        Seen::Held(holder) => {
            let (who, cure) = match holder {
                Some(holder) => (
                    holder.to_string(),
                    Cure::run(format!("sudo kill {}", holder.pid)),
                ),
                None => (
                    "another program".to_owned(),
                    Cure::run(format!("sudo fuser -v {device}")),
                ),
            };
            let cause = format!(
                "{who} has {device}, and a board takes one owner: two programs mix up each other's answers"
            );
            let more = Cure::advise("see that it is not started again beside this thing");
            findings.tell("bus-held", Severity::Broken, cause, [cure, more]);
        }
        Seen::Unusable(why) => {
            let cures = [
                Cure::run("sudo raspi-config nonint do_i2c 0"),
                Cure::run("sudo reboot"),
            ];
            findings.tell("bus-unusable", Severity::Broken, why.clone(), cures);
        }
        Seen::Silent(why) => {
            let cause = format!("no board answers at address 0x04 of {device}: {why}");
            let cures = [
                Cure::advise("press the board's reset button"),
                Cure::advise(
                    "check that the GrovePi sits on all pins and that its power lamp is on; a short in a Grove cable \
                     takes the bus down, too: pull all out, and put them back one by one",
                ),
                Cure::run(format!("mqtt-thing probe --bus {}", facts.bus)),
            ];
            findings.tell("board-silent", Severity::Broken, cause, cures);
        }
        Seen::Answers(answers) => well(facts, answers, findings),
        Seen::Unknown(why) => findings.skip("board", why.clone()),
    }
}

fn no_device(facts: &Facts, why: &NoDevice, findings: &mut Findings) {
    let (device, bus) = (facts.device.display(), facts.bus);
    let on = Cure::run("sudo raspi-config nonint do_i2c 0");
    let reboot = Cure::run("sudo reboot");
    let loaded =
        "sudo modprobe i2c-dev && echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf";
    if why.adapter {
        let cause = format!(
            "the kernel has I2C bus {bus}, but {device} is missing: its module i2c-dev is not loaded"
        );
        findings.tell(
            "i2c-module",
            Severity::Broken,
            cause,
            [Cure::run(loaded), on],
        );
        return;
    }
    if bus != 1 && why.others.contains(&1) {
        let cause =
            format!("the file says `bus = {bus}`, and there is no {device}; there is bus 1");
        let cures = [
            Cure::advise("remove `bus` from the thing's section of the file: 1 is the usual one"),
            Cure::run(format!(
                "echo dtoverlay=i2c{bus} | sudo tee -a {CONFIG} && sudo reboot"
            )),
        ];
        findings.tell("bus-missing", Severity::Broken, cause, cures);
        return;
    }
    let missing = format!("there is no {device}");
    let (cause, cures) = match &why.config {
        Some((config, true)) => (
            format!(
                "{missing}, although {} switches I2C on: that holds from the next start of the machine",
                config.display()
            ),
            [reboot, on],
        ),
        Some((config, false)) => (
            format!("{missing}, and {} does not switch I2C on", config.display()),
            [on, reboot],
        ),
        None => (format!("{missing}: I2C is off"), [on, reboot]),
    };
    findings.tell("i2c-off", Severity::Broken, cause, cures);
}

fn forbidden(facts: &Facts, why: &Forbidden, findings: &mut Findings) {
    let device = facts.device.display();
    let (who, group) = (why.account.words(), &why.group);
    let cause = format!(
        "{who} may not use {device}: its mode is {:04o} and its group {group}",
        why.mode
    );
    let user = why.account.in_command();
    let join = Cure::run(format!("sudo usermod -aG {group} {user}"));
    let again = match why.account.name {
        Some(_) => Cure::run("sudo systemctl restart mqtt-thing"),
        None => Cure::advise("log out and in again: groups are given at the login"),
    };
    let cures = match why.group_may {
        true => vec![join, again],
        false => vec![Cure::run(format!("sudo chmod g+rw {device}")), join, again],
    };
    findings.tell("i2c-forbidden", Severity::Broken, cause, cures);
}

/// It answers; how well?
fn well(facts: &Facts, answers: &Answers, findings: &mut Findings) {
    let device = facts.device.display();
    let measured = Firmware::MEASURED.to_string();
    if let Some(firmware) = answers.firmware.as_ref().filter(|its| **its != measured) {
        let cause = format!(
            "the board on {device} says that its firmware is {firmware}; this program was measured against {measured}"
        );
        let flash = Cure::advise(format!(
            "load firmware {measured} of DexterInd's GrovePi repository into the board (its script firmware_update.sh), or watch \
             closely: others may differ in timing"
        ));
        let (severity, cures) = match firmware.as_str() {
            "255.255.255" | "0.0.0" => (
                Severity::Broken,
                vec![
                    Cure::advise("is it a GrovePi? something else may answer at its address 0x04"),
                    flash,
                ],
            ),
            _ => (Severity::Warning, vec![flash]),
        };
        findings.tell("board-other-firmware", severity, cause, cures);
    }
    let percent = answers.counters.errors_percent();
    let enough = answers.counters.transfers >= 200;
    if enough && percent > BAD_PERCENT {
        let who = if answers.told {
            "the running thing met"
        } else {
            "a short look met"
        };
        let cause = format!(
            "{who} errors in {percent:.1} % of {} commands on {device}; more than {BAD_PERCENT} % is bad. The Pi's own \
             controller is known for it: it cannot wait for a board that stretches the clock",
            answers.counters.transfers
        );
        let mut cures: Vec<Cure> = STRETCHING_REMEDIES
            .iter()
            .map(|line| Cure::run(format!("echo {line} | sudo tee -a {CONFIG} && sudo reboot")))
            .collect();
        cures.push(Cure::advise(
            "shorten the cables, and see that none is loose",
        ));
        findings.tell("bus-errors", Severity::Warning, cause, cures);
    }
    for fault in &answers.faults {
        let cause = format!(
            "{} does not work, while its board answers: {}",
            fault.resource, fault.error
        );
        let cures = [
            Cure::advise(
                "check that its cable sits in the port that the file names, and the module itself",
            ),
            Cure::run("mqtt-thing probe"),
        ];
        findings.tell("resource-faulty", Severity::Broken, cause, cures);
    }
}
