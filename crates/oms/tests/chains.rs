//! Certificate chains, made by `openssl`, through the public API: which are accepted, and for which
//! reason each other one is refused.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

mod pki;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oms::{
    Bundle, CertificateSigner, CertificateVerifier, ChainError, Error, Identity as Signer,
    KeySigner, PathRule, PrivateKey, Run, SignOptions, Verifier as _, VerifyOptions,
};
use pki::{
    CA, Identity, P256, P384, P521, PLACEHOLDER, RSA_1024, RSA_2048, RSA_3072, SIGNER, Template,
};
use pki::{ca, signer};
use serde_json::{Value, json};

fn pems(certificates: &[&Identity]) -> Vec<u8> {
    certificates.iter().map(|identity| identity.certificate.as_str()).collect::<String>().into()
}

fn private_key(identity: &Identity) -> PrivateKey {
    PrivateKey::from_pem(identity.key.as_bytes(), None).unwrap()
}

fn model() -> tempfile::TempDir {
    let model = tempfile::tempdir().unwrap();
    std::fs::write(model.path().join("weights.bin"), b"weights").unwrap();
    model
}

/// A bundle with just these certificates, signed with the key of the first. The signer of `oms`
/// would refuse many of them, so the bundle is made with a key and the material put in its place.
fn bundle(chain: &[&Identity]) -> Bundle {
    let signer = KeySigner::new(private_key(chain[0]));
    let model = model();
    let signed =
        oms::sign_to_bundle(model.path(), &signer, &SignOptions::new(), &Run::default()).unwrap();
    let mut json: Value = serde_json::from_slice(&signed.bundle.to_vec()).unwrap();
    let der = |identity: &&Identity| pem::parse(&identity.certificate).unwrap().into_contents();
    let raw = |identity| json!({ "rawBytes": STANDARD.encode(der(identity)) });
    let certificates: Vec<Value> = chain.iter().map(raw).collect();
    json["verificationMaterial"] = json!({
        "x509CertificateChain": { "certificates": certificates },
        "tlogEntries": [],
    });
    Bundle::from_slice(json.to_string().as_bytes()).unwrap()
}

/// Verifies a signature by the first of `chain`, all of which the bundle holds, when the user trusts
/// `trust`. Gives the subjects of the path that was used.
fn verify(chain: &[&Identity], trust: &[&Identity]) -> Result<Vec<String>, ChainError> {
    let verifier = CertificateVerifier::from_pem(&pems(trust)).unwrap();
    match verifier.verify(&bundle(chain)) {
        Ok(verified) => match verified.identity() {
            Signer::Certificate { path } => Ok(path.iter().map(|c| c.subject.clone()).collect()),
            other => panic!("the identity is {other:?}"),
        },
        Err(Error::Chain(error)) => Err(error),
        Err(other) => panic!("refused for another reason than the chain: {other:?}"),
    }
}

#[track_caller]
fn accepted(chain: &[&Identity], trust: &[&Identity], path: &[&str]) {
    let expected: Vec<String> = path.iter().map(|name| format!("CN={name}")).collect();
    assert_eq!(verify(chain, trust), Ok(expected));
}

#[track_caller]
fn refused(chain: &[&Identity], trust: &[&Identity], expected: ChainError) {
    assert_eq!(verify(chain, trust), Err(expected));
}

fn dn(name: &str) -> String {
    format!("CN={name}")
}

fn untrusted(subject: &str, issuer: &str) -> ChainError {
    ChainError::Untrusted { subject: dn(subject), issuer: dn(issuer) }
}

fn rule(subject: &str, rule: PathRule) -> ChainError {
    ChainError::Rule { subject: dn(subject), rule }
}

fn expired(subject: &str) -> ChainError {
    ChainError::Expired { subject: dn(subject), not_after: "2021-01-01T00:00:00Z".to_owned() }
}

fn not_yet_valid(subject: &str) -> ChainError {
    ChainError::NotYetValid { subject: dn(subject), not_before: "2048-01-01T00:00:00Z".to_owned() }
}

/// A root, an intermediate authority and a signing certificate, all good.
struct Chain {
    root: Identity,
    intermediate: Identity,
    leaf: Identity,
}

impl Chain {
    fn new() -> Self {
        Self::of(&ca("root"), &ca("intermediate"), &signer("leaf"))
    }

    fn of(root: &Template, intermediate: &Template, leaf: &Template) -> Self {
        let root = root.self_signed();
        let intermediate = intermediate.issued_by(&root);
        let leaf = leaf.issued_by(&intermediate);
        Self { root, intermediate, leaf }
    }

    /// The bundle holds the intermediate, the user has the root.
    #[track_caller]
    fn accepted(&self) {
        let path = ["leaf", "intermediate", "root"];
        accepted(&[&self.leaf, &self.intermediate], &[&self.root], &path);
    }

    #[track_caller]
    fn refused(&self, expected: ChainError) {
        refused(&[&self.leaf, &self.intermediate], &[&self.root], expected);
    }
}

// What is accepted.

#[test]
fn authorities_may_be_rsa_or_ecdsa_and_signers_are_of_any_curve() {
    let of = |root, intermediate, leaf| {
        Chain::of(
            &ca("root").key(root),
            &ca("intermediate").key(intermediate),
            &signer("leaf").key(leaf),
        )
    };
    of(RSA_2048, P384, P256).accepted();
    of(P521, RSA_3072, P384).accepted();
    of(P384, P256, P521).accepted();
}

#[test]
fn every_hash_of_sha_2_is_accepted_with_every_key() {
    for key in [RSA_2048, P256, P384, P521] {
        let root = ca("root").key(key).self_signed();
        for hash in ["sha256", "sha384", "sha512"] {
            let leaf = signer("leaf").hash(hash).issued_by(&root);
            accepted(&[&leaf], &[&root], &["leaf", "root"]);
        }
    }
}

/// The whole way: signer, file, verifier, model.
#[test]
fn what_the_signer_writes_verifies_and_a_changed_model_does_not() {
    let chain = Chain::new();
    let model = model();
    let signature = tempfile::tempdir().unwrap();
    let signature = signature.path().join("model.sig");
    let certificates = pems(&[&chain.leaf, &chain.intermediate]);
    let signer = CertificateSigner::from_pem(private_key(&chain.leaf), &certificates).unwrap();
    let (options, run) = (SignOptions::new(), Run::default());
    oms::sign(model.path(), &signature, &signer, &options, &run).unwrap();

    let verifier = CertificateVerifier::from_pem(&pems(&[&chain.root])).unwrap();
    let verify =
        || oms::verify(model.path(), &signature, &verifier, &VerifyOptions::new(), &Run::default());
    let report = verify().unwrap();
    assert_eq!(report.identity.to_string(), "CN=leaf");
    std::fs::write(model.path().join("weights.bin"), b"Weights").unwrap();
    assert!(matches!(verify(), Err(Error::ModelDiffers(_))));
}

#[test]
fn intermediates_may_come_from_the_user_instead_of_the_bundle() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let path = ["leaf", "intermediate", "root"];
    accepted(&[leaf], &[root, intermediate], &path);
    accepted(&[leaf], &[intermediate, root], &path);
    accepted(&[leaf, intermediate], &[root, intermediate], &path);
}

#[test]
fn order_duplicates_and_strangers_in_a_chain_are_harmless() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let stranger = &ca("stranger").self_signed();
    let path = ["leaf", "intermediate", "root"];
    accepted(&[leaf, leaf, intermediate], &[root], &path);
    accepted(&[leaf, intermediate, intermediate, root, root], &[root, root], &path);
    accepted(&[leaf, root, stranger, intermediate, leaf], &[stranger, root], &path);
}

#[test]
fn a_signing_certificate_that_is_an_authority_is_accepted() {
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n\
        extendedKeyUsage=codeSigning\n";
    Chain::of(&ca("root"), &ca("intermediate"), &Template::new("leaf", extensions)).accepted();
    let both = "basicConstraints=CA:TRUE\nkeyUsage=digitalSignature,keyCertSign\n";
    Chain::of(&ca("root"), &ca("intermediate"), &Template::new("leaf", both)).accepted();
    // Path lengths count issuers, and the last certificate is none (RFC 5280 section 6.1.4 (l)).
    let last = Template::new("intermediate", "basicConstraints=critical,CA:TRUE,pathlen:0\n");
    Chain::of(&ca("root"), &last, &Template::new("leaf", extensions)).accepted();
}

/// Self-signed is what verifies under its own key, whatever names it bears.
#[test]
fn a_self_signed_authority_may_name_another_issuer() {
    let other = &ca("other").self_signed();
    let root = &ca("root").key_of(other).issued_by(other);
    let leaf = &signer("leaf").issued_by(root);
    accepted(&[leaf], &[root], &["leaf", "root"]);
    let intermediate = &ca("intermediate").issued_by(root);
    let leaf = &signer("leaf").issued_by(intermediate);
    accepted(&[leaf, intermediate], &[root], &["leaf", "intermediate", "root"]);
}

#[test]
fn a_self_signed_signing_certificate_may_name_another_issuer() {
    let other = &ca("other").self_signed();
    let alone = &signer("alone").key_of(other).issued_by(other);
    accepted(&[alone], &[alone], &["alone"]);
}

/// The released test chain is like that: the signing certificate is named like its issuer.
#[test]
fn a_signing_certificate_may_be_named_like_its_issuer() {
    let root = &ca("root").self_signed();
    let intermediate = &ca("intermediate-ca").issued_by(root);
    let leaf = &signer("intermediate-ca").issued_by(intermediate);
    let path = ["intermediate-ca", "intermediate-ca", "root"];
    accepted(&[leaf, intermediate], &[root], &path);
    accepted(&[leaf, leaf, intermediate], &[root], &path);
    accepted(&[leaf], &[intermediate, root], &path);
    // Names alike make it neither self-signed nor an anchor.
    refused(&[leaf], &[leaf], ChainError::NoAnchors);
    refused(&[leaf], &[root], untrusted("intermediate-ca", "intermediate-ca"));
}

#[test]
fn all_authorities_of_the_right_name_are_tried() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let namesake = &ca("root").self_signed();
    let other = &ca("intermediate").issued_by(namesake);
    let path = ["leaf", "intermediate", "root"];
    accepted(&[leaf, intermediate, other], &[root, namesake], &path);
    accepted(&[leaf, other, intermediate], &[namesake, root], &path);
    accepted(&[leaf], &[other, namesake, intermediate, root], &path);
    refused(&[leaf, other, intermediate], &[namesake], untrusted("leaf", "root"));
}

/// An authority renewed its certificate with the same key: the good one counts, wherever it stands.
#[test]
fn one_expired_certificate_of_an_authority_does_not_hide_its_successor() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let old = &ca("intermediate").key_of(intermediate).expired().issued_by(root);
    let old_root = &ca("root").key_of(root).expired().self_signed();
    let path = ["leaf", "intermediate", "root"];
    accepted(&[leaf, old, intermediate], &[root], &path);
    accepted(&[leaf, intermediate, old], &[old_root, root], &path);
    refused(&[leaf, old], &[root], expired("intermediate"));
    refused(&[leaf, intermediate], &[old_root], expired("root"));
}

#[test]
fn authorities_need_no_key_usage() {
    let bare = "basicConstraints=critical,CA:TRUE\n";
    Chain::of(&ca("root"), &Template::new("intermediate", bare), &signer("leaf")).accepted();
    Chain::of(&Template::new("root", bare), &ca("intermediate"), &signer("leaf")).accepted();
}

// Trust.

#[test]
fn anchors_come_from_the_user_only() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let stranger = &ca("stranger").self_signed();
    let namesake = &ca("root").self_signed();
    let whole = [leaf, intermediate, root];
    accepted(&whole, &[root], &["leaf", "intermediate", "root"]);
    refused(&whole, &[stranger], untrusted("leaf", "root"));
    refused(&whole, &[namesake], untrusted("leaf", "root"));
}

#[test]
fn without_a_root_nothing_is_trusted() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let whole = [leaf, intermediate, root];
    refused(&whole, &[intermediate], ChainError::NoAnchors);
    refused(&whole, &[leaf], ChainError::NoAnchors);
    refused(&whole, &[leaf, intermediate], ChainError::NoAnchors);
}

#[test]
fn without_the_intermediate_there_is_no_way() {
    let Chain { root, leaf, .. } = &Chain::new();
    refused(&[leaf], &[root], untrusted("leaf", "intermediate"));
}

#[test]
fn a_self_signed_certificate_is_trusted_if_it_is_given_and_only_then() {
    let shapes = [
        SIGNER,
        "keyUsage=digitalSignature\n",
        "extendedKeyUsage=codeSigning\n",
        // An authority by its basic constraints, with a key usage that signs no certificates.
        "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature\n\
         extendedKeyUsage=codeSigning\n",
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=digitalSignature,keyCertSign\n",
    ];
    let root = &ca("root").self_signed();
    for shape in shapes {
        let leaf = &Template::new("leaf", shape).self_signed();
        accepted(&[leaf], &[leaf], &["leaf"]);
        accepted(&[leaf, leaf], &[root, leaf], &["leaf"]);
        refused(&[leaf], &[root], untrusted("leaf", "leaf"));
        refused(&[leaf, root], &[root], untrusted("leaf", "leaf"));
    }
}

#[test]
fn a_self_signed_certificate_is_held_to_the_rules_of_every_signer() {
    let alone = |template: Template, expected: ChainError| {
        let leaf = &template.self_signed();
        refused(&[leaf], &[leaf], expected);
    };
    alone(signer("leaf").expired(), expired("leaf"));
    alone(signer("leaf").not_yet_valid(), not_yet_valid("leaf"));
    let tls = Template::new("leaf", "extendedKeyUsage=serverAuth\n");
    alone(tls, ChainError::LeafExtendedKeyUsage { subject: dn("leaf") });
    let unused = Template::new("leaf", "subjectKeyIdentifier=hash\n");
    alone(unused, ChainError::LeafNoUsage { subject: dn("leaf") });
    let unknown = signer("leaf").and("1.2.3.4=critical,ASN1:NULL");
    alone(unknown, rule("leaf", PathRule::CriticalExtension));
}

#[test]
fn a_self_signed_certificate_of_the_same_name_is_another_one() {
    let leaf = &signer("leaf").self_signed();
    let namesake = &signer("leaf").self_signed();
    refused(&[leaf], &[namesake], ChainError::NoAnchors);
}

// Algorithms and keys.

#[test]
fn sha_1_is_refused_by_name_wherever_it_stands() {
    let with = |subject: &str, algorithm: &str| ChainError::SignatureAlgorithm {
        subject: dn(subject),
        algorithm: algorithm.to_owned(),
    };
    let (root, intermediate, leaf) = (ca("root"), ca("intermediate"), signer("leaf"));
    let ecdsa = "ECDSA with SHA-1";
    Chain::of(&root, &intermediate, &leaf.clone().hash("sha1")).refused(with("leaf", ecdsa));
    Chain::of(&root, &intermediate.clone().hash("sha1"), &leaf)
        .refused(with("intermediate", ecdsa));
    Chain::of(&root.clone().hash("sha1"), &intermediate, &leaf).refused(with("root", ecdsa));
    let rsa = root.key(RSA_2048);
    Chain::of(&rsa, &intermediate.hash("sha1"), &leaf)
        .refused(with("intermediate", "RSA with SHA-1"));
}

/// A root that cannot be used, beside the one that can, changes nothing.
#[test]
fn a_sha_1_root_among_the_trusted_does_not_hide_a_good_one() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let weak = &ca("weak").hash("sha1").self_signed();
    let path = ["leaf", "intermediate", "root"];
    accepted(&[leaf, intermediate], &[weak, root], &path);
    let stranger = &ca("stranger").self_signed();
    refused(&[leaf, intermediate], &[weak, stranger], untrusted("leaf", "root"));
}

#[test]
fn short_rsa_keys_of_authorities_are_refused_by_name() {
    let short = |subject: &str| ChainError::IssuerKey {
        subject: dn(subject),
        key: "RSA of 1024 bits".to_owned(),
    };
    let (root, intermediate, leaf) = (ca("root"), ca("intermediate"), signer("leaf"));
    Chain::of(&root, &intermediate.clone().key(RSA_1024), &leaf).refused(short("intermediate"));
    Chain::of(&root.key(RSA_1024), &intermediate, &leaf).refused(short("root"));
}

#[test]
fn keys_of_another_type_are_refused_by_name() {
    let root = &ca("root").key("-algorithm ED25519").hash("default").self_signed();
    let leaf = &signer("leaf").hash("default").issued_by(root);
    let error = verify(&[leaf], &[root]).unwrap_err();
    assert!(
        matches!(&error, ChainError::SignatureAlgorithm { subject, .. } if subject == "CN=leaf" || subject == "CN=root"),
        "{error:?}"
    );
}

// Extensions.

#[test]
fn unknown_critical_extensions_are_refused_and_others_are_not() {
    let unknown = "1.2.3.4.5=critical,ASN1:UTF8String:what is this";
    let critical = rule("leaf", PathRule::CriticalExtension);
    let (root, intermediate, leaf) = (ca("root"), ca("intermediate"), signer("leaf"));
    Chain::of(&root, &intermediate, &leaf.clone().and(unknown)).refused(critical.clone());
    Chain::of(&root, &intermediate.clone().and(unknown), &leaf).refused(critical.clone());
    Chain::of(&root.clone().and(unknown), &intermediate, &leaf).refused(critical);
    let harmless = "1.2.3.4.5=ASN1:UTF8String:what is this";
    Chain::of(&root.and(harmless), &intermediate.and(harmless), &leaf.and(harmless)).accepted();
}

#[test]
fn issuers_must_be_authorities() {
    let (root, leaf) = (ca("root"), signer("leaf"));
    let not_ca = rule("leaf", PathRule::NotCa);
    Chain::of(&root, &signer("intermediate"), &leaf).refused(not_ca.clone());
    let silent = Template::new("intermediate", "keyUsage=keyCertSign\n");
    Chain::of(&root, &silent, &leaf).refused(not_ca.clone());
    let denies = Template::new("intermediate", "basicConstraints=CA:FALSE\nkeyUsage=keyCertSign\n");
    Chain::of(&root, &denies, &leaf).refused(not_ca);
    // A self-signed certificate that is no authority is no anchor.
    let chain = Chain::of(&signer("root"), &ca("intermediate"), &leaf);
    chain.refused(ChainError::NoAnchors);
}

#[test]
fn issuers_with_a_key_usage_must_be_allowed_to_sign_certificates() {
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature,cRLSign\n";
    let (root, leaf) = (ca("root"), signer("leaf"));
    let usage = rule("leaf", PathRule::KeyUsage);
    Chain::of(&root, &Template::new("intermediate", extensions), &leaf).refused(usage.clone());
    Chain::of(&Template::new("root", extensions), &ca("intermediate"), &leaf).refused(usage);
}

#[test]
fn path_lengths_hold() {
    let limited = |name: &str, length: u8| {
        let constraints = format!("basicConstraints=critical,CA:TRUE,pathlen:{length}\n");
        Template::new(name, &constraints).and("keyUsage=critical,keyCertSign")
    };
    let (intermediate, leaf) = (ca("intermediate"), signer("leaf"));
    let too_long = rule("leaf", PathRule::PathLength);
    Chain::of(&limited("root", 0), &intermediate, &leaf).refused(too_long.clone());
    Chain::of(&limited("root", 1), &limited("intermediate", 0), &leaf).accepted();

    let root = &ca("root").self_signed();
    let first = &limited("first", 0).issued_by(root);
    let second = &ca("second").issued_by(first);
    let signed = &leaf.issued_by(second);
    refused(&[signed, second, first], &[root], too_long);
    // A self-issued certificate does not count (RFC 5280 section 6.1.4 (l)).
    let renewed = &ca("first").issued_by(first);
    let signed = &leaf.issued_by(renewed);
    accepted(&[signed, renewed, first], &[root], &["leaf", "first", "first", "root"]);
}

#[test]
fn name_constraints_hold_for_directory_names() {
    let within = |subject: &str, constraint: &str, of_root: bool| {
        let section = "\n[permitted]\nO=models\n";
        let constraint = format!("nameConstraints=critical,{constraint}{section}");
        let (root, intermediate) = (ca("root"), ca("intermediate").subject("/O=models/CN=i"));
        let leaf = signer("leaf").subject(subject);
        let chain = if of_root {
            Chain::of(&root.and(&constraint), &intermediate, &leaf)
        } else {
            Chain::of(&root, &intermediate.and(&constraint), &leaf)
        };
        verify(&[&chain.leaf, &chain.intermediate], &[&chain.root])
    };
    let violated = |subject: &str| {
        Err(ChainError::Rule { subject: subject.to_owned(), rule: PathRule::NameConstraints })
    };
    for of_root in [false, true] {
        assert!(within("/O=models/CN=leaf", "permitted;dirName:permitted", of_root).is_ok());
        let outside = within("/O=others/CN=leaf", "permitted;dirName:permitted", of_root);
        assert_eq!(outside, violated("CN=leaf,O=others"));
    }
    assert!(within("/O=others/CN=leaf", "excluded;dirName:permitted", false).is_ok());
    let inside = within("/O=models/CN=leaf", "excluded;dirName:permitted", false);
    assert_eq!(inside, violated("CN=leaf,O=models"));
}

#[test]
fn name_constraints_hold_for_alternative_names() {
    let violated = rule("leaf", PathRule::NameConstraints);
    let of = |constraint: &str, name: &str, of_root: bool| {
        let constraint = format!("nameConstraints=critical,{constraint}");
        let leaf = signer("leaf").and(&format!("subjectAltName={name}"));
        let (root, intermediate) = (ca("root"), ca("intermediate"));
        if of_root {
            Chain::of(&root.and(&constraint), &intermediate, &leaf)
        } else {
            Chain::of(&root, &intermediate.and(&constraint), &leaf)
        }
    };
    for of_root in [false, true] {
        let email = "permitted;email:example.com";
        of(email, "email:signer@example.com", of_root).accepted();
        of(email, "email:signer@example.org", of_root).refused(violated.clone());
        of(email, "email:a@example.com,email:b@example.org", of_root).refused(violated.clone());
        // A constraint binds names of its own kind only.
        of(email, "DNS:example.org", of_root).accepted();
    }
    of("excluded;email:example.com", "email:signer@example.com", false).refused(violated.clone());
    of("permitted;DNS:example.com", "DNS:models.example.com", false).accepted();
    of("permitted;DNS:example.com", "DNS:badexample.com", false).refused(violated.clone());
    of("permitted;URI:.example.com", "URI:https://ci.example.com/build", false).accepted();
    of("permitted;URI:.example.com", "URI:https://ci.example.org/build", false).refused(violated);
}

/// Names that cannot be read satisfy no constraint, critical or not.
#[test]
fn unreadable_alternative_names_violate_name_constraints() {
    let constrained = || ca("intermediate").and("nameConstraints=critical,permitted;email:a.b");
    for malformed in ["2.5.29.17=DER:0500", "2.5.29.17=DER:300181"] {
        let leaf = signer("leaf").and(malformed);
        let Chain { root, intermediate, leaf } = &Chain::of(&ca("root"), &constrained(), &leaf);
        let error = verify(&[leaf, intermediate], &[root]).unwrap_err();
        assert!(matches!(error, ChainError::Rule { .. }), "{error:?}");
    }
}

/// RFC 5280 section 4.2: an extension stands once. Which of two counts is nobody's to choose.
#[test]
fn extensions_that_stand_twice_are_refused() {
    const IS_CA: &str = "30030101FF";
    const FOR_CODE: &str = "300a06082b06010505070303";
    const MAY_SIGN: &str = "03020780";
    const NAME: &str = "3011810f6a6f65406578616d706c652e636f6d"; // joe@example.com
    const UNKNOWN: &str = "0500";
    let (root, intermediate) = (&ca("root").self_signed(), ca("intermediate"));
    let constrained = "nameConstraints=critical,permitted;email:example.com";
    let intermediate = &intermediate.and(constrained).issued_by(root);

    let mut wrong = Vec::new();
    let mut twice = |extensions: &str, chain: &[&Identity]| {
        let result = verify(chain, &[root]);
        if !matches!(result, Err(ChainError::Rule { .. })) {
            wrong.push(format!("{extensions:?} give {result:?}"));
        }
    };
    // The second one first and last, on the signer and on its issuer.
    let leaves = [
        ("extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n", 37, FOR_CODE),
        ("extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n", 15, MAY_SIGN),
        ("subjectAltName=email:evil@example.org\nkeyUsage=digitalSignature\n", 17, NAME),
        ("2.5.29.98=DER:0500\nkeyUsage=digitalSignature\n", 98, UNKNOWN),
    ];
    for (extensions, arc, value) in leaves {
        let placeholder = format!("{PLACEHOLDER}=DER:{value}\n");
        for extensions in [format!("{extensions}{placeholder}"), placeholder + extensions] {
            let leaf = Template::new("leaf", &extensions).issued_by(intermediate);
            twice(&extensions, &[&leaf.placeholder_as(arc, intermediate), intermediate]);
        }
    }
    let placeholder = format!("{PLACEHOLDER}=DER:{IS_CA}\n");
    let denies = "basicConstraints=CA:FALSE\nkeyUsage=keyCertSign\n";
    for extensions in [format!("{denies}{placeholder}"), placeholder + denies] {
        let double = Template::new("double", &extensions).issued_by(root).placeholder_as(19, root);
        twice(&extensions, &[&signer("leaf").issued_by(&double), &double]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn policies_that_an_authority_requires_must_be_there() {
    let requires = "certificatePolicies=1.2.3.4\npolicyConstraints=requireExplicitPolicy:0";
    let strict = || ca("intermediate").and(requires);
    let with = |policy: &str| signer("leaf").and(&format!("certificatePolicies={policy}"));
    Chain::of(&ca("root"), &strict(), &with("1.2.3.4")).accepted();
    let refused = rule("leaf", PathRule::Policy);
    Chain::of(&ca("root"), &strict(), &with("1.2.3.5")).refused(refused.clone());
    Chain::of(&ca("root"), &strict(), &signer("leaf")).refused(refused);
    // Where nobody requires one, any will do.
    Chain::of(&ca("root"), &ca("intermediate"), &with("1.2.3.5")).accepted();
}

// Time.

#[test]
fn every_certificate_of_the_path_must_be_valid_now() {
    let (root, intermediate, leaf) = (ca("root"), ca("intermediate"), signer("leaf"));
    Chain::of(&root.clone().expired(), &intermediate, &leaf).refused(expired("root"));
    Chain::of(&root, &intermediate.clone().expired(), &leaf).refused(expired("intermediate"));
    Chain::of(&root, &intermediate, &leaf.clone().expired()).refused(expired("leaf"));
    Chain::of(&root.clone().not_yet_valid(), &intermediate, &leaf).refused(not_yet_valid("root"));
    Chain::of(&root, &intermediate.clone().not_yet_valid(), &leaf)
        .refused(not_yet_valid("intermediate"));
    Chain::of(&root, &intermediate, &leaf.clone().not_yet_valid()).refused(not_yet_valid("leaf"));
    Chain::of(&root.expired(), &intermediate.expired(), &leaf.expired()).refused(expired("leaf"));
}

// What the signing certificate is for.

#[test]
fn the_signing_certificate_must_be_for_signing_code() {
    let subject = || dn("leaf");
    let of = |extensions: &str| {
        Chain::of(&ca("root"), &ca("intermediate"), &Template::new("leaf", extensions))
    };
    let extended = ChainError::LeafExtendedKeyUsage { subject: subject() };
    let usage = ChainError::LeafKeyUsage { subject: subject() };

    of("keyUsage=digitalSignature\n").accepted();
    of("extendedKeyUsage=codeSigning\n").accepted();
    of("extendedKeyUsage=critical,codeSigning\n").accepted();
    of("extendedKeyUsage=anyExtendedKeyUsage\n").accepted();
    of("extendedKeyUsage=serverAuth,codeSigning\n").accepted();
    of("keyUsage=digitalSignature,nonRepudiation\nextendedKeyUsage=anyExtendedKeyUsage\n")
        .accepted();

    of("extendedKeyUsage=serverAuth\n").refused(extended.clone());
    of("extendedKeyUsage=timeStamping,emailProtection\n").refused(extended.clone());
    of("keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n").refused(extended.clone());
    of("keyUsage=keyEncipherment\n").refused(usage.clone());
    of("keyUsage=nonRepudiation\n").refused(usage.clone());
    of("keyUsage=keyEncipherment\nextendedKeyUsage=codeSigning\n").refused(usage.clone());
    of("basicConstraints=CA:FALSE\n").refused(ChainError::LeafNoUsage { subject: subject() });
    // An extension that does not parse allows nothing.
    of("2.5.29.37=DER:0500\n").refused(extended);
    of("2.5.29.15=DER:0500\nextendedKeyUsage=codeSigning\n").refused(usage);
    // A usage of authorities only says nothing of signing models.
    of(CA).refused(ChainError::LeafKeyUsage { subject: subject() });
}

#[test]
fn nobody_signs_with_a_certificate_that_is_not_for_it() {
    let model = model();
    let sign = |template: Template| {
        let leaf = template.self_signed();
        let signer = CertificateSigner::from_pem(private_key(&leaf), &pems(&[&leaf])).unwrap();
        match oms::sign_to_bundle(model.path(), &signer, &SignOptions::new(), &Run::default()) {
            Err(Error::SelfCheck(error)) => match *error {
                Error::Chain(error) => error,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(sign(signer("leaf").expired()), expired("leaf"));
    assert_eq!(sign(signer("leaf").not_yet_valid()), not_yet_valid("leaf"));
    let tls = Template::new("leaf", "extendedKeyUsage=serverAuth\n");
    assert_eq!(sign(tls), ChainError::LeafExtendedKeyUsage { subject: dn("leaf") });
    let encryption = Template::new("leaf", "keyUsage=keyEncipherment\n");
    assert_eq!(sign(encryption), ChainError::LeafKeyUsage { subject: dn("leaf") });
    let silent = Template::new("leaf", "basicConstraints=CA:FALSE\n");
    assert_eq!(sign(silent), ChainError::LeafNoUsage { subject: dn("leaf") });
}

// Chains that are made to be expensive.

/// A root and this many intermediates beneath each other, the last one first.
fn tower(height: usize) -> Vec<Identity> {
    let root = ca("root").self_signed();
    let mut tower = vec![root];
    for level in 1..=height {
        let below = tower.last().unwrap();
        tower.push(ca(&format!("level-{level}")).key_of(below).issued_by(below));
    }
    tower.reverse();
    tower
}

fn within_seconds<T>(seconds: u64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < Duration::from_secs(seconds), "took {:?}", start.elapsed());
    result
}

#[test]
fn long_chains_have_an_end() {
    let tower = tower(40);
    let root = tower.last().unwrap();
    let chain_of = |height: usize| {
        let issuers = &tower[tower.len() - 1 - height..tower.len() - 1];
        let leaf = signer("leaf").issued_by(&issuers[0]);
        (leaf, issuers.iter().collect::<Vec<_>>())
    };
    let (leaf, issuers) = chain_of(10);
    let chain: Vec<&Identity> = std::iter::once(&leaf).chain(issuers).collect();
    assert_eq!(verify(&chain, &[root]).map(|path| path.len()), Ok(12));

    let (leaf, issuers) = chain_of(40);
    let chain: Vec<&Identity> = std::iter::once(&leaf).chain(issuers).collect();
    let bundle = bundle(&chain);
    let verifier = CertificateVerifier::from_pem(&pems(&[root])).unwrap();
    let error = within_seconds(10, || verifier.verify(&bundle)).unwrap_err();
    let expected = ChainError::TooComplex { subject: dn("leaf") };
    assert!(matches!(&error, Error::Chain(error) if *error == expected), "{error:?}");
}

#[test]
fn junk_of_the_right_name_costs_little_and_hides_nothing() {
    let Chain { root, intermediate, leaf } = &Chain::new();
    let junk = ca("intermediate").self_signed();
    let junk: Vec<Identity> =
        (0..60).map(|_| ca("intermediate").key_of(&junk).self_signed()).collect();
    let mut chain = vec![leaf];
    chain.extend(&junk);
    let (bundle_without, verifier) =
        (bundle(&chain), CertificateVerifier::from_pem(&pems(&[root])).unwrap());
    let error = within_seconds(10, || verifier.verify(&bundle_without)).unwrap_err();
    let expected = untrusted("leaf", "intermediate");
    assert!(matches!(&error, Error::Chain(error) if *error == expected), "{error:?}");

    chain.push(intermediate);
    let bundle_with = bundle(&chain);
    within_seconds(10, || verifier.verify(&bundle_with)).unwrap();
}

/// Every one of sixty authorities issued every other: the ways among them are countless.
#[test]
fn a_mesh_of_authorities_is_given_up() {
    let mesh = ca("mesh").self_signed();
    let others: Vec<Identity> = (0..60).map(|_| ca("mesh").key_of(&mesh).self_signed()).collect();
    let leaf = signer("leaf").issued_by(&mesh);
    let root = ca("root").self_signed();
    let chain: Vec<&Identity> = std::iter::once(&leaf).chain(&others).collect();
    let bundle = bundle(&chain);
    let verifier = CertificateVerifier::from_pem(&pems(&[&root])).unwrap();
    let error = within_seconds(10, || verifier.verify(&bundle)).unwrap_err();
    let expected = ChainError::TooComplex { subject: dn("leaf") };
    assert!(matches!(&error, Error::Chain(error) if *error == expected), "{error:?}");
}

#[test]
fn more_certificates_than_a_bundle_may_hold_are_refused_before_they_are_read() {
    let leaf = signer("leaf").self_signed();
    let der = pem::parse(&leaf.certificate).unwrap().into_contents();
    let certificate = json!({ "rawBytes": STANDARD.encode(der) });
    let bundle = json!({
        "mediaType": oms::MEDIA_TYPE,
        "verificationMaterial": {
            "x509CertificateChain": { "certificates": vec![certificate; 65] },
        },
        "dsseEnvelope": {
            "payload": "e30=",
            "payloadType": oms::PAYLOAD_TYPE,
            "signatures": [{ "sig": "AAAA" }],
        },
    });
    let error = Bundle::from_slice(bundle.to_string().as_bytes()).unwrap_err();
    assert!(
        matches!(error, oms::BundleError::TooMany { field: "certificates", actual: 65, limit: 64 }),
        "{error:?}"
    );
}
