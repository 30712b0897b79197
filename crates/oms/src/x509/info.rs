//! What a certificate says, for people and reports.

use certval::{ExtensionProcessing as _, PDVExtension};
use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use super::Cert;
use crate::path::Escaped;

/// What a certificate says; safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateInfo {
    /// The distinguished name of the subject (RFC 4514).
    pub subject: String,
    /// The distinguished name of the issuer (RFC 4514).
    pub issuer: String,
    /// The serial number, lowercase hexadecimal.
    pub serial: String,
    /// Subject alternative names, as in `email:a@example.com`.
    pub subject_alt_names: Vec<String>,
    /// The beginning of the validity, UTC (RFC 3339).
    pub not_before: String,
    /// The end of the validity, UTC (RFC 3339).
    pub not_after: String,
    /// SHA-256 of the DER, lowercase hexadecimal.
    pub fingerprint: String,
}

impl CertificateInfo {
    /// Reads a certificate in DER, for display: nothing is verified.
    ///
    /// # Errors
    /// [`super::CertificateError`] when it does not parse.
    pub fn from_der(der: &[u8]) -> Result<Self, super::CertificateError> {
        Cert::from_der(der).map(|certificate| Self::of(&certificate))
    }

    pub(crate) fn of(certificate: &Cert) -> Self {
        let tbs = certificate.tbs();
        let validity = tbs.validity();
        Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            serial: hex(tbs.serial_number().as_bytes()),
            subject_alt_names: subject_alt_names(certificate),
            not_before: validity.not_before.to_date_time().to_string(),
            not_after: validity.not_after.to_date_time().to_string(),
            fingerprint: certificate.fingerprint().to_hex(),
        }
    }
}

fn subject_alt_names(certificate: &Cert) -> Vec<String> {
    match certificate.certificate().get_extension(&ID_CE_SUBJECT_ALT_NAME) {
        Ok(Some(PDVExtension::SubjectAltName(names))) => names.0.iter().map(general_name).collect(),
        _ => Vec::new(),
    }
}

fn general_name(general_name: &GeneralName) -> String {
    let (kind, value) = match general_name {
        GeneralName::Rfc822Name(text) => ("email", text.to_string()),
        GeneralName::DnsName(text) => ("dns", text.to_string()),
        GeneralName::UniformResourceIdentifier(text) => ("uri", text.to_string()),
        GeneralName::DirectoryName(directory) => ("dn", directory.to_string()),
        GeneralName::IpAddress(address) => ("ip", hex(address.as_bytes())),
        GeneralName::RegisteredId(oid) => ("oid", oid.to_string()),
        GeneralName::OtherName(other) => ("other", other.type_id.to_string()),
        GeneralName::EdiPartyName(_) => ("edi", String::new()),
    };
    format!("{kind}:{}", Escaped(&value))
}

/// A distinguished name, safe to print.
pub(super) fn name(name: &Name) -> String {
    Escaped(&name.to_string()).to_string()
}

/// Lowercase hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
