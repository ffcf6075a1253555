//! What a set-up that was ended by force left beside its place: hidden folders with copies of its secrets.

use super::SetUpError;
use super::folder::{failed, parent};
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The name of the folder that a process writes a set-up to before it is moved to its place.
pub(super) fn name(of: &std::ffi::OsStr, process: u32) -> OsString {
    let mut name = OsString::from(".");
    name.push(of);
    name.push(format!(".{process}.new"));
    name
}

/// Removes what processes that are gone left beside this folder, and says what that was. To be called before anything
/// is written there by this process.
///
/// # Errors
/// The disk.
pub fn remove_leftovers(folder: &Path) -> Result<Vec<PathBuf>, SetUpError> {
    // a set-up is written beside where it really is
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let (beside, Some(of)) = (parent(&folder), folder.file_name()) else {
        return Ok(Vec::new());
    };
    // whoever writes there says what is wrong with it
    let Ok(entries) = fs::read_dir(&beside) else {
        return Ok(Vec::new());
    };
    let mut removed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed(&beside, "read"))?;
        let found = entry.file_name();
        let process = found.to_str().and_then(|name| {
            let number = name.strip_suffix(".new")?.rsplit('.').next()?;
            number.parse::<u32>().ok()
        });
        let Some(process) = process.filter(|process| name(of, *process) == found) else {
            continue;
        };
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || is_at_work(process) {
            continue;
        }
        match fs::remove_dir_all(&path) {
            Ok(()) => removed.push(path),
            // somebody else's, or another was faster
            Err(error)
                if [ErrorKind::PermissionDenied, ErrorKind::NotFound].contains(&error.kind()) => {}
            Err(error) => return Err(failed(&path, "remove")(error)),
        }
    }
    removed.sort();
    Ok(removed)
}

/// Whether that process may still be writing. This one has not begun yet: its number was another's before.
fn is_at_work(process: u32) -> bool {
    let about = |process: u32| Path::new("/proc").join(process.to_string()).exists();
    let own = std::process::id();
    // where the system does not show processes nobody can tell
    process != own && (!about(own) || about(process))
}
