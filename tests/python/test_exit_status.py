"""What the command ends with, as scripts see it."""

import os
import signal
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

import models
import pki
from clients import SIGNED, VERIFIED, assert_ends, assert_refused, assert_says, oms


@pytest.fixture
def pair(keys):
    return keys["p256"]


@pytest.fixture
def signed(model, pair, tmp_path):
    """The model's signature, beside it."""
    signature = tmp_path / "model.sig"
    assert_says(sign(model, pair, signature), SIGNED)
    return signature


def sign(model, pair, signature, *flags):
    command = ("sign", "key", model, "--private-key", pair.private, "--signature", signature)
    return oms(*command, *flags)


def verify(model, public_key, signature, *flags):
    command = ("verify", "key", model, "--public-key", public_key, "--signature", signature)
    return oms(*command, *flags)


def test_0_signed_and_verified(model, pair, signed):
    assert_says(verify(model, pair.public, signed), VERIFIED)


def test_1_sign_a_model_with_a_link(model, pair, tmp_path):
    (model / "link").symlink_to("big.bin")
    assert_ends(sign(model, pair, tmp_path / "s"), 1, "link")
    assert not (tmp_path / "s").exists()


def test_1_sign_a_model_with_a_fifo(model, pair, tmp_path):
    os.mkfifo(model / "pipe")
    assert_ends(sign(model, pair, tmp_path / "s"), 1, "pipe")
    assert not (tmp_path / "s").exists()


def test_1_sign_nothing(pair, tmp_path):
    (tmp_path / "nothing").mkdir()
    assert_ends(sign(tmp_path / "nothing", pair, tmp_path / "s"), 1)
    assert not (tmp_path / "s").exists()


def test_1_sign_a_name_that_is_not_utf_8(model, pair, tmp_path):
    with open(os.fsencode(model) + b"/\xff.bin", "wb"):
        pass
    assert_ends(sign(model, pair, tmp_path / "s"), 1)
    assert not (tmp_path / "s").exists()


NO_BUNDLES = {
    "empty": b"",
    "null": b"null",
    "array": b"[]",
    "object": b"{}",
    "nested": b"[" * 200_000,
    "not-utf-8": b"\xff\xfe",
}


@pytest.mark.parametrize("content", NO_BUNDLES.values(), ids=NO_BUNDLES)
def test_1_verify_with_a_signature_that_is_none(model, pair, tmp_path, content):
    signature = tmp_path / "model.sig"
    signature.write_bytes(content)
    assert_refused(verify(model, pair.public, signature))


def test_1_verify_with_another_key(model, keys, signed):
    assert_refused(verify(model, keys["p384"].public, signed))


def test_1_verify_a_changed_model(model, pair, signed):
    models.flip_bit(model / "a.txt")
    assert_refused(verify(model, pair.public, signed), "a.txt")


def test_1_verify_a_key_signature_as_a_certificate(model, chains, signed):
    root = chains["p256"].root
    command = ("verify", "certificate", model, "--certificate-chain", root)
    assert_refused(oms(*command, "--signature", signed))


def test_2_flags(model, pair, tmp_path):
    assert_ends(sign(model, pair, tmp_path / "s", "--no-such-flag"), 2, "--no-such-flag")
    assert_ends(oms("sign", "key", model), 2, "--private-key")
    assert_ends(oms("verify", "key", model), 2)


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_2_no_method_and_no_flag_that_tells_one(model, command):
    """That means Sigstore, which this version does not offer yet."""
    assert_ends(oms(command, model), 2, "key", "certificate")


def test_2_missing_or_garbage_keys(model, pair, signed, tmp_path):
    garbage = tmp_path / "garbage.pem"
    garbage.write_bytes(b"garbage")
    for wrong in (tmp_path / "missing.pem", garbage):
        assert_ends(verify(model, wrong, signed), 2, wrong.name)
        command = ("sign", "key", model, "--private-key", wrong)
        assert_ends(oms(*command, "--signature", tmp_path / "s"), 2, wrong.name)
    assert not (tmp_path / "s").exists()


def other_keys() -> dict:
    return {"RSA": pki.rsa_key(), "Ed25519": ed25519.Ed25519PrivateKey.generate()}


def test_2_keys_of_another_type_are_named(model, signed, tmp_path):
    for kind, key in other_keys().items():
        private, public = tmp_path / "other.pem", tmp_path / "other.pub"
        private.write_bytes(pki.private_pem(key))
        public.write_bytes(pki.public_pem(key))
        assert_ends(verify(model, public, signed), 2, kind)
        command = ("sign", "key", model, "--private-key", private)
        assert_ends(oms(*command, "--signature", tmp_path / "s"), 2, kind)
    assert not (tmp_path / "s").exists()


def test_2_overwriting_what_is_no_signature(model, pair):
    weights = model / "big.bin"
    before = weights.read_bytes()
    assert_ends(sign(model, pair, weights), 2, "big.bin")
    assert weights.read_bytes() == before


def test_0_replacing_a_signature(model, pair, signed):
    models.flip_bit(model / "a.txt")
    assert_says(sign(model, pair, signed), SIGNED)
    assert_says(verify(model, pair.public, signed), VERIFIED)


def test_2_a_folder_as_signature(model, pair, tmp_path):
    (tmp_path / "folder.sig").mkdir()
    assert_ends(verify(model, pair.public, tmp_path / "folder.sig"), 2, "folder.sig")


def test_2_a_fifo_as_signature(model, pair, tmp_path):
    os.mkfifo(tmp_path / "fifo.sig")
    assert_ends(verify(model, pair.public, tmp_path / "fifo.sig"), 2, "fifo.sig")


def test_3_missing_model_or_signature(model, pair, signed, tmp_path):
    missing = tmp_path / "missing"
    assert_ends(sign(missing, pair, tmp_path / "s"), 3, "missing")
    assert_ends(verify(missing, pair.public, signed), 3, "missing")
    assert_ends(verify(model, pair.public, missing), 3, "missing")
    assert not (tmp_path / "s").exists()


def test_3_missing_folder_for_the_signature(model, pair, tmp_path):
    assert_ends(sign(model, pair, tmp_path / "no" / "model.sig"), 3)
    assert not (tmp_path / "no").exists()


def test_status_0_1_3(model, pair):
    assert_ends(oms("status", model), 3)
    assert_says(sign(model, pair, model / "model.sig"), SIGNED)
    assert oms("status", model).returncode == 0
    models.flip_bit(model / "a.txt")
    changed = oms("status", model)
    assert changed.returncode == 1
    assert "a.txt" in changed.stdout + changed.stderr


def test_130_interrupted(pair, tmp_path):
    """64 GiB of holes take long enough to be interrupted; nothing may be left behind."""
    (tmp_path / "model").mkdir()
    with open(tmp_path / "model" / "holes.bin", "wb") as holes:
        holes.truncate(64 << 30)
    before = sorted(tmp_path.iterdir())
    command = [os.environ["OMS_BIN"], "sign", "key", "model", "--private-key", str(pair.private)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=tmp_path, **silent) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=10) == 130
        finally:
            process.kill()
    assert sorted(tmp_path.iterdir()) == before
