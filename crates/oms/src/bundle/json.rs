//! The JSON of bundles: strict on top, tolerant in Sigstore's own parts.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::material::{Certificate, InclusionProof, LogEntry, Material, PublicKeyIdentifier};
use super::{Bundle, BundleError, MEDIA_TYPE};
use crate::bounded::{Bounded, Object};
use crate::dsse::{Envelope, PAYLOAD_TYPE};
use crate::json;

const MAX_CERTIFICATES: usize = 64;
const MAX_LOG_ENTRIES: usize = 64;
const MAX_TIMESTAMPS: usize = 64;
const MAX_PROOF_HASHES: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BundleJson<'a> {
    #[serde(borrow)]
    media_type: Cow<'a, str>,
    #[serde(borrow)]
    verification_material: Object<MaterialJson<'a>>,
    #[serde(borrow)]
    dsse_envelope: Object<EnvelopeJson<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MaterialJson<'a> {
    #[serde(borrow, default)]
    public_key: Option<Object<PublicKeyJson<'a>>>,
    #[serde(borrow, default, rename = "x509CertificateChain")]
    chain: Option<Object<ChainJson<'a>>>,
    #[serde(borrow, default)]
    certificate: Option<Object<RawBytesJson<'a>>>,
    #[serde(borrow, default)]
    tlog_entries: Option<Bounded<Object<LogEntryJson<'a>>, MAX_LOG_ENTRIES>>,
    #[serde(borrow, default)]
    timestamp_verification_data: Option<Object<TimestampsJson<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyJson<'a> {
    #[serde(borrow, default)]
    hint: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    raw_bytes: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ChainJson<'a> {
    #[serde(borrow)]
    certificates: Bounded<Object<RawBytesJson<'a>>, MAX_CERTIFICATES>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBytesJson<'a> {
    #[serde(borrow)]
    raw_bytes: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LogEntryJson<'a> {
    log_index: Option<NumberJson>,
    #[serde(borrow)]
    log_id: Option<Object<LogIdJson<'a>>>,
    #[serde(borrow)]
    kind_version: Option<Object<KindVersionJson<'a>>>,
    integrated_time: Option<NumberJson>,
    #[serde(borrow)]
    inclusion_promise: Option<Object<PromiseJson<'a>>>,
    #[serde(borrow)]
    inclusion_proof: Option<Object<ProofJson<'a>>>,
    #[serde(borrow)]
    canonicalized_body: Option<Cow<'a, str>>,
}

/// Decoded while it is read: the one string that may be large is never held twice. `None`: it is not
/// base64.
struct Base64(Option<Vec<u8>>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Base64;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string of base64")
            }

            fn visit_str<E>(self, text: &str) -> Result<Base64, E> {
                Ok(Base64(STANDARD.decode(text).ok()))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

/// 64-bit numbers are strings in the JSON of protobuf; its readers take numbers too.
struct NumberJson(String);

impl<'de> Deserialize<'de> for NumberJson {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = NumberJson;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, as a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<NumberJson, E> {
                Ok(NumberJson(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<NumberJson, E> {
                Ok(NumberJson(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<NumberJson, E> {
                Ok(NumberJson(number.to_string()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogIdJson<'a> {
    #[serde(borrow)]
    key_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct KindVersionJson<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromiseJson<'a> {
    #[serde(borrow)]
    signed_entry_timestamp: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ProofJson<'a> {
    log_index: Option<NumberJson>,
    #[serde(borrow)]
    root_hash: Option<Cow<'a, str>>,
    tree_size: Option<NumberJson>,
    #[serde(borrow)]
    hashes: Bounded<Cow<'a, str>, MAX_PROOF_HASHES>,
    #[serde(borrow)]
    checkpoint: Option<Object<CheckpointJson<'a>>>,
}

#[derive(Deserialize)]
struct CheckpointJson<'a> {
    #[serde(borrow)]
    envelope: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct TimestampsJson<'a> {
    #[serde(borrow)]
    rfc3161_timestamps: Bounded<Object<TimestampJson<'a>>, MAX_TIMESTAMPS>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimestampJson<'a> {
    #[serde(borrow)]
    signed_timestamp: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EnvelopeJson<'a> {
    payload: Base64,
    #[serde(borrow)]
    payload_type: Cow<'a, str>,
    #[serde(borrow)]
    signatures: Bounded<Object<SignatureJson<'a>>, 1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureJson<'a> {
    #[serde(borrow)]
    sig: Cow<'a, str>,
    /// Read so that its type is checked; no meaning is attached to it.
    #[serde(borrow, default, rename = "keyid")]
    _keyid: Option<Cow<'a, str>>,
}

/// The one parser of bundles.
pub(super) fn parse(bytes: &[u8]) -> Result<Bundle, BundleError> {
    let json: BundleJson<'_> = json::parse(bytes)?;
    check_media_type(&json.media_type)?;
    let envelope = envelope(json.dsse_envelope)?;
    let offered = json.verification_material.0;
    let log_entries = offered.tlog_entries.unwrap_or_default();
    let log_entries = all(log_entries, "tlogEntries", MAX_LOG_ENTRIES)?;
    let stamps = offered.timestamp_verification_data.unwrap_or_default().0;
    let stamps = all(stamps.rfc3161_timestamps, "rfc3161Timestamps", MAX_TIMESTAMPS)?;
    let material = material(offered.public_key, offered.chain, offered.certificate)?;
    if matches!(material, Material::Certificate(_)) && log_entries.is_empty() {
        return Err(BundleError::NoLogEntry);
    }
    Ok(Bundle {
        media_type: json.media_type.into_owned(),
        material,
        log_entries: log_entries.iter().map(log_entry).collect::<Result<_, _>>()?,
        timestamps: stamps
            .iter()
            .map(|stamp| decode(&stamp.signed_timestamp, "signedTimestamp"))
            .collect::<Result<_, _>>()?,
        envelope,
    })
}

fn check_media_type(media_type: &str) -> Result<(), BundleError> {
    const OLD: &str = "application/vnd.dev.sigstore.bundle+json;version=";
    let old_version = media_type.strip_prefix(OLD);
    if media_type == MEDIA_TYPE || matches!(old_version, Some("0.1" | "0.2" | "0.3")) {
        return Ok(());
    }
    Err(BundleError::MediaType { actual: shorten(media_type) })
}

fn envelope(json: Object<EnvelopeJson<'_>>) -> Result<Envelope, BundleError> {
    let json = json.0;
    if json.payload_type != PAYLOAD_TYPE {
        return Err(BundleError::PayloadType { actual: shorten(&json.payload_type) });
    }
    let payload = json.payload.0.ok_or(BundleError::Base64 { field: "payload" })?;
    let payload = non_empty(payload, "payload")?;
    let actual = json.signatures.total;
    let [signature] = <[Object<SignatureJson<'_>>; 1]>::try_from(json.signatures.items)
        .ok()
        .filter(|_| actual == 1)
        .ok_or(BundleError::SignatureCount { actual })?;
    let signature = non_empty(decode(&signature.sig, "sig")?, "sig")?;
    Ok(Envelope { payload, signature })
}

fn material(
    key: Option<Object<PublicKeyJson<'_>>>,
    chain: Option<Object<ChainJson<'_>>>,
    certificate: Option<Object<RawBytesJson<'_>>>,
) -> Result<Material, BundleError> {
    match (key, chain, certificate) {
        (Some(key), None, None) => public_key(&key),
        (None, Some(chain), None) => {
            let chain = all(chain.0.certificates, "certificates", MAX_CERTIFICATES)?;
            let chain: Vec<_> = chain.iter().map(der).collect::<Result<_, _>>()?;
            let chain = non_empty(chain, "certificates")?;
            Ok(Material::CertificateChain(chain))
        }
        (None, None, Some(certificate)) => Ok(Material::Certificate(der(&certificate)?)),
        (key, chain, certificate) => Err(BundleError::MaterialCount {
            actual: usize::from(key.is_some())
                + usize::from(chain.is_some())
                + usize::from(certificate.is_some()),
        }),
    }
}

fn public_key(json: &Object<PublicKeyJson<'_>>) -> Result<Material, BundleError> {
    if json.hint.is_none() && json.raw_bytes.is_none() {
        return Err(BundleError::NoKeyIdentifier);
    }
    let raw_bytes = match &json.raw_bytes {
        Some(text) => Some(decode(text, "rawBytes")?),
        None => None,
    };
    let hint = json.hint.as_ref().map(ToString::to_string);
    Ok(Material::PublicKey(PublicKeyIdentifier { hint, raw_bytes }))
}

fn der(json: &Object<RawBytesJson<'_>>) -> Result<Certificate, BundleError> {
    Ok(Certificate(non_empty(decode(&json.raw_bytes, "rawBytes")?, "rawBytes")?))
}

fn log_entry(json: &Object<LogEntryJson<'_>>) -> Result<LogEntry, BundleError> {
    let kind_version =
        json.kind_version.as_ref().map(|kv| (kv.kind.to_string(), kv.version.to_string()));
    Ok(LogEntry {
        log_index: json.log_index.as_ref().map(|number| number.0.clone()),
        log_id: optional(json.log_id.as_ref().map(|id| &id.key_id), "keyId")?,
        kind_version,
        integrated_time: json.integrated_time.as_ref().map(|number| number.0.clone()),
        inclusion_promise: optional(
            json.inclusion_promise.as_ref().map(|promise| &promise.signed_entry_timestamp),
            "signedEntryTimestamp",
        )?,
        inclusion_proof: match &json.inclusion_proof {
            Some(proof) => Some(inclusion_proof(proof)?),
            None => None,
        },
        canonicalized_body: optional(json.canonicalized_body.as_ref(), "canonicalizedBody")?,
    })
}

fn inclusion_proof(json: &Object<ProofJson<'_>>) -> Result<InclusionProof, BundleError> {
    let Bounded { items, total } = &json.hashes;
    if *total > MAX_PROOF_HASHES {
        let (actual, limit) = (*total, MAX_PROOF_HASHES);
        return Err(BundleError::TooMany { field: "hashes", actual, limit });
    }
    Ok(InclusionProof {
        log_index: json.log_index.as_ref().map(|number| number.0.clone()),
        root_hash: optional(json.root_hash.as_ref(), "rootHash")?.unwrap_or_default(),
        tree_size: json.tree_size.as_ref().map(|number| number.0.clone()),
        hashes: items.iter().map(|hash| decode(hash, "hashes")).collect::<Result<_, _>>()?,
        checkpoint: json.checkpoint.as_ref().map(|checkpoint| checkpoint.envelope.to_string()),
    })
}

fn all<T, const N: usize>(
    list: Bounded<T, N>,
    field: &'static str,
    limit: usize,
) -> Result<Vec<T>, BundleError> {
    list.into_all().map_err(|actual| BundleError::TooMany { field, actual, limit })
}

fn decode(text: &str, field: &'static str) -> Result<Vec<u8>, BundleError> {
    STANDARD.decode(text).map_err(|_| BundleError::Base64 { field })
}

fn optional(
    text: Option<&Cow<'_, str>>,
    field: &'static str,
) -> Result<Option<Vec<u8>>, BundleError> {
    text.map(|text| decode(text, field)).transpose()
}

fn non_empty<T>(list: Vec<T>, field: &'static str) -> Result<Vec<T>, BundleError> {
    if list.is_empty() { Err(BundleError::Empty { field }) } else { Ok(list) }
}

fn shorten(text: &str) -> String {
    let shown: String = text.chars().take(200).collect();
    crate::path::Escaped(&shown).to_string()
}

// What is written. Keyless bundles carry all that was read, so that nothing else parses them.

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleOut<'a> {
    media_type: &'a str,
    verification_material: serde_json::Value,
    dsse_envelope: EnvelopeOut,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EnvelopeOut {
    payload: String,
    payload_type: &'static str,
    signatures: [SignatureOut; 1],
}

#[derive(Serialize)]
struct SignatureOut {
    sig: String,
    keyid: &'static str,
}

pub(super) fn to_vec(bundle: &Bundle) -> Vec<u8> {
    let out = BundleOut {
        media_type: &bundle.media_type,
        verification_material: material_out(bundle),
        dsse_envelope: EnvelopeOut {
            payload: STANDARD.encode(&bundle.envelope.payload),
            payload_type: PAYLOAD_TYPE,
            signatures: [SignatureOut {
                sig: STANDARD.encode(&bundle.envelope.signature),
                keyid: "",
            }],
        },
    };
    // All at once: memory that grows by doubling is copied, and touched, twice.
    const REST_LEN: usize = 1024;
    let mut json = Vec::with_capacity(out.dsse_envelope.payload.len() + REST_LEN);
    match serde_json::to_writer(&mut json, &out) {
        Ok(()) => json,
        // Serialising strings into memory cannot fail.
        Err(_) => Vec::new(),
    }
}

fn material_out(bundle: &Bundle) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let raw = |certificate: &Certificate| json!({ "rawBytes": STANDARD.encode(&certificate.0) });
    let (name, value) = match &bundle.material {
        Material::PublicKey(id) => {
            let mut key = Map::new();
            if let Some(hint) = &id.hint {
                key.insert("hint".to_owned(), json!(hint));
            }
            if let Some(raw_bytes) = &id.raw_bytes {
                key.insert("rawBytes".to_owned(), json!(STANDARD.encode(raw_bytes)));
            }
            ("publicKey", Value::Object(key))
        }
        Material::CertificateChain(chain) => {
            let certificates: Vec<Value> = chain.iter().map(raw).collect();
            ("x509CertificateChain", json!({ "certificates": certificates }))
        }
        Material::Certificate(certificate) => ("certificate", raw(certificate)),
    };
    let mut out = Map::new();
    out.insert(name.to_owned(), value);
    let entries: Vec<Value> = bundle.log_entries.iter().map(log_entry_out).collect();
    out.insert("tlogEntries".to_owned(), Value::Array(entries));
    if !bundle.timestamps.is_empty() {
        let stamp = |stamp: &Vec<u8>| json!({ "signedTimestamp": STANDARD.encode(stamp) });
        let stamps: Vec<Value> = bundle.timestamps.iter().map(stamp).collect();
        out.insert("timestampVerificationData".to_owned(), json!({ "rfc3161Timestamps": stamps }));
    }
    Value::Object(out)
}

fn log_entry_out(entry: &LogEntry) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value);
        }
    };
    let base64 = |bytes: &Vec<u8>| STANDARD.encode(bytes);
    put("logIndex", entry.log_index.as_ref().map(|index| json!(index)));
    put("logId", entry.log_id.as_ref().map(|id| json!({ "keyId": base64(id) })));
    put(
        "kindVersion",
        entry.kind_version.as_ref().map(|(k, v)| json!({ "kind": k, "version": v })),
    );
    put("integratedTime", entry.integrated_time.as_ref().map(|time| json!(time)));
    put(
        "inclusionPromise",
        entry.inclusion_promise.as_ref().map(|set| json!({ "signedEntryTimestamp": base64(set) })),
    );
    put("inclusionProof", entry.inclusion_proof.as_ref().map(proof_out));
    put("canonicalizedBody", entry.canonicalized_body.as_ref().map(|body| json!(base64(body))));
    Value::Object(out)
}

fn proof_out(proof: &InclusionProof) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let mut out = Map::new();
    let hashes: Vec<String> = proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
    out.insert("rootHash".to_owned(), json!(STANDARD.encode(&proof.root_hash)));
    out.insert("hashes".to_owned(), json!(hashes));
    if let Some(index) = &proof.log_index {
        out.insert("logIndex".to_owned(), json!(index));
    }
    if let Some(size) = &proof.tree_size {
        out.insert("treeSize".to_owned(), json!(size));
    }
    if let Some(checkpoint) = &proof.checkpoint {
        out.insert("checkpoint".to_owned(), json!({ "envelope": checkpoint }));
    }
    Value::Object(out)
}
