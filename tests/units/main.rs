//! What `deploy/systemd` says, judged by systemd's own tools, and tried in a machine whose first process is a real
//! systemd (`tests/support/machine.rs`): the thing on its simulated board, and what jobs can and cannot do.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod figures;
mod installed;
mod jobs;
mod split;
mod thing;
mod tries;
mod udev;
