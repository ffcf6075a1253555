//! The list of trusted keys: whom an executor obeys, and for what.
//!
//! A line a key, `#` begins a comment:
//!
//! ```text
//! NAME ed25519:BASE64 [allow="PATTERN"]... [revoked] [may-revoke]
//! ```
//!
//! `NAME` is 1 to 64 of `A-Z a-z 0-9 . _ @ -`. `PATTERN` is an entry as in an executor's `allow`
//! ([`crate::fleet::pattern`]), in which `\"` stands for `"` and `\\` for `\`. With `allow` a key may have run only what
//! one of its patterns *and* the executor's own policy allow. A `revoked` line stays, so that it is seen why.

mod line;

use super::public_key::{KeyId, PublicKey};
use crate::model::{Mistake, Place, holds_private_key};
pub use line::is_usable_name;
pub(super) use line::{Line, quoted};

/// A key on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// Its name, for people.
    pub name: String,
    /// The key.
    pub key: PublicKey,
    /// What it may have run, as entries of `allow`; everything that the executor itself allows, if there is none.
    pub allow: Option<Vec<String>>,
    /// Whether it is not obeyed any more.
    pub revoked: bool,
    /// Whether it may revoke other keys.
    pub may_revoke: bool,
}

/// The list. An empty one trusts nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<Trusted>,
    // of each key, in the same order
    ids: Vec<KeyId>,
}

impl Trust {
    /// Reads the list.
    ///
    /// # Errors
    /// All mistakes, in the order of the file. A list with a mistake is no list: leaving out a line that cannot be read
    /// may leave out a revocation.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        Ok(Self::of_lines(lines(text)?))
    }

    fn of_lines(lines: Vec<Line>) -> Self {
        let keys: Vec<Trusted> = lines.into_iter().map(|line| line.trusted).collect();
        let ids = keys.iter().map(|trusted| trusted.key.id()).collect();
        Self { keys, ids }
    }

    /// The keys, in the order of the file, the revoked ones too.
    #[must_use]
    pub fn keys(&self) -> &[Trusted] {
        &self.keys
    }

    /// The key with this id, if it is on the list; revoked ones too.
    #[must_use]
    pub fn find(&self, id: &KeyId) -> Option<&Trusted> {
        let place = self.ids.iter().position(|known| known == id)?;
        self.keys.get(place)
    }
}

/// The lines of a list that have a key.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Vec<Mistake>> {
    if holds_private_key(text) {
        // to say more of it would be to show it
        let mistake = Mistake::new(
            0..0,
            "a private key is in it, and this is a list of public ones",
        );
        return Err(vec![mistake]);
    }
    let mut mistakes = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    let mut start = 0;
    for text in text.split('\n') {
        if let Some(line) = Line::read(text, start, &mut mistakes) {
            mistakes.extend(twice(&lines, &line));
            lines.push(line);
        }
        start += text.len() + 1;
    }
    mistakes.sort_by_key(|mistake| mistake.place.start);
    if mistakes.is_empty() {
        Ok(lines)
    } else {
        Err(mistakes)
    }
}

/// What stands on an earlier line already.
fn twice(before: &[Line], line: &Line) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut say = |place: &Place, what: String, help: &str| {
        mistakes.push(Mistake::new(place.clone(), what).help(help));
    };
    let (name, key) = (&line.trusted.name, &line.trusted.key);
    if before.iter().any(|other| other.trusted.name == *name) {
        let what = format!("`{name}` is the name of another key already");
        say(&line.name, what, "each key has a name of its own");
    }
    // by the id: it is what a command names its key by
    if let Some(other) = before
        .iter()
        .find(|other| other.trusted.key.id() == key.id())
    {
        let what = format!("this key stands here already, as `{}`", other.trusted.name);
        say(&line.key, what, "keep one of the two lines");
    }
    mistakes
}
