//! The bodies of the fuzz targets. `crates/oms/tests/fuzz_seeds.rs` includes this file too and runs
//! them over the seeds, with a stable compiler, in every test run.
//!
//! Each takes bytes of which nothing is known. It must neither panic, nor hang, nor eat memory, and
//! what it accepts must have the properties asserted here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs, unreachable_pub)]

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oms::{
    Bundle, CertificateInfo, CertificateVerifier, Error, Escaped, Identity, IdentityPolicy,
    KeyVerifier, Material, Pattern, PrivateKey, PublicKey, RelPath, SigstoreVerifier, Statement,
    TrustRoot, Verifier as _,
};
use serde_json::{Value, json};

/// A signature file.
pub fn bundle(data: &[u8]) {
    let bundle = match Bundle::from_slice(data) {
        Ok(bundle) => bundle,
        Err(error) => return one_line(&error),
    };
    match bundle.unverified_statement() {
        Ok(statement) => check_statement(&statement),
        Err(error) => one_line(&error),
    }
    for note in bundle.notes() {
        one_line(&note);
    }
    let written = bundle.to_vec();
    let again = Bundle::from_slice(&written).expect("what is written can be read");
    assert_eq!(again, bundle);
    assert_eq!(again.to_vec(), written);
    refuse(KeyVerifier::new(stranger()).accept_legacy(true).verify(&bundle));
    match bundle.material() {
        Material::CertificateChain(chain) => {
            for certificate in chain {
                certificate_der(certificate.as_der());
            }
        }
        Material::Certificate(certificate) => {
            certificate_der(certificate.as_der());
            refuse(anyone().verify(&bundle));
        }
        _ => {}
    }
}

/// Whoever the public Sigstore instance vouches for; no fuzzer can be one of them.
fn anyone() -> &'static SigstoreVerifier {
    static ANYONE: OnceLock<SigstoreVerifier> = OnceLock::new();
    ANYONE.get_or_init(|| {
        let any = || Pattern::regex(".*").unwrap();
        SigstoreVerifier::new(TrustRoot::production().unwrap(), IdentityPolicy::new(any(), any()))
    })
}

/// A trusted root, or a client trust config.
pub fn trust_root(data: &[u8]) {
    for read in [TrustRoot::from_json, TrustRoot::from_trust_config] {
        if let Err(error) = read(data) {
            one_line(&error);
        }
    }
}

/// A regular expression, and what it is for.
pub fn pattern(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (source, whole) = text.split_once('\n').unwrap_or((text, ""));
    match Pattern::regex(source) {
        Ok(pattern) => {
            one_line(&pattern);
            let _ = pattern.matches(whole);
        }
        Err(error) => one_line(&error),
    }
}

/// The payload of a signature file.
pub fn statement(data: &[u8]) {
    let bundle = json!({
        "mediaType": oms::MEDIA_TYPE,
        "verificationMaterial": { "publicKey": { "hint": "" } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(data),
            "payloadType": oms::PAYLOAD_TYPE,
            "signatures": [{ "sig": "AAAA" }],
        },
    });
    let bundle = match Bundle::from_slice(bundle.to_string().as_bytes()) {
        Ok(bundle) => bundle,
        Err(error) => return assert!(data.is_empty(), "{error}"),
    };
    match bundle.unverified_statement() {
        Ok(statement) => check_statement(&statement),
        Err(error) => one_line(&error),
    }
}

/// PEM files of keys.
pub fn pem_keys(data: &[u8]) {
    match PublicKey::from_pem(data) {
        Ok(key) => {
            let again = PublicKey::from_pem(key.to_pem().as_bytes()).unwrap();
            assert_eq!(again, key);
            assert_eq!(PublicKey::from_spki_der(key.to_spki_der()).unwrap(), key);
            assert_eq!(key.hint().len(), 64);
        }
        Err(error) => one_line(&error),
    }
    // Without a password: one makes decryption as slow as the file wants, up to a limit that is
    // far beyond a fuzzer's patience.
    match PrivateKey::from_pem(data, None) {
        Ok(key) => {
            assert!(!PrivateKey::needs_password(data));
            let pem = key.to_pkcs8_pem().unwrap();
            let again = PrivateKey::from_pem(pem.as_bytes(), None).unwrap();
            assert_eq!(again.public(), key.public());
        }
        Err(error) => one_line(&error),
    }
}

/// PEM files of certificates, and the DER in them.
pub fn certificates(data: &[u8]) {
    certificate_der(data);
    if let Err(error) = CertificateVerifier::from_pem(data) {
        one_line(&error);
    }
    for block in pem::parse_many(data).unwrap_or_default() {
        certificate_der(block.contents());
    }
}

/// Certificates that are judged: the signature of [`SIGNED`] is good for the key of the first one, if
/// that is still the key of the seeds. `data` is a byte, then certificates in DER, each after its
/// length in two bytes; the byte says which of them the user trusts, from the last.
pub fn chains(data: &[u8]) {
    is_trusted(data);
}

/// Whether the signature is accepted.
pub fn is_trusted(data: &[u8]) -> bool {
    let Some((trusted, chain)) = split(data) else { return false };
    let mut json: Value = serde_json::from_str(SIGNED).unwrap();
    let raw = |der: &&[u8]| json!({ "rawBytes": STANDARD.encode(der) });
    json["verificationMaterial"]["x509CertificateChain"]["certificates"] =
        chain.iter().map(raw).collect();
    let Ok(bundle) = Bundle::from_slice(json.to_string().as_bytes()) else { return false };
    let (trust, anchors): (String, HashSet<&[u8]>) = chain
        .iter()
        .rev()
        .enumerate()
        .filter(|(place, _)| *place < 8 && trusted >> place & 1 == 1)
        .map(|(_, der)| (pem::encode(&pem::Pem::new("CERTIFICATE", *der)), *der))
        .unzip();
    let Ok(verifier) = CertificateVerifier::from_pem(trust.as_bytes()) else { return false };
    match verifier.verify(&bundle) {
        Ok(verified) => {
            let Identity::Certificate { path } = verified.identity() else {
                panic!("another identity than a certificate");
            };
            let (first, last) = (path.first().unwrap(), path.last().unwrap());
            assert_eq!(first, &CertificateInfo::from_der(chain[0]).unwrap());
            let is_anchor = |der: &&[u8]| CertificateInfo::from_der(der).as_ref() == Ok(last);
            assert!(anchors.iter().any(is_anchor), "the anchor was not trusted");
            assert!(path.len() <= 12, "the path is longer than the search goes");
            true
        }
        Err(error) => {
            error_of(&error);
            false
        }
    }
}

/// Names of files in a signature.
pub fn rel_path(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = Escaped(&text).to_string();
    assert!(!shown.contains(char::is_control), "{shown:?}");
    let path = match RelPath::parse(&text) {
        Ok(path) => path,
        Err(error) => return one_line(&error),
    };
    one_line(&path);
    assert_eq!(path.as_str(), text);
    assert!(path.is_or_is_beneath(&path));
    // It stays beneath the folder that it is joined to, whoever joins it.
    let mut depth = 0;
    for component in std::path::Path::new(path.as_str()).components() {
        assert!(matches!(component, std::path::Component::Normal(_)), "{component:?}");
        depth += 1;
    }
    assert_eq!(depth, path.as_str().split('/').count());
    if let Some((folder, _)) = path.as_str().rsplit_once('/') {
        let folder = RelPath::parse(folder).expect("a folder of a good path is a good path");
        assert!(path.is_or_is_beneath(&folder) && !folder.is_or_is_beneath(&path));
    }
}

/// A bundle of the certificate method whose chain is put in by [`chains`], signed by the key of the
/// seeds' signing certificates.
const SIGNED: &str = include_str!("signed.json");

fn split(data: &[u8]) -> Option<(u32, Vec<&[u8]>)> {
    let (trusted, mut rest) = data.split_first()?;
    let mut chain = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let (der, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        chain.push(der);
        rest = tail;
    }
    (!chain.is_empty()).then_some((u32::from(*trusted), chain))
}

fn certificate_der(der: &[u8]) {
    match CertificateInfo::from_der(der) {
        Ok(info) => {
            let texts = [&info.subject, &info.issuer, &info.not_before, &info.not_after];
            texts.into_iter().chain(&info.subject_alt_names).for_each(one_line);
        }
        Err(error) => one_line(&error),
    }
}

fn check_statement(statement: &Statement) {
    let manifest = statement.manifest();
    assert!(!manifest.resources().is_empty());
    assert!(manifest.file_count() <= manifest.resources().len());
    let mut names = HashSet::new();
    for resource in manifest.resources() {
        assert!(names.insert(resource.name()), "the name {} stands twice", resource.name());
        one_line(resource.path());
        if let Some(range) = resource.range() {
            assert!(range.start < range.end);
        }
    }
    let _ = manifest.root_digest();
    for note in statement.notes() {
        one_line(note);
    }
}

/// Nobody signed with this key.
fn stranger() -> PublicKey {
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyFreK1aFepPyMMtDSvJoE1UMpGCv\n\
        PPuMnA2OYVD51USWsq8nP6IZVEDPDRqeQIBE0qyWXw+GTBMVc+M98YTBNg==\n\
        -----END PUBLIC KEY-----\n";
    PublicKey::from_pem(PEM.as_bytes()).unwrap()
}

fn refuse<T>(result: Result<T, Error>) {
    match result {
        Ok(_) => panic!("a signature by nobody is accepted"),
        Err(error) => error_of(&error),
    }
}

fn error_of(error: &Error) {
    one_line(error);
    let _ = (error.class(), error.remedy());
}

/// What is shown of hostile input stays on its line, and no terminal obeys it.
fn one_line(shown: &(impl Display + ?Sized)) {
    let shown = shown.to_string();
    let is_dangerous = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!shown.contains(is_dangerous), "{shown:?}");
}
