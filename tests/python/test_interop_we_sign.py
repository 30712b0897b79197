"""`oms` signs, the PyPI client verifies: through its command line and through its Python API."""

import pytest

import bundles
import models
import pki
from clients import SIGNED, VERIFIED, assert_says, oms, pypi, pypi_hashing, pypi_verify_key

COMPAT = ("--compat", "model-signing-1.1")


def sign(model, signature, pair, *flags):
    result = oms(
        "sign", "key", model, "--private-key", pair.private, "--signature", signature, *flags
    )
    assert_says(result, SIGNED)


def pypi_verify(model, signature, pair, *flags):
    return pypi(
        "verify", "key", model, "--public_key", pair.public, "--signature", signature, *flags
    )


@pytest.mark.parametrize("curve", pki.CURVES)
def test_key_with_the_signature_inside_the_model(model, keys, curve):
    signature = model / "model.sig"
    sign(model, signature, keys[curve])
    assert_says(pypi_verify(model, signature, keys[curve]), VERIFIED)


def test_key_with_the_signature_beside_the_model(model, keys, tmp_path):
    signature = tmp_path / "beside.sig"
    sign(model, signature, keys["p256"])
    assert_says(pypi_verify(model, signature, keys["p256"]), VERIFIED)


def test_signature_lands_in_the_working_directory_by_default(model, keys, tmp_path):
    result = oms("sign", "key", model, "--private-key", keys["p256"].private, cwd=tmp_path)
    assert_says(result, SIGNED)
    assert_says(pypi_verify(model, tmp_path / "model.sig", keys["p256"]), VERIFIED)


@pytest.mark.parametrize("curve", pki.CURVES)
def test_certificate(model, chains, curve):
    chain, signature = chains[curve], model / "model.sig"
    given = ("--signing-certificate", chain.leaf, "--certificate-chain", chain.intermediate)
    result = oms(
        *("sign", "certificate", model, "--private-key", chain.private),
        *(*given, "--signature", signature),
    )
    assert_says(result, SIGNED)
    flags = ("--certificate_chain", chain.root, "--signature", signature)
    assert_says(pypi("verify", "certificate", model, *flags), VERIFIED)


def test_every_file_is_named_and_the_git_files_at_the_top_are_not(model, keys, tmp_path):
    signature = tmp_path / "model.sig"
    sign(model, signature, keys["p256"])
    names = [resource["name"] for resource in bundles.resources(signature)]
    assert names == sorted([*models.FILES, models.EMPTY_FILE])


def test_ignored_paths_are_recorded_and_travel(model, keys):
    signature = model / "model.sig"
    sign(model, signature, keys["p256"], "--ignore-paths", model / "a", "--ignore-paths", "a.txt")
    models.flip_bit(model / "a" / "x")
    models.flip_bit(model / "a.txt")
    recorded = bundles.serialization(signature)["ignore_paths"]
    assert {"a", "a.txt", "model.sig"} <= set(recorded)
    assert_says(pypi_verify(model, signature, keys["p256"]), VERIFIED)


def test_git_files_are_signed_on_request(model, keys):
    signature = model / "model.sig"
    sign(model, signature, keys["p256"], "--no-ignore-git-paths")
    names = {resource["name"] for resource in bundles.resources(signature)}
    assert set(models.GIT_FILES) <= names
    flags = ("--no-ignore-git-paths",)
    assert_says(pypi_verify(model, signature, keys["p256"], *flags), VERIFIED)


def test_link_to_a_file(model, keys):
    signature = model / "model.sig"
    (model / "link.bin").symlink_to("big.bin")
    sign(model, signature, keys["p256"], "--allow-symlinks")
    assert bundles.serialization(signature)["allow_symlinks"] is True
    assert_says(pypi_verify(model, signature, keys["p256"], "--allow_symlinks"), VERIFIED)


@pytest.mark.parametrize(("ours", "theirs"), [("blake2b", "blake2"), ("blake3", "blake3")])
def test_other_hashes_through_the_api(model, keys, ours, theirs):
    signature = model / "model.sig"
    sign(model, signature, keys["p384"], "--hash", ours)
    config = pypi_hashing().use_file_serialization(hashing_algorithm=theirs)
    pypi_verify_key(model, signature, keys["p384"].public, config)


def test_single_file_in_their_form(single_file, keys, tmp_path):
    signature = tmp_path / "file.sig"
    sign(single_file, signature, keys["p256"], *COMPAT)
    assert [resource["name"] for resource in bundles.resources(signature)] == ["."]
    assert_says(pypi_verify(single_file, signature, keys["p256"]), VERIFIED)


def test_shards_of_a_single_file_in_their_form_through_the_api(single_file, keys, tmp_path):
    signature = tmp_path / "file.sig"
    sign(single_file, signature, keys["p256"], "--shard-size", "500", *COMPAT)
    names = [resource["name"] for resource in bundles.resources(signature)]
    assert names == [".:0:500", ".:1000:1280", ".:500:1000"]
    config = pypi_hashing().use_shard_serialization(shard_size=500)
    pypi_verify_key(single_file, signature, keys["p256"].public, config)


@pytest.mark.parametrize(("ours", "theirs"), [("sha256", "sha256"), ("blake2b", "blake2")])
def test_shards_in_their_form_through_the_api(model, keys, ours, theirs):
    signature = model / "model.sig"
    sign(model, signature, keys["p256"], "--hash", ours, "--shard-size", "100", *COMPAT)
    assert bundles.resources(signature)[0]["algorithm"] == f"{ours}-sharded-100"
    config = pypi_hashing().use_shard_serialization(hashing_algorithm=theirs, shard_size=100)
    pypi_verify_key(model, signature, keys["p256"].public, config)


# The client's refusals of the specification's own forms: when one of these fails, the client has
# changed, and `--compat` may have become unnecessary.


def test_it_still_refuses_a_single_file_in_the_specifications_form(single_file, keys, tmp_path):
    signature = tmp_path / "file.sig"
    sign(single_file, signature, keys["p256"])
    assert [resource["name"] for resource in bundles.resources(signature)] == ["weights.bin"]
    refusal = pypi_verify(single_file, signature, keys["p256"])
    assert refusal.returncode == 1
    assert "Extra files found in model 'weights.bin': ." in refusal.stderr
    assert "Missing files in model 'weights.bin': weights.bin" in refusal.stderr


def test_it_still_refuses_shards_in_the_specifications_form(model, keys):
    signature = model / "model.sig"
    sign(model, signature, keys["p256"], "--shard-size", "100")
    assert {resource["algorithm"] for resource in bundles.resources(signature)} == {"sha256"}
    config = pypi_hashing().use_shard_serialization(shard_size=100)
    with pytest.raises(ValueError, match="Hash mismatch for 'a-b/x:0:5'"):
        pypi_verify_key(model, signature, keys["p256"].public, config)


@pytest.mark.parametrize("flags", [("--hash", "blake2b"), ("--shard-size", "100", *COMPAT)])
def test_its_command_line_still_ignores_the_recorded_settings(model, keys, flags):
    signature = model / "model.sig"
    sign(model, signature, keys["p256"], *flags)
    refusal = pypi_verify(model, signature, keys["p256"])
    assert refusal.returncode == 1
    assert "Signature mismatch" in refusal.stderr


def test_it_notices_what_we_would_notice(model, keys):
    signature = model / "model.sig"
    sign(model, signature, keys["p256"])
    models.flip_bit(model / "big.bin")
    refusal = pypi_verify(model, signature, keys["p256"])
    assert refusal.returncode == 1
    assert "Hash mismatch for 'big.bin'" in refusal.stderr
