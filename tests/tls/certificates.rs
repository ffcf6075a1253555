//! A CA, and certificates of it in every right and wrong form.
#![allow(unreachable_pub)]

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// When a certificate counts.
#[derive(Debug, Clone, Copy)]
pub enum Valid {
    Now,
    InThePast,
    InTheFuture,
}

pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
    pub file: PathBuf,
}

/// A certificate and its key.
pub struct Pair {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Ca {
    pub fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = folder.join(format!("{name}.crt"));
        write(&file, certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            folder: folder.to_owned(),
            file,
        }
    }

    pub fn server(&self, name: &str, hosts: &[&str], valid: Valid) -> Pair {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let params = CertificateParams::new(hosts).unwrap();
        self.issue(name, params, ExtendedKeyUsagePurpose::ServerAuth, valid)
    }

    pub fn client(&self, name: &str, valid: Valid) -> Pair {
        let params = CertificateParams::default();
        self.issue(name, params, ExtendedKeyUsagePurpose::ClientAuth, valid)
    }

    fn issue(
        &self,
        name: &str,
        mut params: CertificateParams,
        purpose: ExtendedKeyUsagePurpose,
        valid: Valid,
    ) -> Pair {
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![purpose];
        let (from, until) = match valid {
            Valid::Now => (2020, 2090),
            Valid::InThePast => (2020, 2021),
            Valid::InTheFuture => (2089, 2090),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let pair = Pair {
            cert: self.folder.join(format!("{name}.crt")),
            key: self.folder.join(format!("{name}.key")),
        };
        write(&pair.cert, certificate.pem()).unwrap();
        write(&pair.key, key.serialize_pem()).unwrap();
        set_permissions(&pair.key, Permissions::from_mode(0o600)).unwrap();
        pair
    }
}
