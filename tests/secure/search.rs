//! Looks for secrets among bytes: as they are, and in the forms in which programs let them slip.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What is shorter than that is found by chance.
const SHORTEST: usize = 12;
/// How many bytes a line of PEM holds.
const PEM_LINE: usize = 48;

/// Secrets to look for.
pub struct Secrets {
    /// By their first two bytes, whether any begins so.
    begins: Vec<bool>,
    all: Vec<(String, Vec<u8>)>,
}

impl Secrets {
    pub fn new() -> Self {
        Self {
            begins: vec![false; 1 << 16],
            all: Vec::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.names().len()
    }

    fn names(&self) -> BTreeSet<&str> {
        self.all.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// A password.
    pub fn password(&mut self, name: &str, text: &str) {
        self.bytes(name, text.trim_end().as_bytes());
    }

    /// A private key of 32 bytes in PEM: Ed25519, or on the curve P-256.
    pub fn key(&mut self, name: &str, pem: &str) {
        let lines: Vec<&str> = pem.lines().filter(|line| !line.contains("---")).collect();
        let der = STANDARD.decode(lines.concat()).unwrap();
        // an OCTET STRING of 32 bytes comes first of all that long (RFC 5915, section 3; RFC 8410, section 7)
        let begins = |at: &usize| der[*at..].starts_with(&[4, 32]) && der.len() >= at + 34;
        let at = (0..der.len()).find(begins).unwrap() + 2;
        let secret = at..at + 32;
        self.bytes(name, &der[secret.clone()]);
        self.bytes(name, &der);
        for (index, line) in lines.iter().enumerate() {
            let of_line = index * PEM_LINE..(index + 1) * PEM_LINE;
            // others hold the public half only
            if of_line.start < secret.end && secret.start < of_line.end {
                self.form(name, line.as_bytes().to_vec());
            }
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        for form in forms(bytes) {
            self.form(name, form);
        }
    }

    fn form(&mut self, name: &str, form: Vec<u8>) {
        assert!(form.len() >= SHORTEST, "{name} is too short to look for");
        self.begins[usize::from(form[0]) << 8 | usize::from(form[1])] = true;
        self.all.push((name.to_owned(), form));
    }

    /// The names of those that are among these bytes.
    pub fn found_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            if self.begins[usize::from(pair[0]) << 8 | usize::from(pair[1])] {
                let here = self
                    .all
                    .iter()
                    .filter(|(_, form)| bytes[at..].starts_with(form));
                found.extend(here.map(|(name, _)| name.as_str()));
            }
        }
        found
    }
}

/// As it is, in hexadecimal, in base64 wherever it begins, as a URL has it, and as lists of numbers are printed.
pub fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut lower, mut upper, mut percent) = (String::new(), String::new(), String::new());
    let (mut spaced, mut tight) = (String::new(), String::new());
    for byte in bytes {
        write!(lower, "{byte:02x}").unwrap();
        write!(upper, "{byte:02X}").unwrap();
        write!(percent, "%{byte:02X}").unwrap();
        write!(spaced, "{byte}, ").unwrap();
        write!(tight, "{byte},").unwrap();
    }
    spaced.truncate(spaced.len() - 2);
    tight.truncate(tight.len() - 1);
    let mut forms = vec![bytes.to_vec()];
    forms.extend([lower, upper, percent, spaced, tight].map(String::into_bytes));
    for before in 0..3 {
        // what it shares a character with, before and behind, is not known
        let padded = [&vec![0; before][..], bytes].concat();
        let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for text in [STANDARD.encode(&padded), URL_SAFE.encode(&padded)] {
            forms.push(text.as_bytes()[first..end].to_vec());
        }
    }
    forms.sort();
    forms.dedup();
    forms
}

#[test]
fn a_secret_is_found_in_each_of_its_forms_and_nothing_in_what_is_harmless() {
    let mut secrets = Secrets::new();
    let password = "correct horse battery";
    secrets.password("a password", password);
    secrets.password("another", "staple staple staple");
    let hidden = [
        format!("user:{password}@host"),
        format!("{:?}", password.as_bytes()),
        STANDARD.encode(format!("\0alice\0{password}")),
        STANDARD.encode(format!("alice:{password}!")),
        URL_SAFE.encode(format!("bob:{password}?")),
        format!("x{:x}", u128::from_be_bytes(*b"correct horse ba")) + "7474657279",
    ];
    for text in hidden {
        let found = secrets.found_in(text.as_bytes());
        assert!(found.into_iter().eq(["a password"]), "{text}");
    }
    let harmless = "correct horse batter, y; staple staple stapl";
    assert!(secrets.found_in(harmless.as_bytes()).is_empty());
}

#[test]
fn a_private_key_is_found_by_its_secret_part_and_not_by_its_public_one() {
    let key = mqtt_thing::fleet::signing::SigningKey::generate().unwrap();
    let pem = key.to_pem();
    let mut secrets = Secrets::new();
    secrets.key("signing", &pem);
    let now = crate::lab::now();
    let (ca, _) = mqtt_thing::broker::set_up::Authority::new(now).unwrap();
    let server = ca.server(&["broker.lab".to_owned()], 9, now).unwrap();
    let server_pem = String::from_utf8(server.key.expose().to_vec()).unwrap();
    secrets.key("server", &server_pem);
    assert!(secrets.found_in(pem.as_bytes()).into_iter().eq(["signing"]));
    let second = server_pem.lines().nth(2).unwrap();
    assert!(
        secrets
            .found_in(second.as_bytes())
            .into_iter()
            .eq(["server"])
    );
    for public in [key.public().to_string(), server.certificate] {
        assert!(secrets.found_in(public.as_bytes()).is_empty(), "{public}");
    }
}
