"""Keyless signatures of the PyPI client, made with a private Sigstore instance that runs here over HTTP
(Rekor v1, Rekor v1 with timestamps, Rekor v2), and verified by `oms` with the instance's trust config."""

import base64
import hashlib
import json

import pytest
from sigstore import dsse
from sigstore.models import ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext

import bundles
import models
import sigstore_services
from clients import VERIFIED, assert_refused, assert_says, oms, pypi

ISSUER = "https://issuer.example.com"
SUBJECT = "https://example.com/teams/models"
WHO = ("--identity", SUBJECT, "--identity-provider", ISSUER)


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with sigstore_services.started(tmp_path_factory.mktemp("services")) as services:
        yield services


@pytest.fixture(scope="module", params=sigstore_services.INSTANCES)
def signed(request, services, tmp_path_factory):
    """A model and its signature by the PyPI client, for each kind of instance."""
    folder = tmp_path_factory.mktemp(request.param)
    model = models.make_model(folder / "model")
    signature = folder / "model.sig"
    result = pypi(
        *("sign", "sigstore", model, "--signature", signature),
        *("--trust_config", services.trust_config(request.param)),
        *("--identity_token", sigstore_services.token(iss=ISSUER, sub=SUBJECT)),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return request.param, model, signature


def verify(signed, trust, *who, signature=None):
    _, model, own = signed
    return oms(
        *("verify", "sigstore", model, "--signature", signature or own, *trust, *(who or WHO))
    )


def test_verifies_with_the_trust_config(signed, services):
    instance, _, _ = signed
    trust = ("--trust-config", services.trust_config(instance))
    assert_says(verify(signed, trust), VERIFIED)


def test_verifies_with_the_trusted_root(signed, services):
    assert_says(verify(signed, ("--trusted-root", services.trusted_root)), VERIFIED)


def test_the_public_instances_do_not_know_it(signed):
    for trust in ((), ("--use-staging",)):
        assert_refused(verify(signed, trust))


def test_another_instance_does_not_know_it(signed, tmp_path):
    with sigstore_services.started(tmp_path) as other:
        assert_refused(verify(signed, ("--trusted-root", other.trusted_root)))


def test_another_signer_is_refused(signed, services):
    trust = ("--trusted-root", services.trusted_root)
    who = ("--identity", SUBJECT + "x", "--identity-provider", ISSUER)
    assert_refused(verify(signed, trust, *who), f"was signed by '{SUBJECT}'")


def test_clocks_and_kinds_are_those_of_the_instance(signed, services):
    instance, model, signature = signed
    trust = ("--trusted-root", services.trusted_root)
    report = oms(
        *("--output", "json", "verify", "sigstore", model, "--signature", signature),
        *(*trust, *WHO),
    )
    keyless = json.loads(report.stdout)["signer"]["keyless"]
    clocks = {"v1": {"log"}, "v1-tsa": {"log", "timestamp-authority"}, "v2": {"timestamp-authority"}}
    assert {time["clock"] for time in keyless["times"]} == clocks[instance]
    kind = "hashedrekord 0.0.2" if instance == "v2" else "dsse 0.0.1"
    assert [entry["kind"] for entry in keyless["log_entries"]] == [kind]


def strings(value, path=()):
    """Where each string of a JSON value stands."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from strings(child, (*path, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from strings(child, (*path, index))


def changed(text: str) -> str:
    """Another text of the same form: base64, a number, or anything else."""
    if text.isdigit():
        return str(int(text) + 1)
    try:
        raw = bytearray(base64.b64decode(text, validate=True))
    except ValueError:
        return text + "x"
    raw[-1] ^= 1
    return base64.b64encode(raw).decode("ascii")


def test_every_string_of_the_bundle_counts(signed, services, tmp_path):
    """But for the name of a key, which DSSE says is a hint that nobody authenticates. What is encoded
    is changed in its last byte: a timestamp also carries certificates that nobody needs."""
    _, _, signature = signed
    original = bundles.load(signature)
    places = [path for path in strings(original) if path[-1] != "keyid"]
    assert len(places) > 8
    accepted = []
    for path in places:
        bundle = bundles.load(signature)
        holder = bundle
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = changed(holder[path[-1]])
        tampered = tmp_path / "tampered.sig"
        tampered.write_text(json.dumps(bundle), encoding="utf-8")
        result = verify(signed, ("--trusted-root", services.trusted_root), signature=tampered)
        if result.returncode != 1:
            accepted.append((path, result.returncode))
    assert accepted == []


def test_changed_file_is_refused(signed, services, tmp_path):
    _, model, signature = signed
    copy = models.make_model(tmp_path / "model")
    victim = next(path for path in sorted(copy.rglob("*")) if path.is_file() and path.stat().st_size)
    models.flip_bit(victim)
    result = oms(
        *("verify", copy, "--signature", signature, "--trusted-root", services.trusted_root),
        *WHO,
    )
    assert_refused(result, victim.name)


def test_claims_of_a_workflow(services, tmp_path):
    workflow = "acme/model/.github/workflows/sign.yml@refs/heads/main"
    issuer = "https://token.actions.githubusercontent.com"
    token = sigstore_services.token(
        iss=issuer,
        sub=f"https://github.com/{workflow}",
        event_name="push",
        sha="a" * 40,
        workflow="sign",
        repository="acme/model",
        ref="refs/heads/main",
    )
    model, signature = models.make_model(tmp_path / "model"), tmp_path / "model.sig"
    result = pypi(
        *("sign", "sigstore", model, "--signature", signature, "--identity_token", token),
        *("--trust_config", services.trust_config("v1")),
    )
    assert result.returncode == 0, result.stderr
    asked = ["verify", model, "--signature", signature, "--trusted-root", services.trusted_root]
    asked += ["--identity-provider", issuer, "--identity-regexp", "https://github.com/acme/.*"]
    flags = {
        "--certificate-github-workflow-repository": "acme/model",
        "--certificate-github-workflow-ref": "refs/heads/main",
        "--certificate-github-workflow-sha": "a" * 40,
        "--certificate-github-workflow-name": "sign",
        "--certificate-github-workflow-trigger": "push",
    }
    assert_says(oms(*asked, *(word for flag in flags.items() for word in flag)), VERIFIED)
    for flag, value in flags.items():
        claim = flag.removeprefix("--certificate-")
        assert_refused(oms(*asked, flag, value + "x"), f"the claim '{claim}'", f"is '{value}'")
    new = ("--certificate-claim", "sourceRepositoryRef=refs/heads/main")
    assert_says(oms(*asked, *new), VERIFIED)
    both = (*new, "--certificate-claim", "source-repository-uri=https://github.com/acme/other")
    assert_refused(oms(*asked, *both), "the claim 'source-repository-uri'")


LEGACY = "https://model_signing/Digests/v0.1"


def sign_statement(services, statement: dict, signature) -> None:
    """Signs a statement of any kind, as the PyPI package `sigstore` does it."""
    config = ClientTrustConfig.from_json(services.trust_config("v1-tsa").read_text())
    token = IdentityToken(sigstore_services.token(iss=ISSUER, sub=SUBJECT))
    with SigningContext.from_trust_config(config).signer(token) as signer:
        bundle = signer.sign_dsse(dsse.Statement(json.dumps(statement).encode()))
    signature.write_text(bundle.to_json())


def statement_of(model, predicate_type: str, predicate: dict) -> dict:
    """Each file a subject, as OMS v0.2.0 had it."""
    files = sorted(path for path in model.rglob("*") if path.is_file())
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    subjects = [
        {"name": path.relative_to(model).as_posix(), "digest": {"sha256": digest}}
        for path, digest in digests.items()
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def test_the_oldest_format_is_verified_on_request_only(services, tmp_path):
    model, signature = models.make_model(tmp_path / "model"), tmp_path / "model.sig"
    sign_statement(services, statement_of(model, LEGACY, {"unused": "Unused"}), signature)
    asked = ["verify", model, "--signature", signature, "--trusted-root", services.trusted_root]
    assert_refused(oms(*asked, *WHO), "OMS v0.2.0")
    assert_says(oms(*asked, *WHO, "--accept-legacy"), VERIFIED)
    victim = next(path for path in sorted(model.rglob("*")) if path.is_file() and path.stat().st_size)
    models.flip_bit(victim)
    assert_refused(oms(*asked, *WHO, "--accept-legacy"), victim.name)


@pytest.mark.parametrize(
    ("predicate_type", "predicate", "reason"),
    [
        ("https://slsa.dev/provenance/v1", {}, "the predicate is of type"),
        ("https://model_signing/signature/v1.0", {}, "missing field `resources`"),
    ],
)
def test_good_signatures_of_other_statements_are_refused(
    services, tmp_path, predicate_type, predicate, reason
):
    model, signature = models.make_model(tmp_path / "model"), tmp_path / "model.sig"
    sign_statement(services, statement_of(model, predicate_type, predicate), signature)
    asked = ["verify", model, "--signature", signature, "--trusted-root", services.trusted_root]
    assert_refused(oms(*asked, *WHO), reason)
    assert_refused(oms(*asked, *WHO, "--accept-legacy"), reason)


def test_no_other_log_vouches_for_an_entry(signed, services, tmp_path):
    """Both logs are trusted; the entry is said to be in the one that it is not in."""
    _, _, signature = signed
    folder = tmp_path / "other"
    folder.mkdir()
    with sigstore_services.started(folder) as other:
        log = json.loads(other.trusted_root.read_text())["tlogs"][0]
    root = json.loads(services.trusted_root.read_text())
    root["tlogs"].append(log)
    both = tmp_path / "both.json"
    both.write_text(json.dumps(root))
    assert_says(verify(signed, ("--trusted-root", both)), VERIFIED)
    bundle = bundles.load(signature)
    bundle["verificationMaterial"]["tlogEntries"][0]["logId"] = log["logId"]
    moved = tmp_path / "moved.sig"
    moved.write_text(json.dumps(bundle))
    result = verify(signed, ("--trusted-root", both), signature=moved)
    assert_refused(result, "of the log", "is wrong")
