"""Keys and certificates for the tests and the fixtures. Nothing here is trusted by anyone."""

import dataclasses
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
NO_USAGE = dict.fromkeys(
    (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    ).split(),
    False,
)


@dataclasses.dataclass(frozen=True)
class KeyPair:
    private: pathlib.Path
    public: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Chain:
    """A leaf with its private key, the intermediate that issued it, and the root above that."""

    private: pathlib.Path
    leaf: pathlib.Path
    intermediate: pathlib.Path
    root: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Validity:
    start: datetime.datetime
    end: datetime.datetime


def valid_around_now() -> Validity:
    now = datetime.datetime.now(datetime.timezone.utc)
    return Validity(now - datetime.timedelta(days=1), now + datetime.timedelta(days=30))


def private_pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(key) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_pair(folder: pathlib.Path, curve: str) -> KeyPair:
    key = ec.generate_private_key(CURVES[curve]())
    pair = KeyPair(folder / f"{curve}.pem", folder / f"{curve}.pub")
    pair.private.write_bytes(private_pem(key))
    pair.public.write_bytes(public_pem(key))
    return pair


def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(**set_bits: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{**NO_USAGE, **set_bits})


def _builder(subject: str, issuer: str, public_key, issuer_key, validity: Validity):
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )


def ca_certificate(subject, issuer, key, issuer_key, path_length, validity):
    return (
        _builder(subject, issuer, key.public_key(), issuer_key, validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def leaf_certificate(subject, issuer, key, issuer_key, validity):
    return (
        _builder(subject, issuer, key.public_key(), issuer_key, validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def certificate_chain(folder: pathlib.Path, curve: str, validity: Validity) -> Chain:
    """Root (RSA 3072), intermediate (P-384) and a code-signing leaf on `curve`, as PEM files."""
    root_key = rsa_key()
    intermediate_key = ec.generate_private_key(ec.SECP384R1())
    leaf_key = ec.generate_private_key(CURVES[curve]())
    root = ca_certificate("test root", "test root", root_key, root_key, 1, validity)
    intermediate = ca_certificate(
        "test intermediate", "test root", intermediate_key, root_key, 0, validity
    )
    leaf = leaf_certificate(
        "test signer", "test intermediate", leaf_key, intermediate_key, validity
    )
    names = ("leaf-key", "leaf", "intermediate", "root")
    chain = Chain(*(folder / f"{name}.pem" for name in names))
    chain.private.write_bytes(private_pem(leaf_key))
    chain.leaf.write_bytes(certificate_pem(leaf))
    chain.intermediate.write_bytes(certificate_pem(intermediate))
    chain.root.write_bytes(certificate_pem(root))
    return chain
