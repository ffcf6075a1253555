//! The board and its bus. Beside a running thing its report tells; else the bus is ours for a moment, and the board is
//! only read.

mod judge;
mod look;
mod slow;

use super::Findings;
use super::case::Case;

/// Looks at the bus and the board of this thing, if it has any.
pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let Some(plan) = &case.plan else {
        return findings.skip("board", "it is not known which thing of the file this is");
    };
    if plan
        .resources
        .iter()
        .all(|resource| resource.port.is_none())
    {
        return;
    }
    let held: Vec<slow::Hold> = plan.resources.iter().map(slow::Hold::of).collect();
    slow::judge(&held, findings);
    let facts = look::look(case, plan.bus);
    judge::judge(&facts, findings);
}
