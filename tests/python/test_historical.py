"""What released PyPI clients signed (tests/fixtures/pypi) verifies, and fails after one bit."""

import pathlib
import shutil

import pytest

import bundles
import models
from clients import REPOSITORY, VERIFIED, assert_refused, assert_says, oms

FIXTURES = REPOSITORY / "tests" / "fixtures" / "pypi"
LEGACY = "0.2.0"
RELEASES = (LEGACY, "0.3.1", "1.0.0", "1.0.1", "1.1.1")
CASES = [f"{path.parent.name}/{path.stem}" for path in sorted(FIXTURES.glob("*/*.sig"))]


class Case:
    """A copy of one signed model and its bundle, and the command that verifies it."""

    def __init__(self, name: str, folder: pathlib.Path):
        release, bundle = name.split("/")
        self._fixtures = FIXTURES / release
        self.legacy = release == LEGACY
        self._bundle = bundle
        self.folder = shutil.copytree(self._fixtures / "model", folder / "model")
        self.signature = folder / "model.sig"
        shutil.copyfile(self._fixtures / f"{bundle}.sig", self.signature)

    @property
    def model(self) -> pathlib.Path:
        return self.folder / "weights.bin" if self._bundle == "single-file" else self.folder

    def verify(self, accept_legacy=True):
        word, *trust = self._trust()
        flags = ("--accept-legacy",) if self.legacy and accept_legacy else ()
        return oms("verify", word, self.model, "--signature", self.signature, *trust, *flags)

    def _trust(self) -> tuple:
        folder = self._fixtures / "trust"
        if self._bundle == "certificate":
            return "certificate", "--certificate-chain", folder / "root.pem"
        curve = self._bundle.split("-")[1] if self._bundle.startswith("key-") else "p256"
        return "key", "--public-key", folder / f"{curve}.pub"


@pytest.fixture(params=CASES)
def case(request, tmp_path) -> Case:
    return Case(request.param, tmp_path)


@pytest.fixture(params=[name for name in CASES if name.startswith(f"{LEGACY}/")])
def legacy_case(request, tmp_path) -> Case:
    return Case(request.param, tmp_path)


def test_fixtures_of_every_release_are_there():
    assert {name.split("/")[0] for name in CASES} == set(RELEASES)


def test_verifies(case):
    assert_says(case.verify(), VERIFIED)


def test_changed_file_is_refused(case):
    models.flip_bit(case.folder / "weights.bin", 300)
    assert_refused(case.verify(), "weights.bin")


@pytest.mark.parametrize("change", [bundles.flip_payload_bit, bundles.flip_signature_bit])
def test_changed_bundle_is_refused(case, change):
    change(case.signature)
    assert_refused(case.verify())


def test_legacy_is_refused_unless_asked_for(legacy_case):
    assert_refused(legacy_case.verify(accept_legacy=False), "--accept-legacy")


def test_legacy_carries_a_warning(legacy_case):
    result = legacy_case.verify()
    assert_says(result, VERIFIED)
    assert "warning" in result.stderr.lower()


@pytest.mark.parametrize("name", ["it's.txt", "\u65e5\u672c.txt", "a/x", "sub/folder/config.json"])
def test_legacy_names_the_changed_file(legacy_case, name):
    models.flip_bit(legacy_case.folder / name)
    assert_refused(legacy_case.verify(), name)


def test_legacy_names_missing_and_added_files(legacy_case):
    (legacy_case.folder / "a.txt").rename(legacy_case.folder / "added.txt")
    assert_refused(legacy_case.verify(), "a.txt", "added.txt")
