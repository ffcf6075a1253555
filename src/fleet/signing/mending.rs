//! What whoever gave a command can do about it when its signature did not count.

use super::PublicKey;

/// How a key comes to be trusted, with the key as `key new` and `key show` print it.
fn trust(key: &str) -> String {
    format!("on the Pi, add it: sudo mqtt-thing key trust NAME {key}")
}

/// What mends a refusal: `reason` is the executor's, and `key` what the order was signed with. Nothing for a refusal
/// that has nothing to do with signatures. Of the reason only the rule is heeded, so that nobody on the network can
/// have people advised to run something.
#[must_use]
pub fn mending(reason: &str, key: Option<&PublicKey>) -> Option<String> {
    let (_, rule) = reason.rsplit_once("(rule ")?;
    let rule = rule.strip_suffix(')')?.strip_prefix("signature-")?;
    let public = key.map(ToString::to_string);
    Some(match (rule, public) {
        ("missing", None) => format!(
            "it wants signed commands: make a key here with `mqtt-thing key new`; then {}",
            trust("ed25519:..")
        ),
        ("missing", Some(_)) => {
            "the command went out signed, so something on the way took the signature off".to_owned()
        }
        ("key-unknown", Some(key)) => {
            format!("it does not trust the key that signed; {}", trust(&key))
        }
        ("key-revoked", _) => format!(
            "a revoked key stays so: make another with `mqtt-thing key new NAME`; then {}",
            trust("ed25519:..")
        ),
        ("wrong", _) => {
            "the command was changed on its way, or the Pi reads it on another topic than it was sent to; a bridge \
             between brokers that renames topics does that"
                .to_owned()
        }
        ("sequence", _) => {
            "the Pi has seen a newer command of this key: another machine uses the same key, or the clock here went \
             back; give each machine a key of its own"
                .to_owned()
        }
        ("expired", _) => {
            "the clock here is behind the Pi's, or the command was on its way for longer than --valid; compare \
             `timedatectl` on both"
                .to_owned()
        }
        ("from-future", _) => {
            "the clock here is ahead of the Pi's; compare `timedatectl` on both".to_owned()
        }
        ("may-not-revoke", _) => {
            "the key that revokes another has `may-revoke` in the Pi's list: sudo mqtt-thing key trust .. --may-revoke; \
             or revoke it there: sudo mqtt-thing key revoke .."
                .to_owned()
        }
        ("key-limit", _) => {
            "the Pi's list limits this key to certain programs, by `allow`; `mqtt-thing key show --trusted` there shows \
             them"
                .to_owned()
        }
        ("list", _) => {
            "the Pi's list of trusted keys has a mistake; `mqtt-thing key show --trusted` there shows it".to_owned()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::signing::Refused;

    fn key() -> PublicKey {
        PublicKey::from_bytes([7; 32])
    }

    #[test]
    fn an_unknown_key_is_told_with_the_line_that_makes_it_known() {
        let refused = Refused::UnknownKey(key().id());
        let reason = format!("{refused} (rule {})", refused.rule());
        let told = mending(&reason, Some(&key())).unwrap();
        assert!(
            told.ends_with(&format!("key trust NAME {}", key())),
            "{told}"
        );
    }

    #[test]
    fn who_has_no_key_is_told_to_make_one() {
        let reason = format!("{} (rule signature-missing)", Refused::Unsigned);
        assert!(mending(&reason, None).unwrap().contains("key new"));
        assert!(mending(&reason, Some(&key())).unwrap().contains("took"));
    }

    #[test]
    fn other_refusals_and_made_up_rules_get_no_advice() {
        for reason in [
            "",
            "it is not allowed (rule allow)",
            "(rule signature-list",
            "signature-list",
            "(rule signature-nonsense)",
            "(rule signature-list) and more",
        ] {
            assert_eq!(mending(reason, None), None, "{reason}");
        }
    }
}
