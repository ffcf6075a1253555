//! What each role gets, and that the file is read as Python reads it.

mod any_text;
mod python;
mod roles;
mod same_keys;
