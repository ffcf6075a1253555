//! Why a program did not start, in words.

use crate::fleet::JobEnd;
use rustix::io::Errno;
use std::error::Error;
use std::io;
use std::path::Path;

/// An error with its causes, but for those that it tells itself.
pub(super) fn whole(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        next = cause.source();
    }
    told
}

/// The words for an error of `execve` and what comes before it. The same number means several things, so the program
/// and the directory are looked at, now that there is time.
pub(super) fn not_started(error: &io::Error, program: &Path, directory: &Path) -> JobEnd {
    let shown = program.display();
    let errno = Errno::from_io_error(error);
    let not_found = errno == Some(Errno::NOENT) && directory.is_dir() && !program.exists();
    let words = match errno {
        Some(Errno::NOENT | Errno::NOTDIR) if !directory.is_dir() => {
            let directory = directory.display();
            format!("the working directory `{directory}` is not there")
        }
        Some(Errno::NOENT) if program.exists() => {
            format!("the interpreter or loader that `{shown}` names is not there")
        }
        Some(Errno::NOENT | Errno::NOTDIR) => format!("there is no `{shown}`"),
        Some(Errno::ACCESS | Errno::PERM) => {
            let directory = directory.display();
            format!("this user may not execute `{shown}` in `{directory}`")
        }
        Some(Errno::NOEXEC) => format!("`{shown}` is no program for this machine"),
        Some(Errno::TOOBIG) => "its arguments are longer than the system allows".to_owned(),
        Some(Errno::AGAIN) => "this user or the machine may have no more processes".to_owned(),
        Some(Errno::NOMEM) => "there is no memory for it".to_owned(),
        Some(Errno::MFILE | Errno::NFILE) => "there are no files left for its pipes".to_owned(),
        _ => format!("`{shown}` could not be started"),
    };
    JobEnd::NotStarted {
        reason: format!("{words}: {error}"),
        not_found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(errno: Errno, program: &str, directory: &str) -> (String, bool) {
        match not_started(&errno.into(), Path::new(program), Path::new(directory)) {
            JobEnd::NotStarted { reason, not_found } => (reason, not_found),
            end => panic!("{end:?}"),
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let (reason, not_found) = said(Errno::NOENT, "/nope", "/");
        assert!(
            not_found && reason.starts_with("there is no `/nope`: "),
            "{reason}"
        );
        let (reason, not_found) = said(Errno::NOENT, "/bin/sh", "/");
        assert!(
            !not_found && reason.starts_with("the interpreter"),
            "{reason}"
        );
        let (reason, not_found) = said(Errno::NOENT, "/bin/sh", "/nope");
        assert!(
            !not_found && reason.contains("directory `/nope`"),
            "{reason}"
        );
        let (reason, not_found) = said(Errno::XDEV, "/bin/sh", "/");
        assert!(
            !not_found && reason.starts_with("`/bin/sh` could not"),
            "{reason}"
        );
    }
}
