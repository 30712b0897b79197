//! Statements and bundles, written from the format's description and signed by OpenSSL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::keys::{KeyPair, hex, p256, sha256};
use super::{MODEL, Sandbox};

pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
pub(crate) const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap()
}

pub(crate) fn unbase64(text: &Value) -> Vec<u8> {
    from_base64(text.as_str().unwrap())
}

/// The right statement for the model of a sandbox.
pub(crate) fn statement() -> Value {
    statement_of(&MODEL)
}

/// The right statement for whole files with these names and contents.
pub(crate) fn statement_of(files: &[(&str, &[u8])]) -> Value {
    let resources = files.iter().map(|(name, content)| resource(name, content));
    sealed(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model", "digest": {"sha256": ""}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "resources": resources.collect::<Vec<_>>(),
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": false,
                "ignore_paths": [".git", ".gitattributes", ".github", ".gitignore"],
            },
        },
    }))
}

/// The right statement for shards with these names and contents.
pub(crate) fn shards_of(size: impl Into<Value>, shards: &[(&str, &[u8])]) -> Value {
    let mut statement = statement_of(shards);
    statement["predicate"]["serialization"]["method"] = json!("shards");
    statement["predicate"]["serialization"]["shard_size"] = size.into();
    statement
}

pub(crate) fn resource(name: &str, content: &[u8]) -> Value {
    json!({"name": name, "digest": hex(&sha256(content)), "algorithm": "sha256"})
}

/// The statement with the root digest that its resources ask for, as far as they are readable.
pub(crate) fn sealed(mut statement: Value) -> Value {
    let none = Vec::new();
    let resources = statement["predicate"]["resources"].as_array().unwrap_or(&none);
    let raw: Vec<u8> =
        resources.iter().filter_map(|r| r["digest"].as_str()).flat_map(unhex).collect();
    statement["subject"][0]["digest"]["sha256"] = json!(hex(&sha256(&raw)));
    statement
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// What DSSE signs.
pub(crate) fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut text =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    text.extend_from_slice(payload);
    text
}

/// A bundle with a good signature of the sandbox's key over `payload`, whatever that is.
pub(crate) fn bundle(payload: &[u8]) -> Value {
    bundle_by(p256(), "-sha256", payload)
}

pub(crate) fn bundle_by(key: &KeyPair, hash: &str, payload: &[u8]) -> Value {
    let signature = key.sign(hash, &pae(PAYLOAD_TYPE, payload));
    let material = json!({"publicKey": {"hint": key.hint()}, "tlogEntries": []});
    assembled(material, PAYLOAD_TYPE, payload, &signature)
}

/// A bundle with these certificates (PEM) and a signature by `key`.
pub(crate) fn certificate_bundle(key: &KeyPair, certificates: &[&str], payload: &[u8]) -> Value {
    let signature = key.sign("-sha256", &pae(PAYLOAD_TYPE, payload));
    let chain: Vec<Value> =
        certificates.iter().map(|pem| json!({"rawBytes": pem_body(pem)})).collect();
    let material = json!({"x509CertificateChain": {"certificates": chain}, "tlogEntries": []});
    assembled(material, PAYLOAD_TYPE, payload, &signature)
}

pub(crate) fn assembled(material: Value, kind: &str, payload: &[u8], signature: &[u8]) -> Value {
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payload": base64(payload),
            "payloadType": kind,
            "signatures": [{"sig": base64(signature), "keyid": ""}],
        },
    })
}

/// The base64 between the lines of a PEM text.
pub(crate) fn pem_body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// A PEM text with lines as OpenSSL writes them.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = base64(der);
    let lines = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap());
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}

/// The value after edits, separated by ` ; `: `/pointer=value` sets a member or appends (`/-`) to a
/// list, `-/pointer` removes a member. What is no JSON is a text.
pub(crate) fn edited(mut value: Value, edits: &str) -> Value {
    for edit in edits.split(" ; ") {
        let (pointer, new) = match edit.strip_prefix('-') {
            Some(pointer) => (pointer, None),
            None => {
                let (pointer, text) = edit.split_once('=').unwrap();
                (pointer, Some(serde_json::from_str(text).unwrap_or_else(|_| json!(text))))
            }
        };
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("no place for {edit}"));
        match (parent, new) {
            (Value::Object(members), Some(new)) => drop(members.insert(name.to_owned(), new)),
            (Value::Object(members), None) => drop(members.remove(name).unwrap()),
            (Value::Array(items), Some(new)) if name == "-" => items.push(new),
            (Value::Array(items), Some(new)) => items[name.parse::<usize>().unwrap()] = new,
            (other, _) => panic!("{edit}: {other} has no members"),
        }
    }
    value
}

/// The text with the first member `name` written twice.
pub(crate) fn doubled(json: &str, name: &str) -> String {
    let member = format!("\"{name}\":");
    assert!(json.contains(&member), "no {member} in {json}");
    json.replacen(&member, &format!("{member}null,{member}"), 1)
}

impl Sandbox {
    /// Writes `model.sig`: a bundle with a good signature over this payload.
    pub(crate) fn sign_payload(&self, payload: impl AsRef<[u8]>) {
        self.write("model.sig", bundle(payload.as_ref()).to_string());
    }

    /// The statement in a bundle that `oms` wrote.
    pub(crate) fn statement_in(&self, name: &str) -> Value {
        let bundle: Value = serde_json::from_str(&self.read(name)).unwrap();
        serde_json::from_slice(&unbase64(&bundle["dsseEnvelope"]["payload"])).unwrap()
    }
}
