//! The rules of RFC 5280 section 6 for one path, and ours for the certificate that signs.

use std::collections::HashSet;

use certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, Error as RuleError,
    ExtensionProcessing as _, PDVExtension, PDVTrustAnchorChoice, PathValidationStatus,
    PkiEnvironment, TimeOfInterest,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_CODE_SIGNING};
use const_oid::db::rfc5912::{
    ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE, ID_CE_SUBJECT_ALT_NAME,
};
use der::asn1::BitString;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::anchor::TrustAnchorChoice;
use x509_cert::ext::pkix::KeyUsages;

use super::{Cert, ChainError, PathRule, signature, unix_seconds};

/// The signing certificate must be allowed to sign code, and valid at this time.
pub(crate) fn check_leaf(leaf: &Cert, time: std::time::SystemTime) -> Result<(), ChainError> {
    check_leaf_usage(leaf)?;
    check_validity(leaf, unix_seconds(time))
}

/// Key usage, if present, includes digitalSignature; extended key usage, if present, codeSigning or
/// any; one of the two is there. An extension that does not parse counts as one that excludes.
pub(super) fn check_leaf_usage(leaf: &Cert) -> Result<(), ChainError> {
    let subject = || leaf.subject();
    let key_usage = has_extension(leaf, ID_CE_KEY_USAGE);
    let extended = has_extension(leaf, ID_CE_EXT_KEY_USAGE);
    if key_usage && !key_usage_allows(leaf, KeyUsages::DigitalSignature) {
        return Err(ChainError::LeafKeyUsage { subject: subject() });
    }
    if extended && !is_for_code(leaf) {
        return Err(ChainError::LeafExtendedKeyUsage { subject: subject() });
    }
    if !key_usage && !extended {
        return Err(ChainError::LeafNoUsage { subject: subject() });
    }
    Ok(())
}

fn key_usage_allows(certificate: &Cert, usage: KeyUsages) -> bool {
    match certificate.certificate().get_extension(&ID_CE_KEY_USAGE) {
        Ok(Some(PDVExtension::KeyUsage(usages))) => usages.0.contains(usage),
        _ => false,
    }
}

fn is_for_code(leaf: &Cert) -> bool {
    match leaf.certificate().get_extension(&ID_CE_EXT_KEY_USAGE) {
        Ok(Some(PDVExtension::ExtendedKeyUsage(usages))) => {
            usages.0.contains(&ID_KP_CODE_SIGNING) || usages.0.contains(&ANY_EXTENDED_KEY_USAGE)
        }
        _ => false,
    }
}

fn check_validity(certificate: &Cert, now: u64) -> Result<(), ChainError> {
    let validity = certificate.tbs().validity();
    let (not_before, not_after) = (&validity.not_before, &validity.not_after);
    if now < not_before.to_unix_duration().as_secs() {
        let not_before = not_before.to_date_time().to_string();
        return Err(ChainError::NotYetValid { subject: certificate.subject(), not_before });
    }
    if now > not_after.to_unix_duration().as_secs() {
        let not_after = not_after.to_date_time().to_string();
        return Err(ChainError::Expired { subject: certificate.subject(), not_after });
    }
    Ok(())
}

/// Whether a certificate says that it is an authority (basicConstraints, RFC 5280 section 4.2.1.9).
pub(super) fn is_ca(certificate: &Cert) -> bool {
    match certificate.certificate().get_extension(&ID_CE_BASIC_CONSTRAINTS) {
        Ok(Some(PDVExtension::BasicConstraints(constraints))) => constraints.ca,
        _ => false,
    }
}

/// Whether issuer and subject are the same name.
pub(super) fn has_own_name(certificate: &Cert) -> bool {
    certval::compare_names(certificate.tbs().issuer(), certificate.tbs().subject())
}

/// Whether a certificate verifies under its own key.
pub(super) fn is_self_signed(certificate: &Cert) -> bool {
    is_issued_by(certificate, certificate)
}

/// Whether `issuer`'s key made the signature of `certificate`; names are not looked at.
pub(super) fn is_issued_by(certificate: &Cert, issuer: &Cert) -> bool {
    let decoded = certificate.certificate().decoded();
    let Ok(raw) = <certval::DeferDecodeSigned as der::Decode<'_>>::from_der(certificate.as_der())
    else {
        return false;
    };
    decoded.signature_algorithm() == decoded.tbs_certificate().signature()
        && signature::verify(
            issuer.tbs().subject_public_key_info(),
            decoded.tbs_certificate().signature(),
            &raw.tbs_field,
            decoded.signature().raw_bytes(),
        )
}

/// Judges a path: the signing certificate first, the anchor last (the same one, if it is trusted
/// itself).
pub(super) fn check_path(path: &[Cert], now: u64) -> Result<(), ChainError> {
    let (Some(leaf), Some(anchor)) = (path.first(), path.last()) else {
        return Ok(());
    };
    check_leaf_usage(leaf)?;
    for certificate in path {
        check_validity(certificate, now)?;
        signature::check_algorithm(certificate)?;
    }
    for issuer in path.iter().skip(1) {
        signature::check_issuer_key(issuer)?;
    }
    let broken = |rule| ChainError::Rule { subject: leaf.subject(), rule };
    if !path.iter().all(extensions_are_clear) {
        return Err(broken(PathRule::Encoding));
    }
    if !path.iter().skip(1).all(|issuer| issuer == leaf || may_issue_for_code(issuer)) {
        return Err(broken(PathRule::ExtendedKeyUsage));
    }
    check_rfc5280(path, leaf, anchor, now).map_err(|error| broken(rule_of(error)))
}

/// No extension stands twice (RFC 5280 section 4.2), which the library leaves open for those that are
/// not critical: it would go by the last. Alternative names parse: what cannot be read cannot be held
/// to a name constraint.
fn extensions_are_clear(certificate: &Cert) -> bool {
    let Some(extensions) = certificate.tbs().extensions() else { return true };
    let mut seen = HashSet::new();
    extensions.iter().all(|extension| {
        let id = extension.extn_id;
        let names = || certificate.certificate().get_extension(&id);
        seen.insert(id)
            && (id != ID_CE_SUBJECT_ALT_NAME
                || matches!(names(), Ok(Some(PDVExtension::SubjectAltName(_)))))
    })
}

/// An issuer that lists what its certificates are for may not issue for anything else: RFC 5280 is
/// silent, and OpenSSL and the browsers' programs agree on it.
fn may_issue_for_code(issuer: &Cert) -> bool {
    !has_extension(issuer, ID_CE_EXT_KEY_USAGE) || is_for_code(issuer)
}

fn has_extension(certificate: &Cert, oid: ObjectIdentifier) -> bool {
    let extensions = certificate.tbs().extensions();
    extensions.is_some_and(|extensions| extensions.iter().any(|e| e.extn_id == oid))
}

/// RFC 5280 takes an anchor as a name and a key (section 6.1.1 (d)). Here it is held to what it says
/// of itself, too: it stands a second time at the head of the path, where it is self-issued, so that
/// its constraints apply and it counts for nothing itself. Only its policies stay out: a root that
/// names none would else take them away from all below it. A root that names another issuer than
/// itself cannot stand there; its constraints are applied as RFC 5937 says.
pub(super) fn check_rfc5280(
    path: &[Cert],
    leaf: &Cert,
    anchor: &Cert,
    now: u64,
) -> certval::Result<()> {
    let environment = environment();
    let mut settings = CertificationPathSettings::new();
    settings.set_time_of_interest(TimeOfInterest::from_unix_secs(now)?);
    settings.set_require_ta_store(false);
    let between = path.get(1..path.len().saturating_sub(1)).unwrap_or_default();
    let head = (anchor != leaf && has_own_name(anchor)).then_some(anchor);
    let mut results = CertificationPathResults::new();
    let bare = certification_path(anchor, None, between, leaf)?;
    certval::policy_graph::check_certificate_policies_graph(
        &environment,
        &settings,
        &bare,
        &mut results,
    )?;
    let path = certification_path(anchor, head, between, leaf)?;
    if anchor != leaf && head.is_none() {
        settings.set_enforce_trust_anchor_constraints(true);
        settings = certval::enforce_trust_anchor_constraints(&settings, &path.trust_anchor)?;
    }
    certval::check_validity(&environment, &settings, &path, &mut results)?;
    certval::check_basic_constraints(&environment, &settings, &path, &mut results)?;
    // A signer that is trusted itself has nobody above to be named by.
    if anchor != leaf {
        certval::check_names(&environment, &settings, &path, &mut results)?;
    }
    check_key_usage(&path, &mut results)?;
    certval::check_extended_key_usage(&environment, &settings, &path, &mut results)?;
    certval::check_critical_extensions(&environment, &settings, &path, &mut results)?;
    certval::verify_signatures(&environment, &settings, &path, &mut results)
}

/// `between` has the issuer of the leaf first, as our paths do; the library wants it last.
fn certification_path(
    anchor: &Cert,
    head: Option<&Cert>,
    between: &[Cert],
    leaf: &Cert,
) -> certval::Result<CertificationPath> {
    let issuers = head.into_iter().chain(between.iter().rev());
    let intermediates = issuers.map(|cert| cert.certificate().clone()).collect();
    let choice = TrustAnchorChoice::Certificate(anchor.certificate().decoded().clone());
    let mut trust_anchor = PDVTrustAnchorChoice::try_from(choice).map_err(RuleError::Asn1Error)?;
    trust_anchor.parse_extensions(certval::EXTS_OF_INTEREST);
    Ok(CertificationPath::new(trust_anchor, intermediates, leaf.certificate().clone()))
}

/// RFC 5280 section 6.1.4 (n): an issuer without a key usage may sign certificates. The library is
/// stricter than the RFC here, and OMS is not: common private authorities have none.
fn check_key_usage(
    path: &CertificationPath,
    results: &mut CertificationPathResults,
) -> certval::Result<()> {
    let mut processed = results.get_processed_extensions();
    processed.insert(ID_CE_KEY_USAGE);
    results.set_processed_extensions(processed);
    for issuer in &path.intermediates {
        match issuer.get_extension(&ID_CE_KEY_USAGE)? {
            Some(PDVExtension::KeyUsage(usages)) if !usages.0.contains(KeyUsages::KeyCertSign) => {
                return Err(RuleError::PathValidation(PathValidationStatus::InvalidKeyUsage));
            }
            _ => {}
        }
    }
    Ok(())
}

fn environment() -> PkiEnvironment {
    let mut environment = PkiEnvironment::new();
    environment.add_verify_signature_message_callback(verify_message);
    environment
}

fn verify_message(
    _: &PkiEnvironment,
    message: &[u8],
    signature: &BitString,
    algorithm: &AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfoOwned,
) -> certval::Result<()> {
    if signature::verify(key, algorithm, message, signature.raw_bytes()) {
        return Ok(());
    }
    Err(RuleError::PathValidation(PathValidationStatus::SignatureVerificationFailure))
}

fn rule_of(error: RuleError) -> PathRule {
    use PathValidationStatus as Status;
    let RuleError::PathValidation(status) = error else {
        return PathRule::Encoding;
    };
    match status {
        Status::MissingBasicConstraints | Status::InvalidBasicConstraints => PathRule::NotCa,
        Status::InvalidPathLength => PathRule::PathLength,
        Status::InvalidKeyUsage => PathRule::KeyUsage,
        Status::NameConstraintsViolation => PathRule::NameConstraints,
        Status::NameChainingFailure => PathRule::NameChaining,
        Status::UnprocessedCriticalExtension => PathRule::CriticalExtension,
        Status::SignatureVerificationFailure => PathRule::Signature,
        Status::NullPolicySet | Status::InvalidPolicyMapping => PathRule::Policy,
        _ => PathRule::Encoding,
    }
}
