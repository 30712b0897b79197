//! Keys and passwords: what is refused, by which name, and what works.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

mod support;

use serde_json::Value;
use support::bundles::{
    PAYLOAD_TYPE, bundle, from_base64, pae, pem, pem_body, statement, unbase64,
};
use support::keys::{KeyPair, another, openssl, p256, text};
use support::{Oms, Outcome, Sandbox, all};

const PASSWORD: &str = "correct horse";

/// The private key of the sandbox, encrypted in PKCS#8.
fn encrypted() -> String {
    let words = "pkcs8 -topk8 -v2 aes-256-cbc -iter 2048 -passout env:OMS_TEST_PASSWORD";
    with_password(words)
}

/// The private key of the sandbox as `openssl` with these words writes it under the password.
fn with_password(words: &str) -> String {
    let mut command = std::process::Command::new("openssl");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("key.pem"), &p256().private).unwrap();
    command.args(words.split(' ')).args(["-in", "key.pem"]).current_dir(dir.path());
    let output = command.env("OMS_TEST_PASSWORD", PASSWORD).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text(output.stdout)
}

/// `oms sign key` with this text as the private key.
fn sign_with(
    sandbox: &Sandbox,
    private: &str,
    status: i32,
    words: &str,
) -> Result<Outcome, String> {
    sandbox.write("this.pem", private);
    let words = format!("this.pem & {words}");
    sandbox.oms("sign key model --private-key this.pem").refusal(status, &words)
}

/// `oms verify key` of a good signature with this text as the public key.
fn verify_with(
    sandbox: &Sandbox,
    public: &str,
    status: i32,
    words: &str,
) -> Result<Outcome, String> {
    sandbox.write("good.sig", bundle(statement().to_string().as_bytes()).to_string());
    sandbox.write("this.pem", public);
    let words = format!("this.pem & {words}");
    let verify = sandbox.oms("verify key model --signature good.sig --public-key this.pem");
    verify.refusal(status, &words)
}

/// Asserts that OpenSSL finds `model.sig` signed by this key, and that the hint is this key's.
fn assert_signed_by(sandbox: &Sandbox, key: &KeyPair, hash: &str) {
    let bundle: Value = serde_json::from_str(&sandbox.read("model.sig")).unwrap();
    let envelope = &bundle["dsseEnvelope"];
    let signed = pae(PAYLOAD_TYPE, &unbase64(&envelope["payload"]));
    assert!(key.verifies(hash, &signed, &unbase64(&envelope["signatures"][0]["sig"])));
    assert_eq!(bundle["verificationMaterial"]["publicKey"]["hint"], key.hint());
}

#[test]
fn a_key_of_another_type_is_refused_by_its_name() {
    let sandbox = Sandbox::new();
    let types = [
        ("-algorithm RSA", "RSA"),
        ("-algorithm Ed25519", "Ed25519"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "secp256k1"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:secp224r1", "secp224r1|P-224|1.3.132.0.33"),
        ("-algorithm X25519", "X25519"),
    ];
    for (options, name) in types {
        let key = KeyPair::generate(options);
        let words = format!("{name} & P-256");
        all([
            sign_with(&sandbox, &key.private, 2, &words),
            verify_with(&sandbox, &key.public, 2, &words),
        ]);
    }
    let rsa = KeyPair::generate("-algorithm RSA").private;
    let pkcs1 = text(openssl("rsa -traditional", rsa.as_bytes()));
    assert!(pkcs1.contains("BEGIN RSA PRIVATE KEY"), "{pkcs1}");
    let k1 = text(openssl("ecparam -name secp256k1 -genkey", b""));
    assert!(k1.contains("BEGIN EC PRIVATE KEY"), "{k1}");
    let explicit = "ecparam -name prime256v1 -genkey -param_enc explicit";
    all([
        sign_with(&sandbox, &pkcs1, 2, "RSA & P-256"),
        sign_with(&sandbox, &k1, 2, "secp256k1 & P-256"),
        sign_with(&sandbox, &text(openssl(explicit, b"")), 2, "parameters|curve|malformed"),
    ]);
}

#[test]
fn what_is_no_key_is_refused() {
    let sandbox = Sandbox::new();
    let cut = |text: &str| text.get(..text.len() / 2).unwrap().to_owned();
    let damaged = |text: &str| text.replacen("\nM", "\n!", 1);
    let KeyPair { private, public } = p256();
    for (label, text) in [("garbage", "hello"), ("empty", ""), ("NUL", "\0\0\0\0"), ("{}", "{}")] {
        all([
            sign_with(&sandbox, text, 2, "PEM|key").map_err(|wrong| format!("{label}: {wrong}")),
            verify_with(&sandbox, text, 2, "PEM|key").map_err(|wrong| format!("{label}: {wrong}")),
        ]);
    }
    let hollow = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    all([
        sign_with(&sandbox, &cut(private), 2, "PEM|key"),
        sign_with(&sandbox, &damaged(private), 2, "PEM|key|base64"),
        sign_with(&sandbox, &hollow("PRIVATE KEY"), 2, "key"),
        sign_with(&sandbox, &hollow("EC PRIVATE KEY"), 2, "key"),
        sign_with(&sandbox, &hollow("ENCRYPTED PRIVATE KEY"), 2, "key"),
        sign_with(&sandbox, &hollow("OPENSSH PRIVATE KEY"), 2, "OPENSSH"),
        verify_with(&sandbox, &cut(public), 2, "PEM|key"),
        verify_with(&sandbox, &damaged(public), 2, "PEM|key|base64"),
        verify_with(&sandbox, &hollow("PUBLIC KEY"), 2, "key"),
    ]);
}

#[test]
fn the_other_half_of_a_pair_is_named() {
    let sandbox = Sandbox::new();
    let request = "req -x509 -key /dev/stdin -subj /CN=x -days 2";
    let certificate = text(openssl(request, p256().private.as_bytes()));
    let sec1 = text(openssl("ec", p256().private.as_bytes()));
    all([
        sign_with(&sandbox, &p256().public, 2, "public key"),
        sign_with(&sandbox, &certificate, 2, "certificate"),
        verify_with(&sandbox, &p256().private, 2, "private key"),
        verify_with(&sandbox, &sec1, 2, "private key"),
        verify_with(&sandbox, &encrypted(), 2, "private key"),
        verify_with(&sandbox, &certificate, 2, "certificate"),
    ]);
}

#[test]
fn a_key_that_is_no_readable_file_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("good.sig", bundle(statement().to_string().as_bytes()).to_string());
    sandbox.mkdir("folder");
    sandbox.fifo("fifo");
    sandbox.sparse("huge", 1 << 40);
    sandbox.write("closed.pem", &p256().private);
    sandbox.chmod("closed.pem", 0o000);
    sandbox.assert_privileges_drop("key.pem", "closed.pem");
    let cases = [
        ("missing.pem", "no such|not found|does not exist|missing"),
        ("folder", "directory|folder"),
        ("fifo", "FIFO|named pipe"),
        ("/dev/zero", "device|larger"),
        ("huge", "large|big|size|limit"),
        ("closed.pem", "denied|permission"),
    ];
    all(cases.into_iter().flat_map(|(path, words)| {
        let words = format!("{path} & {words}");
        let verify = "verify key model --signature good.sig --public-key";
        let runs = [sandbox.oms("sign key model --private-key"), sandbox.oms(verify)];
        runs.map(|run| run.arg(path).unprivileged().refusal(2, &words))
    }));
    sandbox.oms("sign key model").refuses(2, "--private-key");
    sandbox.oms("verify key model --signature good.sig").refuses(2, "--public-key");
}

#[test]
fn an_encrypted_key_needs_the_right_password() {
    let sandbox = Sandbox::new();
    sandbox.write("key.pem", encrypted());
    sandbox.write("wrong", "battery staple\n");
    sandbox.write("nothing", "");
    let sign = || sandbox.sign_key();
    all([
        sign().case("none").refusal(2, "key.pem & password|encrypted & --password-file"),
        sign().args("--password staple").refusal(2, "key.pem & password"),
        sign().args("--password-file wrong").refusal(2, "key.pem & password"),
        sign().args("--password-file nothing").refusal(2, "password"),
        sign().args("--password-file -").stdin("staple\n").refusal(2, "key.pem & password"),
        sign().args("--password-file -").refusal(2, "password"),
        sign().args("--password-file absent").refusal(2, "absent"),
        sign().args("--password-file model").refusal(2, "model & directory|folder"),
        sign().args("--password-file wrong --password staple").refusal(2, "--password"),
        sign().env("OMS_KEY_PASSWORD", "staple").refusal(2, "key.pem & password"),
        sign().env("OMS_KEY_PASSWORD", "").refusal(2, "password"),
    ]);
}

#[test]
fn an_encrypted_key_opens_in_each_way_of_giving_the_password() {
    let sandbox = Sandbox::new();
    sandbox.write("key.pem", encrypted());
    sandbox.write("with-newline", format!("{PASSWORD}\n"));
    sandbox.write("with-crlf", format!("{PASSWORD}\r\n"));
    sandbox.write("plain", PASSWORD);
    let sign = |label: &str| sandbox.sign_key().case(label);
    let ways: [Oms<'_>; 6] = [
        sign("file").args("--password-file plain"),
        sign("file, LF").args("--password-file with-newline"),
        sign("file, CRLF").args("--password-file with-crlf"),
        sign("standard input").args("--password-file -").stdin("correct horse\n"),
        sign("environment").env("OMS_KEY_PASSWORD", PASSWORD),
        sign("argument").args("--password").arg(PASSWORD),
    ];
    for way in ways {
        let outcome = way.accepts();
        assert!(!outcome.show().contains("\ncorrect horse"), "{}", outcome.show());
        assert_signed_by(&sandbox, p256(), "-sha256");
        sandbox.verify_key().accepts();
        sandbox.remove("model.sig");
    }
    // What is on the command line, other users can see.
    sign("argument").args("--password").arg(PASSWORD).accepts().warns("--password & users|see");
}

#[test]
fn old_ways_to_encrypt_a_key_are_refused_with_the_way_out() {
    let sandbox = Sandbox::new();
    let words = "ec -aes256 -passout env:OMS_TEST_PASSWORD";
    let old = with_password(words);
    assert!(old.contains("Proc-Type: 4,ENCRYPTED"), "{old}");
    all([sign_with(&sandbox, &old, 2, "Proc-Type|legacy|traditional|old & openssl pkcs8")]);
    let sign = sandbox.oms("sign key model --private-key this.pem --password");
    sign.arg(PASSWORD).refuses(2, "this.pem & openssl pkcs8");
}

#[test]
fn every_way_to_write_a_good_key_signs() {
    let sandbox = Sandbox::new();
    for (curve, hash) in [("P-256", "-sha256"), ("P-384", "-sha384"), ("P-521", "-sha512")] {
        let key = KeyPair::curve(curve);
        let sec1 = text(openssl("ec", key.private.as_bytes()));
        let parameters = text(openssl(&format!("ecparam -name {curve}"), b""));
        assert!(sec1.contains("BEGIN EC PRIVATE KEY") && parameters.contains("EC PARAMETERS"));
        let spaced = format!("Bag Attributes\n    friendlyName: x\n{}\n\n", key.private);
        let forms = [
            ("PKCS#8", key.private.clone()),
            ("SEC1", sec1.clone()),
            ("SEC1 after EC PARAMETERS", format!("{parameters}{sec1}")),
            ("CRLF", key.private.replace('\n', "\r\n")),
            ("text around it", spaced),
        ];
        sandbox.write("pub.pem", key.public.replace('\n', "\r\n"));
        for (form, private) in forms {
            sandbox.write("key.pem", private);
            sandbox.sign_key().case(&format!("{curve}, {form}")).accepts();
            assert_signed_by(&sandbox, &key, hash);
            sandbox.verify_key().case(form).accepts();
            sandbox.remove("model.sig");
        }
    }
}

#[test]
fn a_private_key_that_belies_its_public_key_is_refused() {
    // In PKCS#8 a P-256 key ends with its public point, of which these are the last bytes.
    let der = from_base64(&pem_body(&p256().private));
    let other = from_base64(&pem_body(&another().private));
    let at = der.len() - 65;
    let same = pem("PRIVATE KEY", &der);
    let forged = pem("PRIVATE KEY", &[&der[..at], &other[at..]].concat());
    let sandbox = Sandbox::new();
    sandbox.write("key.pem", same);
    sandbox.sign_key().accepts();
    all([sign_with(&sandbox, &forged, 2, "key")]);
}
