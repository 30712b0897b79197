"""Keyless bundles that released clients made with Sigstore's public instance: verified with the root
that the program carries, and refused, each for the right reason, when anything in them is changed."""

import base64
import copy
import json
import pathlib
import shutil

import jsonschema
import pytest

import bundles
import models
from clients import REPOSITORY, VERIFIED, assert_ends, assert_refused, assert_says, oms

IDENTITY = "stefanb@us.ibm.com"
ISSUER = "https://sigstore.verify.ibm.com/oauth2"
WHO = ("--identity", IDENTITY, "--identity-provider", ISSUER)

# The v1.1.0 bundles record what was ignored, the older ones do not.
IGNORED = {"v1.0.1": ("--ignore-paths", "ignore-me"), "v1.1.0": ()}
WITH_TIMESTAMP = "v1.1.0"


class Case:
    """A copy of the model, its bundle beside it."""

    def __init__(self, vectors: pathlib.Path, version: str, folder: pathlib.Path):
        self.version = version
        self.model = folder / f"{version}-sigstore"
        self.signature = folder / "model.sig"
        source = vectors / "historical" / self.model.name
        shutil.copytree(source, self.model, copy_function=shutil.copyfile)
        self.model.chmod(0o755)
        (self.model / "model.sig").rename(self.signature)
        self.bundle = bundles.load(self.signature)

    def verify(self, *who, method=("sigstore",)):
        self.signature.write_text(json.dumps(self.bundle), encoding="utf-8")
        return oms(
            *("verify", *method, self.model, "--signature", self.signature),
            *IGNORED[self.version],
            *(who or WHO),
        )

    @property
    def material(self) -> dict:
        return self.bundle["verificationMaterial"]

    @property
    def entry(self) -> dict:
        return self.material["tlogEntries"][0]


def flip(holder: dict, field: str, offset: int = 5) -> None:
    """Changes one bit of what is encoded there."""
    raw = bytearray(base64.b64decode(holder[field], validate=True))
    raw[offset] ^= 1
    holder[field] = base64.b64encode(raw).decode("ascii")


def decrease(holder: dict, field: str) -> None:
    holder[field] = str(int(holder[field]) - 1)


def increase(holder: dict, field: str) -> None:
    holder[field] = str(int(holder[field]) + 1)


@pytest.fixture(params=IGNORED)
def case(request, vectors, tmp_path) -> Case:
    return Case(vectors, request.param, tmp_path)


@pytest.fixture
def other(case, vectors, tmp_path) -> Case:
    """The bundle of the other version: signed by the same person, days apart."""
    (version,) = set(IGNORED) - {case.version}
    folder = tmp_path / "other"
    folder.mkdir()
    return Case(vectors, version, folder)


def test_verifies(case):
    assert_says(case.verify(), VERIFIED)


def test_sigstore_is_the_method_when_none_is_named(case):
    assert_says(case.verify(method=()), VERIFIED)


def test_says_who_signed_and_when(case):
    result = oms(
        *("--output", "json", "verify", "sigstore", case.model, "--signature", case.signature),
        *(*IGNORED[case.version], *WHO),
    )
    document = json.loads(result.stdout)
    schema = json.loads((REPOSITORY / "docs" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    signer = document["signer"]
    keyless = signer["keyless"]
    assert (keyless["identity"], keyless["issuer"]) == (IDENTITY, ISSUER)
    assert signer["certificates"][0]["subject_alt_names"] == [f"email:{IDENTITY}"]
    assert [entry["index"] for entry in keyless["log_entries"]] == [int(case.entry["logIndex"])]
    clocks = {time["clock"] for time in keyless["times"]}
    expected = {"log", "timestamp-authority"} if case.version == WITH_TIMESTAMP else {"log"}
    assert clocks == expected


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (("--identity", "someone@us.ibm.com", "--identity-provider", ISSUER), "was signed by"),
        (("--identity", IDENTITY.upper(), "--identity-provider", ISSUER), "was signed by"),
        (("--identity", IDENTITY, "--identity-provider", ISSUER + "/"), "is vouched for by"),
        (("--identity-regexp", "stefanb", "--identity-provider", ISSUER), "was signed by"),
        (("--identity", ".*", "--identity-provider", ISSUER), "was signed by"),
        (("--identity", IDENTITY, "--identity-provider-regexp", "https"), "is vouched for by"),
        ((*WHO, "--certificate-claim", "build-trigger=push"), "'build-trigger'"),
        ((*WHO, "--certificate-github-workflow-ref", ""), "'github-workflow-ref'"),
        ((*WHO, "--use-staging"), "is not trusted"),
    ],
)
def test_another_signer_is_refused(case, who, reason):
    assert_refused(case.verify(*who), reason)


@pytest.mark.parametrize(
    "who",
    [
        ("--identity-regexp", r".*@us\.ibm\.com", "--identity-provider-regexp", "https://.*ibm.*"),
        ("--identity", "someone", "--identity", IDENTITY, "--identity-provider", ISSUER),
        ("--identity", "someone", "--identity-regexp", "stefanb.*", "--identity-provider", ISSUER),
        ("--identity", IDENTITY, "--identity-provider", "x", "--identity-provider", ISSUER),
        (*WHO, "--use-staging=false"),
    ],
)
def test_any_one_of_several_signers_will_do(case, who):
    assert_says(case.verify(*who), VERIFIED)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (("--identity", IDENTITY), "--identity-provider"),
        (("--identity-provider", ISSUER), "--identity"),
        (("--identity-regexp", "(", "--identity-provider", ISSUER), "not a regular expression"),
        ((*WHO, "--certificate-claim", "color=blue"), "unknown claim 'color'"),
        ((*WHO, "--certificate-claim", "build-trigger"), "not of the form NAME=VALUE"),
        ((*WHO, "--trusted-root", "no-such-file"), "cannot read the trusted root"),
        ((*WHO, "--public-key", "key.pem"), "--public-key"),
    ],
)
def test_asked_wrongly(case, who, reason):
    assert_ends(case.verify(*who), 2, reason)


PROMISE = "the promise of the log (signed entry timestamp) is wrong"
SIGNATURE = "the signature is wrong"

CHANGES = {
    "integratedTime": (lambda case: increase(case.entry, "integratedTime"), PROMISE),
    "logIndex": (lambda case: increase(case.entry, "logIndex"), PROMISE),
    "signedEntryTimestamp": (
        lambda case: flip(case.entry["inclusionPromise"], "signedEntryTimestamp", -1),
        PROMISE,
    ),
    "canonicalizedBody": (lambda case: flip(case.entry, "canonicalizedBody", -20), PROMISE),
    "keyId": (lambda case: flip(case.entry["logId"], "keyId"), "is not trusted"),
    "kindVersion": (
        lambda case: case.entry["kindVersion"].update(kind="hashedrekord"),
        "the keyless signature is malformed",
    ),
    "unknown kind": (
        lambda case: case.entry["kindVersion"].update(version="0.0.9"),
        "unknown kind 'dsse 0.0.9'",
    ),
    "proof index": (
        lambda case: decrease(case.entry["inclusionProof"], "logIndex"),
        "the proof that the entry is in the log is wrong",
    ),
    "tree size": (
        lambda case: increase(case.entry["inclusionProof"], "treeSize"),
        "of another tree than the proof",
    ),
    "no promise": (
        lambda case: case.entry.pop("inclusionPromise"),
        "has no promise of the log",
    ),
    "no proof": (
        lambda case: case.entry.pop("inclusionProof"),
        "has no proof that it is in the log",
    ),
    "no checkpoint": (
        lambda case: case.entry["inclusionProof"].pop("checkpoint"),
        "has no proof that it is in the log",
    ),
    "no entry": (
        lambda case: case.material["tlogEntries"].clear(),
        "must have an entry of a transparency log",
    ),
    "entry twice": (
        lambda case: case.material["tlogEntries"].append(copy.deepcopy(case.entry)),
        "an entry of the log stands twice",
    ),
    "certificate": (
        lambda case: flip(case.material["certificate"], "rawBytes", -1),
        "not issued by an authority that is trusted",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_refused_for_its_own_reason(case, name):
    change, reason = CHANGES[name]
    change(case)
    assert_refused(case.verify(), reason)


def test_changed_hash_of_the_proof(case):
    hashes = case.entry["inclusionProof"]["hashes"]
    holder = {"hash": hashes[1]}
    flip(holder, "hash")
    hashes[1] = holder["hash"]
    assert_refused(case.verify(), "the proof that the entry is in the log is wrong")


def test_changed_signature_of_the_checkpoint(case):
    checkpoint = case.entry["inclusionProof"]["checkpoint"]
    body, mark, signatures = checkpoint["envelope"].rpartition(" ")
    holder = {"signature": signatures.strip()}
    flip(holder, "signature", -1)
    checkpoint["envelope"] = f"{body}{mark}{holder['signature']}\n"
    assert_refused(case.verify(), "the checkpoint of the log is wrong")


def test_changed_root_of_the_tree(case):
    """The root stands twice, in the proof and in the checkpoint."""
    flip(case.entry["inclusionProof"], "rootHash")
    assert_refused(case.verify(), "of another tree than the proof")


def test_changed_payload(case):
    payload = base64.b64decode(case.bundle["dsseEnvelope"]["payload"], validate=True)
    offset = payload.index(b"signme-1") + len("signme-")
    flip(case.bundle["dsseEnvelope"], "payload", offset)
    assert_refused(case.verify(), SIGNATURE)


def test_changed_signature(case):
    """A timestamp is about the signature, and is looked at first."""
    flip(case.bundle["dsseEnvelope"]["signatures"][0], "sig", -1)
    expected = "the timestamp is wrong" if case.version == WITH_TIMESTAMP else SIGNATURE
    assert_refused(case.verify(), expected)


def test_changed_timestamp(case):
    if case.version != WITH_TIMESTAMP:
        stamps = case.material["timestampVerificationData"]
        assert stamps == {}, "this version has no timestamp"
        return
    (stamp,) = case.material["timestampVerificationData"]["rfc3161Timestamps"]
    flip(stamp, "signedTimestamp", -1)
    assert_refused(case.verify(), "the timestamp is wrong")


def test_entry_of_another_signature(case, other):
    case.material["tlogEntries"] = other.material["tlogEntries"]
    assert_refused(case.verify(), "the certificate was not valid when it was used")


def test_additional_entry_of_another_signature(case, other):
    case.material["tlogEntries"] += other.material["tlogEntries"]
    assert_refused(case.verify(), "the certificate was not valid when it was used")


def test_certificate_of_another_signature(case, other):
    case.material["certificate"] = other.material["certificate"]
    assert_refused(case.verify(), "the certificate was not valid when it was used")


def test_envelope_of_another_signature(case, other):
    case.bundle["dsseEnvelope"] = other.bundle["dsseEnvelope"]
    assert_refused(case.verify())


def test_other_methods_do_not_take_it(case, keys):
    result = oms(
        *("verify", "key", case.model, "--signature", case.signature),
        *("--public-key", keys["p256"].public),
    )
    assert_refused(result, "made with method 'sigstore', not 'key'")


@pytest.mark.parametrize("name", ["signme-1", "signme-2"])
def test_changed_file_is_refused(case, name):
    models.flip_bit(case.model / name)
    assert_refused(case.verify(), name)


def test_added_file_is_refused(case):
    (case.model / "signme-3").write_bytes(b"three")
    assert_refused(case.verify(), "signme-3")


def test_every_keyless_bundle_is_tried(vectors):
    there = {path.name for path in (vectors / "historical").glob("*-sigstore")}
    assert there == {f"{version}-sigstore" for version in IGNORED}
