"""What we write satisfies the specification's JSON Schemas; its sample bundles parse."""

import json
import pathlib

import jsonschema
import pytest
import referencing

import bundles
from clients import SIGNED, assert_says, oms

SCHEMAS = pathlib.Path("oms-v1.0", "schemas", "v1.0")
SAMPLES = pathlib.Path("oms-v1.0", "test-vectors", "v1.0")


@pytest.fixture(scope="module")
def registry(vectors) -> referencing.Registry:
    schemas = [json.loads(path.read_text()) for path in (vectors / SCHEMAS).glob("*.json")]
    assert len(schemas) == 4
    resources = map(referencing.Resource.from_contents, schemas)
    return referencing.Registry().with_resources(
        (resource.id(), resource) for resource in resources
    )


def assert_valid(registry, part: str, document: dict) -> None:
    schema = registry.contents(f"https://model_signing/{part}/v1.0/schema")
    jsonschema.Draft202012Validator(schema, registry=registry).validate(document)


def assert_satisfies_all_four(registry, path: pathlib.Path) -> None:
    bundle = bundles.load(path)
    statement = bundles.payload(bundle)
    assert_valid(registry, "bundle", bundle)
    assert_valid(registry, "envelope", bundle["dsseEnvelope"])
    assert_valid(registry, "statement", statement)
    assert_valid(registry, "predicate", statement["predicate"])


FLAGS = {
    "default": (),
    "blake2b": ("--hash", "blake2b"),
    "blake3": ("--hash", "blake3"),
    "shards": ("--shard-size", "100"),
    "blake3-shards": ("--shard-size", "100", "--hash", "blake3"),
    "links": ("--allow-symlinks",),
    "ignored": ("--ignore-paths", "a", "--no-ignore-git-paths"),
    "compat": ("--compat", "model-signing-1.1"),
}


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("curve", ["p256", "p384", "p521"])
def test_key_bundles(registry, model, keys, curve, flags):
    signature = model / "model.sig"
    command = ("sign", "key", model, "--private-key", keys[curve].private)
    assert_says(oms(*command, "--signature", signature, *flags), SIGNED)
    assert_satisfies_all_four(registry, signature)


def test_certificate_bundle(registry, model, chains, tmp_path):
    chain, signature = chains["p384"], tmp_path / "model.sig"
    given = ("--signing-certificate", chain.leaf, "--certificate-chain", chain.intermediate)
    command = ("sign", "certificate", model, "--private-key", chain.private, *given)
    assert_says(oms(*command, "--signature", signature), SIGNED)
    assert_satisfies_all_four(registry, signature)


def test_single_file_bundle(registry, single_file, keys, tmp_path):
    signature = tmp_path / "file.sig"
    command = ("sign", "key", single_file, "--private-key", keys["p256"].private)
    assert_says(oms(*command, "--signature", signature), SIGNED)
    assert_satisfies_all_four(registry, signature)


@pytest.mark.parametrize("method", ["key", "certificate", "sigstore"])
def test_valid_samples(registry, vectors, method):
    sample = vectors / SAMPLES / "valid" / f"{method}.bundle.json"
    assert_satisfies_all_four(registry, sample)
    result = oms("inspect", sample, "--files")
    assert result.returncode == 0, result.stderr
    assert "not verified" in result.stdout.lower()
    for resource in bundles.resources(sample):
        assert resource["name"] in result.stdout


INVALID = [
    "invalid/empty",
    "invalid/missing-envelope",
    "invalid/missing-tlog-entries",
    "invalid/missing-verification-material",
    "invalid-payload/wrong-predicate",
]


@pytest.mark.parametrize("name", INVALID)
def test_invalid_samples(vectors, name):
    result = oms("inspect", vectors / SAMPLES / f"{name}.bundle.json")
    assert result.returncode == 1, result.stdout
    assert result.stderr


def test_no_invalid_sample_is_left_out(vectors):
    there = (vectors / SAMPLES).glob("invalid*/*.bundle.json")
    names = {f"{path.parent.name}/{path.name.removesuffix('.bundle.json')}" for path in there}
    assert names == set(INVALID)
