//! The services: whether they are installed, begin with the machine, run, and stay; and whether what runs is this program
//! and alive.

mod judge;
mod look;

use super::case::{Case, RUNNER, SERVICE};
use super::{Findings, case};
use judge::{Alive, alive, runner, service};
pub(super) use look::booted_with_systemd;
use look::{process_state, replaced, state};

/// Looks at the thing's service and at the runner's, and at the process that runs.
pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let root = case.root();
    if let Some(report) = &case.running {
        let its = Alive {
            report,
            now: case::now(),
            state: process_state(root, report.pid),
            replaced: replaced(root, report.pid),
        };
        alive(&its, findings);
    }
    if !booted_with_systemd(root) {
        return findings.skip("service", "this machine was not started by systemd");
    }
    match state(root, SERVICE) {
        None => findings.skip("service", "systemctl does not answer"),
        Some(found) => service(&found, case, findings),
    }
    if case.runner.is_some() && case.executors().next().is_some() {
        if let Some(found) = state(root, RUNNER) {
            runner(&found, findings);
        }
    }
}
