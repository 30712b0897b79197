"""What `--output json` prints is what docs/report.schema.json says, for every command and outcome."""

import json

import jsonschema
import pytest

from clients import REPOSITORY, oms


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((REPOSITORY / "docs" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def report(validator, tmp_path):
    """Runs a command; its report satisfies the schema and agrees with the exit status."""

    def run(*arguments, status=0):
        env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
        result = oms(*arguments, "--output", "json", cwd=tmp_path, env=env)
        assert result.returncode == status, result.stderr
        document = json.loads(result.stdout)
        errors = [error.message for error in validator.iter_errors(document)]
        assert not errors, (errors, document)
        assert document["exit_status"] == status
        assert (document["status"] == "good") == (status == 0)
        assert ("error" in document) == (status != 0)
        return document

    return run


def test_every_command_and_outcome(report, model, keys, chains, tmp_path):
    key, chain = keys["p256"], chains["p384"]
    by_key = ["--private-key", key.private, "--signature", "key.sig"]
    assert report("sign", "key", model, *by_key)["files_written"] == ["key.sig"]
    in_shards = report("sign", "key", model, *by_key, "--shard-size", "7")
    assert "empty.bin" in in_shards["warnings"][0]
    report("sign", "key", model, *by_key)
    by_certificate = [
        "--private-key", chain.private, "--signing-certificate", chain.leaf,
        "--certificate-chain", chain.intermediate, "--signature", "certificate.sig",
    ]
    report("sign", "certificate", model, *by_certificate)
    trust = ["--public-key", key.public, "--signature", "key.sig"]
    assert report("verify", "key", model, *trust)["signer"]["key"]["curve"] == "P-256"
    roots = ["--certificate-chain", chain.root, "--signature", "certificate.sig"]
    verified = report("verify", "certificate", model, *roots)
    assert len(verified["signer"]["certificates"]) == 3
    assert report("digest", model)["digest"].startswith("sha256:")
    for signature in ("key.sig", "certificate.sig"):
        assert report("inspect", signature)["bundle"]["verified"] is False
        listed = report("inspect", signature, "--files")["statement"]
        assert len(listed["resource_list"]) == listed["resources"]
    report("status", model, "--signature", "key.sig")
    report("keygen", "--output-dir", tmp_path)
    report("keygen", "--output-dir", tmp_path, status=2)
    assert len(report("bench", model, "--size", "1GB")["bench"]["runs"]) == 2
    assert "runs" not in report("bench", "--hash", "blake3")["bench"]
    report("bench", tmp_path / "nowhere", status=3)
    report("quickstart")
    report("completions", "bash")
    report("man")

    (model / "unsigned file").write_bytes(b"x")
    (model / "link").symlink_to("unsigned file")
    differs = report("verify", "key", model, *trust, status=1)["differences"]
    assert differs["unsigned"] == ["unsigned file"]
    assert [found["path"] for found in differs["wrong_type"]] == ["link"]
    report("verify", "key", model, *trust, "--ignore-unsigned-files")
    report("status", model, "--signature", "key.sig", status=1)
    report("sign", "key", model, *by_key, status=1)
    report("verify", "certificate", model, "--certificate-chain", chain.root,
           "--signature", "key.sig", status=1)
    report("verify", "key", model, *trust, "--max-bundle-size", "10", status=1)
    report("verify", "key", tmp_path / "nowhere", *trust, status=3)
    report("sign", "key", model, "--private-key", tmp_path / "nowhere", status=2)
    report("digest", tmp_path / "nowhere", status=3)
