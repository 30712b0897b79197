//! Certificates of any shape and age, made by `openssl ca`, which alone sets both dates in every
//! version of OpenSSL.

use std::fs;
use std::sync::OnceLock;

use super::keys::{KeyPair, openssl_in};

/// Extensions of an authority.
pub(crate) const CA: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// Extensions of a certificate that may sign models.
pub(crate) const SIGNER: &str =
    "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n";

const CONFIG: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\n\
    unique_subject=no\nrand_serial=yes\nemail_in_dn=no\npolicy=p\n[p]\ncommonName=supplied\n\
    [req]\ndistinguished_name=n\n[n]\n";

/// A certificate (PEM) and its key.
pub(crate) struct Identity {
    pub(crate) key: KeyPair,
    pub(crate) certificate: String,
}

/// What a certificate is to say.
#[derive(Clone)]
pub(crate) struct Template {
    name: String,
    extensions: String,
    from: String,
    to: String,
    hash: String,
    key: String,
}

impl Template {
    /// A certificate of this common name with these extensions, valid now, for a P-256 key.
    pub(crate) fn new(name: &str, extensions: &str) -> Self {
        Self {
            name: name.to_owned(),
            extensions: extensions.to_owned(),
            from: "20200101000000Z".to_owned(),
            to: "20490101000000Z".to_owned(),
            hash: "sha256".to_owned(),
            key: "-algorithm EC -pkeyopt ec_paramgen_curve:P-256".to_owned(),
        }
    }

    pub(crate) fn expired(mut self) -> Self {
        "20210101000000Z".clone_into(&mut self.to);
        self
    }

    pub(crate) fn not_yet_valid(mut self) -> Self {
        "20480101000000Z".clone_into(&mut self.from);
        self
    }

    /// The digest that the issuer signs.
    pub(crate) fn hash(mut self, hash: &str) -> Self {
        hash.clone_into(&mut self.hash);
        self
    }

    /// Options of `openssl genpkey` for the key.
    pub(crate) fn key(mut self, options: &str) -> Self {
        options.clone_into(&mut self.key);
        self
    }

    pub(crate) fn rsa(self, bits: u32) -> Self {
        self.key(&format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"))
    }

    pub(crate) fn self_signed(&self) -> Identity {
        self.make(None)
    }

    pub(crate) fn issued_by(&self, issuer: &Identity) -> Identity {
        self.make(Some(issuer))
    }

    fn make(&self, issuer: Option<&Identity>) -> Identity {
        let key = KeyPair::generate(&self.key);
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        let openssl = |words: &str| openssl_in(dir.path(), words, b"");
        write("key.pem", &key.private);
        write("index.txt", "");
        write("config", CONFIG);
        write("extensions", &self.extensions);
        openssl(&format!("req -new -config config -key key.pem -subj /CN={} -out csr", self.name));
        let by = match issuer {
            None => "-selfsign -keyfile key.pem",
            Some(issuer) => {
                write("ca-key.pem", &issuer.key.private);
                write("ca.pem", &issuer.certificate);
                "-keyfile ca-key.pem -cert ca.pem"
            }
        };
        let Self { from, to, hash, .. } = self;
        openssl(&format!(
            "ca -batch -notext -config config -md {hash} -in csr -out cert.pem {by} \
             -startdate {from} -enddate {to} -extfile extensions"
        ));
        let certificate = fs::read_to_string(dir.path().join("cert.pem")).unwrap();
        Identity { key, certificate }
    }
}

/// A root, an intermediate authority and a signing certificate, all good.
pub(crate) struct Pki {
    pub(crate) root: Identity,
    pub(crate) intermediate: Identity,
    pub(crate) leaf: Identity,
}

pub(crate) fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| {
        let root = Template::new("root", CA).self_signed();
        let intermediate = Template::new("intermediate", CA).issued_by(&root);
        let leaf = Template::new("signer", SIGNER).issued_by(&intermediate);
        Pki { root, intermediate, leaf }
    })
}
