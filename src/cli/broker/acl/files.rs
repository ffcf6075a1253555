//! Text files of a test. What is wrong with one is shown on standard error.

use super::told::AclText;
use anstream::eprintln;
use mqtt_thing::broker::acl_file;
use mqtt_thing::model::{escaped, holds_private_key};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest ACL file that is read, in bytes.
const LARGEST_ACL: usize = 4 * 1024 * 1024;
/// So many of its mistakes are shown.
const MOST: usize = 50;

/// What may hold something of a file, for a terminal; our own quotes stay.
pub(super) fn shown(text: &str) -> String {
    let lines = text.split('\n').map(|line| escaped(line.as_bytes(), 4096));
    lines.collect::<Vec<_>>().join("\n").replace("\\\"", "\"")
}

pub(super) fn text(path: &Path, most: usize) -> Option<String> {
    let read = read(path, most);
    let told = |why| eprintln!("mqtt-thing: {}: {why}", shown(&path.display().to_string()));
    read.map_err(told).ok()
}

fn read(path: &Path, most: usize) -> Result<String, String> {
    let failed = |error: io::Error| format!("cannot be read: {error}");
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // one byte more than allowed shows that there is more
    let mut file = file.take(most as u64 + 1);
    file.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > most {
        return Err(format!("is larger than {most} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        format!("is no UTF-8 text: byte {byte}, counted from 0, is the first wrong one")
    })?;
    match holds_private_key(&text) {
        true => Err("is a private key; is this the right file?".to_owned()),
        false => Ok(text),
    }
}

pub(super) fn acl(path: &Path) -> Option<AclText> {
    let text = text(path, LARGEST_ACL)?;
    let name = shown(&path.display().to_string());
    match acl_file::parse(&text) {
        Ok(file) => Some(AclText { name, file }),
        Err(mistakes) => {
            for mistake in mistakes.iter().take(MOST) {
                let (line, message) = (mistake.line, &mistake.message);
                eprintln!("{name}:{line}: error: {message}");
            }
            if let Some(more @ 1..) = mistakes.len().checked_sub(MOST) {
                eprintln!("... and {more} more");
            }
            None
        }
    }
}
