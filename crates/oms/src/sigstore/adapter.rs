//! The only place that knows the crates `sigstore-*`.
//!
//! They verify the certificate, its promise of a log, the entry of the transparency log, the times and
//! the signature. What they let pass and we do not is refused here too.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oms_hash::{Algorithm, Digest};
use serde::Deserialize;
use serde_json::Value;
use sigstore_verify::trust_root::{SigstoreInstance, TrustedRoot};
use sigstore_verify::types::Sha256Hash;
use sigstore_verify::{
    CertificateError, Error as LibraryError, TimestampError, TransparencyLogError,
    VerificationPolicy, VerificationResult, Verifier,
};

use super::{Clock, PublishedEntry, SigningTime, SigstoreError, TrustRootError};
use crate::bounded::{Bounded, Object};
use crate::bundle::{Bundle, BundleError, InclusionProof, LogEntry};
use crate::error::Error;
use crate::json;
use crate::verify::SignatureError;
use crate::x509::hex;

/// Bytes of a payload at most: the library holds it as a tree, which takes several times as much.
const MAX_PAYLOAD_LEN: u64 = 32 << 20;

/// Bytes of the body of a log entry at most; those of real entries have a few thousand.
const MAX_BODY_LEN: usize = 1 << 20;

/// Authorities or logs in one list of a trusted root.
const MAX_LISTED: usize = 100;

/// The kinds of entries that carry a time and a promise of the log (Rekor v1).
const WITH_PROMISE: [(&str, &str); 3] =
    [("hashedrekord", "0.0.1"), ("dsse", "0.0.1"), ("intoto", "0.0.2")];

/// The kind of entries that does not (Rekor v2).
const WITHOUT_PROMISE: (&str, &str) = ("hashedrekord", "0.0.2");

const TRUSTED_ROOT: &str = "application/vnd.dev.sigstore.trustedroot";
const TRUST_CONFIG: &str = "application/vnd.dev.sigstore.clienttrustconfig";

/// The lists of a trusted root, and whether nothing verifies without.
const LISTS: [(&str, bool); 4] = [
    ("certificateAuthorities", true),
    ("tlogs", true),
    ("ctlogs", true),
    ("timestampAuthorities", false),
];

/// A trusted root that parsed.
pub(crate) struct Root(TrustedRoot);

impl Root {
    pub(crate) fn production() -> Result<Self, TrustRootError> {
        Self::embedded(SigstoreInstance::PublicGood)
    }

    pub(crate) fn staging() -> Result<Self, TrustRootError> {
        Self::embedded(SigstoreInstance::Staging)
    }

    fn embedded(instance: SigstoreInstance) -> Result<Self, TrustRootError> {
        Self::from_trusted_root(instance.embedded_trusted_root_json().as_bytes())
    }

    pub(crate) fn from_trusted_root(json: &[u8]) -> Result<Self, TrustRootError> {
        let root: Value = json::parse(json).map_err(TrustRootError::Json)?;
        Self::from_value(root)
    }

    pub(crate) fn from_trust_config(json: &[u8]) -> Result<Self, TrustRootError> {
        let mut config: Value = json::parse(json).map_err(TrustRootError::Json)?;
        check_media_type(&config, TRUST_CONFIG, "client trust config")?;
        match config.get_mut("trustedRoot").map(Value::take) {
            Some(root) => Self::from_value(root),
            None => Err(TrustRootError::Missing { field: "trustedRoot" }),
        }
    }

    fn from_value(root: Value) -> Result<Self, TrustRootError> {
        check_media_type(&root, TRUSTED_ROOT, "trusted root")?;
        for (field, is_needed) in LISTS {
            let list = root.get(field).and_then(Value::as_array);
            if is_needed && list.is_none_or(Vec::is_empty) {
                return Err(TrustRootError::Missing { field });
            }
            if list.is_some_and(|list| list.len() > MAX_LISTED) {
                return Err(TrustRootError::TooMany { field, limit: MAX_LISTED });
            }
        }
        let usable = trusted_root(&root).and_then(|parsed| verifier(&parsed).map(|_| parsed));
        usable.map(Self).map_err(|reason| culprit(&root).unwrap_or(reason))
    }

    fn knows(&self, log: &[u8]) -> bool {
        self.0.tlogs.iter().any(|known| known.log_id.key_id.as_bytes() == log)
    }

    /// The same with one transparency log: no other may vouch for what is said to be in it.
    fn with_log(&self, log: &[u8]) -> Result<Verifier, TrustRootError> {
        let mut root = self.0.clone();
        root.tlogs.retain(|known| known.log_id.key_id.as_bytes() == log);
        verifier(&root)
    }
}

fn check_media_type(
    document: &Value,
    prefix: &str,
    wanted: &'static str,
) -> Result<(), TrustRootError> {
    let actual = document.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    let version = actual.strip_prefix(prefix);
    if matches!(
        version,
        Some("+json;version=0.1" | ".v0.1+json" | "+json;version=0.2" | ".v0.2+json")
    ) {
        return Ok(());
    }
    Err(TrustRootError::MediaType { actual: actual.to_owned(), wanted })
}

fn trusted_root(root: &Value) -> Result<TrustedRoot, TrustRootError> {
    let whole = |error: String| TrustRootError::Whole { reason: error };
    TrustedRoot::from_json(&root.to_string()).map_err(|error| whole(error.to_string()))
}

fn verifier(root: &TrustedRoot) -> Result<Verifier, TrustRootError> {
    Verifier::new(root).map_err(|error| TrustRootError::Whole { reason: error.to_string() })
}

/// The library says what is wrong, not where: each entry is tried by itself.
fn culprit(root: &Value) -> Option<TrustRootError> {
    LISTS.into_iter().find_map(|(field, _)| {
        let entries = root.get(field)?.as_array()?;
        entries.iter().enumerate().find_map(|(index, entry)| {
            let mut alone = root.clone();
            for (list, _) in LISTS {
                let entries = if list == field { vec![entry.clone()] } else { Vec::new() };
                *alone.get_mut(list)? = Value::Array(entries);
            }
            let error = trusted_root(&alone).and_then(|alone| verifier(&alone)).err()?;
            let TrustRootError::Whole { reason } = error else { return None };
            Some(TrustRootError::Entry { place: format!("{field}[{index}]"), reason })
        })
    })
}

/// What was verified beside the certificate.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) times: Vec<SigningTime>,
    pub(crate) log_entries: Vec<PublishedEntry>,
}

/// Verifies everything but who signed. The bundle's certificate and payload are then authentic.
pub(crate) fn verify(root: &Root, bundle: &Bundle) -> Result<Evidence, Error> {
    check_payload(&bundle.envelope.payload)?;
    check_entries(root, &bundle.log_entries)?;
    let mut evidence = Evidence { times: Vec::new(), log_entries: Vec::new() };
    // The library lets any log that it trusts vouch for any entry: it gets one log at a time.
    for log in logs(&bundle.log_entries) {
        let of_log = with_entries_of(bundle, log);
        let times = verify_with(&root.with_log(log)?, &of_log)?;
        // Every log has seen the same timestamps.
        let new = times.into_iter().filter(|time| !evidence.times.contains(time));
        evidence.times.extend(new.collect::<Vec<_>>());
        evidence.log_entries.extend(of_log.log_entries.iter().map(published));
    }
    if evidence.times.is_empty() { Err(SigstoreError::NoTime.into()) } else { Ok(evidence) }
}

fn with_entries_of<'a>(bundle: &'a Bundle, log: &[u8]) -> Cow<'a, Bundle> {
    if bundle.log_entries.iter().all(|entry| log_of(entry) == log) {
        return Cow::Borrowed(bundle);
    }
    let mut of_log = bundle.clone();
    of_log.log_entries.retain(|entry| log_of(entry) == log);
    Cow::Owned(of_log)
}

/// The logs of the entries, each once.
fn logs(entries: &[LogEntry]) -> Vec<&[u8]> {
    let mut logs: Vec<&[u8]> = entries.iter().map(log_of).collect();
    logs.sort_unstable();
    logs.dedup();
    logs
}

fn verify_with(verifier: &Verifier, bundle: &Bundle) -> Result<Vec<SigningTime>, Error> {
    // The library wants to know what was signed: the subject of the statement says it. If that is not
    // the signed statement, the signature is wrong.
    let digest = Sha256Hash::new(subject_digest(&bundle.envelope.payload));
    let json = String::from_utf8(bundle.to_vec()).unwrap_or_default();
    let theirs = sigstore_verify::types::Bundle::from_json(&json)
        .map_err(|error| SigstoreError::Malformed { reason: shortened(&error.to_string()) })?;
    let result = verifier.verify(digest, &theirs, &VerificationPolicy::any_identity());
    let result = result.map_err(translated)?;
    let is_whole = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
    if is_whole { Ok(times(&result, bundle)) } else { Err(SigstoreError::NoTime.into()) }
}

fn check_payload(payload: &[u8]) -> Result<(), Error> {
    if payload.len() as u64 > MAX_PAYLOAD_LEN {
        return Err(BundleError::PayloadTooLarge { limit: MAX_PAYLOAD_LEN }.into());
    }
    Ok(json::check_density(payload).map_err(crate::statement::StatementError::from)?)
}

/// Each entry once, with all that its log gives.
fn check_entries(root: &Root, entries: &[LogEntry]) -> Result<(), SigstoreError> {
    for (index, entry) in entries.iter().enumerate() {
        let others = entries.iter().skip(index + 1);
        if others.into_iter().any(|other| is_same(entry, other)) {
            return Err(SigstoreError::DuplicateEntry);
        }
        if !has_promise(entry) && kind(entry) != Some(WITHOUT_PROMISE) {
            let (kind, version) = kind(entry).unwrap_or_default();
            return Err(SigstoreError::UnknownKind {
                kind: shortened(&format!("{kind} {version}")),
            });
        }
        if entry.canonicalized_body.as_ref().is_some_and(|body| body.len() > MAX_BODY_LEN) {
            return Err(SigstoreError::BodyTooLarge { limit: MAX_BODY_LEN });
        }
        if !root.knows(log_of(entry)) {
            return Err(SigstoreError::UnknownLog { log: shortened(&hex(log_of(entry))) });
        }
        if has_promise(entry) && entry.inclusion_promise.is_none() {
            return Err(SigstoreError::NoPromise);
        }
        let proof = entry.inclusion_proof.as_ref().ok_or(SigstoreError::NoProof)?;
        let checkpoint = proof.checkpoint.as_ref().ok_or(SigstoreError::NoProof)?;
        if !is_of_tree(checkpoint, proof) {
            return Err(SigstoreError::OtherTree);
        }
        // Logs of the first version count on when they begin a new tree, the second's trees are logs.
        let (of_proof, of_entry) = (proof.log_index.as_deref(), entry.log_index.as_deref());
        if !has_promise(entry) && number(of_proof) != number(of_entry) {
            return Err(SigstoreError::OtherPlace);
        }
    }
    Ok(())
}

/// Whether the checkpoint (a signed note: origin, size, root, …) speaks of the tree of the proof. The
/// library compares the roots only, and a proof may lead to the same root from two sizes.
fn is_of_tree(checkpoint: &str, proof: &InclusionProof) -> bool {
    let mut lines = checkpoint.lines().skip(1);
    let (size, root) = (lines.next(), lines.next().and_then(|root| STANDARD.decode(root).ok()));
    size.is_some() && size == proof.tree_size.as_deref() && root.as_ref() == Some(&proof.root_hash)
}

/// The same place of a log, or the same content in the same log.
fn is_same(a: &LogEntry, b: &LogEntry) -> bool {
    let index = |entry: &LogEntry| number(entry.log_index.as_deref());
    log_of(a) == log_of(b) && (index(a) == index(b) || a.canonicalized_body == b.canonicalized_body)
}

fn log_of(entry: &LogEntry) -> &[u8] {
    entry.log_id.as_deref().unwrap_or_default()
}

/// A number of protobuf's JSON, in which 0 may be left out.
fn number(text: Option<&str>) -> Option<u64> {
    text.map_or(Some(0), |text| text.parse().ok())
}

fn has_promise(entry: &LogEntry) -> bool {
    kind(entry).is_some_and(|kind| WITH_PROMISE.contains(&kind))
}

fn kind(entry: &LogEntry) -> Option<(&str, &str)> {
    entry.kind_version.as_ref().map(|(kind, version)| (kind.as_str(), version.as_str()))
}

#[derive(Deserialize)]
struct StatementPeek<'a> {
    #[serde(borrow)]
    subject: Bounded<Object<SubjectPeek<'a>>, 1>,
}

#[derive(Deserialize)]
struct SubjectPeek<'a> {
    #[serde(borrow)]
    digest: Object<DigestPeek<'a>>,
}

#[derive(Deserialize)]
struct DigestPeek<'a> {
    #[serde(borrow)]
    sha256: Cow<'a, str>,
}

/// The digest that the subject has; zeros where there is none, which no statement has.
fn subject_digest(payload: &[u8]) -> [u8; 32] {
    let peek: Option<StatementPeek<'_>> = json::parse_again(payload).ok();
    let subject = peek.and_then(|peek| peek.subject.items.into_iter().next());
    let digest = subject
        .and_then(|subject| Digest::from_hex(Algorithm::Sha256, &subject.0.digest.0.sha256).ok());
    digest.and_then(|digest| digest.as_bytes().try_into().ok()).unwrap_or_default()
}

/// The library gives the times of the timestamps, in their order, and then those of the log.
fn times(result: &VerificationResult, bundle: &Bundle) -> Vec<SigningTime> {
    let clock = |index| {
        if index < bundle.timestamps.len() { Clock::TimestampAuthority } else { Clock::Log }
    };
    let times = result.verified_timestamps().iter().enumerate();
    times.map(|(index, time)| SigningTime { clock: clock(index), time: time.to_string() }).collect()
}

fn published(entry: &LogEntry) -> PublishedEntry {
    let (kind, version) = kind(entry).unwrap_or_default();
    PublishedEntry {
        index: number(entry.log_index.as_deref()).unwrap_or_default(),
        log: hex(log_of(entry)),
        kind: format!("{kind} {version}"),
    }
}

/// The library quotes what it found, which anyone may have written.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 250;
    text.chars().take(SHOWN).collect()
}

fn translated(error: LibraryError) -> Error {
    let reason = shortened(&error.to_string());
    let error = match error {
        LibraryError::SignatureInvalid(_) => return SignatureError::Invalid.into(),
        LibraryError::Certificate(error) => certificate(&error, reason),
        LibraryError::TransparencyLog(error) => log(error, reason),
        LibraryError::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => SigstoreError::NoTime,
        LibraryError::Timestamp(_) => SigstoreError::Timestamp { reason },
        // Our digest is the statement's own: it is the entry that is about something else.
        LibraryError::ArtifactMismatch(_) => SigstoreError::OtherEntry { reason },
        _ => SigstoreError::Malformed { reason },
    };
    error.into()
}

fn certificate(error: &CertificateError, reason: String) -> SigstoreError {
    match error {
        CertificateError::NotYetValid { .. } | CertificateError::Expired { .. } => {
            SigstoreError::CertificateTime { reason }
        }
        // The library has no name for these two where `webpki` finds them.
        CertificateError::ChainInvalid(text)
            if text.contains("CertExpired") || text.contains("CertNotValidYet") =>
        {
            SigstoreError::CertificateTime { reason }
        }
        CertificateError::Sct(_) => SigstoreError::CertificateLog { reason },
        CertificateError::Malformed(_) => SigstoreError::MalformedCertificate { reason },
        _ => SigstoreError::Chain { reason },
    }
}

fn log(error: TransparencyLogError, reason: String) -> SigstoreError {
    match error {
        TransparencyLogError::UnknownLog { log_id } => {
            SigstoreError::UnknownLog { log: shortened(&log_id) }
        }
        TransparencyLogError::InclusionProof(_) => SigstoreError::Proof { reason },
        TransparencyLogError::Checkpoint(_) => SigstoreError::Checkpoint { reason },
        TransparencyLogError::InclusionPromise(_) => SigstoreError::Promise { reason },
        TransparencyLogError::EntryMismatch(_) => SigstoreError::OtherEntry { reason },
        TransparencyLogError::IntegratedTime(_) => SigstoreError::LogTime { reason },
        _ => SigstoreError::MalformedEntry { reason },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    fn production() -> Value {
        let json = SigstoreInstance::PublicGood.embedded_trusted_root_json();
        serde_json::from_str(json).unwrap()
    }

    fn refusal(root: &Value) -> TrustRootError {
        match Root::from_trusted_root(root.to_string().as_bytes()) {
            Ok(_) => panic!("accepted: {root}"),
            Err(error) => error,
        }
    }

    #[test]
    fn the_roots_that_are_built_in_can_be_used() {
        Root::production().unwrap();
        Root::staging().unwrap();
    }

    #[test]
    fn another_document_is_no_trusted_root() {
        let mut root = production();
        root["mediaType"] = json!("application/vnd.dev.sigstore.clienttrustconfig.v0.1+json");
        assert!(matches!(refusal(&root), TrustRootError::MediaType { .. }));
        root.as_object_mut().unwrap().remove("mediaType");
        assert!(
            matches!(refusal(&root), TrustRootError::MediaType { actual, .. } if actual.is_empty())
        );
        assert!(matches!(Root::from_trusted_root(b"[]"), Err(TrustRootError::Json(_))));
        assert!(matches!(Root::from_trusted_root(b"{"), Err(TrustRootError::Json(_))));
        let twice = br#"{"tlogs":[],"tlogs":[]}"#;
        assert!(matches!(Root::from_trusted_root(twice), Err(TrustRootError::Json(_))));
    }

    #[test]
    fn a_part_without_which_nothing_verifies_is_missed() {
        for (field, is_needed) in LISTS {
            let mut root = production();
            root[field] = json!([]);
            match Root::from_trusted_root(root.to_string().as_bytes()) {
                Ok(_) => assert!(!is_needed, "{field}"),
                Err(TrustRootError::Missing { field: missed }) => {
                    assert!(is_needed);
                    assert_eq!(missed, field);
                }
                Err(error) => panic!("{field}: {error}"),
            }
        }
    }

    #[test]
    fn the_entry_that_cannot_be_used_is_named() {
        let mut root = production();
        root["tlogs"][1]["publicKey"]["rawBytes"] = json!("AAAA");
        let error = refusal(&root);
        assert!(
            matches!(&error, TrustRootError::Entry { place, .. } if place == "tlogs[1]"),
            "{error}"
        );
        let mut root = production();
        root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] =
            json!("AAAA");
        let error = refusal(&root);
        let place = "certificateAuthorities[0]";
        assert!(
            matches!(&error, TrustRootError::Entry { place: found, .. } if found == place),
            "{error}"
        );
    }

    #[test]
    fn entries_that_do_not_go_together_are_refused() {
        let mut root = production();
        let twice = root["tlogs"][0].clone();
        root["tlogs"].as_array_mut().unwrap().push(twice);
        assert!(matches!(refusal(&root), TrustRootError::Whole { .. }));
    }

    #[test]
    fn a_trust_config_holds_a_trusted_root() {
        let config = |trusted_root: &Value| {
            let media_type = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";
            json!({ "mediaType": media_type, "trustedRoot": trusted_root }).to_string()
        };
        Root::from_trust_config(config(&production()).as_bytes()).unwrap();
        let wrong = Root::from_trust_config(config(&json!({})).as_bytes());
        assert!(matches!(wrong, Err(TrustRootError::MediaType { .. })));
        let bare = Root::from_trust_config(production().to_string().as_bytes());
        assert!(matches!(bare, Err(TrustRootError::MediaType { .. })));
        let none = config(&Value::Null).replace("trustedRoot", "other");
        let missing = Root::from_trust_config(none.as_bytes());
        assert!(matches!(missing, Err(TrustRootError::Missing { field: "trustedRoot" })));
    }

    #[test]
    fn a_checkpoint_is_of_the_tree_that_the_proof_says() {
        let proof = InclusionProof {
            tree_size: Some("7".to_owned()),
            root_hash: vec![1, 2, 3],
            ..InclusionProof::default()
        };
        assert!(is_of_tree("origin\n7\nAQID\n\n— origin sig\n", &proof));
        for other in
            ["origin\n8\nAQID\n", "origin\n07\nAQID\n", "origin\n7\nAQIE\n", "origin\n7", ""]
        {
            assert!(!is_of_tree(other, &proof), "{other:?}");
        }
        assert!(!is_of_tree("origin\n7\nAQID\n", &InclusionProof::default()));
    }

    #[test]
    fn messages_are_of_bounded_length() {
        let entry = LogEntry {
            kind_version: Some(("k".repeat(100_000), "v".to_owned())),
            ..LogEntry::default()
        };
        let error = check_entries(&Root::production().unwrap(), &[entry]).unwrap_err();
        assert!(matches!(error, SigstoreError::UnknownKind { .. }), "{error}");
        assert!(error.to_string().len() < 500);
    }

    #[test]
    fn the_digest_of_the_first_subject_is_found_and_nothing_else() {
        let digest = "ab".repeat(32);
        let payload = |subject: Value| json!({ "subject": subject }).to_string();
        let one = payload(json!([{ "name": "m", "digest": { "sha256": digest } }]));
        assert_eq!(subject_digest(one.as_bytes()), [0xab; 32]);
        for none in
            [json!([]), json!({}), json!([{ "digest": { "sha512": digest } }]), json!(["x"])]
        {
            assert_eq!(subject_digest(payload(none).as_bytes()), [0; 32]);
        }
    }
}
