//! x
pub mod board;
pub mod model;
