//! Certificates: additional trusted ones, and why a server's was rejected.

use std::error::Error;
use std::io;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, RootCertStore};

/// The first line of a certificate in a PEM file.
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Why a server's certificate was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    Expired,
    /// It is not valid yet.
    NotValidYet,
    OtherHost,
    /// No trusted root signed it.
    UnknownIssuer,
    /// The server uses a CA certificate as its own, as `openssl req -x509` makes it.
    AuthorityAsServer,
    Other,
}

impl Distrust {
    /// The reason from the TLS library, if this failure is about a certificate.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<Distrust> {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(Distrust::read(why));
        }
        // `source` does not show what an `io::Error` wraps, and one may wrap another.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside.and_then(|it| Distrust::of(it)).or_else(|| Distrust::of(error.source()?))
    }

    fn read(why: &CertificateError) -> Distrust {
        match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotValidYet,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::OtherHost,
            CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
            // The library has no variant for it.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                Distrust::AuthorityAsServer
            }
            _ => Distrust::Other,
        }
    }

    pub fn help(self) -> &'static str {
        match self {
            Distrust::Expired => {
                "the certificate has expired, or this machine's clock is wrong: check the clock, else the server needs a new \
                 certificate"
            }
            Distrust::NotValidYet => {
                "the certificate is not valid yet, or this machine's clock is wrong: check the clock first"
            }
            Distrust::OtherHost => "the certificate is for another host: check the region or --base-url",
            Distrust::UnknownIssuer => {
                "a proxy between here and the platform may decrypt the traffic: add the root certificate that signed this one \
                 to this machine's store, or to the file that you give with --ca-cert"
            }
            Distrust::AuthorityAsServer => {
                "the server shows an authority's certificate (CA:TRUE) as its own, which is never accepted: give the server a \
                 certificate that a root has signed, and that root with --ca-cert"
            }
            Distrust::Other => "the server needs another certificate: the reason is in the message",
        }
    }
}

/// The certificates of a PEM text. Each is checked to be usable as a root.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, String> {
    let text = String::from_utf8_lossy(pem);
    let mut lines = text.lines().enumerate().filter(|(_, line)| line.trim_end() == BEGIN).map(|(index, _)| index + 1);
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem) {
        let line = lines.next();
        let place = line.map_or_else(String::new, |line| format!(" that begins in line {line}"));
        let cannot = |why: &dyn Error| format!("the certificate{place} cannot be used: {why}");
        let der = der.map_err(|error| cannot(&error))?;
        RootCertStore::empty().add(der.clone()).map_err(|error| cannot(&error))?;
        certificates.push(reqwest::Certificate::from_der(&der).map_err(|error| cannot(&error.without_url()))?);
    }
    if certificates.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(certificates) }
}
