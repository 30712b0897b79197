//! Certificates of any shape, made by `openssl`: nothing here shares code with `oms`.

#![allow(dead_code)] // each test file uses another part of it

use std::fs;
use std::path::Path;
use std::process::Command;

/// Extensions of an authority.
pub(crate) const CA: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// Extensions of a certificate that may sign models.
pub(crate) const SIGNER: &str = "basicConstraints=critical,CA:FALSE\n\
    keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n";

/// Options of `openssl genpkey`.
pub(crate) const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
pub(crate) const P384: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
pub(crate) const P521: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
pub(crate) const RSA_1024: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:1024";
pub(crate) const RSA_2048: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
pub(crate) const RSA_3072: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:3072";

/// `openssl ca` is the one command that sets both dates in every version of OpenSSL.
const CONFIG: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\n\
    unique_subject=no\nrand_serial=yes\npolicy=p\n[p]\norganizationName=optional\n\
    commonName=supplied\n[req]\ndistinguished_name=n\n[n]\n";

/// A certificate and its private key, both PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) key: String,
    pub(crate) certificate: String,
}

/// What a certificate is to say.
#[derive(Clone)]
pub(crate) struct Template {
    subject: String,
    extensions: String,
    from: &'static str,
    to: &'static str,
    hash: &'static str,
    key: Key,
}

#[derive(Clone)]
enum Key {
    New(&'static str),
    Old(String),
}

/// An authority of this common name.
pub(crate) fn ca(name: &str) -> Template {
    Template::new(name, CA)
}

/// A signing certificate of this common name.
pub(crate) fn signer(name: &str) -> Template {
    Template::new(name, SIGNER)
}

impl Template {
    /// Valid now, for a new P-256 key, with these extensions (lines of an OpenSSL configuration).
    pub(crate) fn new(name: &str, extensions: &str) -> Self {
        Self {
            subject: format!("/CN={name}"),
            extensions: extensions.to_owned(),
            from: "20200101000000Z",
            to: "20490101000000Z",
            hash: "sha256",
            key: Key::New(P256),
        }
    }

    /// The subject, as in `/O=organisation/CN=name`.
    pub(crate) fn subject(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }

    /// One more extension.
    pub(crate) fn and(mut self, extension: &str) -> Self {
        self.extensions.push_str(extension);
        self.extensions.push('\n');
        self
    }

    pub(crate) fn expired(mut self) -> Self {
        self.to = "20210101000000Z";
        self
    }

    pub(crate) fn not_yet_valid(mut self) -> Self {
        self.from = "20480101000000Z";
        self
    }

    /// The digest that the issuer signs.
    pub(crate) fn hash(mut self, hash: &'static str) -> Self {
        self.hash = hash;
        self
    }

    /// Options of `openssl genpkey` for the key.
    pub(crate) fn key(mut self, options: &'static str) -> Self {
        self.key = Key::New(options);
        self
    }

    /// The same key as another certificate's.
    pub(crate) fn key_of(mut self, other: &Identity) -> Self {
        self.key = Key::Old(other.key.clone());
        self
    }

    pub(crate) fn self_signed(&self) -> Identity {
        self.make(None)
    }

    pub(crate) fn issued_by(&self, issuer: &Identity) -> Identity {
        self.make(Some(issuer))
    }

    fn make(&self, issuer: Option<&Identity>) -> Identity {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
        match &self.key {
            Key::New(options) => openssl(dir, &format!("genpkey {options} -out key.pem")),
            Key::Old(key) => write("key.pem", key),
        }
        write("index.txt", "");
        write("config", CONFIG);
        write("extensions", &self.extensions);
        openssl(
            dir,
            &format!("req -new -config config -key key.pem -subj {} -out csr", self.subject),
        );
        let by = match issuer {
            None => "-selfsign -keyfile key.pem",
            Some(issuer) => {
                write("ca-key.pem", &issuer.key);
                write("ca.pem", &issuer.certificate);
                "-keyfile ca-key.pem -cert ca.pem"
            }
        };
        let Self { from, to, hash, .. } = self;
        openssl(
            dir,
            &format!(
                "ca -batch -notext -config config -md {hash} -in csr -out cert.pem {by} \
                 -startdate {from} -enddate {to} -extfile extensions"
            ),
        );
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        Identity { key: read("key.pem"), certificate: read("cert.pem") }
    }
}

/// The placeholder of [`Identity::placeholder_as`], an extension that stands for no other.
pub(crate) const PLACEHOLDER: &str = "2.5.29.99";

impl Identity {
    /// This certificate with its [`PLACEHOLDER`] renamed to 2.5.29.`arc`, signed again by `issuer`.
    /// OpenSSL itself writes no extension twice.
    pub(crate) fn placeholder_as(&self, arc: u8, issuer: &Self) -> Self {
        let whole = pem::parse(&self.certificate).unwrap().into_contents();
        let (content, _) = element(&whole);
        let (tbs, rest) = content.split_at(content.len() - element(content).1.len());
        let algorithm = &rest[..rest.len() - element(rest).1.len()];
        let mut tbs = tbs.to_vec();
        let place = tbs.windows(5).position(|bytes| bytes == [6, 3, 0x55, 0x1d, 99]).unwrap();
        tbs[place + 4] = arc;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key.pem"), &issuer.key).unwrap();
        fs::write(folder.path().join("tbs"), &tbs).unwrap();
        openssl(folder.path(), "dgst -sha256 -sign key.pem -out signature tbs");
        let signature = fs::read(folder.path().join("signature")).unwrap();
        let bits = encoded(3, &[&[0], signature.as_slice()].concat());
        let der = encoded(0x30, &[tbs.as_slice(), algorithm, &bits].concat());
        let certificate = pem::encode(&pem::Pem::new("CERTIFICATE", der));
        Self { key: self.key.clone(), certificate }
    }
}

/// The content of the first DER element, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match der[1] {
        0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
        0x81 => (usize::from(der[2]), 3),
        short => (usize::from(short), 2),
    };
    der[start..].split_at(length)
}

fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head: &[u8] = match (high, low) {
        (0, 0..0x80) => &[tag, low],
        (0, _) => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    [head, content].concat()
}

fn openssl(dir: &Path, words: &str) {
    run(Command::new("openssl").args(words.split_whitespace()).current_dir(dir));
}

/// What `openssl` prints when called with these words.
pub(crate) fn openssl_output(words: &str) -> Vec<u8> {
    run(Command::new("openssl").args(words.split_whitespace()))
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("openssl is installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    output.stdout
}
