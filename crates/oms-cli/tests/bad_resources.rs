//! Lists of resources that `oms` must refuse although their signature is good: names, digests,
//! shards.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::bundles::{edited, resource, sealed, shards_of, statement, statement_of};
use support::{Sandbox, all};

/// The good statement after edits, with the root digest that its resources ask for.
fn changed(edits: &str) -> String {
    sealed(edited(statement(), edits)).to_string()
}

#[test]
fn resources_that_are_none_are_refused() {
    let cases = [
        ("/predicate/resources=[]", "resource|file"),
        ("/predicate/resources=null", "resources|null"),
        ("/predicate/resources={}", "resources|map|object"),
        ("-/predicate/resources", "resources"),
        ("/predicate/resources/0=5", "resource|integer|number|struct"),
        ("/predicate/resources/0/name=5", "name|string|integer"),
        ("/predicate/resources/0/digest=5", "digest|string|integer"),
        ("/predicate/resources/0/algorithm=null", "algorithm|string|null"),
        ("-/predicate/resources/0/name", "name"),
        ("-/predicate/resources/0/digest", "digest"),
        ("-/predicate/resources/0/algorithm", "algorithm"),
    ];
    all([support::accepted("unchanged", &statement().to_string())]);
    all(cases.map(|(edit, words)| support::refused(edit, &changed(edit), words)));
    for content in [&b"alpha\n"[..], b"another"] {
        let again = format!("/predicate/resources/-={}", resource("a.bin", content));
        let words = "a.bin & twice|duplicate|more than once";
        all([support::refused("twice", &changed(&again), words)]);
    }
}

#[test]
fn names_that_are_not_canonical_are_refused() {
    let names = [
        ("./a.bin", "./a.bin"),
        ("sub//b.bin", "sub//b.bin & empty"),
        ("sub/./b.bin", "sub/./b.bin"),
        ("/etc/passwd", "/etc/passwd & absolute"),
        ("/a.bin", "/a.bin & absolute"),
        ("../a.bin", "../a.bin"),
        ("sub/../a.bin", "sub/../a.bin"),
        ("..", "'..'|\"..\"|`..`"),
        ("sub/", "sub/"),
        ("", "empty"),
        ("a\0.bin", "NUL"),
    ];
    all(names.map(|(name, words)| {
        let added = format!("/predicate/resources/-={}", resource(name, b""));
        support::refused(name, &changed(&added), words)
    }));
    // No flag opens such a name.
    let sandbox = Sandbox::new();
    sandbox.write("outside.bin", b"alpha\n");
    sandbox.sign_payload(statement_of(&[("../outside.bin", b"alpha\n")]).to_string());
    let verify = sandbox.verify_key().args("--ignore-unsigned-files --allow-symlinks");
    verify.refuses(1, "../outside.bin");
    sandbox.oms("status model").refuses(1, "../outside.bin");
}

#[test]
fn a_name_that_deceives_a_terminal_is_shown_escaped() {
    let sandbox = Sandbox::new();
    let files: [(&str, &[u8]); 2] = [("a.bin", b"alpha\n"), ("x\u{1b}[2K\ny\u{202e}", b"")];
    sandbox.sign_payload(statement_of(&files).to_string());
    let outcome = sandbox.verify_key().refuses(1, "");
    outcome.reports(r"\u{1b}[2K\ny\u{202e}");
    assert!(!outcome.show().contains('\u{202e}'), "{}", outcome.show());
}

#[test]
fn a_digest_that_is_none_of_its_algorithm_is_refused() {
    let cases = [
        ("digest", "00".repeat(31), "a.bin & digest|length|32|64"),
        ("digest", "00".repeat(33), "a.bin & digest|length|32|64"),
        ("digest", "00".repeat(64), "a.bin & digest|length|32|64"),
        ("digest", "0".repeat(63), "a.bin & digest|length|hex"),
        ("digest", String::new(), "a.bin & digest|length|empty"),
        ("digest", "zz".repeat(32), "a.bin & digest|hex"),
        ("digest", "é".repeat(32), "a.bin & digest|hex"),
        ("digest", format!("0x{}", "00".repeat(31)), "a.bin & digest|hex"),
        ("algorithm", "blake3".to_owned(), "a.bin & blake3"),
        ("algorithm", "md5".to_owned(), "a.bin & md5"),
        ("algorithm", "SHA256".to_owned(), "a.bin & SHA256"),
        ("algorithm", "sha256-sharded-1000".to_owned(), "a.bin & sha256-sharded-1000"),
    ];
    all(cases.map(|(member, text, words)| {
        let mut statement = statement();
        statement["predicate"]["resources"][0][member] = json!(text);
        support::refused(&text, &sealed(statement).to_string(), words)
    }));
}

#[test]
fn what_the_format_leaves_open_is_accepted() {
    let mut unsorted = statement();
    unsorted["predicate"]["resources"].as_array_mut().unwrap().reverse();
    let mut capitals = statement();
    let digest = &mut capitals["predicate"]["resources"][0]["digest"];
    *digest = json!(digest.as_str().unwrap().to_uppercase());
    all([
        support::accepted("unsorted", &sealed(unsorted).to_string()),
        support::accepted("capitals", &capitals.to_string()),
        support::accepted("unknown", &changed("/predicate/resources/0/annotations={}")),
    ]);
}

const SHARDS: [(&str, &[u8]); 4] = [
    ("a.bin:0:4", b"alph"),
    ("a.bin:4:6", b"a\n"),
    ("sub/b.bin:0:4", b"beta"),
    ("sub/b.bin:4:5", b"\n"),
];

/// The right statement in shards of four bytes, each with this algorithm.
fn shards_with(algorithm: &str) -> String {
    let mut statement = shards_of(4, &SHARDS);
    for shard in statement["predicate"]["resources"].as_array_mut().unwrap() {
        shard["algorithm"] = json!(algorithm);
    }
    statement.to_string()
}

#[test]
fn shards_verify_in_both_ways_of_naming_their_algorithm() {
    all([
        support::accepted("as specified", &shards_with("sha256")),
        support::accepted("as released clients write", &shards_with("sha256-sharded-4")),
        support::refused("another size", &shards_with("sha256-sharded-5"), "sha256-sharded-5"),
        support::refused("another hash", &shards_with("blake3-sharded-4"), "blake3"),
    ]);
}

#[test]
fn shards_follow_the_recorded_order_and_their_names_may_hold_colons() {
    let sandbox = Sandbox::new();
    sandbox.write("model/a.bin", b"0123456789AB");
    sandbox.write("model/x:1:2", b"0123");
    sandbox.write("model/hollow", b"");
    sandbox.remove("model/sub");
    let shards: [(&str, &[u8]); 4] = [
        ("a.bin:0:5", b"01234"),
        ("a.bin:10:12", b"AB"),
        ("a.bin:5:10", b"56789"),
        ("x:1:2:0:4", b"0123"),
    ];
    sandbox.sign_payload(shards_of(5, &shards).to_string());
    sandbox.verify_key().accepts().reports("hollow");
    sandbox.write("model/x:1:2", b"0124");
    sandbox.verify_key().refuses(1, "").reports("x:1:2");
    sandbox.write("model/x:1:2", b"01234");
    sandbox.verify_key().case("a longer file").refuses(1, "").reports("x:1:2");
    sandbox.write("model/x:1:2", b"0123456789");
    sandbox.verify_key().case("one more shard").refuses(1, "").reports("x:1:2");
}

#[test]
fn shards_with_gaps_or_overlaps_are_refused() {
    let cases: [(&str, &[&str]); 15] = [
        ("a gap", &["a.bin:0:4", "a.bin:5:6"]),
        ("a whole shard missing", &["a.bin:0:4", "a.bin:8:9"]),
        ("an overlap", &["a.bin:0:4", "a.bin:3:6"]),
        ("no first", &["a.bin:4:6"]),
        ("too long", &["a.bin:0:6"]),
        ("too short", &["a.bin:0:3", "a.bin:3:6"]),
        ("twice", &["a.bin:0:4", "a.bin:0:4"]),
        ("backwards", &["a.bin:4:0"]),
        ("nothing", &["a.bin:0:0"]),
        ("no range", &["a.bin"]),
        ("half a range", &["a.bin:0"]),
        ("no number", &["a.bin:0:x"]),
        ("a sign", &["a.bin:+0:+4"]),
        ("a leading zero", &["a.bin:00:04"]),
        ("beyond 64 bits", &["a.bin:0:99999999999999999999"]),
    ];
    all(cases.map(|(label, names)| {
        let shards: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"alph"[..])).collect();
        support::refused(label, &shards_of(4, &shards).to_string(), "a.bin & shard|range|twice")
    }));
    let outside = shards_of(4, &[("../a.bin:0:4", b"alph")]).to_string();
    let nameless = shards_of(4, &[(":0:4", b"alph")]).to_string();
    all([
        support::refused("outside", &outside, "../a.bin"),
        support::refused("no name", &nameless, ":0:4|empty"),
    ]);
}

#[test]
fn a_shard_size_is_a_positive_integer() {
    let whole: [(&str, &[u8]); 2] = [("a.bin:0:6", b"alpha\n"), ("sub/b.bin:0:5", b"beta\n")];
    let sized = |size: Value| shards_of(size, &whole).to_string();
    let good = [json!(100), json!(100.0), json!(6), json!(9_007_199_254_740_992_u64)];
    all(good.map(|size| support::accepted(&size.to_string(), &sized(size))));
    let bad = [json!(0), json!(-1), json!(1.5), json!("100"), json!("x"), json!(true), json!(null)];
    let bad = bad.into_iter().chain([json!(0.0), json!(-100.0), json!(1e300), json!(1.9e16)]);
    all(bad.map(|size| support::refused(&size.to_string(), &sized(size), "shard_size|shard size")));
    let mut none = shards_of(100, &whole);
    none["predicate"]["serialization"].as_object_mut().unwrap().remove("shard_size");
    all([support::refused("none", &none.to_string(), "shard_size|shard size")]);
}
