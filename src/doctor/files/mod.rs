//! The files: the topology and what it names, who may read and write them, what has grown.

mod topology;

pub(super) use topology::{this_thing, topology};
