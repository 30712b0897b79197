//! Keys, digests and signatures, all made by OpenSSL: nothing here shares code with `oms`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The PEM of a private key (PKCS#8) and of its public key.
pub(crate) struct KeyPair {
    pub(crate) private: String,
    pub(crate) public: String,
}

impl KeyPair {
    /// A new key: `options` are those of `openssl genpkey`.
    pub(crate) fn generate(options: &str) -> Self {
        Self::from_private(text(openssl(&format!("genpkey {options}"), b"")))
    }

    pub(crate) fn curve(name: &str) -> Self {
        Self::generate(&format!("-algorithm EC -pkeyopt ec_paramgen_curve:{name}"))
    }

    pub(crate) fn from_private(private: String) -> Self {
        let public = text(openssl("pkey -pubout", private.as_bytes()));
        Self { private, public }
    }

    /// ECDSA in DER over `message`; `hash` is an option of `openssl dgst`.
    pub(crate) fn sign(&self, hash: &str, message: &[u8]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("key.pem"), &self.private).unwrap();
        openssl_in(dir.path(), &format!("dgst {hash} -sign key.pem"), message)
    }

    /// Whether OpenSSL finds that `signature` is this key's over `message`.
    pub(crate) fn verifies(&self, hash: &str, message: &[u8], signature: &[u8]) -> bool {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("pub.pem"), &self.public).unwrap();
        fs::write(dir.path().join("sig"), signature).unwrap();
        fs::write(dir.path().join("message"), message).unwrap();
        let words = format!("dgst {hash} -verify pub.pem -signature sig message");
        let mut command = Command::new("openssl");
        command.args(words.split(' ')).current_dir(dir.path());
        command.output().unwrap().status.success()
    }

    /// The hint that a bundle holds of this key.
    pub(crate) fn hint(&self) -> String {
        hex(&sha256(self.public.as_bytes()))
    }
}

/// The key of every sandbox.
pub(crate) fn p256() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::curve("P-256"))
}

/// A key that signed nothing.
pub(crate) fn another() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::curve("P-256"))
}

pub(crate) fn sha256(content: &[u8]) -> Vec<u8> {
    digest("-sha256", content)
}

/// The raw digest; `hash` is an option of `openssl dgst`.
pub(crate) fn digest(hash: &str, content: &[u8]) -> Vec<u8> {
    openssl(&format!("dgst {hash} -binary"), content)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Runs `openssl` with these words and this standard input; its standard output.
pub(crate) fn openssl(words: &str, input: &[u8]) -> Vec<u8> {
    openssl_in(Path::new("."), words, input)
}

pub(crate) fn openssl_in(dir: &Path, words: &str, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(words.split_whitespace()).current_dir(dir).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Not every command reads its input: a pipe closed early is no failure.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words}: {complaint}");
    output.stdout
}
