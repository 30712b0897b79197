//! Signature files that `oms` must refuse: what each breaks is in the bundle, not in its payload.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::bundles::{
    assembled, base64, bundle, bundle_by, doubled, edited, pae, statement, unbase64,
};
use support::keys::{KeyPair, another, p256};
use support::{Oms, Sandbox, all};

fn good() -> Value {
    bundle(statement().to_string().as_bytes())
}

/// Each command that reads a bundle and judges it.
fn readers(sandbox: &Sandbox) -> [Oms<'_>; 3] {
    [sandbox.verify_key(), sandbox.oms("inspect model.sig"), sandbox.oms("status model")]
}

#[test]
fn a_bundle_made_by_openssl_verifies() {
    let sandbox = Sandbox::new();
    sandbox.write("model.sig", good().to_string());
    let before = sandbox.snapshot();
    sandbox.verify_key().accepts();
    assert_eq!(before.changes(&sandbox.snapshot()), Vec::<String>::new());
}

#[test]
fn what_is_no_json_object_is_refused() {
    let whole = good().to_string();
    let half = whole.get(..whole.len() / 2).unwrap();
    let deep = "[".repeat(200_000);
    let nested = whole.replacen('{', &format!("{{\"x\":{deep}{},", "]".repeat(200_000)), 1);
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("not JSON", b"hello\n".into(), "JSON|malformed"),
        ("a weight file", b"\x93NUMPY\x01\x00v\x00{".into(), "JSON|malformed"),
        ("empty", b"".into(), "empty|EOF|end of"),
        ("blank", b" \n".into(), "empty|EOF|end of"),
        ("null", b"null".into(), "null|object|bundle"),
        ("list", b"[]".into(), "list|array|sequence|object|bundle"),
        ("number", b"1e999".into(), "number|object|bundle"),
        ("object", b"{}".into(), "mediaType|media type"),
        ("brackets", deep.clone().into(), "recursion|nest|deep"),
        ("nested in a field", nested.into(), "recursion|nest|deep"),
        ("not UTF-8", b"{\"mediaType\":\"\xff\"}".into(), "UTF-8|unicode"),
        ("cut off", half.into(), "EOF|end of"),
        ("trailing data", format!("{whole} {whole}").into(), "trailing"),
    ];
    let sandbox = Sandbox::new();
    all(cases.into_iter().flat_map(|(label, content, words)| {
        sandbox.write("model.sig", content);
        let words = format!("{words} & model.sig");
        readers(&sandbox).map(|run| run.case(label).refusal(1, &words))
    }));
}

#[test]
fn a_bundle_over_the_limit_is_refused_before_it_is_read() {
    let sandbox = Sandbox::new();
    // Reading the last one would take longer than a run may.
    for size in [600 << 20, 1 << 40] {
        sandbox.sparse("model.sig", size);
        let words = "model.sig & 256 MiB|268435456|larger|too big|too large & max-bundle-size";
        all(readers(&sandbox).map(|run| run.refusal(1, words)));
    }
    sandbox.write("model.sig", good().to_string());
    let words = "model.sig & 100 & max-bundle-size";
    all(readers(&sandbox).map(|run| run.args("--max-bundle-size 100").refusal(1, words)));
    sandbox.verify_key().args("--max-bundle-size 64KiB").accepts();
}

#[test]
fn a_signature_that_is_no_regular_file_is_refused_without_a_hang() {
    let sandbox = Sandbox::new();
    let paths = [
        ("fifo", "FIFO|named pipe"),
        ("socket", "socket"),
        ("folder", "directory|folder"),
        ("/dev/zero", "device"),
        ("/dev/null", "device"),
    ];
    sandbox.fifo("fifo");
    sandbox.socket("socket");
    sandbox.mkdir("folder");
    for (path, kind) in paths {
        let readers = [
            sandbox.oms("verify key model --public-key pub.pem --signature").arg(path),
            sandbox.oms("inspect").arg(path),
        ];
        all(readers.map(|run| run.refusal(2, &format!("{path} & {kind}"))));
    }
    sandbox.fifo("model.sig");
    sandbox.oms("status model").refuses(2, "model.sig & FIFO|named pipe");
}

#[test]
fn a_model_that_is_no_file_or_folder_is_refused_without_a_hang() {
    let sandbox = Sandbox::new();
    sandbox.write("good.sig", good().to_string());
    sandbox.fifo("fifo");
    sandbox.socket("socket");
    let paths = [("fifo", "FIFO|named pipe"), ("socket", "socket"), ("/dev/zero", "device")];
    for (path, kind) in paths {
        let runs = [
            sandbox.oms("sign key --private-key key.pem").arg(path),
            sandbox.oms("verify key --signature good.sig --public-key pub.pem").arg(path),
            sandbox.oms("status --signature good.sig").arg(path),
            sandbox.oms("digest").arg(path),
        ];
        all(runs.map(|run| run.refusal(2, &format!("{path} & {kind}"))));
    }
}

#[test]
fn a_missing_signature_is_told_from_a_bad_one() {
    let sandbox = Sandbox::new();
    let words = "model.sig & no such|not found|does not exist|missing|no signature";
    all(readers(&sandbox).map(|run| run.refusal(3, words)));
    sandbox.oms("verify key model --public-key pub.pem").refuses(3, words);
}

#[test]
fn a_name_that_stands_twice_is_refused_at_every_level() {
    let text = edited(good(), "/verificationMaterial/ignored=[{\"deep\":1}]").to_string();
    let sandbox = Sandbox::new();
    sandbox.write("model.sig", &text);
    sandbox.verify_key().accepts();
    let outer = ["mediaType", "verificationMaterial", "publicKey", "hint", "tlogEntries"];
    let envelope = ["dsseEnvelope", "payload", "payloadType", "signatures", "sig", "keyid"];
    for name in outer.into_iter().chain(envelope).chain(["ignored", "deep"]) {
        sandbox.write("model.sig", doubled(&text, name));
        let words = format!("{name} & twice|duplicate|more than once");
        all(readers(&sandbox).map(|run| run.refusal(1, &words)));
    }
    let escaped = text.replacen("\"keyid\":", "\"s\\u0069g\":\"\",\"keyid\":", 1);
    sandbox.write("model.sig", escaped);
    sandbox.verify_key().case("an escaped name").refuses(1, "sig & twice|duplicate");
}

#[test]
fn a_bundle_of_the_wrong_shape_is_refused() {
    const SEVERAL: &str = "2 signatures|two signatures|one signature|more than one|several";
    let cases = [
        ("/extraField=1", "extraField & unknown"),
        ("/mediaType=text/x", "mediaType|media type & text/x"),
        ("/mediaType=application/vnd.dev.sigstore.bundle.v0.4+json", "v0.4"),
        ("/mediaType=application/vnd.dev.sigstore.bundle+json;version=0.4", "0.4"),
        ("/mediaType=5", "mediaType|media type|string"),
        ("-/mediaType", "mediaType|media type"),
        ("-/verificationMaterial", "verificationMaterial|verification material"),
        ("/verificationMaterial={}", "verificationMaterial|verification material"),
        ("/verificationMaterial=5", "verificationMaterial|map|object|struct"),
        (
            r#"/verificationMaterial/x509CertificateChain={"certificates":[{"rawBytes":""}]}"#,
            "publicKey|2 kinds|two kinds",
        ),
        (r#"/verificationMaterial/certificate={"rawBytes":""}"#, "publicKey|2 kinds|two kinds"),
        ("/verificationMaterial/publicKey={}", "hint|rawBytes"),
        ("/dsseEnvelope/new=1", "new & unknown"),
        ("/dsseEnvelope/signatures/0/new=1", "new & unknown"),
        ("-/dsseEnvelope", "dsseEnvelope"),
        (r#"-/dsseEnvelope ; /messageSignature={"signature":""}"#, "messageSignature|dsseEnvelope"),
        ("/dsseEnvelope=null", "dsseEnvelope|null"),
        ("-/dsseEnvelope/payload", "payload"),
        ("/dsseEnvelope/payload=5", "payload|string"),
        ("/dsseEnvelope/payload=!!!!", "payload & base64"),
        ("/dsseEnvelope/payload=e30-_w==", "payload & base64"),
        ("-/dsseEnvelope/payloadType", "payloadType|payload type"),
        ("-/dsseEnvelope/signatures", "signatures"),
        ("/dsseEnvelope/signatures=[]", "signature"),
        ("/dsseEnvelope/signatures={}", "signatures|sequence|array|list"),
        (r#"/dsseEnvelope/signatures/-={"sig":"MAYCAQECAQE="}"#, SEVERAL),
        ("-/dsseEnvelope/signatures/0/sig", "sig"),
        ("/dsseEnvelope/signatures/0/sig=!!", "sig & base64"),
        ("/dsseEnvelope/signatures/0/sig=", "signature"),
        ("/dsseEnvelope/signatures/0/sig=anVuaw==", "signature"),
        ("/dsseEnvelope/signatures/0/sig=MAYCAQACAQA=", "signature"),
        ("/verificationMaterial/publicKey/hint=00112233", "hint"),
        ("/verificationMaterial/publicKey/hint=5", "hint|string"),
    ];
    let sandbox = Sandbox::new();
    all(cases.map(|(edit, words)| {
        sandbox.write("model.sig", edited(good(), edit).to_string());
        sandbox.verify_key().case(edit).refusal(1, words)
    }));
    let mut twice = good();
    let signature = twice["dsseEnvelope"]["signatures"][0].clone();
    twice["dsseEnvelope"]["signatures"] = json!([signature, signature]);
    sandbox.write("model.sig", twice.to_string());
    sandbox.verify_key().case("the same signature twice").refuses(1, SEVERAL);
}

#[test]
fn a_list_is_no_object_with_the_names_left_out() {
    let good = good();
    let (material, envelope) = (&good["verificationMaterial"], &good["dsseEnvelope"]);
    let signature = &envelope["signatures"][0];
    let set = |pointer: &'static str, list: Value| {
        (pointer, edited(good.clone(), &format!("{pointer}={list}")))
    };
    let (hint, sig) = (&material["publicKey"]["hint"], &signature["sig"]);
    let members = json!([envelope["payload"], envelope["payloadType"], envelope["signatures"]]);
    let bundles = [
        ("bundle", json!([good["mediaType"], material, envelope])),
        set("/verificationMaterial", json!([material["publicKey"], null, null, [], null])),
        set("/verificationMaterial/publicKey", json!([hint, null])),
        set("/dsseEnvelope", members),
        set("/dsseEnvelope/signatures/0", json!([sig, ""])),
    ];
    let sandbox = Sandbox::new();
    all(bundles.iter().flat_map(|(label, bundle)| {
        sandbox.write("model.sig", bundle.to_string());
        readers(&sandbox).map(|run| run.case(label).refusal(1, "object|map"))
    }));
}

#[test]
fn a_payload_type_is_judged_even_if_it_is_signed() {
    let sandbox = Sandbox::new();
    let payload = statement().to_string();
    for kind in ["text/plain", "application/vnd.in-toto+json ", "APPLICATION/vnd.in-toto+json", ""]
    {
        let signature = p256().sign("-sha256", &pae(kind, payload.as_bytes()));
        let material = json!({"publicKey": {"hint": p256().hint()}, "tlogEntries": []});
        let bundle = assembled(material, kind, payload.as_bytes(), &signature);
        sandbox.write("model.sig", bundle.to_string());
        let words = format!("payload type|payloadType & {}", kind.trim());
        sandbox.verify_key().case(kind).refuses(1, &words);
    }
}

#[test]
fn a_signature_over_other_bytes_is_bad() {
    let sandbox = Sandbox::new();
    let payload = statement().to_string();
    let refuse = |label: &str, bundle: Value| {
        sandbox.write("model.sig", bundle.to_string());
        sandbox.verify_key().case(label).refusal(1, "signature")
    };
    let mut changed = good();
    let mut other = unbase64(&changed["dsseEnvelope"]["payload"]);
    other.push(b' ');
    changed["dsseEnvelope"]["payload"] = json!(base64(other));
    let mut plain = good();
    let signature = p256().sign("-sha256", payload.as_bytes());
    plain["dsseEnvelope"]["signatures"][0]["sig"] = json!(base64(signature));
    all([
        refuse("another payload", changed),
        refuse("signed without the PAE", plain),
        refuse("another hash", bundle_by(p256(), "-sha512", payload.as_bytes())),
        refuse("another key", bundle_by(another(), "-sha256", payload.as_bytes())),
    ]);
}

#[test]
fn a_wrong_key_is_told_from_a_wrong_hint() {
    let sandbox = Sandbox::new();
    sandbox.write("other.pem", &another().public);
    sandbox.write("model.sig", good().to_string());
    let verify = sandbox.oms("verify key model --signature model.sig --public-key other.pem");
    let outcome = verify.refuses(1, "signature & key");
    assert!(!outcome.says("hint"), "a wrong key is no wrong hint: {}", outcome.show());
    let edit = format!("/verificationMaterial/publicKey/hint={}", another().hint());
    sandbox.write("model.sig", edited(good(), &edit).to_string());
    sandbox.verify_key().refuses(1, "hint");
}

#[test]
fn each_curve_goes_with_its_hash() {
    let sandbox = Sandbox::new();
    let payload = statement().to_string();
    for (curve, hash, wrong) in [("P-384", "-sha384", "-sha256"), ("P-521", "-sha512", "-sha384")] {
        let key = KeyPair::curve(curve);
        sandbox.write("pub.pem", &key.public);
        sandbox.write("model.sig", bundle_by(&key, hash, payload.as_bytes()).to_string());
        sandbox.verify_key().case(curve).accepts();
        sandbox.write("model.sig", bundle_by(&key, wrong, payload.as_bytes()).to_string());
        sandbox.verify_key().case(curve).refuses(1, "signature");
    }
}

#[test]
fn what_the_format_leaves_open_is_accepted() {
    let edits = [
        "/mediaType=application/vnd.dev.sigstore.bundle+json;version=0.1",
        "/mediaType=application/vnd.dev.sigstore.bundle+json;version=0.2",
        "/mediaType=application/vnd.dev.sigstore.bundle+json;version=0.3",
        "-/verificationMaterial/tlogEntries",
        "-/dsseEnvelope/signatures/0/keyid",
        "/dsseEnvelope/signatures/0/keyid=null",
        "/dsseEnvelope/signatures/0/keyid=any",
        "/verificationMaterial/new=[{}]",
        "/verificationMaterial/publicKey/new=1",
    ];
    let sandbox = Sandbox::new();
    all(edits.map(|edit| {
        sandbox.write("model.sig", edited(good(), edit).to_string());
        sandbox.verify_key().case(edit).acceptance()
    }));
    sandbox.write("model.sig", format!("\n{:#}\n", good()));
    sandbox.verify_key().case("indented").accepts();
}

#[test]
fn the_public_key_in_an_old_bundle_is_never_trusted() {
    let sandbox = Sandbox::new();
    let old = |key: &KeyPair| {
        let mut bundle = bundle_by(key, "-sha256", statement().to_string().as_bytes());
        let details = "PKIX_ECDSA_P256_SHA_256";
        bundle["verificationMaterial"] =
            json!({"publicKey": {"rawBytes": base64(&key.public), "keyDetails": details}});
        bundle["dsseEnvelope"]["signatures"][0]["keyid"] = Value::Null;
        bundle.to_string()
    };
    sandbox.write("model.sig", old(p256()));
    sandbox.verify_key().accepts();
    sandbox.write("model.sig", old(another()));
    sandbox.verify_key().refuses(1, "signature");
}

#[test]
fn any_one_of_several_public_keys_may_fit() {
    let sandbox = Sandbox::new();
    sandbox.write("other.pem", &another().public);
    sandbox.write("third.pem", KeyPair::curve("P-384").public);
    sandbox.write("model.sig", good().to_string());
    let verify = || sandbox.oms("verify key model --signature model.sig --public-key other.pem");
    verify().args("--public-key pub.pem").accepts();
    verify().args("--public-key third.pem").refuses(1, "signature & key");
}
