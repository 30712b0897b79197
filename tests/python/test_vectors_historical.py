"""Bundles that released clients made, with their models, from the shared test data."""

import pathlib
import shutil

import pytest

import bundles
import models
from clients import VERIFIED, assert_refused, assert_says, oms

METHODS = {
    "elliptic-key": ("key", "--public-key", "signing-key-pub.pem"),
    "certificate": ("certificate", "--certificate-chain", "ca-cert.pem"),
}
# The v1.1.0 bundles record what was ignored, the older ones do not.
IGNORED = {"v1.0.1": ("--ignore-paths", "ignore-me"), "v1.1.0": ()}

CASES = [f"{version}-{method}" for version in IGNORED for method in METHODS]


class Case:
    """A copy of the model, its signature beside it, and the command that verifies it."""

    def __init__(self, vectors: pathlib.Path, name: str, folder: pathlib.Path):
        version, method = name.split("-", 1)
        word, flag, trust = METHODS[method]
        self.model = folder / name
        self.signature = folder / "model.sig"
        shutil.copytree(vectors / "historical" / name, self.model, copy_function=shutil.copyfile)
        self.model.chmod(0o755)
        (self.model / "model.sig").rename(self.signature)
        self._trust = (flag, vectors / "historical" / "keys" / trust)
        self._word, self._ignored = word, IGNORED[version]

    def verify(self, signature=None):
        return oms(
            *("verify", self._word, self.model, "--signature", signature or self.signature),
            *(*self._trust, *self._ignored),
        )


@pytest.fixture(params=CASES)
def case(request, vectors, tmp_path) -> Case:
    return Case(vectors, request.param, tmp_path)


def test_verifies(case):
    assert_says(case.verify(), VERIFIED)


def test_verifies_with_the_signature_inside_the_model(case):
    inside = case.signature.rename(case.model / "model.sig")
    assert_says(case.verify(inside), VERIFIED)


@pytest.mark.parametrize("name", ["signme-1", "signme-2"])
def test_changed_file_is_refused(case, name):
    models.flip_bit(case.model / name)
    assert_refused(case.verify(), name)


def test_missing_file_is_refused(case):
    (case.model / "signme-1").unlink()
    assert_refused(case.verify(), "signme-1")


def test_added_file_is_refused(case):
    (case.model / "signme-3").write_bytes(b"three")
    assert_refused(case.verify(), "signme-3")


@pytest.mark.parametrize("change", [bundles.flip_payload_bit, bundles.flip_signature_bit])
def test_changed_bundle_is_refused(case, change):
    change(case.signature)
    assert_refused(case.verify())


def test_every_key_and_certificate_bundle_is_tried(vectors):
    there = {path.parent.name for path in (vectors / "historical").glob("*/model.sig")}
    assert {name for name in there if not name.endswith("-sigstore")} == set(CASES)
