//! Runs the fuzz targets over their seeds, with a stable compiler. `make_seeds` wrote them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

#[path = "../../../fuzz/src/bodies.rs"]
mod bodies;
mod pki;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oms::{
    Algorithm, Bundle, CertificateSigner, Curve, KeySigner, PrivateKey, Run, SignOptions, Signer,
    TrustRoot,
};
use pki::{CA, Identity, P384, RSA_2048, SIGNER, Template, ca, signer};
use serde_json::{Value, json};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn replay(target: &str, body: fn(&[u8])) {
    let folder = fuzz().join("seeds").join(target);
    let mut seeds: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(seeds.len() >= 4, "{} has {} seeds", folder.display(), seeds.len());
    for seed in seeds {
        let data = fs::read(&seed).unwrap();
        println!("{}", seed.display());
        body(&data);
        // The neighbourhood of every seed too: cut short, and with one bit changed.
        let steps = (data.len() / 64).max(1);
        for at in (0..data.len()).step_by(steps) {
            body(&data[..at]);
            let mut changed = data.clone();
            changed[at] ^= 1 << (at % 8);
            body(&changed);
        }
    }
}

#[test]
fn bundles() {
    replay("bundle", bodies::bundle);
}

#[test]
fn statements() {
    replay("statement", bodies::statement);
}

#[test]
fn pem_keys() {
    replay("pem_keys", bodies::pem_keys);
}

#[test]
fn certificates() {
    replay("certificates", bodies::certificates);
}

#[test]
fn chains() {
    replay("chains", bodies::chains);
}

#[test]
fn trust_roots() {
    replay("trust_root", bodies::trust_root);
}

#[test]
fn patterns() {
    replay("pattern", bodies::pattern);
}

#[test]
fn rel_paths() {
    replay("rel_path", bodies::rel_path);
}

/// A seed that its target refuses at the door teaches the fuzzer nothing.
#[test]
fn good_seeds_are_accepted() {
    let read = |seed: &str| fs::read(fuzz().join("seeds").join(seed)).unwrap();
    for seed in ["key", "certificate", "keyless", "old-key", "shards", "legacy"] {
        let bundle = Bundle::from_slice(&read(&format!("bundle/{seed}"))).unwrap();
        bundle.unverified_statement().unwrap();
    }
    TrustRoot::from_json(&read("trust_root/root")).unwrap();
    TrustRoot::from_trust_config(&read("trust_root/config")).unwrap();
    for (seed, is_good) in [("root-first", true), ("self-signed", true), ("untrusted", false)] {
        assert_eq!(bodies::is_trusted(&read(&format!("chains/{seed}"))), is_good, "{seed}");
    }
}

// Making the seeds: cargo test -p oms --test fuzz_seeds -- --ignored make_seeds

struct Seeds {
    folder: tempfile::TempDir,
}

impl Seeds {
    fn write(&self, target: &str, name: &str, data: impl AsRef<[u8]>) {
        let folder = fuzz().join("seeds").join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), data).unwrap();
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("model")
    }

    fn sign(&self, signer: &dyn Signer, options: &SignOptions) -> Bundle {
        oms::sign_to_bundle(&self.model(), signer, options, &Run::default()).unwrap().bundle
    }
}

/// Writes `fuzz/seeds` and `fuzz/src/signed.json` anew, with new keys.
#[test]
#[ignore = "writes into the repository"]
fn make_seeds() {
    let seeds = Seeds { folder: tempfile::tempdir().unwrap() };
    fs::create_dir_all(seeds.model().join("sub")).unwrap();
    fs::write(seeds.model().join("config.json"), "{}").unwrap();
    fs::write(seeds.model().join("sub/weights.bin"), [7; 100]).unwrap();
    bundles_and_statements(&seeds);
    keys(&seeds);
    certificates_and_chains(&seeds);
    let paths = [
        "weights.bin",
        "a/b/c",
        "日本/モデル.bin",
        "a:0:10",
        "a\\b\n",
        "../x",
        "/x",
        "./a",
        "a//b",
        "a/",
    ];
    for (number, path) in paths.iter().enumerate() {
        seeds.write("rel_path", &format!("{number}"), path);
    }
}

/// The same for what belongs to keyless signatures alone: cargo test -p oms --test fuzz_seeds --
/// --ignored make_keyless_seeds
#[test]
#[ignore = "it writes fuzz/seeds"]
fn make_keyless_seeds() {
    let seeds = Seeds { folder: tempfile::tempdir().unwrap() };
    trust_root_documents(&seeds);
    let expressions = [
        ("alternatives", "a|b\nab"),
        ("class", ".*@example\\.com\nrelease@example.com"),
        ("verbose", "(?x) a # end\na"),
        ("group", "a)|(?:b\nb"),
        ("flags", "(?mi)^A$\nx\na"),
    ];
    for (name, text) in expressions {
        seeds.write("pattern", name, text);
    }
}

fn trust_root_documents(seeds: &Seeds) {
    let authority = ca("authority").key(P384).self_signed();
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let valid = json!({ "start": "2020-01-01T00:00:00Z", "end": "2040-01-01T00:00:00.5Z" });
    let log = |id: u8| {
        json!({
            "baseUrl": "https://log.example.com",
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(key.public().to_spki_der()),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": valid,
            },
            "logId": { "keyId": STANDARD.encode([id; 32]) },
        })
    };
    let chain = json!({ "certificates": [{ "rawBytes": STANDARD.encode(der(&authority)) }] });
    let authority = json!({
        "subject": { "organization": "example.com", "commonName": "authority" },
        "uri": "https://ca.example.com",
        "certChain": chain,
        "validFor": valid,
    });
    let root = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [log(1), log(2)],
        "ctlogs": [log(3)],
        "certificateAuthorities": [authority],
        "timestampAuthorities": [authority],
    });
    let media_type = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";
    let config = json!({ "mediaType": media_type, "trustedRoot": root, "signingConfig": {} });
    let mut no_key = root.clone();
    no_key["tlogs"][1]["publicKey"]["rawBytes"] = json!("AAAA");
    let mut backwards = root.clone();
    backwards["ctlogs"][0]["publicKey"]["validFor"]["end"] = json!("2019-01-01T00:00:00Z");
    for (name, document) in
        [("root", root), ("config", config), ("no-key", no_key), ("backwards", backwards)]
    {
        seeds.write("trust_root", name, document.to_string());
    }
}

fn bundles_and_statements(seeds: &Seeds) {
    let key = KeySigner::new(PrivateKey::generate(Curve::P256).unwrap());
    let plain = SignOptions::new();
    let shards = SignOptions::new()
        .algorithm(Algorithm::Blake3)
        .shard_size(std::num::NonZeroU64::new(40).unwrap())
        .ignore_path("config.json");
    let by_key = seeds.sign(&key, &plain);
    let in_shards = seeds.sign(&key, &shards);
    let leaf = signer("leaf").self_signed();
    let private = PrivateKey::from_pem(leaf.key.as_bytes(), None).unwrap();
    let certificate = CertificateSigner::from_pem(private, leaf.certificate.as_bytes()).unwrap();
    let by_certificate = seeds.sign(&certificate, &plain);
    let legacy = fs::read(fixtures().join("0.2.0/key-p256.sig")).unwrap();
    let old = fs::read(fixtures().join("1.0.0/key-p256.sig")).unwrap();
    for (name, bundle) in
        [("key", &by_key), ("shards", &in_shards), ("certificate", &by_certificate)]
    {
        seeds.write("bundle", name, bundle.to_vec());
        seeds.write("statement", name, bundle.envelope().unverified_payload());
    }
    seeds.write("bundle", "keyless", keyless(&by_certificate));
    seeds.write("bundle", "escapes", r#"{"\u001b[31m\n\u202e":1}"#);
    seeds.write("bundle", "legacy", &legacy);
    seeds.write("bundle", "old-key", &old);
    seeds.write("statement", "escapes", r#"{"_type":"\u001b[31m\n","subject":{"\u001b":0}}"#);
    let payload = |bundle: &[u8]| {
        Bundle::from_slice(bundle).unwrap().envelope().unverified_payload().to_vec()
    };
    seeds.write("statement", "legacy", payload(&legacy));
    seeds.write("statement", "old-key", payload(&old));
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pypi")
}

/// The same envelope with all that a keyless bundle may hold.
fn keyless(bundle: &Bundle) -> String {
    let mut json: Value = serde_json::from_slice(&bundle.to_vec()).unwrap();
    let certificate =
        json["verificationMaterial"]["x509CertificateChain"]["certificates"][0].take();
    json["verificationMaterial"] = json!({
        "certificate": certificate,
        "tlogEntries": [{
            "logIndex": "12",
            "logId": { "keyId": "a2V5" },
            "kindVersion": { "kind": "dsse", "version": "0.0.1" },
            "integratedTime": "1700000000",
            "inclusionPromise": { "signedEntryTimestamp": "c2V0" },
            "inclusionProof": {
                "logIndex": "11",
                "rootHash": "cm9vdA==",
                "treeSize": 13,
                "hashes": ["aGFzaA==", "aGFzaDI="],
                "checkpoint": { "envelope": "log\n13\ncm9vdA==\n" },
            },
            "canonicalizedBody": "e30=",
        }],
        "timestampVerificationData": {
            "rfc3161Timestamps": [{ "signedTimestamp": "c3RhbXA=" }],
        },
    });
    serde_json::to_string_pretty(&json).unwrap()
}

/// A block of PEM whose label has a terminal turn red.
const RED: &str = "-----BEGIN \u{1b}[31mRED-----\nAAAA\n-----END \u{1b}[31mRED-----\n";

fn keys(seeds: &Seeds) {
    seeds.write("pem_keys", "escapes", RED);
    for curve in Curve::ALL {
        let key = PrivateKey::generate(curve).unwrap();
        seeds.write("pem_keys", &format!("{curve}-public"), key.public().to_pem());
        seeds.write("pem_keys", &format!("{curve}-private"), key.to_pkcs8_pem().unwrap());
    }
    let key = PrivateKey::generate(Curve::P256).unwrap();
    seeds.write("pem_keys", "encrypted", key.to_encrypted_pkcs8_pem(b"password").unwrap());
    let sec1 = pki::openssl_output("ecparam -name prime256v1 -genkey");
    seeds.write("pem_keys", "sec1", sec1);
    seeds.write("pem_keys", "rsa", pki::openssl_output(&format!("genpkey {RSA_2048}")));
    seeds.write("pem_keys", "ed25519", pki::openssl_output("genpkey -algorithm ED25519"));
}

fn certificates_and_chains(seeds: &Seeds) {
    let root =
        ca("root").key(RSA_2048).and("nameConstraints=permitted;email:example.com").self_signed();
    let intermediate = Template::new("intermediate", CA)
        .key(P384)
        .and("certificatePolicies=1.2.3.4\npolicyConstraints=requireExplicitPolicy:3")
        .issued_by(&root);
    let leaf = signer("leaf")
        .and("subjectAltName=email:signer@example.com,URI:https://example.com/x,IP:10.0.0.1")
        .and("certificatePolicies=1.2.3.4")
        .issued_by(&intermediate);
    let alone = Template::new("alone", SIGNER).key_of(&leaf).self_signed();
    let key = PrivateKey::from_pem(leaf.key.as_bytes(), None).unwrap();
    let certificate = CertificateSigner::from_pem(key, leaf.certificate.as_bytes()).unwrap();
    let signed = seeds.sign(&certificate, &SignOptions::new());
    fs::write(fuzz().join("src/signed.json"), signed.to_vec()).unwrap();

    seeds.write("certificates", "escapes.pem", RED);
    let pem = |identities: &[&Identity]| -> String {
        identities.iter().map(|identity| identity.certificate.as_str()).collect()
    };
    seeds.write("certificates", "root.pem", pem(&[&root]));
    seeds.write("certificates", "chain.pem", pem(&[&leaf, &intermediate, &root]));
    seeds.write("certificates", "leaf.der", der(&leaf));
    seeds.write("certificates", "intermediate.der", der(&intermediate));
    let ed25519 = ca("ed25519").key("-algorithm ED25519").hash("default").self_signed();
    seeds.write("certificates", "ed25519.pem", pem(&[&ed25519]));

    let chain = |trusted: u8, identities: &[&Identity]| -> Vec<u8> {
        let mut data = vec![trusted];
        for der in identities.iter().map(|identity| der(identity)) {
            data.extend(u16::try_from(der.len()).unwrap().to_be_bytes());
            data.extend(der);
        }
        data
    };
    seeds.write("chains", "root-first", chain(1, &[&leaf, &intermediate, &root]));
    seeds.write("chains", "all-trusted", chain(7, &[&leaf, &intermediate, &root]));
    seeds.write("chains", "self-signed", chain(1, &[&alone]));
    seeds.write("chains", "untrusted", chain(2, &[&leaf, &intermediate, &root]));
    let strange = chain(3, &[&leaf, &ed25519, &intermediate, &intermediate, &root]);
    seeds.write("chains", "strange", strange);
}

fn der(identity: &Identity) -> Vec<u8> {
    pem::parse(&identity.certificate).unwrap().into_contents()
}
