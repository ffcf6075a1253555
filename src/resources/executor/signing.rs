//! Whose commands are obeyed, once keys are trusted: the list as it is now, and what the journal remembers of keys.
//!
//! The list is looked at before each command is judged, and again when a command has its turn. While it cannot be read
//! or has mistakes, nothing is accepted: a line that cannot be read may be a revocation.
//!
//! What is known of the time: see [`VerifierClock`]. The floor under the clock holds for a command that waits, too.

use crate::fleet::own::Signed;
use crate::fleet::policy::Policy;
use crate::fleet::signing::{KeyId, Refused, Trust, Verified, VerifierClock, verify};
use crate::fleet::{ExecutorSettings, Face, Request, SignedBy, Stamp};
use crate::model::Topic;
use crate::system::{GuardedFile, Root, clock_synchronised};
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

/// Why a command does not count, beside what is wrong with its signature: the list of trusted keys.
const LIST: &str = "signature-list";

/// Why a command is not obeyed.
#[derive(Debug)]
pub(super) enum No {
    /// Nobody's is, at the moment.
    List(String),
    /// By its signature.
    Signature(Refused),
}

impl No {
    pub(super) fn reason(&self) -> String {
        match self {
            Self::List(why) => {
                format!(
                    "nobody is trusted at the moment, since the list of trusted keys does not count: {why} (rule {LIST})"
                )
            }
            Self::Signature(refused) => format!("{refused} (rule {})", refused.rule()),
        }
    }
}

/// A list that can be read, and what those of its keys that are limited may have run.
struct List {
    trust: Trust,
    limits: BTreeMap<KeyId, Policy>,
}

/// Makes the policy of a list of entries, which is never one with a shell.
pub(super) type PolicyOf = Box<dyn Fn(&[String]) -> Policy + Send>;

pub(super) struct Signing {
    executor: String,
    file: GuardedFile,
    list: Result<List, String>,
    policy_of: PolicyOf,
    root: Root,
    /// The newest moment at which each key is known to have signed.
    issued: BTreeMap<KeyId, SystemTime>,
    /// The keys that were revoked over the network.
    revoked: BTreeSet<KeyId>,
    /// Whether somebody may have lost trust since those that wait were looked through.
    changed: bool,
}

impl Signing {
    /// Signatures are needed if a list is given.
    pub(super) fn of(
        executor: &str,
        settings: &ExecutorSettings,
        policy_of: PolicyOf,
    ) -> Option<Self> {
        let path = settings.trusted_keys.clone()?;
        let root = settings.system_root.clone();
        let mut signing = Self {
            executor: executor.to_owned(),
            file: GuardedFile::new(path),
            list: Err("it was not read yet".to_owned()),
            policy_of,
            root: root.map_or_else(Root::default, Root::at),
            issued: BTreeMap::new(),
            revoked: BTreeSet::new(),
            changed: true,
        };
        signing.look();
        Some(signing)
    }

    /// What the journal remembers.
    pub(super) fn remember(
        &mut self,
        issued: &BTreeMap<KeyId, SystemTime>,
        revoked: &BTreeSet<KeyId>,
    ) {
        self.issued.clone_from(issued);
        self.revoked.clone_from(revoked);
        self.changed = true;
    }

    /// A key was revoked over the network.
    pub(super) fn revoke(&mut self, key: &KeyId) {
        self.revoked.insert(key.clone());
        self.changed = true;
    }

    pub(super) fn is_revoked(&self, key: &KeyId) -> bool {
        self.revoked.contains(key)
    }

    /// Reads the list if it has changed.
    fn look(&mut self) {
        let list = match self.file.read_if_changed() {
            Ok(None) => return,
            Ok(Some(text)) => self.read(&text),
            Err(error) => Err(error.to_string()),
        };
        let path = self.file.path().display();
        match (&list, &self.list) {
            (Err(why), Err(before)) if why == before => {}
            (Err(why), _) => tracing::error!(
                executor = %self.executor,
                "the list of trusted keys does not count, so every command is refused: {why}"
            ),
            (Ok(new), Ok(old)) if new.trust == old.trust => {}
            (Ok(new), _) => {
                let keys = new.trust.keys().len();
                tracing::info!(executor = %self.executor, list = %path, keys, "the list of trusted keys is read");
            }
        }
        self.list = list;
        self.changed = true;
    }

    fn read(&self, text: &str) -> Result<List, String> {
        let trust = Trust::parse(text).map_err(|mistakes| {
            let path = self.file.path().display();
            let told = mistakes.first().map(|mistake| {
                let before = text.get(..mistake.place.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                format!("{path}:{line}: {}", mistake.message)
            });
            told.unwrap_or_else(|| format!("{path} has mistakes"))
        })?;
        let limited = trust.keys().iter().filter_map(|trusted| {
            let allow = trusted.allow.as_ref()?;
            Some((trusted.key.id(), (self.policy_of)(allow)))
        });
        let limits = limited.collect();
        Ok(List { trust, limits })
    }

    /// Whether an order is to be obeyed, as far as its signature and the journal's memory in memory go.
    pub(super) fn judge(
        &mut self,
        payload: &[u8],
        signed: &Signed,
        commands: &Topic,
        wall: SystemTime,
    ) -> Result<Verified, No> {
        self.look();
        let list = self.list.as_ref().map_err(|why| No::List(why.clone()))?;
        let signature = signed.signature.as_ref();
        let clock = VerifierClock {
            now: wall,
            synchronised: clock_synchronised(&self.root) == Some(true),
            newest_issued: signature.and_then(|signature| self.issued.get(&signature.key).copied()),
        };
        verify(
            payload,
            &signed.order,
            signature,
            commands,
            &list.trust,
            &self.revoked,
            clock,
        )
        .map_err(No::Signature)
    }

    /// What a key may have run; without one, all that the executor allows.
    pub(super) fn limit(&self, key: &KeyId) -> Option<&Policy> {
        self.list.as_ref().ok()?.limits.get(key)
    }

    /// An order with this stamp is on its way to the journal.
    pub(super) fn taken(&mut self, stamp: &Stamp) {
        let newest = self.issued.entry(stamp.key.clone()).or_insert(stamp.issued);
        *newest = stamp.issued.max(*newest);
    }

    /// The time for a command that waits: never before its key last signed.
    pub(super) fn floor(&self, request: &Request, wall: SystemTime) -> SystemTime {
        let issued = signer(request).and_then(|key| self.issued.get(&key));
        issued.map_or(wall, |issued| wall.max(*issued))
    }

    /// Whether those that wait are to be looked through once more, since somebody may have lost trust.
    pub(super) fn take_changed(&mut self) -> bool {
        self.look();
        // what a list that does not count says is not known, also of those who were trusted when they sent it
        self.list.is_ok() && std::mem::take(&mut self.changed)
    }

    /// Why a command that was accepted is not to be obeyed any more, if so.
    pub(super) fn withdrawn(&self, request: &Request) -> Option<String> {
        if request.face != Face::Own {
            return None;
        }
        let list = self.list.as_ref().ok()?;
        let Some(key) = signer(request) else {
            return Some(No::Signature(Refused::Unsigned).reason());
        };
        let trusted = list.trust.find(&key);
        let refused = match trusted {
            None => Refused::UnknownKey(key),
            Some(trusted) if trusted.revoked || self.revoked.contains(&key) => Refused::Revoked {
                name: trusted.name.clone(),
                key,
            },
            Some(_) => return None,
        };
        Some(No::Signature(refused).reason())
    }
}

fn signer(request: &Request) -> Option<KeyId> {
    request.signed_by.as_ref()?.key.parse().ok()
}

/// What a request tells of who signed it, and the journal of the message.
pub(super) fn facts(verified: &Verified) -> (SignedBy, Stamp) {
    let signed_by = SignedBy {
        key: verified.key.to_string(),
        name: verified.name.clone(),
    };
    let stamp = Stamp {
        key: verified.key.clone(),
        sequence: verified.sequence,
        issued: verified.issued,
    };
    (signed_by, stamp)
}
