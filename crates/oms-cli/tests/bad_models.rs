//! Models that `oms` must refuse to sign, and models that do not match their signature.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::thread;
use std::time::Duration;

use support::bundles::{bundle, statement, statement_of};
use support::{Oms, Sandbox, all};

const ABSENT: &str = "no such|not found|does not exist|missing";
const LINK: &str = "symlink|symbolic link";

/// Puts something else where a resource was.
type Replace = fn(&Sandbox);
/// Changes a file that is being read, in a step that is counted from one.
type Change = fn(&mut File, u64);

/// A sandbox whose model has a good signature.
fn signed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sign_payload(statement().to_string());
    sandbox
}

/// Signing and printing the digest, which refuse the same models.
fn hashers(sandbox: &Sandbox) -> [Oms<'_>; 2] {
    [sandbox.sign_key(), sandbox.oms("digest model")]
}

/// Verifying and `status`, which judge the same.
fn judges(sandbox: &Sandbox) -> [Oms<'_>; 2] {
    [sandbox.verify_key(), sandbox.oms("status model --signature model.sig")]
}

#[test]
fn a_missing_model_is_told_from_a_bad_one() {
    let sandbox = signed();
    sandbox.remove("model");
    let words = format!("model & {ABSENT}");
    all(hashers(&sandbox).map(|run| run.refusal(3, &words)));
    all(judges(&sandbox).map(|run| run.refusal(3, &words)));
    sandbox.link("nowhere", "model");
    all(hashers(&sandbox).map(|run| run.case("dangling").refusal(3, "model")));
    all(judges(&sandbox).map(|run| run.case("dangling").refusal(3, "model")));
}

#[test]
fn nothing_to_sign_is_an_error() {
    let sandbox = Sandbox::new();
    let words = "model & no file|nothing to|empty";
    sandbox.sign_key().args("--ignore-paths model/a.bin --ignore-paths sub").refuses(1, words);
    sandbox.remove("model");
    sandbox.mkdir("model/empty/folders");
    all(hashers(&sandbox).map(|run| run.refusal(1, words)));
    sandbox.write("model/.git/config", "x");
    sandbox.write("model/.gitignore", "x");
    sandbox.write("model/.gitattributes", "x");
    sandbox.write("model/.github/x", "x");
    all(hashers(&sandbox).map(|run| run.case("only Git's files").refusal(1, words)));
    sandbox.sign_key().args("--no-ignore-git-paths").accepts();
}

#[test]
fn what_cannot_be_read_is_never_skipped() {
    for name in ["a.bin", "sub"] {
        let sandbox = signed();
        // So that the signature could be written, and only the model is to blame.
        sandbox.chmod("", 0o777);
        sandbox.chmod(&format!("model/{name}"), 0o000);
        sandbox.assert_privileges_drop("pub.pem", &format!("model/{name}"));
        let words = format!("{name} & denied|permission");
        all(hashers(&sandbox).map(|run| run.unprivileged().refusal(3, &words)));
        all(judges(&sandbox).map(|run| run.unprivileged().refusal(3, &words)));
    }
    let sandbox = signed();
    sandbox.chmod("", 0o777);
    sandbox.chmod("model", 0o000);
    sandbox.assert_privileges_drop("pub.pem", "model");
    all(hashers(&sandbox).map(|run| run.unprivileged().refusal(3, "model & denied|permission")));
    all(judges(&sandbox).map(|run| run.unprivileged().refusal(3, "model & denied|permission")));
}

#[test]
fn a_signature_that_cannot_be_read_is_no_bad_signature() {
    let sandbox = signed();
    sandbox.chmod("model.sig", 0o000);
    sandbox.assert_privileges_drop("pub.pem", "model.sig");
    let words = "model.sig & denied|permission";
    all(judges(&sandbox).map(|run| run.unprivileged().refusal(3, words)));
    sandbox.oms("inspect model.sig").unprivileged().refuses(3, words);
}

#[test]
fn a_name_that_is_no_text_is_refused() {
    for name in [&b"bad\xff.bin"[..], b"sub/bad\xc3", b"bad\xed\xa0\x80"] {
        let sandbox = signed();
        let path = sandbox.path("model").join(OsStr::from_bytes(name));
        // Some file systems have no such names.
        if let Err(error) = File::create(path) {
            eprintln!("skipped: this file system refuses the name: {error}");
            continue;
        }
        all(hashers(&sandbox).map(|run| run.refusal(1, "bad & UTF-8")));
        all(judges(&sandbox).map(|run| run.refusal(1, "bad")));
        sandbox.verify_key().args("--ignore-unsigned-files").accepts();
    }
}

#[test]
fn links_are_refused_by_name_unless_they_are_allowed() {
    // Name, target, and what signing with links allowed does: a status and what it says.
    let links = [
        ("link-to-file", "a.bin", 0, ""),
        ("link-to-folder", "sub", 0, ""),
        ("sub/cycle", "..", 0, "sub/cycle"),
        ("sub/itself", "itself", 1, "sub/itself"),
        ("dangling", "nowhere", 1, "dangling"),
        ("outside", "../outside.bin", 0, "outside"),
        ("absolute", "/dev/null", 1, "absolute"),
    ];
    for (name, target, status, words) in links {
        let sandbox = Sandbox::new();
        sandbox.write("outside.bin", "outside");
        sandbox.link(target, &format!("model/{name}"));
        let said = format!("{name} & {LINK}");
        all(hashers(&sandbox).map(|run| run.refusal(1, &said)));
        let allowing = sandbox.sign_key().args("--allow-symlinks").case(name);
        if status == 0 {
            allowing.accepts().warns(words);
            sandbox.verify_key().case(name).accepts();
        } else {
            allowing.refuses(status, words);
        }
    }
}

#[test]
fn an_allowed_link_stands_for_its_content() {
    let sandbox = Sandbox::new();
    sandbox.link("a.bin", "model/link");
    sandbox.link("sub", "model/folder");
    sandbox.sign_key().args("--allow-symlinks").accepts();
    let predicate = &sandbox.statement_in("model.sig")["predicate"];
    let named = |name: &str| {
        let resources = predicate["resources"].as_array().unwrap();
        resources.iter().find(|r| r["name"] == name).map(|r| r["digest"].clone())
    };
    assert_eq!(predicate["serialization"]["allow_symlinks"], true);
    assert!(named("link").is_some() && named("link") == named("a.bin"), "{predicate:#}");
    assert_eq!(named("folder/b.bin"), named("sub/b.bin"), "{predicate:#}");
    sandbox.verify_key().accepts();
    sandbox.write("model/a.bin", "changed");
    sandbox.verify_key().refuses(1, "").reports("link & a.bin");
}

#[test]
fn special_files_are_refused_by_name_without_a_hang() {
    for (kind, words) in [("fifo", "FIFO|named pipe"), ("socket", "socket")] {
        let sandbox = signed();
        match kind {
            "fifo" => sandbox.fifo("model/sub/special"),
            _ => sandbox.socket("model/sub/special"),
        }
        let words = format!("sub/special & {words}");
        all(hashers(&sandbox).map(|run| run.case(kind).refusal(1, &words)));
        all(judges(&sandbox).map(|run| run.case(kind).refusal(1, "sub/special")));
        sandbox.verify_key().args("--ignore-unsigned-files").accepts();
        sandbox.sign_key().args("--ignore-paths model/sub/special").accepts();
    }
}

#[test]
fn the_whole_difference_is_reported_at_once() {
    let files = ["m1", "m2", "g1", "sub/g2", "ok"];
    let files: Vec<(&str, &[u8])> = files.iter().map(|name| (*name, &b"x"[..])).collect();
    let sandbox = Sandbox::new();
    sandbox.remove("model");
    for (name, content) in &files {
        sandbox.write(&format!("model/{name}"), content);
    }
    sandbox.sign_payload(statement_of(&files).to_string());
    all(judges(&sandbox).map(|run| run.acceptance()));
    for (name, content) in [("m1", "y"), ("m2", "longer"), ("new1", ""), ("sub/deep/new2", "x")] {
        sandbox.write(&format!("model/{name}"), content);
    }
    sandbox.remove("model/g1");
    sandbox.remove("model/sub/g2");
    for run in judges(&sandbox) {
        let outcome = run.refuses(1, "");
        outcome.reports("modified|changed & missing & unsigned|not signed");
        outcome.reports("m1 & m2 & g1 & sub/g2 & new1 & sub/deep/new2");
    }
    let rest = sandbox.verify_key().args("--ignore-unsigned-files").refuses(1, "");
    rest.reports("m1 & m2 & g1 & sub/g2");
}

#[test]
fn an_unsigned_file_is_named_and_never_opened() {
    let sandbox = signed();
    sandbox.write("model/secret.bin", "x");
    sandbox.chmod("model/secret.bin", 0o000);
    sandbox.assert_privileges_drop("model/a.bin", "model/secret.bin");
    for run in judges(&sandbox) {
        run.unprivileged().refuses(1, "").reports("secret.bin");
    }
    let ignoring = || sandbox.verify_key().args("--ignore-unsigned-files").unprivileged();
    ignoring().accepts();
    sandbox.write("model/closed/x", "x");
    sandbox.link("/etc", "model/link");
    sandbox.fifo("model/fifo");
    sandbox.chmod("model/closed", 0o000);
    ignoring().case("folder, link, FIFO").accepts();
}

#[test]
fn what_was_added_is_found_wherever_it_hides() {
    let names =
        ["extra", ".hidden", "sub/.git/config", "sub/model.sig", ".gitmodules", "model.sig"];
    for name in names {
        let sandbox = signed();
        sandbox.write(&format!("model/{name}"), "x");
        for run in judges(&sandbox) {
            run.case(name).refuses(1, "").reports(name);
        }
    }
    for name in [".git/config", ".gitignore", ".gitattributes", ".github/x/y"] {
        let sandbox = signed();
        sandbox.write(&format!("model/{name}"), "x");
        all(judges(&sandbox).map(|run| run.case(name).acceptance()));
    }
    for target in ["..", "sub", "/etc", "a.bin", "nowhere"] {
        let sandbox = signed();
        sandbox.link(target, "model/injected");
        all(judges(&sandbox).map(|run| run.case(target).refusal(1, "injected")));
        sandbox.verify_key().args("--ignore-unsigned-files").case(target).accepts();
    }
}

#[test]
fn a_resource_that_is_no_file_any_more_fails() {
    let turned: [(&str, Replace); 5] = [
        ("folder", |s| s.mkdir("model/a.bin")),
        ("link", |s| s.link("../same.bin", "model/a.bin")),
        ("dangling link", |s| s.link("nowhere", "model/a.bin")),
        ("FIFO", |s| s.fifo("model/a.bin")),
        ("socket", |s| s.socket("model/a.bin")),
    ];
    for (kind, make) in turned {
        let sandbox = signed();
        sandbox.write("same.bin", "alpha\n");
        sandbox.remove("model/a.bin");
        make(&sandbox);
        let ignoring = sandbox.verify_key().args("--ignore-unsigned-files");
        for run in judges(&sandbox).into_iter().chain([ignoring]) {
            run.case(kind).refuses(1, "").reports("a.bin");
        }
    }
    let sandbox = signed();
    sandbox.remove("model/sub");
    sandbox.write("elsewhere/b.bin", "beta\n");
    sandbox.link("../elsewhere", "model/sub");
    sandbox.verify_key().refuses(1, "sub");
    sandbox.verify_key().args("--allow-symlinks").accepts().reports("link & 1 ");
}

#[test]
fn a_link_with_the_right_content_is_accepted_only_when_asked_for() {
    let sandbox = signed();
    sandbox.remove("model/a.bin");
    sandbox.write("cache/blob", "alpha\n");
    sandbox.link("../cache/blob", "model/a.bin");
    sandbox.verify_key().refuses(1, &format!("a.bin & {LINK}"));
    let outcome = sandbox.verify_key().args("--allow-symlinks").accepts();
    outcome.reports("link & 1 ");
    sandbox.write("cache/blob", "other\n");
    sandbox.verify_key().args("--allow-symlinks").refuses(1, "").reports("a.bin");
}

#[test]
fn the_model_itself_may_be_a_link() {
    let sandbox = signed();
    sandbox.link("model", "alias");
    sandbox.oms("sign key alias --private-key key.pem --signature alias.sig").accepts();
    assert_eq!(sandbox.statement_in("alias.sig")["subject"][0]["name"], "model");
    sandbox.oms("verify key alias --signature model.sig --public-key pub.pem").accepts();
}

#[test]
fn a_file_that_changes_while_it_is_hashed_is_an_error() {
    const SIZE: u64 = 512 << 20;
    let changes: [(&str, Change); 3] = [
        ("grows", |file, step| file.set_len(SIZE + step).unwrap()),
        ("shrinks", |file, step| file.set_len((SIZE / 2).saturating_sub(step)).unwrap()),
        ("is rewritten", |file, _| file.write_all(b"x").unwrap()),
    ];
    let sandbox = Sandbox::new();
    let payload = statement_of(&[("big.bin", b"x")]).to_string();
    sandbox.write("good.sig", bundle(payload.as_bytes()).to_string());
    fs::remove_dir_all(sandbox.path("model")).unwrap();
    sandbox.mkdir("model");
    let verify = "verify key model --signature good.sig --public-key pub.pem";
    for (label, change) in changes {
        let sign = sandbox.sign_key().args("--hash sha256");
        let shards = sandbox.sign_key().args("--shard-size 64MiB");
        for run in [sign, shards, sandbox.oms(verify)] {
            let run = run.case(label).while_changing("big.bin");
            sandbox.sparse("model/big.bin", SIZE);
            let before = sandbox.snapshot();
            let mut running = run.start();
            running.wait_until_open(&sandbox.path("model/big.bin"));
            let mut file = File::options().write(true).open(sandbox.path("model/big.bin")).unwrap();
            let mut step = 0;
            // Again and again: a single change could fall before the first look at the file.
            while !running.ended() && step < 2000 {
                step += 1;
                change(&mut file, step);
                thread::sleep(Duration::from_millis(20));
            }
            assert!(step > 0, "it ended before the file could be changed");
            all([run.judge_refusal(
                running.finish(),
                &before,
                3,
                "big.bin & changed|while|shr|grew",
            )]);
        }
    }
}
