//! x
pub mod board;
pub mod model;
pub mod resources;
pub mod thing;
