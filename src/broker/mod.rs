//! A broker's set-up and how it is doing: what whoever runs the lab's Mosquitto needs. Host builds only, so that no Pi
//! carries what makes certificates.

pub mod acl_file;
pub mod acl_test;
pub mod set_up;
pub mod watch;
