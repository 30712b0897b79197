//! The command line of `oms`: methods, flags, reports and what scripts rely on.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::bundles::{bundle, statement};
use support::certificates::{Pki, pki};
use support::keys::{another, digest, hex, sha256};
use support::{Outcome, Sandbox, all};

const METHODS: &str = "key & certificate";

fn signed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sign_payload(statement().to_string());
    sandbox
}

/// A sandbox with the files of a certificate signer too.
fn with_certificates() -> Sandbox {
    let Pki { root, intermediate, leaf } = pki();
    let sandbox = Sandbox::new();
    sandbox.write("root.pem", &root.certificate);
    sandbox.write("chain.pem", format!("{}{}", leaf.certificate, intermediate.certificate));
    sandbox.write("leaf-key.pem", &leaf.key.private);
    sandbox
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("stdout is not JSON: {error}: {}", outcome.show()))
}

#[test]
fn the_method_follows_from_the_flags() {
    let sandbox = with_certificates();
    sandbox.oms("sign model --private-key key.pem").accepts();
    sandbox.oms("verify model --signature model.sig --public-key pub.pem").accepts();
    sandbox.oms("sign --private_key key.pem model").accepts();
    sandbox.oms("verify --public_key pub.pem --signature model.sig model").accepts();
    sandbox.oms("sign model --certificate_chain chain.pem --private_key leaf-key.pem").accepts();
    let verify = "verify model --signature model.sig --certificate_chain root.pem";
    sandbox.oms(verify).accepts();
    // It is never taken from the bundle.
    let verify = sandbox.oms("verify model --signature model.sig --public-key pub.pem");
    verify.refuses(1, "certificate");
}

#[test]
fn a_folder_named_like_a_method_is_a_model_where_a_model_stands() {
    let sandbox = Sandbox::new();
    for name in ["key", "keys"] {
        sandbox.write(&format!("{name}/a.bin"), "x");
        sandbox.oms("sign key --private-key key.pem").arg(name).case(name).accepts();
        assert_eq!(sandbox.statement_in("model.sig")["subject"][0]["name"], name);
        let verify = sandbox.oms("verify key --signature model.sig --public-key pub.pem");
        verify.arg(name).case(name).accepts();
    }
    sandbox.oms("sign keys --private-key key.pem").accepts();
    sandbox.oms("sign ./key --private-key key.pem").accepts();
    assert_eq!(sandbox.statement_in("model.sig")["subject"][0]["name"], "key");
}

#[test]
fn flags_of_two_methods_or_of_none_are_usage_errors() {
    let sandbox = with_certificates();
    sandbox.write("model.sig", bundle(statement().to_string().as_bytes()).to_string());
    let verify = "verify model --signature model.sig";
    let both = "--public-key & two methods|--certificate-chain";
    all([
        sandbox
            .oms(verify)
            .args("--public-key pub.pem --certificate-chain root.pem")
            .refusal(2, both),
        sandbox.oms(verify).args("--public-key pub.pem --identity x").refusal(2, "--identity"),
        sandbox.verify_key().args("--certificate-chain root.pem").refusal(2, "--certificate-chain"),
        sandbox.sign_key().args("--certificate-chain chain.pem").refusal(2, "--certificate-chain"),
        sandbox.oms("sign model").refusal(2, METHODS),
        sandbox.oms("sign sigstore model").refusal(2, METHODS),
        sandbox.oms(verify).refusal(2, METHODS),
        sandbox.oms("sign").refusal(2, ""),
        sandbox.oms("sign key").refusal(2, ""),
        sandbox.oms("sign key model other --private-key key.pem").refusal(2, "other"),
    ]);
}

#[test]
fn a_near_miss_is_suggested() {
    let sandbox = signed();
    all([
        sandbox
            .oms("sign certifcate model --private-key key.pem")
            .refusal(2, "certifcate & sign certificate|'certificate'"),
        sandbox.oms("verify kye model --signature model.sig").refusal(2, "kye & verify key|'key'"),
        sandbox.oms("sgin key model").refusal(2, "sgin & 'sign'|`sign`|\"sign\""),
        sandbox.sign_key().args("--privat-key x").refusal(2, "--privat-key & --private-key"),
        sandbox.sign_key().args("--no-such-flag").refusal(2, "--no-such-flag"),
    ]);
}

#[test]
fn flags_are_taken_as_the_other_clients_write_them() {
    let sandbox = signed();
    sandbox.write("model/extra.bin", "x");
    let verify = || sandbox.verify_key();
    for flag in [
        "--ignore-unsigned-files",
        "--ignore_unsigned_files",
        "--ignore-unsigned-files=true",
        "--ignore_unsigned_files=true",
        "--no-ignore-unsigned-files --ignore-unsigned-files",
        "--ignore-paths model/extra.bin",
        "--ignore_paths extra.bin",
    ] {
        verify().args(flag).accepts();
    }
    for flag in [
        "--ignore-unsigned-files=false",
        "--no-ignore-unsigned-files",
        "--no_ignore_unsigned_files",
        "--ignore-unsigned-files --no-ignore-unsigned-files",
    ] {
        verify().args(flag).refuses(1, "").reports("extra.bin");
    }
    verify().args("--ignore-unsigned-files=maybe").refuses(2, "maybe");
    sandbox.remove("model/extra.bin");
    sandbox.link("a.bin", "model/link");
    let sign = "sign key model --private_key key.pem --signature s.sig";
    sandbox.oms(sign).args("--allow_symlinks=true").accepts();
    sandbox.oms(sign).args("--allow-symlinks=false").refuses(1, "link");
    sandbox.oms("sign key model --private-key=key.pem --allow-symlinks").accepts();
}

#[test]
fn ignored_paths_are_resolved_by_their_words_alone() {
    // What stands in the working directory must not decide what a path means.
    for beside in [false, true] {
        let sandbox = Sandbox::new();
        sandbox.write("model/model/x", "x");
        if beside {
            sandbox.write("sub/b.bin", "x");
            sandbox.write("a.bin", "x");
        }
        let outside = sandbox.path("elsewhere");
        let sign = sandbox.sign_key().args("--ignore-paths model/a.bin --ignore-paths sub");
        let sign = sign.args("--ignore-paths no/such --ignore-paths").arg(outside);
        sign.accepts().warns("elsewhere");
        let predicate = &sandbox.statement_in("model.sig")["predicate"];
        let recorded = &predicate["serialization"]["ignore_paths"];
        let defaults = [".git", ".gitattributes", ".github", ".gitignore"];
        let expected = [&defaults[..], &["a.bin", "no/such", "sub"]].concat();
        assert_eq!(recorded, &json!(expected));
        assert_eq!(predicate["resources"].as_array().unwrap().len(), 1, "{predicate:#}");
    }
}

#[test]
fn help_and_version_are_there() {
    let sandbox = Sandbox::new();
    let version = sandbox.oms("--version").accepts().stdout;
    assert_eq!(version.trim(), format!("oms {}", env!("CARGO_PKG_VERSION")));
    let help = |words: &str| {
        let outcome = sandbox.oms(words).accepts();
        let wide = outcome.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{words}: over 80 columns");
        outcome
    };
    help("--help").reports("sign & verify & digest & inspect & status & keygen & quickstart");
    help("sign --help").reports(METHODS);
    help("verify --help").reports(METHODS);
    help("sign key --help").reports("--private-key & --password-file & --shard-size");
    help("sign certificate --help").reports("--signing-certificate & --certificate-chain");
    help("verify key --help").reports("--public-key & --ignore-unsigned-files & --accept-legacy");
    help("verify certificate --help").reports("--certificate-chain");
    for command in ["digest", "inspect", "status", "keygen", "quickstart", "completions", "man"] {
        help(&format!("{command} --help"));
    }
}

#[test]
fn completions_and_the_manual_are_printed() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        sandbox.oms("completions").arg(shell).accepts().reports("oms & verify & public-key");
    }
    sandbox.oms("completions tcsh").refuses(2, "tcsh & bash");
    sandbox.oms("man").accepts().reports(".TH oms & verify");
}

#[test]
fn a_stdout_that_nobody_reads_makes_no_failure_a_success() {
    let sandbox = signed();
    for output in ["text", "json"] {
        let good = sandbox.verify_key().args("--output").arg(output).broken_stdout().run();
        assert!(!good.says("panicked"), "{}", good.show());
    }
    sandbox.write("model/a.bin", "changed");
    for output in ["text", "json"] {
        let run = |words| sandbox.oms(words).args("--output").arg(output);
        let verify = "verify key model --signature model.sig --public-key pub.pem";
        for bad in [run(verify), run("status model")] {
            let outcome = bad.broken_stdout().run();
            assert_eq!(outcome.status, 1, "{}", outcome.show());
            assert!(!outcome.says("panicked"), "{}", outcome.show());
        }
    }
    let full = sandbox.oms("digest model").full_stdout().run();
    assert_ne!(full.status, 0, "the digest was lost: {}", full.show());
}

#[test]
fn the_signature_beside_or_inside_the_model_is_found() {
    let verify = "verify key model --public-key pub.pem";
    let sandbox = signed();
    sandbox.oms(verify).case("beside").accepts();
    sandbox.oms("status model").case("beside").accepts();
    std::fs::rename(sandbox.path("model.sig"), sandbox.path("model/model.sig")).unwrap();
    sandbox.oms(verify).case("inside").accepts();
    sandbox.oms("status model").case("inside").accepts();
    sandbox.sign_payload(statement().to_string());
    let words = "model.sig & model/model.sig & --signature";
    sandbox.oms(verify).case("both").refuses(2, words);
    sandbox.oms("status model").case("both").refuses(2, words);
    sandbox.oms(verify).args("--signature model/model.sig").accepts();
}

#[test]
fn reports_are_json_when_asked_for() {
    let sandbox = signed();
    let runs = [
        "sign key model --private-key key.pem --signature other.sig",
        "verify key model --signature model.sig --public-key pub.pem",
        "status model",
        "digest model",
        "inspect model.sig",
        "inspect model.sig --files",
    ];
    for words in runs {
        for flag in ["--output json", "--output=json"] {
            let report = json(&sandbox.oms(words).args(flag).accepts());
            assert!(report.get("schema").is_some(), "{words}: {report:#}");
            assert!(report.get("status").is_some(), "{words}: {report:#}");
        }
    }
    sandbox.oms("--output json status model").accepts();
    sandbox.write("model/a.bin", "changed");
    sandbox.remove("model/sub/b.bin");
    sandbox.write("model/new.bin", "x");
    for words in [runs[1], "status model"] {
        let outcome = sandbox.oms(words).args("--output json").refuses(1, "");
        let report = json(&outcome);
        assert!(report.get("schema").is_some() && report.get("status").is_some(), "{report:#}");
        let text = report.to_string();
        for name in ["a.bin", "sub/b.bin", "new.bin", "modified", "missing", "unsigned"] {
            assert!(text.contains(name), "{words}: no {name} in {report:#}");
        }
    }
    // A refusal for another reason is a report too.
    let other = "verify key model --signature model.sig --public-key other.pem --output json";
    sandbox.write("other.pem", &another().public);
    assert!(json(&sandbox.oms(other).refuses(1, "signature")).get("status").is_some());
    sandbox.oms("status model --output yaml").refuses(2, "yaml & json");
}

#[test]
fn status_needs_no_key_and_claims_none() {
    let sandbox = signed();
    sandbox.oms("status model").accepts().reports("not verified|no key|not checked|says nothing");
    sandbox.write("model/a.bin", "changed");
    sandbox.oms("status model").refuses(1, "").reports("a.bin");
}

#[test]
fn inspect_shows_a_bundle_and_vouches_for_nothing() {
    let sandbox = signed();
    let root = statement()["subject"][0]["digest"]["sha256"].as_str().unwrap().to_owned();
    let outcome = sandbox.oms("inspect model.sig").accepts();
    outcome.reports(&format!("not verified & key & sha256 & {root} & .gitattributes & 2"));
    sandbox.oms("inspect model.sig --files").accepts().reports("a.bin & sub/b.bin");
}

#[test]
fn the_digest_is_the_documented_root_digest() {
    // In the order of code points, which is not that of path components.
    let names =
        [".hidden", "Z", "a-b/x", "a.txt", "a/x", "sub/.git/x", "é", "\u{fffd}", "\u{10000}"];
    let sandbox = Sandbox::new();
    sandbox.remove("model");
    for name in names {
        sandbox.write(&format!("model/{name}"), name);
    }
    sandbox.write("model/.git/ignored", "x");
    sandbox.write("model/.gitignore", "x");
    for (option, hash) in
        [("", "-sha256"), ("--hash sha256", "-sha256"), ("--hash blake2b", "-blake2b512")]
    {
        let raw: Vec<u8> = names.iter().flat_map(|name| digest(hash, name.as_bytes())).collect();
        let outcome = sandbox.oms("digest model").args(option).accepts();
        assert_eq!(outcome.stdout, format!("sha256:{}\n", hex(&sha256(&raw))), "{option}");
    }
    let single = hex(&sha256(&sha256(b"Z")));
    let outcome = sandbox.oms("digest model/Z").accepts();
    assert_eq!(outcome.stdout, format!("sha256:{single}\n"));
    let raw = [sha256(b"a.tx"), sha256(b"t")].concat();
    let outcome = sandbox.oms("digest model/a.txt --shard-size 4").accepts();
    assert_eq!(outcome.stdout, format!("sha256:{}\n", hex(&sha256(&raw))));
}

#[test]
fn sizes_and_names_of_hashes_are_checked() {
    let sandbox = Sandbox::new();
    for size in ["100", "256MiB", "1GB", "1"] {
        sandbox.sign_key().args("--shard-size").arg(size).accepts();
        sandbox.verify_key().case(size).accepts();
    }
    let sharded = &sandbox.statement_in("model.sig")["predicate"]["serialization"];
    assert_eq!((&sharded["method"], &sharded["shard_size"]), (&json!("shards"), &json!(1)));
    for hash in ["sha256", "blake2b", "blake3"] {
        sandbox.sign_key().args("--hash").arg(hash).accepts();
        sandbox.verify_key().case(hash).accepts();
    }
    let before = sandbox.snapshot();
    for size in ["0", "-1", "1.5", "x", "", "10XB", "99999999999999999999"] {
        let flag = format!("--shard-size={size}");
        sandbox.sign_key().arg(&flag).refuses(2, "shard-size");
    }
    sandbox.sign_key().args("--hash md5").refuses(2, "md5 & sha256");
    sandbox.sign_key().args("--compat model-signing-9").refuses(2, "model-signing-9");
    assert_eq!(before.changes(&sandbox.snapshot()), Vec::<String>::new());
}

#[test]
fn every_hash_engine_gives_the_same_manifest() {
    let sandbox = Sandbox::new();
    for (number, len) in [0_usize, 1, 63, 64, 4096, 70_000, 300_001].into_iter().enumerate() {
        sandbox.write(&format!("model/more/{number}"), vec![number as u8; len]);
    }
    let mut payloads = Vec::new();
    for engine in oms::Engine::available() {
        let sign = sandbox.sign_key().env("OMS_HASH_ENGINE", engine.name());
        sign.case(engine.name()).accepts();
        payloads.push(sandbox.statement_in("model.sig"));
        let version = sandbox.oms("--version --verbose").env("OMS_HASH_ENGINE", engine.name());
        version.case(engine.name()).accepts().reports(engine.name());
    }
    assert!(payloads.iter().all(|payload| *payload == payloads[0]), "{payloads:?}");
    sandbox.verify_key().accepts();
    sandbox.sign_key().env("OMS_HASH_ENGINE", "").accepts();
    let unknown = sandbox.oms("digest model").env("OMS_HASH_ENGINE", "md5");
    unknown.refuses(2, r#"OMS_HASH_ENGINE & unknown hash engine "md5" & Unset it"#);
    let unknown = sandbox.oms("--verbose -V").env("OMS_HASH_ENGINE", "md5");
    unknown.refuses(2, r#"OMS_HASH_ENGINE & unknown hash engine "md5""#);
}

#[test]
fn bench_says_what_bounds_a_model() {
    let sandbox = Sandbox::new();
    let text = sandbox.oms("bench model --size 10GB --jobs 1").accepts();
    text.reports("sha256 aws-lc, 1 message & blake2b & blake3 & First run & Again & Bound by     starting up: the model is too small");
    text.reports(
        "10.00 GB of sha256 & in one file & bound by one message on one core & A disk slower than",
    );
    let outcome = sandbox.oms("bench model --hash blake3 --output json").accepts();
    let bench = &json(&outcome)["bench"];
    let rates = bench["rates"].as_array().unwrap();
    assert_eq!(rates.len(), oms::Engine::available().len() + 4);
    for rate in rates {
        assert!(rate["one_core"].as_f64().unwrap() > 0.0, "{rate}");
        assert!(rate["all_cores"].as_f64().unwrap() > 0.0, "{rate}");
    }
    assert_eq!(bench["runs"][0]["bytes"], bench["runs"][1]["bytes"]);
    sandbox.oms("bench nowhere").refuses(3, "nowhere & No such file");
    sandbox.oms("bench --size 0").refuses(2, "--size & 0 bytes");
    sandbox.oms("bench model --timeout 1ms").refuses(3, "out of time");
    assert!(!sandbox.exists("model.sig"));
}
