//! Finds a program, and makes sure that no job can put another in its place.
//!
//! Source: path_resolution(7), chmod(2), the sticky bit in inode(7). A program is what is executed, so whoever may
//! write to it, to a link on the way, or to a folder above (and so put another file in its place) decides what is
//! executed. Jobs run as our own user; what they could change, a later job could have changed.

use super::Root;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// Where a name without a path is looked for, in this order. Never `$PATH`, which a user's file may set.
pub const FOLDERS: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// The kernel follows so many links and no more.
const MOST_LINKS: usize = 40;

/// Why a program is not run.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// It is in none of the folders.
    #[error("there is no program `{name}` in {}; install it, or name its absolute path", FOLDERS.join(", "), name = .0)]
    NotFound(String),
    /// There is nothing at that path.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// It is neither a name nor an absolute path.
    #[error("`{0}` is no program; it takes a name without `/`, or an absolute path")]
    NoName(String),
    /// It is a folder, a device, or a pipe.
    #[error("{} is no file; a program is one", .0.display())]
    NoFile(PathBuf),
    /// It may not be executed.
    #[error("{path} may not be executed by this user; `sudo chmod a+rx {path}` lets it", path = .0.display())]
    NotExecutable(PathBuf),
    /// Links lead in a circle.
    #[error("{} leads over more than {MOST_LINKS} links", .0.display())]
    Links(PathBuf),
    /// The system says otherwise.
    #[error("{} cannot be looked at: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody who must not could put another in its place.
    #[error("{} could be replaced {}: the {what} {} {how}; {mend}", program.display(), by(*.root), culprit.display())]
    Writable {
        /// The program.
        program: PathBuf,
        /// The file, folder or link that can be changed.
        culprit: PathBuf,
        /// Which of the three it is.
        what: &'static str,
        /// Why it can be.
        how: String,
        /// The command that mends it.
        mend: String,
        /// Whether jobs run as root, so that anybody else is the danger.
        root: bool,
    },
}

const fn by(root: bool) -> &'static str {
    if root {
        "by others than root"
    } else {
        "by a job"
    }
}

impl ProgramError {
    /// A short name that does not change.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotFound(_) | Self::Missing(_) => "program-not-found",
            Self::NoName(_) => "program-path",
            Self::NoFile(_) | Self::NotExecutable(_) => "program-not-executable",
            Self::Links(_) | Self::Unreadable { .. } => "program-unreadable",
            Self::Writable { .. } => "program-writable",
        }
    }
}

/// Who runs jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The numbers of all groups that the user is in.
    pub groups: Vec<u32>,
}

impl User {
    /// Who this process acts as.
    #[must_use]
    pub fn effective() -> Self {
        let mut groups = vec![rustix::process::getegid().as_raw()];
        let more = rustix::process::getgroups().unwrap_or_default();
        groups.extend(more.into_iter().map(rustix::process::Gid::as_raw));
        Self {
            uid: rustix::process::geteuid().as_raw(),
            groups,
        }
    }

    const fn is_root(&self) -> bool {
        self.uid == 0
    }

    fn may_execute(&self, meta: &Metadata) -> bool {
        let bits = match meta.uid() {
            _ if self.is_root() => 0o111,
            owner if owner == self.uid => 0o100,
            _ if self.groups.contains(&meta.gid()) => 0o010,
            _ => 0o001,
        };
        meta.mode() & bits != 0
    }

    /// How the danger could write to it, and what mends that.
    fn can_be_changed(&self, path: &Path, meta: &Metadata) -> Option<(String, String)> {
        let (owner, group, mode) = (meta.uid(), meta.gid(), meta.mode());
        let path = path.display();
        let theirs = match self.is_root() {
            true => owner != 0,
            false => owner == self.uid,
        };
        if theirs {
            let whose = match self.is_root() {
                true => format!("belongs to user {owner}"),
                false => format!("belongs to user {owner}, who runs the jobs"),
            };
            return Some((whose, format!("`sudo chown -h root {path}` mends it")));
        }
        // a link has no permissions of its own; in a sticky folder only an owner replaces an entry
        if meta.is_symlink() || (meta.is_dir() && mode & 0o1000 != 0) {
            return None;
        }
        if mode & 0o002 != 0 {
            let mend = format!("`sudo chmod o-w {path}` mends it");
            return Some(("may be written to by everybody".to_owned(), mend));
        }
        if mode & 0o020 != 0 && (self.is_root() || self.groups.contains(&group)) {
            let mend = format!("`sudo chmod g-w {path}` mends it");
            return Some((format!("may be written to by group {group}"), mend));
        }
        None
    }
}

/// The programs of this machine, for one user.
#[derive(Debug, Clone)]
pub struct Programs {
    root: Root,
    user: User,
}

impl Programs {
    /// Those under that root.
    #[must_use]
    pub const fn new(root: Root, user: User) -> Self {
        Self { root, user }
    }

    /// The path of a program to execute: a name is looked for in [`FOLDERS`], an absolute path is taken as it is.
    /// Links are followed to see what they lead to, but the path of the link is the answer: programs such as busybox
    /// go by the name that they are called by.
    ///
    /// # Errors
    /// There is none, it may not be executed, or somebody could put another in its place.
    pub fn find(&self, name: &str) -> Result<PathBuf, ProgramError> {
        if name.starts_with('/') {
            let path = PathBuf::from(name);
            return self.check(&path).map(|()| path);
        }
        if name.contains('/') || matches!(name, "" | "." | "..") {
            return Err(ProgramError::NoName(name.to_owned()));
        }
        let mut nearly = None;
        for folder in FOLDERS {
            let path = Path::new(folder).join(name);
            match self.check(&path) {
                Ok(()) => return Ok(path),
                Err(error @ ProgramError::Writable { .. }) => return Err(error),
                Err(ProgramError::Missing(_)) => {}
                // as a shell does: the next folder may have a better one
                Err(error) => nearly = nearly.or(Some(error)),
            }
        }
        Err(nearly.unwrap_or_else(|| ProgramError::NotFound(name.to_owned())))
    }

    /// Walks to a program as the kernel does.
    fn check(&self, program: &Path) -> Result<(), ProgramError> {
        let mut danger = None;
        let mut look = |path: &Path, meta: &Metadata| {
            let found = self.user.can_be_changed(path, meta);
            danger = danger
                .take()
                .or(found.map(|how| (path.to_owned(), what(meta), how)));
        };
        let mut here = PathBuf::from("/");
        let mut meta = self.look(&here)?;
        look(&here, &meta);
        let mut ahead = parts(program);
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            let next = match part {
                Part::Root => PathBuf::from("/"),
                Part::Up => here.parent().unwrap_or(Path::new("/")).to_owned(),
                Part::Down(name) => here.join(name),
            };
            meta = self.look(&next)?;
            look(&next, &meta);
            if meta.is_symlink() {
                links += 1;
                if links > MOST_LINKS {
                    return Err(ProgramError::Links(program.to_owned()));
                }
                let target = std::fs::read_link(self.under_root(&next));
                let target = target.map_err(|source| unreadable(&next, source))?;
                ahead.extend(parts(&target));
            } else {
                here = next;
            }
        }
        if !meta.is_file() {
            return Err(ProgramError::NoFile(program.to_owned()));
        }
        if !self.user.may_execute(&meta) {
            return Err(ProgramError::NotExecutable(program.to_owned()));
        }
        match danger {
            None => Ok(()),
            Some((culprit, what, (how, mend))) => Err(ProgramError::Writable {
                program: program.to_owned(),
                culprit,
                what,
                how,
                mend,
                root: self.user.is_root(),
            }),
        }
    }

    fn under_root(&self, path: &Path) -> PathBuf {
        // joined as a path, since it need not be UTF-8
        self.root
            .path("/")
            .join(path.strip_prefix("/").unwrap_or(path))
    }

    fn look(&self, path: &Path) -> Result<Metadata, ProgramError> {
        let meta = std::fs::symlink_metadata(self.under_root(path));
        meta.map_err(|source| unreadable(path, source))
    }
}

fn unreadable(path: &Path, source: io::Error) -> ProgramError {
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            ProgramError::Missing(path.to_owned())
        }
        _ => ProgramError::Unreadable {
            path: path.to_owned(),
            source,
        },
    }
}

fn what(meta: &Metadata) -> &'static str {
    match meta {
        meta if meta.is_symlink() => "link",
        meta if meta.is_dir() => "folder",
        _ => "file",
    }
}

/// A step of a walk.
enum Part {
    Root,
    Up,
    Down(OsString),
}

/// The steps of a path, the last first.
fn parts(path: &Path) -> Vec<Part> {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::RootDir => Some(Part::Root),
        Component::ParentDir => Some(Part::Up),
        Component::Normal(name) => Some(Part::Down(name.to_owned())),
        Component::CurDir | Component::Prefix(_) => None,
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
