//! Certificates and chains that `oms verify` must refuse, made with dates and extensions by OpenSSL.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use serde_json::json;
use support::bundles::{bundle, certificate_bundle, edited, statement};
use support::certificates::{CA, Identity, Pki, SIGNER, Template, pki};
use support::keys::another;
use support::{Outcome, Sandbox, all};

const VERIFY: &str = "verify certificate model --signature model.sig --certificate-chain root.pem";

fn pems(certificates: &[&Identity]) -> String {
    certificates.iter().map(|identity| identity.certificate.as_str()).collect()
}

/// A sandbox whose model is signed by the first of `chain`, which the bundle holds; `trust` is what
/// the user trusts.
fn signed(chain: &[&Identity], trust: &[&Identity]) -> Sandbox {
    let sandbox = Sandbox::new();
    let certificates: Vec<&str> = chain.iter().map(|i| i.certificate.as_str()).collect();
    let payload = statement().to_string();
    let bundle = certificate_bundle(&chain[0].key, &certificates, payload.as_bytes());
    sandbox.write("model.sig", bundle.to_string());
    sandbox.write("root.pem", pems(trust));
    sandbox
}

fn accepted(label: &str, chain: &[&Identity], trust: &[&Identity]) -> Result<Outcome, String> {
    signed(chain, trust).oms(VERIFY).case(label).acceptance()
}

fn refused(
    label: &str,
    chain: &[&Identity],
    trust: &[&Identity],
    words: &str,
) -> Result<Outcome, String> {
    signed(chain, trust).oms(VERIFY).case(label).refusal(1, words)
}

/// A signing certificate by the good intermediate authority.
fn leaf(extensions: &str) -> Identity {
    Template::new("signer", extensions).issued_by(&pki().intermediate)
}

#[test]
fn a_good_chain_verifies_however_it_is_given() {
    let Pki { root, intermediate, leaf } = pki();
    all([
        accepted("chain in the bundle", &[leaf, intermediate], &[root]),
        accepted("with the root", &[leaf, intermediate, root], &[root]),
        accepted("intermediate from the user", &[leaf], &[root, intermediate]),
        accepted("in any order", &[leaf], &[intermediate, root]),
        accepted("duplicates", &[leaf, leaf, intermediate, intermediate], &[root, root]),
        accepted(
            "strangers",
            &[leaf, intermediate],
            &[&Template::new("x", CA).self_signed(), root],
        ),
    ]);
    let sandbox = signed(&[leaf], &[root]);
    sandbox.write("intermediate.pem", pems(&[intermediate]));
    sandbox.oms(VERIFY).args("--certificate-chain intermediate.pem").accepts();
}

#[test]
fn other_good_shapes_verify() {
    let root = Template::new("same", CA).rsa(2048).self_signed();
    let both = format!("{CA}extendedKeyUsage=anyExtendedKeyUsage\n");
    let ca_leaf =
        Template::new("same", &both.replace("keyCertSign", "keyCertSign,digitalSignature"));
    let usage_only = leaf("keyUsage=digitalSignature\n");
    let extended_only = leaf("extendedKeyUsage=codeSigning,serverAuth\n");
    let alone = Template::new("alone", SIGNER).self_signed();
    let Pki { root: good, intermediate, .. } = pki();
    all([
        accepted("RSA root, one name, CA leaf", &[&ca_leaf.issued_by(&root)], &[&root]),
        accepted("key usage alone", &[&usage_only, intermediate], &[good]),
        accepted("extended key usage alone", &[&extended_only, intermediate], &[good]),
        accepted("self-signed, given", &[&alone], &[&alone]),
    ]);
}

#[test]
fn certificates_out_of_their_time_are_refused() {
    let Pki { root, intermediate, leaf } = pki();
    let signer = Template::new("signer", SIGNER);
    let old_leaf = signer.clone().expired().issued_by(intermediate);
    let new_leaf = signer.clone().not_yet_valid().issued_by(intermediate);
    let old_intermediate = Template::new("intermediate", CA).expired().issued_by(root);
    let under_old = signer.clone().issued_by(&old_intermediate);
    let old_root = Template::new("root", CA).expired().self_signed();
    let by_old_root = signer.issued_by(&old_root);
    let alone = Template::new("alone", SIGNER).expired().self_signed();
    all([
        accepted("control", &[leaf, intermediate], &[root]),
        refused("leaf expired", &[&old_leaf, intermediate], &[root], "expired & signer"),
        refused(
            "leaf early",
            &[&new_leaf, intermediate],
            &[root],
            "not yet valid|not valid before & signer",
        ),
        refused("intermediate", &[&under_old, &old_intermediate], &[root], "expired"),
        refused("root", &[&by_old_root], &[&old_root], "expired"),
        refused("self-signed", &[&alone], &[&alone], "expired"),
    ]);
}

#[test]
fn only_what_the_user_gave_is_trusted() {
    let Pki { root, intermediate, leaf } = pki();
    let other = Template::new("other", CA).self_signed();
    let namesake = Template::new("root", CA).self_signed();
    let alone = Template::new("signer", SIGNER).self_signed();
    let words = "trust|issuer|chain|anchor";
    all([
        refused("other root", &[leaf, intermediate], &[&other], words),
        refused("root in the bundle", &[leaf, intermediate, root], &[&other], words),
        refused("another root of that name", &[leaf, intermediate], &[&namesake], words),
        refused("missing intermediate", &[leaf], &[root], words),
        refused("intermediate alone", &[leaf, intermediate], &[intermediate], words),
        refused("leaf alone", &[leaf, intermediate], &[leaf], words),
        refused("self-signed, not given", &[&alone], &[root], words),
        refused("another self-signed of that name", &[&alone], &[&namesake], words),
    ]);
}

#[test]
fn a_certificate_for_another_use_cannot_sign() {
    let Pki { root, intermediate, .. } = pki();
    let tls = leaf("keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n");
    let sealing = leaf("keyUsage=keyAgreement\nextendedKeyUsage=codeSigning\n");
    let nothing = leaf("basicConstraints=CA:FALSE\n");
    let unknown = leaf(&format!("{SIGNER}1.2.3.4.5=critical,DER:0500\n"));
    let tls_alone = Template::new("alone", "extendedKeyUsage=serverAuth\n").self_signed();
    let usage = "codeSigning|code signing|code-signing";
    all([
        refused("TLS only", &[&tls, intermediate], &[root], usage),
        refused("TLS only, self-signed", &[&tls_alone], &[&tls_alone], usage),
        refused("no signatures", &[&sealing, intermediate], &[root], "digitalSignature|digital s"),
        refused("no use named", &[&nothing, intermediate], &[root], "usage"),
        refused("unknown, critical", &[&unknown, intermediate], &[root], "critical"),
    ]);
}

#[test]
fn an_issuer_that_may_not_issue_is_refused() {
    let Pki { root, .. } = pki();
    let issuers = [
        ("a signer", SIGNER.to_owned(), "CA|keyCertSign|key usage"),
        ("no CA", CA.replace("TRUE", "FALSE"), "CA"),
        ("no constraints", "keyUsage=keyCertSign\n".to_owned(), "CA"),
        (
            "no certificates",
            CA.replace("keyCertSign", "digitalSignature"),
            "keyCertSign|certificate signing|sign certificates|key usage",
        ),
        ("unknown, critical", format!("{CA}1.2.3.4.5=critical,DER:0500\n"), "critical"),
        (
            "names",
            format!("{CA}nameConstraints=critical,excluded;dirName:names\n[names]\nCN=signer\n"),
            "name",
        ),
    ];
    all(issuers.map(|(label, extensions, words)| {
        let issuer = Template::new("issuer", &extensions).issued_by(root);
        let leaf = Template::new("signer", SIGNER).issued_by(&issuer);
        refused(label, &[&leaf, &issuer], &[root], words)
    }));
    let short = CA.replace("CA:TRUE", "CA:TRUE,pathlen:0");
    let short = Template::new("short", &short).issued_by(root);
    let below = Template::new("below", CA).issued_by(&short);
    let leaf = Template::new("signer", SIGNER).issued_by(&below);
    all([refused("path length", &[&leaf, &below, &short], &[root], "path length|pathlen|path")]);
}

#[test]
fn weak_signatures_and_other_keys_are_refused() {
    let Pki { root, intermediate, .. } = pki();
    let signer = Template::new("signer", SIGNER);
    let sha1 = signer.clone().hash("sha1").issued_by(intermediate);
    let small = Template::new("small", CA).rsa(1024).self_signed();
    let by_small = signer.clone().issued_by(&small);
    let rsa = signer.clone().rsa(2048).issued_by(intermediate);
    let koblitz = signer.key("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1");
    let koblitz = koblitz.issued_by(intermediate);
    all([
        refused("SHA-1", &[&sha1, intermediate], &[root], "SHA-1|SHA1"),
        refused("RSA, 1024 bits", &[&by_small], &[&small], "1024|2048|RSA"),
        refused("RSA leaf", &[&rsa, intermediate], &[root], "RSA"),
        refused("secp256k1 leaf", &[&koblitz, intermediate], &[root], "secp256k1"),
    ]);
}

#[test]
fn a_signature_that_is_not_the_leafs_is_bad() {
    let Pki { root, intermediate, leaf } = pki();
    let sandbox = signed(&[leaf, intermediate], &[root]);
    let chain = [leaf.certificate.as_str(), intermediate.certificate.as_str()];
    let payload = statement().to_string();
    for key in [another(), &intermediate.key] {
        let bundle = certificate_bundle(key, &chain, payload.as_bytes());
        sandbox.write("model.sig", bundle.to_string());
        sandbox.oms(VERIFY).refuses(1, "signature");
    }
}

#[test]
fn a_chain_that_cannot_be_read_is_refused() {
    let Pki { root, intermediate, leaf } = pki();
    let sandbox = signed(&[leaf, intermediate], &[root]);
    let good: serde_json::Value = serde_json::from_str(&sandbox.read("model.sig")).unwrap();
    let chain = "/verificationMaterial/x509CertificateChain";
    let cases = [
        ("={}", "certificate"),
        ("=null", "certificate|null|0 kinds|no verification material"),
        ("/certificates=[]", "certificate"),
        ("/certificates={}", "certificates|sequence|array|list"),
        ("/certificates/0={}", "rawBytes"),
        ("/certificates/0/rawBytes=", "certificate|rawBytes"),
        ("/certificates/0/rawBytes=!!", "rawBytes & base64"),
        ("/certificates/0/rawBytes=anVuaw==", "certificate"),
        ("/certificates/1/rawBytes=anVuaw==", "certificate"),
    ];
    all(cases.map(|(edit, words)| {
        let edit = format!("{chain}{edit}");
        sandbox.write("model.sig", edited(good.clone(), &edit).to_string());
        sandbox.oms(VERIFY).case(&edit).refusal(1, words)
    }));
}

#[test]
fn a_trust_file_without_certificates_is_refused() {
    let Pki { root, intermediate, leaf } = pki();
    let sandbox = signed(&[leaf, intermediate], &[root]);
    sandbox.write("empty.pem", "");
    sandbox.write("garbage.pem", "hello");
    sandbox.write("broken.pem", root.certificate.replacen("\nM", "\n!", 1));
    sandbox.write("half.pem", format!("{}-----BEGIN CERTIFICATE-----\nAAAA", root.certificate));
    sandbox.fifo("fifo");
    let cases = [
        ("missing.pem", "no such|not found|does not exist|missing"),
        ("empty.pem", "certificate"),
        ("garbage.pem", "certificate|PEM"),
        ("broken.pem", "certificate|PEM|base64"),
        ("half.pem", "certificate|PEM"),
        ("pub.pem", "certificate"),
        ("key.pem", "certificate"),
        ("model", "directory|folder"),
        ("fifo", "FIFO|named pipe"),
        ("/dev/zero", "device|larger"),
    ];
    all(cases.map(|(path, words)| {
        let verify = "verify certificate model --signature model.sig --certificate-chain";
        sandbox.oms(verify).arg(path).refusal(2, &format!("{path} & {words}"))
    }));
    let verify = sandbox.oms("verify certificate model --signature model.sig");
    verify.refuses(2, "--certificate-chain");
}

#[test]
fn a_method_and_a_bundle_of_another_method_do_not_match() {
    let Pki { root, intermediate, leaf } = pki();
    let sandbox = signed(&[leaf, intermediate], &[root]);
    sandbox.write("pub.pem", &leaf.key.public);
    sandbox.verify_key().refuses(1, "'certificate' & verify");

    let payload = statement().to_string();
    sandbox.write("model.sig", bundle(payload.as_bytes()).to_string());
    sandbox.oms(VERIFY).refuses(1, "'key' & verify");

    let mut keyless = certificate_bundle(&leaf.key, &[], payload.as_bytes());
    let raw = support::bundles::pem_body(&leaf.certificate);
    keyless["verificationMaterial"] =
        json!({"certificate": {"rawBytes": raw}, "tlogEntries": [{"logIndex": "1"}]});
    sandbox.write("model.sig", keyless.to_string());
    sandbox.oms(VERIFY).refuses(1, "Sigstore");
    sandbox.verify_key().refuses(1, "Sigstore");
}
