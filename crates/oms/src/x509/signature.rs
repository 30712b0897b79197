//! Signatures on certificates: ECDSA and RSA PKCS#1 v1.5 with SHA-2, by `aws-lc-rs`.

use aws_lc_rs::signature as lc;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use der::asn1::{AnyRef, UintRef};
use der::{Decode as _, Encode as _, Reader as _};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::{Cert, ChainError};
use crate::key::{Curve, KeyError, PublicKey};

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 4096;

/// Whether the key made the signature. Weak and unknown algorithms never did.
pub(super) fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok(spki) = key.to_der() else { return false };
    let verified = match algorithm_of(algorithm, key) {
        Some(Verification::Ecdsa(algorithm)) => {
            let Some(point) = key.subject_public_key.as_bytes() else {
                return false;
            };
            lc::UnparsedPublicKey::new(algorithm, point).verify(message, signature)
        }
        Some(Verification::Rsa(algorithm)) => {
            lc::UnparsedPublicKey::new(algorithm, &spki).verify(message, signature)
        }
        None => return false,
    };
    verified.is_ok()
}

enum Verification {
    Ecdsa(&'static lc::EcdsaVerificationAlgorithm),
    Rsa(&'static lc::RsaParameters),
}

fn algorithm_of(
    algorithm: &AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfoOwned,
) -> Option<Verification> {
    if let Some(rsa) = rsa_algorithm(algorithm.oid) {
        return is_accepted_rsa(key).then_some(Verification::Rsa(rsa));
    }
    let curve = PublicKey::from_spki_der(&key.to_der().ok()?).ok()?.curve();
    ecdsa_algorithm(algorithm.oid, curve).map(Verification::Ecdsa)
}

fn rsa_algorithm(oid: ObjectIdentifier) -> Option<&'static lc::RsaParameters> {
    match oid {
        rfc5912::SHA_256_WITH_RSA_ENCRYPTION => Some(&lc::RSA_PKCS1_2048_8192_SHA256),
        rfc5912::SHA_384_WITH_RSA_ENCRYPTION => Some(&lc::RSA_PKCS1_2048_8192_SHA384),
        rfc5912::SHA_512_WITH_RSA_ENCRYPTION => Some(&lc::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}

fn ecdsa_algorithm(
    oid: ObjectIdentifier,
    curve: Curve,
) -> Option<&'static lc::EcdsaVerificationAlgorithm> {
    use rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512};
    Some(match (curve, oid) {
        (Curve::P256, ECDSA_WITH_SHA_256) => &lc::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, ECDSA_WITH_SHA_384) => &lc::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, ECDSA_WITH_SHA_512) => &lc::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, ECDSA_WITH_SHA_256) => &lc::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, ECDSA_WITH_SHA_384) => &lc::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, ECDSA_WITH_SHA_512) => &lc::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, ECDSA_WITH_SHA_256) => &lc::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, ECDSA_WITH_SHA_384) => &lc::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, ECDSA_WITH_SHA_512) => &lc::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

/// ecdsa-with-SHA1 (RFC 3279 section 2.2.3).
const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

/// Refuses SHA-1 and what is not known, with its name.
pub(super) fn check_algorithm(certificate: &Cert) -> Result<(), ChainError> {
    use rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512};
    let oid = certificate.tbs().signature().oid;
    let is_ecdsa = matches!(oid, ECDSA_WITH_SHA_256 | ECDSA_WITH_SHA_384 | ECDSA_WITH_SHA_512);
    if is_ecdsa || rsa_algorithm(oid).is_some() {
        return Ok(());
    }
    let algorithm = match oid {
        rfc5912::SHA_1_WITH_RSA_ENCRYPTION => "RSA with SHA-1".to_owned(),
        ECDSA_WITH_SHA_1 => "ECDSA with SHA-1".to_owned(),
        rfc5912::MD_5_WITH_RSA_ENCRYPTION => "RSA with MD5".to_owned(),
        rfc5912::ID_RSASSA_PSS => "RSASSA-PSS".to_owned(),
        other => format!("the algorithm {other}"),
    };
    Err(ChainError::SignatureAlgorithm { subject: certificate.subject(), algorithm })
}

/// Refuses keys of issuers that are too short, too long or of another type, with their name.
pub(super) fn check_issuer_key(certificate: &Cert) -> Result<(), ChainError> {
    let spki = certificate.tbs().subject_public_key_info();
    let refused = |key: String| Err(ChainError::IssuerKey { subject: certificate.subject(), key });
    if spki.algorithm.oid == rfc5912::RSA_ENCRYPTION {
        return match rsa_bits(spki) {
            Some(bits) if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) => Ok(()),
            Some(bits) => refused(format!("RSA of {bits} bits")),
            None => refused("malformed RSA".to_owned()),
        };
    }
    match certificate.public_key() {
        Ok(_) => Ok(()),
        Err(KeyError::Unsupported(key_type)) => refused(key_type.to_string()),
        Err(_) => refused("malformed".to_owned()),
    }
}

fn is_accepted_rsa(key: &SubjectPublicKeyInfoOwned) -> bool {
    key.algorithm.oid == rfc5912::RSA_ENCRYPTION
        && rsa_bits(key).is_some_and(|bits| (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits))
}

/// The length of the modulus (RFC 8017 appendix A.1.1).
fn rsa_bits(key: &SubjectPublicKeyInfoOwned) -> Option<usize> {
    let der = key.subject_public_key.as_bytes()?;
    let modulus = AnyRef::from_der(der).ok()?.sequence(|reader| {
        let modulus = UintRef::decode(reader)?;
        reader.read_slice(reader.remaining_len())?;
        Ok::<_, der::Error>(modulus)
    });
    let modulus = modulus.ok()?;
    let bytes = modulus.as_bytes();
    let zeros = bytes.first()?.leading_zeros() as usize;
    Some(bytes.len() * 8 - zeros)
}
