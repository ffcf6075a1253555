//! `deploy/deploy.sh` against a real sshd, in a root of its own, with a real Mosquitto.
//!
//! What is a stand-in: no systemd runs there. `systemctl` is `systemctl.py`, which really runs the units' programs as their
//! users; sandboxing and cgroups are not in it. Everything else is real: ssh, sudo, accounts, sysusers and tmpfiles, file
//! systems, the thing and its broker. Needs root on Linux, for the namespaces; elsewhere these tests say that they are skipped.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[path = "../support/mod.rs"]
mod support;

mod cut;
mod cutter;
mod deployment;
mod host;
mod lab;
mod power;
mod program;
mod refused;
mod secrets;
mod several;
mod spine;
mod uninstall;
mod usage;
