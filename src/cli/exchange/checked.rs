//! Topics and filters of a command line.

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use mqtt_thing::model::{TopicError, escaped};
use std::ffi::OsStr;

/// The longest text that is repeated whole before the reason, in bytes.
const LONGEST: usize = 200;

/// Reads a topic or a filter; of a long one only the beginning is repeated in the error, so that its reason is seen.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Checked<T>(pub(in crate::cli) fn(&str) -> Result<T, TopicError>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Checked<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let long = value.to_str().filter(|text| text.len() > LONGEST);
        let Some((text, error)) = long.and_then(|text| Some((text, (self.0)(text).err()?))) else {
            return self.0.parse_ref(command, arg, value);
        };
        let name = arg.map(ToString::to_string).unwrap_or_default();
        let error = format!("invalid value for '{name}': {}\n", told_wrong(text, &error));
        Err(clap::Error::raw(ErrorKind::ValueValidation, error).with_cmd(command))
    }
}

/// The beginning of a text that is no topic or filter, and why it is none.
pub(in crate::cli) fn told_wrong(text: &str, error: &TopicError) -> String {
    let mistake = error.mistake(text);
    let help = mistake
        .help
        .map_or_else(String::new, |help| format!("; {help}"));
    let begin = escaped(text.as_bytes(), 60);
    format!("`{begin}`: {}{help}", mistake.message)
}
