//! A run as a table or as JSON lines, one response each, written as it is read.

mod csv;
mod json;

pub use csv::csv;
pub use json::{json, json_line};

use super::StoreError;
use std::io;
use thiserror::Error;

/// An export that was not finished.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is exported cannot be written.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
}
