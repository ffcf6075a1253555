//! The supply's voltage, what the firmware did about it, and warmth.

use crate::doctor::{Cure, Findings, Severity};
use crate::system::{HostState, Root};

/// At this temperature a Pi begins to slow down. Source: Raspberry Pi's documentation, "Frequency management and thermal
/// control": 80 degrees, and at most 85.
const HOT_C: f64 = 80.0;

// the bits of `vcgencmd get_throttled`, the second of each pair what has happened
const UNDER_VOLTAGE: (u32, u32) = (1 << 0, 1 << 16);
const CAPPED: (u32, u32) = (1 << 1, 1 << 17);
const THROTTLED: (u32, u32) = (1 << 2, 1 << 18);
const SOFT_LIMIT: (u32, u32) = (1 << 3, 1 << 19);

pub(super) fn examine(root: &Root, findings: &mut Findings) {
    let host = HostState::read(root);
    judge(
        host.throttled,
        host.under_voltage,
        host.temperature_c,
        findings,
    );
}

fn judge(flags: Option<u32>, alarm: Option<bool>, warmth: Option<f64>, findings: &mut Findings) {
    let bits = flags.unwrap_or(0);
    let any = |(now, before): (u32, u32)| bits & (now | before) != 0;
    let seen = match flags {
        Some(flags) => format!("throttled=0x{flags:x}"),
        None => "the chip rpi_volt gives alarm".to_owned(),
    };
    let supply = || {
        [
            Cure::advise(
                "use the supply that is made for this Pi (5.1 V; 2.5 A for a Pi 3, 3 A for a Pi 4, 5 A for a Pi 5) and a short, \
                 thick cable",
            ),
            Cure::advise(
                "take loads off the board: motors and LED strips want a supply of their own",
            ),
            Cure::run("vcgencmd get_throttled"),
        ]
    };
    if any(UNDER_VOLTAGE) || alarm == Some(true) {
        let cause = format!(
            "the supply is too weak: its voltage is below 4.63 V, or was a moment ago ({seen}). The processor is slowed, the \
             card can be damaged, and the board resets"
        );
        return findings.tell("under-voltage", Severity::Broken, cause, supply());
    }
    let cool = || {
        [
            Cure::advise("give it air, a heat sink or a fan"),
            Cure::run("vcgencmd measure_temp"),
        ]
    };
    let hot = warmth.filter(|warmth| *warmth >= HOT_C);
    if let Some(warmth) = hot {
        let cause =
            format!("the processor is {warmth:.0} degrees warm; from {HOT_C:.0} on it is slowed");
        findings.tell("too-hot", Severity::Warning, cause, cool());
    } else if any(CAPPED) || any(THROTTLED) || any(SOFT_LIMIT) {
        let cause = format!(
            "the firmware slows the processor, or did a moment ago ({seen}): measurements of jobs are not comparable"
        );
        findings.tell("throttled", Severity::Warning, cause, cool());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::tests::rules;

    #[test]
    fn a_weak_supply_goes_before_warmth_and_that_before_being_slowed() {
        let told = |flags, alarm, warmth| rules(|findings| judge(flags, alarm, warmth, findings));
        assert_eq!(told(None, None, None), [""; 0]);
        assert_eq!(told(Some(0), Some(false), Some(79.9)), [""; 0]);
        assert_eq!(told(Some(0x5_0005), None, Some(85.0)), ["under-voltage"]);
        assert_eq!(told(Some(0x1_0000), Some(false), None), ["under-voltage"]);
        assert_eq!(told(None, Some(true), None), ["under-voltage"]);
        assert_eq!(told(Some(0x8), None, Some(80.0)), ["too-hot"]);
        for bits in [0x2, 0x4, 0x8, 0x2_0000, 0x4_0000, 0x8_0000] {
            assert_eq!(told(Some(bits), None, Some(60.0)), ["throttled"]);
        }
    }
}
