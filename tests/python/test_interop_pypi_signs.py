"""The PyPI client signs, `oms` verifies, and refuses the same model with one bit changed."""

import pytest

import bundles
import models
import pki
from clients import (
    SIGNED,
    VERIFIED,
    assert_refused,
    assert_says,
    oms,
    pypi,
    pypi_hashing,
    pypi_sign_key,
)


def pypi_sign(model, signature, pair, *flags):
    result = pypi(
        "sign", "key", model, "--private_key", pair.private, "--signature", signature, *flags
    )
    assert_says(result, SIGNED)


def verify(model, signature, pair, *flags):
    return oms(
        "verify", "key", model, "--public-key", pair.public, "--signature", signature, *flags
    )


def assert_verified_until_changed(model, signature, pair, name="big.bin", offset=0):
    assert_says(verify(model, signature, pair), VERIFIED)
    models.flip_bit(model / name, offset)
    assert_refused(verify(model, signature, pair), name)


@pytest.mark.parametrize("curve", pki.CURVES)
def test_key_with_the_signature_inside_the_model(model, keys, curve):
    signature = model / "model.sig"
    pypi_sign(model, signature, keys[curve])
    assert_verified_until_changed(model, signature, keys[curve], "a/deep/er/weights.bin")


def test_key_with_the_signature_beside_the_model(model, keys, tmp_path):
    signature = tmp_path / "beside.sig"
    pypi_sign(model, signature, keys["p256"])
    assert_verified_until_changed(model, signature, keys["p256"])


@pytest.mark.parametrize("name", [*models.FILES, models.EMPTY_FILE])
def test_a_change_of_any_file_is_named(model, keys, tmp_path, name):
    signature = tmp_path / "beside.sig"
    pypi_sign_key(model, signature, keys["p256"].private, pypi_hashing())
    assert_verified_until_changed(model, signature, keys["p256"], name)


@pytest.mark.parametrize("curve", pki.CURVES)
def test_certificate(model, chains, curve):
    chain, signature = chains[curve], model / "model.sig"
    result = pypi(
        *("sign", "certificate", model, "--private_key", chain.private),
        *("--signing_certificate", chain.leaf, "--certificate_chain", chain.intermediate),
        *("--signature", signature),
    )
    assert_says(result, SIGNED)
    command = ("verify", "certificate", model, "--signature", signature)
    command += ("--certificate-chain", chain.root)
    assert_says(oms(*command), VERIFIED)
    models.flip_bit(model / "big.bin")
    assert_refused(oms(*command), "big.bin")


def test_certificate_under_another_root(model, chains):
    chain, signature = chains["p256"], model / "model.sig"
    flags = ("--signing_certificate", chain.leaf, "--certificate_chain", chain.intermediate)
    pypi_flags = ("--private_key", chain.private, *flags, "--signature", signature)
    assert_says(pypi("sign", "certificate", model, *pypi_flags), SIGNED)
    other = chains["p384"].root
    command = ("verify", "certificate", model, "--signature", signature)
    assert_refused(oms(*command, "--certificate-chain", other))


@pytest.mark.parametrize("shard_size", [1, 100, 1_000_000_000])
@pytest.mark.parametrize(("recorded", "theirs"), [("sha256", "sha256"), ("blake2b", "blake2")])
def test_shards_through_the_api(model, keys, tmp_path, shard_size, recorded, theirs):
    signature = tmp_path / "model.sig"
    config = pypi_hashing().use_shard_serialization(
        hashing_algorithm=theirs, shard_size=shard_size
    )
    pypi_sign_key(model, signature, keys["p256"].private, config)
    algorithms = {resource["algorithm"] for resource in bundles.resources(signature)}
    assert algorithms == {f"{recorded}-sharded-{shard_size}"}
    assert_verified_until_changed(model, signature, keys["p256"], "big.bin", 777)


def test_an_empty_file_that_no_shard_covers_is_reported_and_accepted(model, keys, tmp_path):
    signature = tmp_path / "model.sig"
    config = pypi_hashing().use_shard_serialization(shard_size=100)
    pypi_sign_key(model, signature, keys["p256"].private, config)
    result = verify(model, signature, keys["p256"])
    assert_says(result, VERIFIED)
    assert models.EMPTY_FILE in result.stdout + result.stderr


@pytest.mark.parametrize(("recorded", "theirs"), [("blake2b", "blake2"), ("blake3", "blake3")])
def test_other_hashes_through_the_api(model, keys, tmp_path, recorded, theirs):
    signature = tmp_path / "model.sig"
    config = pypi_hashing().use_file_serialization(hashing_algorithm=theirs)
    pypi_sign_key(model, signature, keys["p521"].private, config)
    assert bundles.serialization(signature)["hash_type"] == recorded
    assert_verified_until_changed(model, signature, keys["p521"])


def test_link_to_a_file(model, keys):
    signature = model / "model.sig"
    (model / "link.bin").symlink_to("big.bin")
    pypi_sign(model, signature, keys["p256"], "--allow_symlinks")
    assert bundles.serialization(signature)["allow_symlinks"] is True
    assert_says(verify(model, signature, keys["p256"]), VERIFIED)
    models.flip_bit(model / "big.bin")
    assert_refused(verify(model, signature, keys["p256"]), "big.bin", "link.bin")


def test_link_in_a_model_that_was_signed_without_any(model, keys, tmp_path):
    signature = tmp_path / "model.sig"
    pypi_sign(model, signature, keys["p256"])
    (model / "a.txt").rename(tmp_path / "elsewhere")
    (model / "a.txt").symlink_to(tmp_path / "elsewhere")
    assert_refused(verify(model, signature, keys["p256"]), "a.txt")
    assert_says(verify(model, signature, keys["p256"], "--allow-symlinks"), VERIFIED)


def test_single_file_under_any_name(single_file, keys, tmp_path):
    signature = tmp_path / "file.sig"
    pypi_sign(single_file, signature, keys["p256"])
    assert [resource["name"] for resource in bundles.resources(signature)] == ["."]
    renamed = single_file.rename(tmp_path / "renamed.bin")
    assert_says(verify(renamed, signature, keys["p256"]), VERIFIED)
    models.flip_bit(renamed)
    assert_refused(verify(renamed, signature, keys["p256"]), "renamed.bin")


def test_shards_of_a_single_file(single_file, keys, tmp_path):
    signature = tmp_path / "file.sig"
    config = pypi_hashing().use_shard_serialization(shard_size=500)
    pypi_sign_key(single_file, signature, keys["p256"].private, config)
    assert_says(verify(single_file, signature, keys["p256"]), VERIFIED)
    models.flip_bit(single_file, -1)
    assert_refused(verify(single_file, signature, keys["p256"]), "weights.bin")


def test_ignored_paths_are_taken_from_the_signature(model, keys):
    signature = model / "model.sig"
    pypi_sign(model, signature, keys["p256"], "--ignore-paths", model / "a")
    models.flip_bit(model / "a" / "x")
    assert_verified_until_changed(model, signature, keys["p256"])


def test_signed_git_files_are_checked(model, keys):
    signature = model / "model.sig"
    pypi_sign(model, signature, keys["p256"], "--no-ignore-git-paths")
    assert_verified_until_changed(model, signature, keys["p256"], ".gitattributes")


def test_missing_and_unsigned_files_are_named_together(model, keys, tmp_path):
    signature = tmp_path / "model.sig"
    pypi_sign(model, signature, keys["p256"])
    (model / "a.txt").rename(model / "added.txt")
    models.flip_bit(model / "a" / "x")
    assert_refused(verify(model, signature, keys["p256"]), "a.txt", "added.txt", "a/x")


def test_unsigned_files_pass_only_on_request(model, keys, tmp_path):
    signature = tmp_path / "model.sig"
    pypi_sign(model, signature, keys["p256"])
    (model / "added.txt").write_bytes(b"added")
    assert_refused(verify(model, signature, keys["p256"]), "added.txt")
    flag = "--ignore-unsigned-files"
    assert_says(verify(model, signature, keys["p256"], flag), VERIFIED)
    models.flip_bit(model / "big.bin")
    assert_refused(verify(model, signature, keys["p256"], flag), "big.bin")


@pytest.mark.parametrize("change", [bundles.flip_payload_bit, bundles.flip_signature_bit])
def test_changed_signature(model, keys, tmp_path, change):
    signature = tmp_path / "model.sig"
    pypi_sign_key(model, signature, keys["p256"].private, pypi_hashing())
    change(signature)
    assert_refused(verify(model, signature, keys["p256"]))


def test_another_key(model, keys, tmp_path):
    signature = tmp_path / "model.sig"
    pypi_sign_key(model, signature, keys["p256"].private, pypi_hashing())
    for other in ("p384", "p521"):
        assert_refused(verify(model, signature, keys[other]))
