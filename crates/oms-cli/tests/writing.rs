//! What `oms` writes, and where it refuses to: whole or not at all, never over something else.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use support::bundles::{bundle, statement, statement_of};
use support::keys::{KeyPair, text};
use support::run::is_root;
use support::{Sandbox, Snapshot, all};

const ABSENT: &str = "no such|not found|does not exist|missing";

fn good() -> String {
    bundle(statement().to_string().as_bytes()).to_string()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_signature_is_model_sig_in_the_working_directory() {
    let sandbox = Sandbox::new();
    let before = sandbox.snapshot();
    sandbox.sign_key().accepts();
    assert_eq!(before.changes(&sandbox.snapshot()), ["created: work/model.sig"]);
    sandbox.verify_key().accepts();

    let signed: Value = serde_json::from_str(&sandbox.read("model.sig")).unwrap();
    assert_eq!(signed["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(signed["verificationMaterial"]["tlogEntries"], serde_json::json!([]));
    assert_eq!(signed["dsseEnvelope"]["signatures"][0]["keyid"], "");
    assert_eq!(sandbox.statement_in("model.sig"), statement());
}

#[test]
fn others_may_read_the_signature_as_the_umask_says() {
    let sandbox = Sandbox::new();
    for (umask, expected) in [("022", 0o644), ("077", 0o600)] {
        sandbox.sign_key().umask(umask).accepts();
        assert_eq!(mode(&sandbox.path("model.sig")), expected, "umask {umask}");
        sandbox.remove("model.sig");
    }
}

#[test]
fn a_signature_inside_the_model_is_no_part_of_it() {
    let sandbox = Sandbox::new();
    for place in ["model/model.sig", "model/sub/deep.sig"] {
        sandbox.mkdir("model/sub");
        sandbox.sign_key().args("--signature").arg(place).case(place).accepts();
        let serialization = &sandbox.statement_in(place)["predicate"]["serialization"];
        let recorded = serialization["ignore_paths"].as_array().unwrap();
        let name = place.strip_prefix("model/").unwrap();
        assert!(recorded.iter().any(|path| path == name), "{serialization:#}");
        let verify = sandbox.oms("verify key model --public-key pub.pem --signature");
        verify.arg(place).case(place).accepts();
        sandbox.remove(place);
    }
}

#[test]
fn a_bundle_is_replaced_and_nothing_else_is() {
    let sandbox = Sandbox::new();
    sandbox.write("model.sig", bundle(b"{}").to_string());
    sandbox.sign_key().accepts();
    sandbox.verify_key().accepts();

    sandbox.write("notes.txt", "do not lose me\n");
    sandbox.write("other.json", "{\"mediaType\":\"text/plain\"}");
    sandbox.write("list.json", "[\"application/vnd.dev.sigstore.bundle.v0.3+json\"]");
    sandbox.write("empty", "");
    sandbox.sparse("weights.bin", 600 << 20);
    let files = ["model/a.bin", "key.pem", "notes.txt", "other.json", "list.json", "empty"];
    for file in files.into_iter().chain(["weights.bin"]) {
        let sign = sandbox.sign_key().args("--signature").arg(file);
        sign.refuses(2, &format!("{file} & overwrit|replace|not a Sigstore bundle|no Sigstore"));
    }
}

#[test]
fn a_signature_path_of_another_kind_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("real.sig", good());
    sandbox.link("real.sig", "link.sig");
    sandbox.link("nowhere.sig", "dangling.sig");
    sandbox.mkdir("folder.sig");
    sandbox.fifo("fifo.sig");
    sandbox.socket("socket.sig");
    let paths = [
        ("link.sig", "link"),
        ("dangling.sig", "link"),
        ("folder.sig", "directory|folder"),
        ("model", "directory|folder"),
        ("fifo.sig", "FIFO|named pipe"),
        ("socket.sig", "socket"),
        ("/dev/null", "device"),
        ("/dev/full", "device"),
    ];
    all(paths.map(|(path, kind)| {
        let sign = sandbox.sign_key().args("--signature").arg(path);
        sign.refusal(2, &format!("{path} & {kind}"))
    }));
}

#[test]
fn a_folder_that_is_missing_or_read_only_takes_no_signature() {
    let sandbox = Sandbox::new();
    let sign = || sandbox.sign_key().args("--signature");
    sign().arg("no/such/model.sig").refuses(3, &format!("no/such & {ABSENT}"));
    sandbox.write("closed/old.sig", good());
    sandbox.chmod("closed/old.sig", 0o666);
    sandbox.chmod("closed", 0o555);
    sandbox.mkdir("hidden");
    sandbox.chmod("hidden", 0o000);
    sandbox.assert_privileges_drop("closed", "hidden");
    for path in ["closed/new.sig", "closed/old.sig"] {
        let words = "closed & denied|permission|read-only";
        sign().arg(path).unprivileged().refuses(3, words);
    }
}

/// A tiny file system of its own, if this user may mount one.
struct Mount(PathBuf);

impl Mount {
    fn new(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&at);
        let mounted = is_root() && mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_keeps_the_old_signature() {
    let sandbox = Sandbox::new();
    let Some(mount) = Mount::new(sandbox.path("full")) else {
        eprintln!("skipped: this user may not mount a file system to fill");
        return;
    };
    sandbox.write("full/old.sig", good());
    // Fills what is left.
    assert!(fs::write(mount.0.join("filler"), vec![1; 1 << 20]).is_err());
    for name in ["full/new.sig", "full/old.sig"] {
        let sign = sandbox.sign_key().args("--signature").arg(name);
        sign.refuses(3, &format!("{name} & space|full"));
    }
}

#[test]
fn an_interrupt_ends_at_once_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.sparse("model/big.bin", 64 << 30);
    let payload = statement_of(&[("big.bin", b"x")]).to_string();
    sandbox.write("good.sig", bundle(payload.as_bytes()).to_string());
    let runs = [
        sandbox.sign_key().args("--hash sha256"),
        sandbox.sign_key().args("--hash blake3"),
        sandbox.sign_key().args("--shard-size 1GiB"),
        sandbox.oms("verify key model --signature good.sig --public-key pub.pem"),
        sandbox.oms("status model --signature good.sig"),
        sandbox.oms("digest model"),
    ];
    for run in runs {
        let before = sandbox.snapshot();
        let mut running = run.start();
        running.wait_until_open(&sandbox.path("model/big.bin"));
        thread::sleep(Duration::from_millis(100));
        assert!(!running.ended(), "it ended before it could be interrupted");
        running.interrupt();
        let outcome = running.finish();
        assert_eq!(outcome.status, 130, "{}", outcome.show());
        assert!(!outcome.show().contains("succeeded"), "{}", outcome.show());
        assert!(!outcome.says("panicked"), "{}", outcome.show());
        assert_eq!(before.changes(&sandbox.snapshot()), Vec::<String>::new());
    }
}

#[test]
fn keygen_makes_a_pair_that_signs() {
    for (option, bits) in
        [("", "256 bit"), ("--algorithm p384", "384 bit"), ("--algorithm p521", "521 bit")]
    {
        let sandbox = Sandbox::new();
        let before = sandbox.snapshot();
        sandbox.oms("keygen").args(option).accepts();
        let made = ["created: work/signing-key.pem", "created: work/signing-key.pub.pem"];
        assert_eq!(before.changes(&sandbox.snapshot()), made);
        let key = KeyPair::from_private(sandbox.read("signing-key.pem"));
        assert_eq!(key.public, sandbox.read("signing-key.pub.pem"));
        let shown = support::keys::openssl("pkey -pubin -noout -text", key.public.as_bytes());
        assert!(text(shown).contains(bits), "{option}");
        sandbox.oms("sign key model --private-key signing-key.pem").accepts();
        let verify = "verify key model --signature model.sig --public-key signing-key.pub.pem";
        sandbox.oms(verify).accepts();
    }
}

#[test]
fn a_private_key_is_for_its_owner_whatever_the_umask() {
    let sandbox = Sandbox::new();
    sandbox.oms("keygen").umask("000").accepts();
    assert_eq!(mode(&sandbox.path("signing-key.pem")), 0o600);
}

#[test]
fn keygen_never_overwrites() {
    for name in ["signing-key.pem", "signing-key.pub.pem"] {
        let sandbox = Sandbox::new();
        sandbox.write(name, "precious");
        sandbox.oms("keygen").refuses(2, &format!("{name} & exist|overwrit"));
        sandbox.write("there/x", "");
        sandbox.write(&format!("there/{name}"), "precious");
        sandbox.oms("keygen --output-dir there").refuses(2, &format!("there/{name}"));
        sandbox.remove(name);
        sandbox.link("elsewhere.pem", name);
        sandbox.oms("keygen").case("dangling link").refuses(2, name);
    }
    let sandbox = Sandbox::new();
    sandbox.oms("keygen").accepts();
    sandbox.oms("keygen").case("again").refuses(2, "signing-key.pem & exist|overwrit");
}

#[test]
fn keygen_encrypts_when_it_is_told_the_password() {
    let sandbox = Sandbox::new();
    sandbox.oms("keygen --encrypt").refuses(2, "password");
    sandbox.oms("keygen --encrypt --password-file missing").refuses(2, "missing");
    sandbox.oms("keygen --algorithm rsa").refuses(2, "rsa & p256");
    sandbox.write("password", "correct horse\n");
    sandbox.oms("keygen --encrypt --password-file password").accepts();
    assert!(sandbox.read("signing-key.pem").contains("BEGIN ENCRYPTED PRIVATE KEY"));
    let read = "pkey -in signing-key.pem -passin file:password -pubout";
    let public = support::keys::openssl_in(&sandbox.path(""), read, b"");
    assert_eq!(text(public), sandbox.read("signing-key.pub.pem"));
    let sign = sandbox.oms("sign key model --private-key signing-key.pem");
    sign.args("--password-file password").accepts();
}

#[test]
fn quickstart_writes_nothing_into_the_model() {
    let sandbox = Sandbox::new();
    let model = || Snapshot::of(&sandbox.path("model"));
    let before = model();
    for round in ["first", "second"] {
        let outcome = sandbox.oms("quickstart model").case(round).accepts();
        outcome.reports("oms sign & oms verify");
        assert_eq!(before.changes(&model()), Vec::<String>::new(), "{}", outcome.show());
        let left = fs::read_dir(sandbox.root().join("tmp")).unwrap().count();
        assert_eq!(left, 0, "a scratch copy was left behind: {}", outcome.show());
    }
    sandbox.oms("quickstart").accepts();
    sandbox.oms("quickstart missing").refuses(3, &format!("missing & {ABSENT}"));
}
