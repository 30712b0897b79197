//! Certificates that `oms sign` takes, and those that it must refuse.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use support::certificates::{Identity, Pki, SIGNER, Template, pki};
use support::keys::{KeyPair, another};
use support::{Oms, Sandbox, all};

const VERIFY: &str = "verify certificate model --signature model.sig --certificate-chain root.pem";
const SIGN: &str = "sign certificate model --private-key leaf-key.pem";

/// A sandbox with the key, certificate and issuer of a signer.
fn signing(key: &KeyPair, certificate: &Identity) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("leaf-key.pem", &key.private);
    sandbox.write("leaf.pem", &certificate.certificate);
    sandbox.write("root.pem", &pki().root.certificate);
    sandbox.write("intermediate.pem", &pki().intermediate.certificate);
    sandbox
}

fn sign(sandbox: &Sandbox) -> Oms<'_> {
    sandbox.oms(SIGN).args("--signing-certificate leaf.pem --certificate-chain intermediate.pem")
}

#[test]
fn what_a_certificate_signs_verifies() {
    let Pki { leaf, intermediate, .. } = pki();
    let sandbox = signing(&leaf.key, leaf);
    sign(&sandbox).accepts();
    sandbox.oms(VERIFY).accepts();
    sandbox.write("chain.pem", format!("{}{}", leaf.certificate, intermediate.certificate));
    sandbox.oms(SIGN).args("--certificate-chain chain.pem").accepts();
    sandbox.oms(VERIFY).case("the leaf leads the chain").accepts();
    let several = "--signing-certificate leaf.pem --certificate-chain intermediate.pem \
                   --certificate-chain root.pem";
    sandbox.oms(SIGN).args(several).accepts();
    sandbox.oms(VERIFY).accepts();
    sandbox.write("model/a.bin", "changed");
    sandbox.oms(VERIFY).refuses(1, "").reports("a.bin");
}

#[test]
fn a_certificate_that_would_not_verify_does_not_sign() {
    let Pki { intermediate, leaf: good, .. } = pki();
    let signer = Template::new("signer", SIGNER);
    let cases = [
        ("expired", signer.clone().expired(), "expired"),
        ("early", signer.clone().not_yet_valid(), "not yet valid|not valid before"),
        (
            "TLS only",
            Template::new("signer", "extendedKeyUsage=serverAuth\n"),
            "codeSigning|code signing|code-signing",
        ),
        ("no use named", Template::new("signer", "basicConstraints=CA:FALSE\n"), "usage"),
    ];
    all(cases.map(|(label, template, words)| {
        let leaf = template.issued_by(intermediate);
        sign(&signing(&leaf.key, &leaf)).case(label).refusal(1, words)
    }));
    // Wrong inputs, told before anything is hashed.
    let rsa = signer.rsa(2048).issued_by(intermediate);
    all([
        sign(&signing(another(), good)).case("another key").refusal(2, "private key & certificate"),
        sign(&signing(&rsa.key, &rsa)).case("RSA").refusal(2, "RSA"),
        sign(&signing(&good.key, &rsa)).case("RSA certificate").refusal(2, "leaf.pem & RSA|key"),
    ]);
}

#[test]
fn signing_needs_certificates_that_are_some() {
    let leaf = &pki().leaf;
    let sandbox = signing(&leaf.key, leaf);
    sandbox.write("garbage.pem", "hello");
    let chain = "--certificate-chain intermediate.pem --signing-certificate";
    for (path, words) in [("missing.pem", ""), ("garbage.pem", ""), ("pub.pem", "certificate")] {
        let words = format!("{path} & {words}");
        let leaf_first = sandbox.oms(SIGN).args("--signing-certificate leaf.pem");
        all([
            sandbox.oms(SIGN).args(chain).arg(path).refusal(2, &words),
            leaf_first.args("--certificate-chain").arg(path).refusal(2, &words),
        ]);
    }
    sandbox.oms(SIGN).refuses(2, "--certificate-chain|--signing-certificate");
}
