//! What the end-to-end tests of `oms` share: a sandbox with a model and a key, runs with a time
//! limit, and the judgement of a run. What only OpenSSL may make is in the modules beneath.

// Each test uses a part of this.
#![allow(dead_code, unused_imports)]

pub(crate) mod bundles;
pub(crate) mod certificates;
pub(crate) mod keys;
pub(crate) mod outcome;
pub(crate) mod run;
pub(crate) mod snapshot;

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub(crate) use outcome::{Outcome, all};
pub(crate) use run::Oms;
pub(crate) use snapshot::Snapshot;

/// The files of the model in every sandbox.
pub(crate) const MODEL: [(&str, &[u8]); 2] = [("a.bin", b"alpha\n"), ("sub/b.bin", b"beta\n")];

/// A temporary directory: `work` (where `oms` runs, with `model`, `key.pem` and `pub.pem`), `home`
/// and `tmp`. Nothing that `oms` writes ends up elsewhere unseen.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        // `nobody` must be able to come in.
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        for name in ["home", "tmp", "work"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let sandbox = Self { root };
        for (name, content) in MODEL {
            sandbox.write(&format!("model/{name}"), content);
        }
        sandbox.write("key.pem", &keys::p256().private);
        sandbox.write("pub.pem", &keys::p256().public);
        sandbox
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in the working directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join("work").join(name)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        self.mkdir(Path::new(name).parent().and_then(Path::to_str).unwrap());
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    pub(crate) fn mkdir(&self, name: &str) {
        fs::create_dir_all(self.path(name)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        let path = self.path(name);
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path).unwrap(),
            Ok(_) => fs::remove_file(path).unwrap(),
            Err(_) => {}
        }
    }

    pub(crate) fn link(&self, target: &str, name: &str) {
        symlink(target, self.path(name)).unwrap();
    }

    pub(crate) fn fifo(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.path(name)).status().unwrap();
        assert!(made.success(), "mkfifo {name}");
    }

    pub(crate) fn socket(&self, name: &str) {
        UnixListener::bind(self.path(name)).unwrap();
    }

    /// A file of `size` zeros that takes no room on the disk.
    pub(crate) fn sparse(&self, name: &str, size: u64) {
        File::create(self.path(name)).unwrap().set_len(size).unwrap();
    }

    pub(crate) fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.root())
    }

    /// A run of `oms` with these words, cut at blanks, as its arguments.
    pub(crate) fn oms(&self, words: &str) -> Oms<'_> {
        Oms::new(self, words.split_whitespace().map(OsString::from).collect())
    }

    pub(crate) fn sign_key(&self) -> Oms<'_> {
        self.oms("sign key model --private-key key.pem")
    }

    pub(crate) fn verify_key(&self) -> Oms<'_> {
        self.oms("verify key model --signature model.sig --public-key pub.pem")
    }

    /// Asserts that an unprivileged run can read `open` and cannot read `closed`; without this a
    /// test of permissions proves nothing.
    pub(crate) fn assert_privileges_drop(&self, open: &str, closed: &str) {
        let reads = |name: &str| {
            let program = if self.path(name).is_dir() { "ls" } else { "cat" };
            let mut reader = run::as_nobody(Path::new(program));
            reader.arg(self.path(name)).output().unwrap().status.success()
        };
        assert!(reads(open), "the unprivileged user cannot read {open}");
        assert!(!reads(closed), "the unprivileged user can read {closed}");
    }
}

/// The payload, well signed for the sandbox's model, is refused.
pub(crate) fn refused(label: &str, payload: &str, words: &str) -> Result<Outcome, String> {
    let sandbox = Sandbox::new();
    sandbox.sign_payload(payload);
    sandbox.verify_key().case(label).refusal(1, words)
}

/// The payload, well signed for the sandbox's model, verifies.
pub(crate) fn accepted(label: &str, payload: &str) -> Result<Outcome, String> {
    let sandbox = Sandbox::new();
    sandbox.sign_payload(payload);
    sandbox.verify_key().case(label).acceptance()
}

impl Drop for Sandbox {
    /// What a test made unreadable could otherwise not be deleted by an ordinary user.
    fn drop(&mut self) {
        let _ = Command::new("chmod").args(["-R", "u+rwX"]).arg(self.root()).status();
    }
}
