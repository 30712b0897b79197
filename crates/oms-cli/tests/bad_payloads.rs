//! Payloads that `oms` must refuse although their signature is good: each is signed by OpenSSL, so
//! that the rule in question is what rejects it. Resources and shards have a file of their own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::bundles::{PAYLOAD_TYPE, assembled, bundle, doubled, edited, sealed, statement};
use support::bundles::{PREDICATE_TYPE, statement_of};
use support::keys::{digest, hex, p256, sha256};
use support::{MODEL, Sandbox, all};

const SETTINGS: &str = "/predicate/serialization";

/// The good statement after edits, with the root digest that its resources ask for.
fn changed(edits: &str) -> Value {
    sealed(edited(statement(), edits))
}

#[test]
fn a_payload_that_is_no_statement_is_refused() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let trailing = format!("{} {{}}", statement());
    let cases = [
        ("empty", "", "payload|statement & EOF|empty|end of"),
        ("not JSON", "hello", "payload|statement & JSON|malformed"),
        ("null", "null", "payload|statement"),
        ("list", "[]", "payload|statement"),
        ("object", "{}", "_type"),
        ("brackets", &deep, "recursion|nest|deep"),
        ("trailing data", &trailing, "trailing"),
        ("byte order mark", "\u{feff}{}", "payload|statement"),
    ];
    all(cases.map(|(label, payload, words)| support::refused(label, payload, words)));

    let sandbox = Sandbox::new();
    sandbox.write("model.sig", bundle(b"{\"_type\":\"\xff\"}").to_string());
    sandbox.verify_key().refuses(1, "UTF-8|unicode");
    sandbox.oms("status model").refuses(1, "UTF-8|unicode");
    sandbox.oms("inspect model.sig").refuses(1, "UTF-8|unicode");
}

#[test]
fn a_name_that_stands_twice_in_the_payload_is_refused() {
    let text = changed("/predicate/ignored=[{\"deep\":1}]").to_string();
    all([support::accepted("unchanged", &text)]);
    let statement = ["_type", "subject", "sha256", "predicateType", "predicate"];
    let resource = ["resources", "name", "digest", "algorithm"];
    let settings = ["serialization", "method", "hash_type", "allow_symlinks", "ignore_paths"];
    let names = statement.iter().chain(&resource).chain(&settings).chain(&["ignored", "deep"]);
    all(names.map(|name| {
        let words = format!("{name} & twice|duplicate|more than once");
        support::refused(name, &doubled(&text, name), &words)
    }));
}

#[test]
fn a_statement_of_another_kind_is_refused() {
    let cases = [
        ("/_type=https://in-toto.io/Statement/v0.1", "Statement/v0.1"),
        ("/_type=5", "_type|string"),
        ("-/_type", "_type"),
        ("/predicateType=https://slsa.dev/provenance/v1", "predicate & slsa.dev/provenance/v1"),
        ("/predicateType=https://model_signing/signature/v2.0", "predicate & signature/v2.0"),
        ("/predicateType=https://model_signing/signature/v1", "predicate & signature/v1"),
        ("/predicateType=https://model_signing/signature/v1.x", "predicate & signature/v1.x"),
        ("/predicateType=https://model_signing/signature/v1.0 ", "predicate & signature/v1.0"),
        (
            "/predicateType=https://model_signing/Digests/v0.1",
            "Digests/v0.1|v0.2.0 & accept-legacy",
        ),
        ("/predicateType=null", "predicateType|null"),
        ("-/predicateType", "predicateType"),
        ("/predicate=null", "predicate|null"),
        ("/predicate=[]", "predicate|map|object|sequence|struct"),
        ("-/predicate", "predicate"),
    ];
    all(cases.map(|(edit, words)| {
        support::refused(edit, &edited(statement(), edit).to_string(), words)
    }));
}

#[test]
fn there_is_one_subject_with_the_root_digest() {
    let other = statement_of(&[("a.bin", b"alpha\n")])["subject"].to_string();
    let cases = [
        ("/subject=[]", "subject"),
        (r#"/subject/-={"name":"model","digest":{"sha256":"00"}}"#, "subject & 2|two|one"),
        (r#"/subject={"name":"model"}"#, "subject|sequence|array|list"),
        ("/subject=null", "subject|sequence|array|list|null"),
        ("-/subject", "subject"),
        ("/subject/0=5", "subject|struct|object|map"),
        ("/subject/0/name=", "subject & name"),
        ("/subject/0/name=5", "subject|name|string"),
        ("-/subject/0/name", "name"),
        ("-/subject/0/digest", "digest"),
        (r#"/subject/0/digest={"sha512":"00"}"#, "sha256"),
        ("/subject/0/digest/sha256=00", "digest"),
        ("/subject/0/digest/sha256=zz", "digest"),
        (
            "/subject/0/digest/sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "root digest",
        ),
        (&format!("/subject={other}"), "root digest"),
    ];
    all(cases.map(|(edit, words)| {
        support::refused(edit, &edited(statement(), edit).to_string(), words)
    }));
    let mut order = statement();
    order["predicate"]["resources"].as_array_mut().unwrap().reverse();
    all([
        support::refused("the root digest of another order", &order.to_string(), "root digest"),
        support::accepted("a foreign name", &changed("/subject/0/name=../x").to_string()),
    ]);
}

#[test]
fn a_serialization_that_is_not_understood_is_refused() {
    let cases = [
        ("=null", "serialization|null"),
        ("=[]", "serialization|sequence|array|method"),
        ("/method=chunks", "method & chunks"),
        ("/method=FILES", "method & FILES"),
        ("/method=5", "method|string"),
        ("/hash_type=md5", "hash & md5"),
        ("/hash_type=SHA256", "hash & SHA256"),
        ("/hash_type=5", "hash_type|string"),
        ("/allow_symlinks=yes", "allow_symlinks|bool"),
        ("/allow_symlinks=1", "allow_symlinks|bool"),
        ("/follow_mounts=true", "follow_mounts"),
        (r#"/ignore_paths=["."]"#, "ignore_paths|ignore path & '.'|\".\"|`.`"),
        (r#"/ignore_paths=["/"]"#, "ignore_paths|ignore path & '/'|\"/\"|`/`"),
        (r#"/ignore_paths=[".git",""]"#, "ignore_paths|ignore path & empty|''|\"\""),
        ("/ignore_paths=[5]", "ignore_paths|ignore path|string"),
        ("/ignore_paths=[null]", "ignore_paths|ignore path|string|null"),
        ("/ignore_paths=a.bin", "ignore_paths|ignore path|sequence|array|list"),
    ];
    all(cases.map(|(edit, words)| {
        let edit = format!("{SETTINGS}{edit}");
        support::refused(&edit, &changed(&edit).to_string(), words)
    }));
    all(["serialization", "serialization/method", "serialization/hash_type"].map(|name| {
        let words = name.rsplit('/').next().unwrap();
        support::refused(name, &changed(&format!("-/predicate/{name}")).to_string(), words)
    }));
}

#[test]
fn a_list_is_no_object_with_the_names_left_out() {
    let good = statement();
    let (subject, predicate) = (&good["subject"][0], &good["predicate"]);
    let (resource, digest) = (&predicate["resources"][0], &subject["digest"]["sha256"]);
    let lists = [
        ("/subject/0", json!([subject["name"], subject["digest"]])),
        ("/subject/0/digest", json!([digest])),
        ("/predicate", json!([predicate["resources"], predicate["serialization"]])),
        ("/predicate/resources/0", json!([resource["name"], resource["digest"], "sha256"])),
        (SETTINGS, json!(["files", "sha256", false, null, []])),
    ];
    all(lists.map(|(pointer, list)| {
        let payload = edited(good.clone(), &format!("{pointer}={list}")).to_string();
        support::refused(pointer, &payload, "object|map")
    }));
}

#[test]
fn an_entry_that_can_match_nothing_hides_nothing() {
    for entry in ["..", "../model", "../model/extra.bin", "/model", "sub/../extra.bin"] {
        let sandbox = Sandbox::new();
        sandbox.sign_payload(changed(&format!("{SETTINGS}/ignore_paths=[{entry:?}]")).to_string());
        sandbox.verify_key().case(entry).accepts().warns(entry);
        sandbox.write("model/extra.bin", "x");
        sandbox.verify_key().case(entry).refuses(1, "").reports("extra.bin");
        sandbox.remove("model/extra.bin");
        sandbox.write("model/a.bin", "changed");
        sandbox.verify_key().case(entry).refuses(1, "").reports("a.bin");
    }
}

#[test]
fn an_ignored_path_hides_no_resource() {
    for entry in ["a.bin", "sub", "sub/b.bin"] {
        let sandbox = Sandbox::new();
        sandbox.sign_payload(changed(&format!("{SETTINGS}/ignore_paths=[{entry:?}]")).to_string());
        sandbox.verify_key().case(entry).accepts();
        sandbox.write("model/a.bin", "changed");
        sandbox.remove("model/sub/b.bin");
        let verify = sandbox.verify_key().args("--ignore-paths").arg(entry);
        verify.case(entry).refuses(1, "").reports("a.bin & sub/b.bin");
    }
}

#[test]
fn what_the_format_leaves_open_is_accepted() {
    const V1_1: &str = "/predicateType=https://model_signing/signature/v1.1";
    let cases = [
        (format!("-{SETTINGS}/ignore_paths"), ""),
        (format!("{SETTINGS}/ignore_paths=[\"no/such\"]"), ""),
        ("/predicate/extra=1".to_owned(), "extra"),
        ("/subject/0/digest/sha512=00".to_owned(), ""),
        ("/extra=1".to_owned(), ""),
        (V1_1.to_owned(), "v1.1"),
        (format!("{V1_1} ; {SETTINGS}/follow_mounts=true"), "follow_mounts"),
    ];
    for (edit, warning) in cases {
        let outcome = support::accepted(&edit, &changed(&edit).to_string());
        outcome.unwrap_or_else(|wrong| panic!("{wrong}")).warns(warning);
    }
    let quiet = support::accepted("v1.0", &statement().to_string()).unwrap();
    assert!(PREDICATE_TYPE.ends_with("v1.0") && !quiet.says("warn"), "{}", quiet.show());
}

#[test]
fn the_recorded_hash_is_applied() {
    let mut blake = edited(statement(), &format!("{SETTINGS}/hash_type=blake2b"));
    let resources = blake["predicate"]["resources"].as_array_mut().unwrap();
    for (resource, (_, content)) in resources.iter_mut().zip(MODEL) {
        resource["algorithm"] = json!("blake2b");
        resource["digest"] = json!(hex(&digest("-blake2b512", content)));
    }
    all([support::accepted("BLAKE2b", &sealed(blake).to_string())]);
}

/// A bundle as v0.2.0 made it: Python's `repr` of the payload is what was signed.
fn legacy(payload: &Value) -> String {
    let text = payload.to_string();
    assert!(!text.contains(['\'', '\\']), "Python would write {text} with escapes");
    let signed = format!("DSSEV1 28 {PAYLOAD_TYPE} {} b'{text}'", text.len());
    let signature = p256().sign("-sha256", signed.as_bytes());
    let material = json!({"publicKey": {"hint": p256().hint()}});
    assembled(material, PAYLOAD_TYPE, text.as_bytes(), &signature).to_string()
}

#[test]
fn the_oldest_form_is_read_only_when_asked_for() {
    let subjects = MODEL
        .map(|(name, content)| json!({"name": name, "digest": {"sha256": hex(&sha256(content))}}));
    let digests = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://model_signing/Digests/v0.1",
        "predicate": {"unused": "Unused, just passed due to API"},
    });
    let sandbox = Sandbox::new();
    let accepting = || sandbox.verify_key().args("--accept-legacy");
    sandbox.write("model.sig", legacy(&digests));
    sandbox.verify_key().refuses(1, "signature|legacy");
    accepting().accepts().warns("complete|no file was added");
    sandbox.write("model/a.bin", "changed");
    accepting().refuses(1, "").reports("a.bin");
    sandbox.write("model/a.bin", "alpha\n");

    // The old way of signing authenticates nothing but the old form.
    sandbox.write("model.sig", legacy(&statement()));
    accepting().refuses(1, "signature|legacy|predicate");
    // And `../` leads out of the model in no form.
    let outside = edited(digests, "/subject/0/name=../pub.pem");
    sandbox.write("model.sig", legacy(&outside));
    accepting().args("--ignore-unsigned-files").refuses(1, "../pub.pem");
}
