//! The file that is appended to: how it is found, written, and put aside when it is large.

use super::{NAME, OLDER};
use crate::fleet::audit::{Entry, Head, MOST_LINE, SeenLine};
use crate::model::escaped;
use crate::store::StoreError;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// So much of a file's end is read first when it is opened.
const TAIL: u64 = 32 * MOST_LINE as u64;

/// The log, ready to be appended to.
#[derive(Debug)]
pub(super) struct LogFile {
    folder: PathBuf,
    /// None until something is written to it.
    file: Option<File>,
    /// Its bytes.
    size: u64,
    /// Something that is not whole may stand behind them.
    torn: bool,
    head: Head,
    most: u64,
    sync: bool,
}

impl LogFile {
    /// Looks at what there is. What was wrong with the end of it is returned in words.
    pub(super) fn open(
        folder: &Path,
        most: u64,
        sync: bool,
    ) -> Result<(Self, Option<String>), StoreError> {
        let end = |name: &str| {
            let path = folder.join(name);
            End::of(&path).map_err(|source| StoreError::Path { path, source })
        };
        let newest = end(NAME)?;
        let (head, newest) = match newest {
            Some(
                newest @ End {
                    head: Some(head), ..
                },
            ) => (head, Some(newest)),
            // it was put aside a moment before the end, or nothing in it can be gone on from
            newest => {
                let older = end(OLDER)?.and_then(|older| older.head);
                (older.unwrap_or(Head::NONE), newest)
            }
        };
        let (size, torn, found) = newest.map_or((0, false, None), |end| {
            (end.whole, end.torn > 0, end.in_words())
        });
        let log = Self {
            folder: folder.to_owned(),
            file: None,
            size,
            torn,
            head,
            most,
            sync,
        };
        Ok((log, found))
    }

    pub(super) const fn head(&self) -> Head {
        self.head
    }

    /// Appends entries and takes them out. What is left was not written; nothing of it is in the file.
    pub(super) fn append(
        &mut self,
        entries: &mut VecDeque<Entry>,
        clock_synchronised: Option<bool>,
    ) -> io::Result<()> {
        while !entries.is_empty() {
            let (mut head, mut text, mut count) = (self.head, String::new(), 0);
            for entry in &*entries {
                let (line, next) = head.then(entry, clock_synchronised);
                let size = self.size + (text.len() + line.len()) as u64;
                if size > self.most && size > line.len() as u64 {
                    break;
                }
                text.push_str(&line);
                (head, count) = (next, count + 1);
            }
            if count == 0 {
                self.put_aside()?;
                continue;
            }
            self.write(text.as_bytes())?;
            self.head = head;
            entries.drain(..count);
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let path = self.folder.join(NAME);
        let file = match &mut self.file {
            Some(file) => file,
            closed => {
                let mut options = OpenOptions::new();
                let options = options.append(true).create(true).mode(0o600);
                closed.insert(options.open(path)?)
            }
        };
        if self.torn {
            file.set_len(self.size)?;
            self.torn = false;
        }
        if let Err(error) = file.write_all(text) {
            // a full disk takes a part of it
            self.torn = file.set_len(self.size).is_err();
            return Err(error);
        }
        self.size += text.len() as u64;
        Ok(())
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.wait_for_disk()?;
        std::fs::rename(self.folder.join(NAME), self.folder.join(OLDER))?;
        (self.file, self.size, self.torn) = (None, 0, false);
        if self.sync {
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Waits until the disk has what was written.
    pub(super) fn wait_for_disk(&self) -> io::Result<()> {
        match &self.file {
            Some(file) if self.sync => file.sync_data(),
            _ => Ok(()),
        }
    }
}

/// The end of a file.
struct End {
    /// Its bytes up to the last line feed.
    whole: u64,
    /// Those behind.
    torn: u64,
    torn_text: String,
    /// The last line that is one.
    head: Option<Head>,
    /// How many lines after that are none.
    wrong: usize,
}

impl End {
    /// None if there is no such file.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let size = file.metadata()?.len();
        let near = Self::read(&mut file, size, size.saturating_sub(TAIL))?;
        if near.head.is_some() || size <= TAIL {
            return Ok(Some(near));
        }
        Self::read(&mut file, size, 0).map(Some)
    }

    fn read(file: &mut File, size: u64, from: u64) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.take(size - from).read_to_end(&mut bytes)?;
        let feed = bytes.iter().rposition(|byte| *byte == b'\n');
        // without a line feed in sight, nothing is cut that was not looked at
        let (lines, torn) = bytes.split_at(feed.map_or(0, |at| at + 1));
        let mut wrong = 0;
        let mut head = None;
        for line in lines.split(|byte| *byte == b'\n').rev().skip(1) {
            head = SeenLine::head(line);
            if head.is_some() {
                break;
            }
            wrong += 1;
        }
        Ok(Self {
            whole: from + lines.len() as u64,
            torn: torn.len() as u64,
            torn_text: escaped(torn, 80),
            head,
            wrong,
        })
    }

    fn in_words(&self) -> Option<String> {
        let (torn, wrong) = (self.torn, self.wrong);
        let cut = format!("a last line that was not whole was cut off ({torn} bytes)");
        let left = format!("the last {wrong} lines are none of this log; they stay as they are");
        match (torn, wrong) {
            (0, 0) => None,
            (_, 0) => Some(format!("{cut}: {}", self.torn_text)),
            (0, _) => Some(left),
            _ => Some(format!("{left}; {cut}: {}", self.torn_text)),
        }
    }
}
