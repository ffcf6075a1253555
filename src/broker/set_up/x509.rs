//! Reads of a certificate what a set-up needs to know. Trusts nothing that it reads, checks no signature.
//!
//! Sources: RFC 5280, section 4.1 (structure), 4.2.1.6 (names); X.690, section 8.1 (tag, length, value); RFC 7468 (PEM).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::net::IpAddr;
use std::time::SystemTime;
use thiserror::Error;

/// What is known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The common name of its subject; empty if there is none.
    pub subject: String,
    /// The names and addresses that it is valid for.
    pub names: Vec<String>,
    /// From when on.
    pub not_before: SystemTime,
    /// Until when.
    pub not_after: SystemTime,
    /// The bits of its public key.
    pub public_key: Vec<u8>,
}

impl Certificate {
    /// Whether it is valid for a host, by its name or address. A `*` stands for the first level of a name.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        let is_same = |name: &String| match (host.parse::<IpAddr>(), name.parse::<IpAddr>()) {
            (Ok(host), Ok(name)) => host == name,
            (Err(_), Err(_)) => {
                let below = |name: &str| Some(name.split_once('.')?.1.to_ascii_lowercase());
                name.eq_ignore_ascii_case(host)
                    || (name.starts_with("*.") && below(name) == below(host))
            }
            _ => false,
        };
        self.names.iter().any(is_same)
    }

    /// How many whole days are left; negative if it has ended.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let days = |seconds: u64| i64::try_from(seconds / 86_400).unwrap_or(i64::MAX);
        match self.not_after.duration_since(now) {
            Ok(left) => days(left.as_secs()),
            Err(over) => -days(over.duration().as_secs()) - 1,
        }
    }
}

/// Why a text is no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum X509Error {
    /// There is none.
    #[error(
        "it holds no certificate; PEM is allowed, which begins with -----BEGIN CERTIFICATE-----"
    )]
    NoPem,
    /// What stands there is not the structure of one.
    #[error("what it holds is no X.509 certificate")]
    Malformed,
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Reads the first certificate of a PEM text, which is the server's or client's own; those of its CAs may follow.
///
/// # Errors
/// There is none.
pub(super) fn leaf(pem: &str) -> Result<Certificate, X509Error> {
    let (_, rest) = pem.split_once(BEGIN).ok_or(X509Error::NoPem)?;
    let (body, _) = rest.split_once(END).ok_or(X509Error::NoPem)?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = BASE64.decode(body).map_err(|_| X509Error::NoPem)?;
    read(&der).ok_or(X509Error::Malformed)
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xA0;
const EXTENSIONS: u8 = 0xA3;
/// In a subject alternative name.
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1D, 0x11];

/// Values, one after the other.
#[derive(Clone, Copy)]
struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                let sum = |sum: usize, digit: &u8| sum << 8 | usize::from(*digit);
                (digits.iter().fold(0, sum), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, value))
    }

    /// The next value, which has to be of that sort.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|(found, _)| *found == tag)
            .map(|(_, value)| value)
    }

    fn all(mut self) -> impl Iterator<Item = (u8, &'a [u8])> {
        std::iter::from_fn(move || self.next())
    }
}

fn read(der: &[u8]) -> Option<Certificate> {
    let mut signed = Values(Values(der).take(SEQUENCE)?);
    let mut body = Values(signed.take(SEQUENCE)?);
    let mut first = body;
    if first.take(VERSION).is_some() {
        body = first;
    }
    body.take(INTEGER)?;
    let (_algorithm, _issuer) = (body.take(SEQUENCE)?, body.take(SEQUENCE)?);
    let mut validity = Values(body.take(SEQUENCE)?);
    let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
    let subject = common_name(body.take(SEQUENCE)?).unwrap_or_default();
    let mut key = Values(body.take(SEQUENCE)?);
    key.take(SEQUENCE)?;
    let (_unused_bits, public_key) = key.take(BIT_STRING)?.split_first()?;
    let extensions = body.all().find(|(tag, _)| *tag == EXTENSIONS);
    let names = extensions.and_then(|(_, list)| names(Values(list).take(SEQUENCE)?));
    Some(Certificate {
        subject,
        names: names.unwrap_or_default(),
        not_before,
        not_after,
        public_key: public_key.to_vec(),
    })
}

fn time((tag, value): (u8, &[u8])) -> Option<SystemTime> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let civil =
        jiff::civil::DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0);
    let zoned = civil.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().into())
}

fn common_name(subject: &[u8]) -> Option<String> {
    let sets = Values(subject).all().filter(|(tag, _)| *tag == SET);
    let parts = sets.flat_map(|(_, set)| Values(set).all());
    let mut parts = parts.filter_map(|(_, part)| {
        let mut part = Values(part);
        let kind = part.take(OID)?;
        Some((kind, part.next()?.1))
    });
    let (_, name) = parts.find(|(kind, _)| *kind == COMMON_NAME)?;
    Some(String::from_utf8_lossy(name).into_owned())
}

fn names(extensions: &[u8]) -> Option<Vec<String>> {
    let extension = Values(extensions).all().find_map(|(_, extension)| {
        let mut extension = Values(extension);
        if extension.take(OID)? != ALTERNATIVE_NAME {
            return None;
        }
        let value = extension.all().find(|(tag, _)| *tag == OCTET_STRING);
        value.map(|(_, value)| value)
    })?;
    let names = Values(Values(extension).take(SEQUENCE)?).all();
    let told = names.filter_map(|(tag, value)| match tag {
        DNS_NAME => Some(String::from_utf8_lossy(value).into_owned()),
        IP_ADDRESS => {
            let four = <[u8; 4]>::try_from(value).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    });
    Some(told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn with(names: &[&str]) -> Certificate {
        Certificate {
            subject: String::new(),
            names: names.iter().map(ToString::to_string).collect(),
            not_before: SystemTime::UNIX_EPOCH,
            not_after: SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * 10),
            public_key: Vec::new(),
        }
    }

    #[test]
    fn a_host_is_found_by_name_address_and_wildcard() {
        let its = with(&["Broker.lab", "*.example.org", "10.0.0.5", "::1"]);
        for host in ["broker.lab", "a.example.org", "10.0.0.5", "0:0:0:0:0:0:0:1"] {
            assert!(its.is_for(host), "{host}");
        }
        for host in [
            "broker",
            "example.org",
            "a.b.example.org",
            "10.0.0.6",
            "x.lab",
        ] {
            assert!(!its.is_for(host), "{host}");
        }
    }

    #[test]
    fn the_last_day_is_day_zero_and_what_is_over_is_negative() {
        let at = |hours: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(3600 * hours);
        assert_eq!(with(&[]).days_left(at(0)), 10);
        assert_eq!(with(&[]).days_left(at(239)), 0);
        assert_eq!(with(&[]).days_left(at(241)), -1);
    }

    #[test]
    fn what_is_no_certificate_is_told_apart() {
        assert_eq!(leaf("hello"), Err(X509Error::NoPem));
        let pem = format!("{BEGIN}\nMAA=\n{END}\n");
        assert_eq!(leaf(&pem), Err(X509Error::Malformed));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_certificate_with_a_changed_byte_is_read_or_refused(at in 0usize..600, byte: u8) {
            let (ca, _) = super::super::Authority::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 31)).unwrap();
            let body = ca.certificate().replace(BEGIN, "").replace(END, "");
            let body: String = body.split_ascii_whitespace().collect();
            let mut der = BASE64.decode(body).unwrap();
            let at = at % der.len();
            der[at] = byte;
            let _ = read(&der);
        }
    }
}
