//! Open files: each connection is one. Source: getrlimit(2), `RLIMIT_NOFILE`.

use rustix::process::{Resource, getrlimit, setrlimit};
use thiserror::Error;

/// For everything else: the standard streams, the runtime, the file of a script.
const BESIDE: u64 = 64;

/// This process may not open enough files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "{clients} connections need {needed} open files, and this process may have {allowed}: say `ulimit -n {needed}` in \
     this shell (as root if it is refused; LimitNOFILE= for a service), or use --shared-connection; the broker needs \
     as many"
)]
pub struct TooFewFiles {
    /// The connections that were asked for.
    pub clients: usize,
    /// The files that this takes.
    pub needed: u64,
    /// What is allowed.
    pub allowed: u64,
}

/// Raises the limit of this process as far as it is needed.
///
/// # Errors
/// It may not be raised so far.
pub(super) fn make_room(clients: usize) -> Result<(), TooFewFiles> {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = raised((limit.current, limit.maximum), clients)?;
    if let Some(wanted) = wanted {
        limit.current = Some(wanted);
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, wanted, "the limit of open files cannot be raised");
        }
    }
    Ok(())
}

/// What the limit is to be raised to, if it is to be. None stands for no limit.
fn raised(
    (current, maximum): (Option<u64>, Option<u64>),
    clients: usize,
) -> Result<Option<u64>, TooFewFiles> {
    let needed = clients as u64 + BESIDE;
    match (current, maximum) {
        (None, _) => Ok(None),
        (Some(current), _) if current >= needed => Ok(None),
        (_, Some(allowed)) if allowed < needed => Err(TooFewFiles {
            clients,
            needed,
            allowed,
        }),
        _ => Ok(Some(needed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_needed_and_its_end_is_told_with_the_remedy() {
        assert_eq!(raised((Some(1024), Some(4096)), 100), Ok(None));
        assert_eq!(raised((Some(1024), Some(4096)), 1000), Ok(Some(1064)));
        assert_eq!(raised((Some(1024), None), 100_000), Ok(Some(100_064)));
        assert_eq!(raised((None, None), 100_000), Ok(None));
        let error = raised((Some(256), Some(512)), 1000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1000 connections need 1064 open files, and this process may have 512: say `ulimit -n 1064` in this shell \
             (as root if it is refused; LimitNOFILE= for a service), or use --shared-connection; the broker needs as many"
        );
    }
}
