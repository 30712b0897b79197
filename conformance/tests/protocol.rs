//! Drives the adapter as the OMS conformance suite does, through the cases of its lists for keys and
//! certificates. Names are the suite's; models, keys and bundles are made here.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

#[path = "../../crates/oms/tests/pki/mod.rs"]
mod pki;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::{Identity, P256, P384, P521, Template, ca, openssl_output, signer};
use serde_json::{Value, json};

type Files = &'static [(&'static str, &'static str)];

const SIMPLE: Files = &[("signme-1", "first\n"), ("signme-2", "second"), ("ignore-me", "")];
const MULTI_FILE: Files =
    &[("config.json", "{\"v\":1}"), ("weights.bin", "\u{1}\u{2}"), ("subdir/adapter.bin", "a")];

/// A model, where its signature goes, and the keys that sign and verify.
struct Case {
    folder: tempfile::TempDir,
    model: PathBuf,
    bundle: PathBuf,
}

impl Case {
    fn new(files: Files) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model");
        fs::create_dir(&model).unwrap();
        for (name, content) in files {
            let path = model.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let bundle = folder.path().join("model.sig");
        Self { folder, model, bundle }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a command of the protocol, the flags in an order that nobody promised.
    fn run(&self, command: &str, method: &str, flags: &[String], ignored: &[&str]) -> Output {
        let bundle = if command == "sign-model" { "--output-bundle" } else { "--bundle" };
        let mut adapter = Command::new(env!("CARGO_BIN_EXE_oms-conformance"));
        adapter.arg(command).args(flags);
        for path in ignored {
            adapter.arg("--ignore-paths").arg(self.model.join(path));
        }
        adapter.arg(bundle).arg(&self.bundle).arg("--model-path").arg(&self.model);
        adapter.args(["--method", method]).env_remove("OMS_KEY_PASSWORD");
        adapter.output().unwrap()
    }

    fn sign(&self, with: &Keys, ignored: &[&str]) -> Output {
        self.run("sign-model", with.method(), &with.to_sign(self), ignored)
    }

    fn verify(&self, with: &Keys, ignored: &[&str]) -> Output {
        self.run("verify-model", with.method(), &with.to_verify(self), ignored)
    }

    /// The statement in the bundle.
    fn statement(&self) -> Value {
        let bundle: Value = serde_json::from_slice(&fs::read(&self.bundle).unwrap()).unwrap();
        let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
        serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap()
    }

    fn signed_files(&self) -> Vec<String> {
        let statement = self.statement();
        let resources = statement["predicate"]["resources"].as_array().unwrap();
        let mut names: Vec<String> =
            resources.iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

enum Keys {
    /// A private key and a public key.
    Key { private: String, public: String },
    /// The signer, the chain above it in the signature, what the verifier trusts.
    Certificate { signer: Box<Identity>, chain: Vec<Identity>, trust: Vec<Identity> },
}

impl Keys {
    fn key(curve: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let private = String::from_utf8(openssl_output(&format!("genpkey {curve}"))).unwrap();
        fs::write(&path, &private).unwrap();
        let public = openssl_output(&format!("pkey -pubout -in {}", path.display()));
        Self::Key { private, public: String::from_utf8(public).unwrap() }
    }

    fn certificate(signer: Identity, chain: &[&Identity], trust: &[&Identity]) -> Self {
        let owned = |list: &[&Identity]| list.iter().map(|&identity| identity.clone()).collect();
        Self::Certificate { signer: Box::new(signer), chain: owned(chain), trust: owned(trust) }
    }

    fn method(&self) -> &'static str {
        match self {
            Self::Key { .. } => "key",
            Self::Certificate { .. } => "certificate",
        }
    }

    fn to_sign(&self, case: &Case) -> Vec<String> {
        let (private, mut flags) = match self {
            Self::Key { private, .. } => (private, Vec::new()),
            Self::Certificate { signer, chain, .. } => {
                let leaf = case.write("leaf.pem", &signer.certificate);
                let mut flags = vec!["--signing-cert".to_owned(), leaf];
                flags.extend(certificates(case, "chain", chain));
                (&signer.key, flags)
            }
        };
        flags.extend(["--private-key".to_owned(), case.write("key.pem", private)]);
        flags
    }

    fn to_verify(&self, case: &Case) -> Vec<String> {
        match self {
            Self::Key { public, .. } => {
                vec!["--public-key".to_owned(), case.write("key.pub", public)]
            }
            Self::Certificate { trust, .. } => certificates(case, "trust", trust),
        }
    }
}

fn certificates(case: &Case, name: &str, certificates: &[Identity]) -> Vec<String> {
    let flags = |(number, identity): (usize, &Identity)| {
        let file = case.write(&format!("{name}-{number}.pem"), &identity.certificate);
        ["--cert-chain".to_owned(), file]
    };
    certificates.iter().enumerate().flat_map(flags).collect()
}

fn key() -> &'static Keys {
    static KEY: OnceLock<Keys> = OnceLock::new();
    KEY.get_or_init(|| Keys::key(P384))
}

/// The suite's public key infrastructure: a root, an intermediate that signs no other authorities,
/// a signer.
struct Pki {
    root: Identity,
    intermediate: Identity,
}

fn limited(name: &str) -> Template {
    Template::new(name, "basicConstraints=critical,CA:TRUE,pathlen:0\n")
        .and("keyUsage=critical,keyCertSign")
        .key(P384)
        .hash("sha384")
}

fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| {
        let root = ca("root-ca").key(P384).hash("sha384").self_signed();
        let intermediate = limited("intermediate-ca").issued_by(&root);
        Pki { root, intermediate }
    })
}

fn certificate() -> Keys {
    let Pki { root, intermediate } = pki();
    let leaf = signer("signing-key").key(P384).issued_by(intermediate);
    Keys::certificate(leaf, &[intermediate], &[root])
}

#[track_caller]
fn passes(what: &str, output: &Output) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{what}: {complaint}");
}

#[track_caller]
fn fails_with(status: i32, what: &str, output: &Output) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{what}: {complaint}");
    assert!(!complaint.is_empty(), "{what} fails without a word");
}

/// Judged, and not good.
#[track_caller]
fn fails(what: &str, output: &Output) {
    fails_with(1, what, output);
}

#[track_caller]
fn roundtrip(name: &str, case: &Case, with: &Keys, ignored: &[&str], signed: &[&str]) {
    passes(name, &case.sign(with, ignored));
    let mut expected: Vec<&str> = signed.to_vec();
    expected.sort_unstable();
    assert_eq!(case.signed_files(), expected, "{name}");
    passes(name, &case.verify(with, ignored));
}

#[test]
fn keys_of_every_curve_go_round() {
    for (name, curve) in [("key-p256", P256), ("key-p384", P384), ("key-p521", P521)] {
        let signed = ["signme-1", "signme-2"];
        roundtrip(name, &Case::new(SIMPLE), &Keys::key(curve), &["ignore-me"], &signed);
    }
}

#[test]
fn certificates_go_round() {
    let with = certificate();
    let signed = ["signme-1", "signme-2"];
    roundtrip("certificate-simple", &Case::new(SIMPLE), &with, &["ignore-me"], &signed);
    let signed = ["config.json", "weights.bin", "subdir/adapter.bin"];
    roundtrip("certificate-multi-file", &Case::new(MULTI_FILE), &with, &[], &signed);
}

/// The suite's is an authority whose key usage signs no certificates.
#[test]
fn a_self_signed_certificate_goes_round() {
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature\n\
        extendedKeyUsage=codeSigning\n";
    let alone = Template::new("self-signed-test", extensions).self_signed();
    let with = Keys::certificate(alone.clone(), &[&alone], &[&alone]);
    let signed = ["signme-1", "signme-2"];
    roundtrip("certificate-self-signed", &Case::new(SIMPLE), &with, &["ignore-me"], &signed);
}

#[test]
fn models_of_every_shape_go_round() {
    /// Name, files, ignored, and signed where that is not all of the files.
    type Shape = (&'static str, Files, &'static [&'static str], Option<&'static [&'static str]>);
    let shapes: &[Shape] = &[
        ("key-multi-file", MULTI_FILE, &[], None),
        ("key-assets-subdir", &[("w", "w"), ("assets/v.txt", "v"), ("assets/t", "t")], &[], None),
        ("key-binary-content", &[("header.bin", "\0\u{1}\u{fffd}\0PNG")], &[], None),
        ("key-deeply-nested", &[("a/very/deep/directory/tree/weights.bin", "w")], &[], None),
        (
            "key-deeply-nested-with-git",
            &[("a/very/deep/tree/weights.bin", "w"), (".git/HEAD", "git")],
            &[".git/HEAD"],
            Some(&["a/very/deep/tree/weights.bin"]),
        ),
        (
            "key-default-ignores",
            &[
                (".gitattributes", ""),
                (".gitignore", ""),
                ("model.bin", "m"),
                (".git/HEAD", "git"),
                (".github/ci.yml", "ci"),
            ],
            &[],
            Some(&["model.bin"]),
        ),
        ("key-dotfile-included", &[(".config", "c"), (".env.example", "e"), ("m", "m")], &[], None),
        ("key-empty-file", &[("empty.bin", ""), ("signme-1", "s")], &[], None),
        (
            "key-files-in-hidden-dir",
            &[("m", "m"), (".cache/w", "w"), (".local/share/d", "d")],
            &[],
            None,
        ),
        (
            "key-git-and-ignore-combined",
            &[
                ("model.bin", "m"),
                (".git/HEAD", "git"),
                (".gitignore", ""),
                (".gitattributes", ""),
                ("ignored-file.tmp", "i"),
            ],
            &[".git/HEAD", ".gitignore", ".gitattributes", "ignored-file.tmp"],
            Some(&["model.bin"]),
        ),
        ("key-ignore-paths", SIMPLE, &["ignore-me"], Some(&["signme-1", "signme-2"])),
        (
            "key-ignore-paths-exact-match",
            &[("ignore-me", "top"), ("signme-1", "s"), ("subdir/ignore-me", "nested")],
            &["ignore-me"],
            Some(&["signme-1", "subdir/ignore-me"]),
        ),
        (
            "key-multi-git-dirs",
            &[
                ("model.bin", "m"),
                (".git/HEAD", "git"),
                ("submodule/model.bin", "s"),
                ("submodule/.git/HEAD", "git"),
            ],
            &[".git/HEAD", "submodule/.git/HEAD"],
            Some(&["model.bin", "submodule/model.bin"]),
        ),
        (
            "key-multi-gitignore",
            &[("m", "m"), (".gitignore", ""), ("subdir/d", "d"), ("subdir/.gitignore", "n")],
            &[".gitignore", "subdir/.gitignore"],
            Some(&["m", "subdir/d"]),
        ),
        ("key-nested-git-not-excluded", &[("m", "m"), ("subdir/.gitignore", "n")], &[], None),
        (
            "key-special-chars-path",
            &[("file (copy).bin", "1"), ("normal.bin", "3"), ("path with spaces/model.bin", "2")],
            &[],
            None,
        ),
        ("key-unicode-filename", &[("weights.bin", "w"), ("模型.bin", "m")], &[], None),
    ];
    for (name, files, ignored, signed) in shapes {
        let all: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        roundtrip(name, &Case::new(files), key(), ignored, signed.unwrap_or(&all));
    }
}

#[test]
fn a_single_file_goes_round() {
    let mut case = Case::new(&[("model.bin", "weights")]);
    case.model = case.model.join("model.bin");
    roundtrip("key-single-file", &case, key(), &[], &["model.bin"]);
}

#[test]
fn a_signature_inside_the_model_goes_round() {
    let mut case = Case::new(SIMPLE);
    case.bundle = case.model.join("model.sig");
    let signed = ["signme-1", "signme-2"];
    roundtrip("key-sig-inside-model", &case, key(), &["ignore-me"], &signed);
}

#[test]
fn the_same_model_gives_the_same_statement() {
    let case = Case::new(SIMPLE);
    passes("key-simple-deterministic", &case.sign(key(), &["ignore-me"]));
    let first = case.statement();
    passes("key-simple-deterministic, again", &case.sign(key(), &["ignore-me"]));
    assert_eq!(case.statement(), first);
}

#[test]
fn what_cannot_be_signed_is_refused_and_nothing_is_written() {
    let empty = Case::new(&[(".gitignore", ".gitkeep\n")]);
    fails("key-empty-model-rejected", &empty.sign(key(), &[]));
    assert!(!empty.bundle.exists());
    let links = [
        ("key-symlink-cycle", "cycle-link", "."),
        ("key-symlink-default-rejected", "link-to-signme", "signme-1"),
        ("key-symlink-outside-root", "outside-link", "/nonexistent/target"),
    ];
    for (name, link, target) in links {
        let case = Case::new(SIMPLE);
        symlink(target, case.model.join(link)).unwrap();
        fails(name, &case.sign(key(), &["ignore-me"]));
        assert!(!case.bundle.exists(), "{name}");
    }
}

/// A signed model.
fn signed(with: &Keys) -> Case {
    let case = Case::new(SIMPLE);
    passes("signing", &case.sign(with, &["ignore-me"]));
    case
}

#[test]
fn unsigned_files_pass_only_when_they_may() {
    let case = signed(key());
    fs::write(case.model.join("extra.bin"), "extra").unwrap();
    fails("key-simple-extra-file_fail", &case.verify(key(), &["ignore-me"]));
    let mut flags = key().to_verify(&case);
    flags.push("--ignore-unsigned-files".to_owned());
    let lenient = |case: &Case| case.run("verify-model", "key", &flags, &["ignore-me"]);
    passes("key-simple-ignore-unsigned-files", &lenient(&case));
    fs::write(case.model.join("signme-1"), "tampered").unwrap();
    fails("key-tampered-with-ignore-unsigned_fail", &lenient(&case));
    fs::write(case.model.join("signme-1"), SIMPLE[0].1).unwrap();
    fs::remove_file(case.model.join("signme-2")).unwrap();
    fails("key-missing-file-with-ignore-unsigned_fail", &lenient(&case));
}

#[test]
fn changed_models_are_refused() {
    for (with, method) in [(&certificate(), "certificate"), (key(), "key")] {
        let case = signed(with);
        fs::write(case.model.join("signme-1"), "tampered").unwrap();
        fails(&format!("{method}-simple-tampered-content_fail"), &case.verify(with, &[]));
        let case = signed(with);
        fs::remove_file(case.model.join("signme-2")).unwrap();
        fails(&format!("{method}-simple-missing-file_fail"), &case.verify(with, &[]));
    }
}

#[test]
fn the_wrong_key_authority_or_method_is_refused() {
    let by_key = signed(key());
    fails("key-simple-wrong-key_fail", &by_key.verify(&Keys::key(P256), &[]));
    let with = certificate();
    let by_certificate = signed(&with);
    let wrong = ca("wrong-ca").self_signed();
    let wrong = Keys::certificate(wrong.clone(), &[], &[&wrong]);
    fails("certificate-simple-wrong-ca_fail", &by_certificate.verify(&wrong, &[]));

    fails("key-verify-as-certificate_fail", &by_key.verify(&with, &[]));
    fails("certificate-verify-as-key_fail", &by_certificate.verify(key(), &[]));
    let identity = ["--identity", "test@example.com", "--identity-provider", "https://example.com"];
    let identity = identity.map(str::to_owned);
    for case in [&by_key, &by_certificate] {
        let output = case.run("verify-model", "sigstore", &identity, &[]);
        assert!(!output.status.success(), "verify-as-sigstore_fail");
    }
}

/// The suite passes such a case if signing or verifying fails. Here signing refuses what the signer
/// itself is to blame for; otherwise verifying does.
#[test]
fn certificates_out_of_their_time_or_purpose_are_refused() {
    let Pki { root, intermediate } = pki();
    let leaf = || signer("leaf").key(P384);
    let no_code = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n";
    let signers = [
        ("certificate-expired_fail", leaf().expired()),
        ("certificate-not-yet-valid_fail", leaf().not_yet_valid()),
        ("a TLS server's certificate", Template::new("leaf", no_code)),
    ];
    for (name, leaf) in signers {
        let with = Keys::certificate(leaf.issued_by(intermediate), &[intermediate], &[root]);
        let case = Case::new(SIMPLE);
        fails(name, &case.sign(&with, &[]));
        assert!(!case.bundle.exists(), "{name}");
    }
    let old_root = ca("root").expired().self_signed();
    let authorities = [
        ("certificate-expired-intermediate_fail", limited("i").expired(), root),
        ("certificate-not-yet-valid-intermediate_fail", limited("i").not_yet_valid(), root),
        ("certificate-expired-root_fail", limited("i"), &old_root),
    ];
    for (name, intermediate, root) in authorities {
        let intermediate = intermediate.issued_by(root);
        let with = Keys::certificate(leaf().issued_by(&intermediate), &[&intermediate], &[root]);
        fails(name, &signed(&with).verify(&with, &["ignore-me"]));
    }
}

/// Here `oms` differs from the suite, which wants `certificate-no-code-signing-eku_fail` refused: its
/// signer has digitalSignature and no extended key usage at all. A list that is not there restricts
/// nothing (RFC 5280 section 4.2.1.12), and the PyPI client 1.1.1 accepts it too.
#[test]
fn a_signer_without_an_extended_key_usage_is_accepted() {
    let Pki { root, intermediate } = pki();
    let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n";
    let leaf = Template::new("leaf", extensions).issued_by(intermediate);
    let with = Keys::certificate(leaf, &[intermediate], &[root]);
    passes("no extended key usage", &signed(&with).verify(&with, &["ignore-me"]));
}

#[test]
fn malformed_bundles_are_refused() {
    let case = signed(key());
    let good = fs::read(&case.bundle).unwrap();
    let verify = |name: &str, bundle: &[u8]| {
        fs::write(&case.bundle, bundle).unwrap();
        fails(name, &case.verify(key(), &["ignore-me"]));
    };
    verify("malformed-empty-bundle_fail", b"");
    verify("key-simple-truncated-bundle_fail", &good[..100]);
    verify("key-simple-corrupted-bundle_fail", br#"{"garbage": true}"#);
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut bundle: Value = serde_json::from_slice(&good).unwrap();
        edit(&mut bundle);
        bundle.to_string().into_bytes()
    };
    let statement = |edit: &dyn Fn(&mut Value)| {
        edited(&|bundle| {
            let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
            let mut statement = serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap();
            edit(&mut statement);
            bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(statement.to_string()));
        })
    };
    let type_v0 = "https://in-toto.io/Statement/v0.1";
    let mutations = [
        (
            "malformed-missing-envelope_fail",
            edited(&|bundle| drop(bundle.as_object_mut().unwrap().remove("dsseEnvelope"))),
        ),
        (
            "key-simple-wrong-mediatype_fail",
            edited(&|bundle| bundle["mediaType"] = json!("application/json")),
        ),
        (
            "key-simple-wrong-payload-type_fail",
            edited(&|bundle| {
                bundle["dsseEnvelope"]["payloadType"] = json!("application/octet-stream");
            }),
        ),
        (
            "key-simple-no-signature_fail",
            edited(&|bundle| bundle["dsseEnvelope"]["signatures"] = json!([])),
        ),
        (
            "key-simple-wrong-statement-type_fail",
            statement(&|statement| statement["_type"] = json!(type_v0)),
        ),
        (
            "malformed-wrong-predicate_fail",
            statement(&|statement| statement["predicateType"] = json!("https://example.com/x")),
        ),
        (
            "key-simple-empty-resources_fail",
            statement(&|statement| statement["predicate"]["resources"] = json!([])),
        ),
        (
            "key-simple-missing-serialization_fail",
            statement(&|statement| {
                drop(statement["predicate"].as_object_mut().unwrap().remove("serialization"));
            }),
        ),
    ];
    for (name, bundle) in mutations {
        verify(name, &bundle);
    }
}

/// Bundles of released clients, which live in this repository; v0.2.0 is among them.
#[test]
fn bundles_of_old_clients_pass_and_their_changed_models_do_not() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/pypi");
    let run = |model: &Path, bundle: &Path, method: &str, flag: &str, trust: &Path| {
        Command::new(env!("CARGO_BIN_EXE_oms-conformance"))
            .args(["verify-model", "--method", method, flag])
            .arg(trust)
            .arg("--model-path")
            .arg(model)
            .arg("--bundle")
            .arg(bundle)
            .output()
            .unwrap()
    };
    let mut judged = 0;
    for version in ["0.2.0", "0.3.1", "1.0.0", "1.0.1", "1.1.1"] {
        let folder = fixtures.join(version);
        let bundles = [
            ("key", "key-p256.sig", "--public-key", "p256.pub"),
            ("key", "key-p384.sig", "--public-key", "p384.pub"),
            ("key", "key-p521.sig", "--public-key", "p521.pub"),
            ("certificate", "certificate.sig", "--cert-chain", "root.pem"),
        ];
        for (method, bundle, flag, trust) in bundles {
            let (bundle, trust) = (folder.join(bundle), folder.join("trust").join(trust));
            // 0.3.1 could not sign with certificates.
            if !bundle.exists() {
                continue;
            }
            judged += 1;
            let what = bundle.display().to_string();
            passes(&what, &run(&folder.join("model"), &bundle, method, flag, &trust));
            let other = Case::new(SIMPLE);
            fails(&what, &run(&other.model, &bundle, method, flag, &trust));
        }
    }
    assert_eq!(judged, 19);
}

/// The bundles of the suite's own history, where `OMS_TEST_VECTORS` has them.
#[test]
fn historical_bundles_pass() {
    let Some(vectors) = std::env::var_os("OMS_TEST_VECTORS") else {
        // Not `eprintln`, which tests that pass keep to themselves.
        let _ = writeln!(std::io::stderr(), "skipped: OMS_TEST_VECTORS is not set");
        return;
    };
    let historical = PathBuf::from(vectors).join("historical");
    for version in ["v1.0.1", "v1.1.0"] {
        let cases = [
            ("certificate", "certificate", "--cert-chain", "ca-cert.pem"),
            ("elliptic-key", "key", "--public-key", "signing-key-pub.pem"),
        ];
        for (suffix, method, flag, trust) in cases {
            let mut case = Case::new(&[]);
            case.model = historical.join(format!("{version}-{suffix}"));
            case.bundle = case.model.join("model.sig");
            let trust = historical.join("keys").join(trust).to_str().unwrap().to_owned();
            let flags = [flag.to_owned(), trust];
            let output = case.run("verify-model", method, &flags, &["ignore-me"]);
            passes(&format!("historical-{version}-{suffix}"), &output);
        }
        let mut case = Case::new(&[]);
        case.model = historical.join(format!("{version}-sigstore"));
        case.bundle = case.model.join("model.sig");
        let issuer = "https://sigstore.verify.ibm.com/oauth2".to_owned();
        let verify = |identity: &str| {
            let (identity_flag, issuer_flag) = ("--identity".into(), "--identity-provider".into());
            let flags = [identity_flag, identity.to_owned(), issuer_flag, issuer.clone()];
            case.run("verify-model", "sigstore", &flags, &["ignore-me"])
        };
        passes(&format!("historical-{version}-sigstore"), &verify("stefanb@us.ibm.com"));
        fails_with(1, "another identity", &verify("someone@us.ibm.com"));
    }
}

#[test]
fn wrong_words_are_usage_errors() {
    let run = |words: &[&str]| {
        let mut adapter = Command::new(env!("CARGO_BIN_EXE_oms-conformance"));
        adapter.args(words).output().unwrap()
    };
    fails_with(2, "no command", &run(&[]));
    fails_with(2, "an unknown command", &run(&["benchmark-model", "--method", "key"]));
    fails_with(
        2,
        "no method",
        &run(&["sign-model", "--model-path", "/m", "--output-bundle", "/s"]),
    );
    let unknown = ["verify-model", "--method", "key", "--model-path", "/m", "--unknown", "x"];
    fails_with(2, "an unknown flag", &run(&unknown));
    let output = run(&["capabilities"]);
    passes("capabilities", &output);
    let capabilities: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(capabilities["benchmark_model"], json!(false));
}
