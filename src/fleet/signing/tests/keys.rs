//! Keys and their files.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

/// RFC 8410, section 10.3: the private key of its example, in both versions.
pub(super) const V1: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
const V2: &str = "-----BEGIN PRIVATE KEY-----\nMHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PRIVATE KEY-----\n";
/// And its public half, section 10.1.
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

#[test]
fn both_versions_of_the_standards_example_are_read_and_the_first_is_written() {
    let public = PublicKey::from_pem(PUBLIC).unwrap();
    for text in [
        V1,
        V2,
        &format!("some text\r\n{}", V1.replace('\n', "\r\n")),
    ] {
        let key = SigningKey::from_pem(text).unwrap();
        assert_eq!(*key.public(), public);
        assert_eq!(key.to_pem(), V1);
    }
}

#[test]
fn a_key_with_long_attributes_is_read_as_well() {
    use base64::Engine as _;
    let short = pem::private(V1).unwrap();
    // an attribute of some kind with 150 bytes, which ring skips
    let attributes = [[0xa0, 0x81, 153, 0x04, 0x81, 150].as_slice(), &[7; 150]].concat();
    let body = [&short[2..], &attributes].concat();
    let length = u8::try_from(body.len()).unwrap();
    let long = [[0x30, 0x81, length].as_slice(), &body].concat();
    let base64 = base64::engine::general_purpose::STANDARD.encode(long);
    let text = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    assert_eq!(SigningKey::from_pem(&text).unwrap().to_pem(), V1);
}

#[test]
fn a_new_key_is_another_each_time_and_is_what_it_says_in_its_file() {
    let (one, two) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    assert_ne!(one.public(), two.public());
    let again = SigningKey::from_pem(&one.to_pem()).unwrap();
    assert_eq!(one.public(), again.public());
    assert_eq!(one.sign(b"x"), again.sign(b"x"));
}

#[test]
fn neither_a_key_nor_a_signer_shows_what_is_secret() {
    let key = SigningKey::from_pem(V1).unwrap();
    let shown = format!("{key:?} {:?}", signer(SigningKey::from_pem(V1).unwrap()));
    assert!(shown.contains(&key.public().to_string()), "{shown}");
    let secret = [
        "1O5y2/kTWErVtt",
        "212, 238, 114",
        "d4ee72",
        "D4EE72",
        "NTuctv",
    ];
    assert!(!secret.iter().any(|part| shown.contains(part)), "{shown}");
}

#[test]
fn what_is_no_such_key_is_told_without_showing_the_file() {
    let of = |text: &str| SigningKey::from_pem(text).unwrap_err().to_string();
    assert!(of("").contains("no PEM"));
    assert!(of("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw").contains("no PEM"));
    assert!(of(&V1.replace("MC4C", "M*4C")).contains("not base64"));
    assert!(of(&V1.replace("MC4C", "MC4D")).contains("no Ed25519 key"));
    assert!(of(PUBLIC).contains("it holds `PUBLIC KEY`; `PRIVATE KEY` is allowed"));
    let wrapped = |label: &str| V1.replace("PRIVATE KEY", label);
    assert!(of(&wrapped("OPENSSH PRIVATE KEY")).contains("ssh"));
    assert!(of(&wrapped("ENCRYPTED PRIVATE KEY")).contains("takes its password off"));
    // the public half of another key
    let foreign = V2.replace("Z9w7lshQ", "Z9w7lshR");
    assert!(of(&foreign).contains("no Ed25519 key"));
    // X25519 has the same form
    assert!(of(&V1.replace("K2VwBCIE", "K2VuBCIE")).contains("no Ed25519 key"));
    for error in [
        of(&foreign),
        of(V1.trim_end_matches('\n').strip_suffix('-').unwrap()),
    ] {
        assert!(!error.contains("NTuctv"), "{error}");
    }
}

#[test]
fn a_text_that_is_no_public_key_is_told_by_what_is_wrong_with_it() {
    let of = |text: &str| text.parse::<PublicKey>().unwrap_err().to_string();
    assert!(of("ssh-ed25519 AAAA").contains("does not begin with `ed25519:`"));
    assert!(of("ed25519:AAAA").contains("3 bytes; 32 are allowed"));
    assert!(of("ed25519:A").contains("not base64"));
    assert!(
        of("ed25519:\u{1b}[31m").contains("not base64") && !of("ed25519:\u{1b}").contains('\u{1b}')
    );
    for id in [
        "",
        "0123456789abcde",
        "0123456789ABCDEF",
        "0123456789abcdef0",
        "0123456789abcdeg",
    ] {
        assert!(id.parse::<KeyId>().is_err(), "{id}");
    }
}

proptest! {
    #[test]
    fn any_public_key_is_read_from_its_text(bytes: [u8; 32]) {
        let key = PublicKey::from_bytes(bytes);
        prop_assert_eq!(key.to_string().parse::<PublicKey>().unwrap(), key.clone());
        prop_assert_eq!(key.id().to_string().parse::<KeyId>().unwrap(), key.id());
    }

    #[test]
    fn no_text_makes_it_panic(text: String, at in 0usize..300, byte: u8) {
        for text in [text.clone(), format!("ed25519:{text}"), format!("-----BEGIN PRIVATE KEY-----{text}-----END PRIVATE KEY-----")] {
            let _ = (text.parse::<PublicKey>(), text.parse::<KeyId>(), SigningKey::from_pem(&text), PublicKey::from_pem(&text));
        }
        let mut near = V2.as_bytes().to_vec();
        let at = at % near.len();
        near[at] = byte;
        let _ = SigningKey::from_pem(&String::from_utf8_lossy(&near));
    }

    #[test]
    fn no_pkcs8_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..90), at in 0usize..48, byte: u8) {
        use base64::Engine as _;
        let pem = |bytes: &[u8]| format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", base64::engine::general_purpose::STANDARD.encode(bytes));
        let _ = SigningKey::from_pem(&pem(&bytes));
        let mut near = pem::private(V1).unwrap();
        near[at] = byte;
        let _ = SigningKey::from_pem(&pem(&near));
    }
}

#[test]
fn a_key_for_which_anybody_can_sign_is_no_key() {
    let text = |bytes: [u8; 32]| format!("ed25519:{}", STANDARD.encode(bytes));
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut with_sign = identity;
    with_sign[31] = 0x80;
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    for bytes in [[0; 32], identity, with_sign, minus_one] {
        let read = text(bytes).parse::<PublicKey>();
        assert_eq!(read, Err(KeyError::SmallOrder), "{bytes:?}");
    }
    assert!(text([7; 32]).parse::<PublicKey>().is_ok());
}
