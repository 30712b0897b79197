"""Fixtures of the Python tests; `cargo xtask test` runs them with the environment they need."""

import os
import pathlib

import pytest

import models
import pki
from clients import REPOSITORY


def pytest_configure(config):
    program = os.environ.get("OMS_BIN", "")
    if not os.access(program, os.X_OK):
        pytest.exit("OMS_BIN must name the program `oms`: run `cargo xtask test`", returncode=2)
    os.environ["OMS_BIN"] = str(pathlib.Path(program).resolve())


@pytest.fixture(scope="session")
def keys(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("keys")
    return {curve: pki.key_pair(folder, curve) for curve in pki.CURVES}


@pytest.fixture(scope="session")
def chains(tmp_path_factory) -> dict:
    validity = pki.valid_around_now()
    return {
        curve: pki.certificate_chain(tmp_path_factory.mktemp(f"chain-{curve}"), curve, validity)
        for curve in pki.CURVES
    }


@pytest.fixture
def model(tmp_path) -> pathlib.Path:
    return models.make_model(tmp_path / "model")


@pytest.fixture
def single_file(tmp_path) -> pathlib.Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(bytes(range(256)) * 5)
    return path


@pytest.fixture(scope="session")
def vectors() -> pathlib.Path:
    folder = pathlib.Path(
        os.environ.get("OMS_TEST_VECTORS") or REPOSITORY.parent / "shared" / "vectors"
    )
    if not folder.is_dir():
        pytest.skip(f"no vectors: {folder} is not there; OMS_TEST_VECTORS names another place")
    return folder


@pytest.fixture(scope="session")
def downloads() -> pathlib.Path:
    default = REPOSITORY / "target" / "python" / "downloads"
    folder = pathlib.Path(os.environ.get("OMS_TEST_DOWNLOADS") or default)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
