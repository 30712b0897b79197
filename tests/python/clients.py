"""The two programs under test: `oms`, named by OMS_BIN, and the PyPI client of this interpreter."""

import os
import pathlib
import subprocess
import sys

from model_signing import hashing, signing, verifying

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_S = 120

SIGNED = "Signing succeeded"
VERIFIED = "Verification succeeded"


def oms(*arguments, cwd=None, env=None, stdin=None) -> subprocess.CompletedProcess:
    """Runs `oms` to its end; stdout and stderr are kept as text."""
    return subprocess.run(
        [os.environ["OMS_BIN"], *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def pypi(*arguments, cwd=None) -> subprocess.CompletedProcess:
    """Runs the command line of the PyPI client to its end."""
    return subprocess.run(
        [sys.executable, "-m", "model_signing", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def _told(result: subprocess.CompletedProcess) -> str:
    return (
        f"{result.args} ended with {result.returncode}\n"
        f"--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}"
    )


def assert_says(result: subprocess.CompletedProcess, line: str) -> None:
    """Status 0, and `line` is the last line of stdout."""
    assert result.returncode == 0, _told(result)
    assert result.stdout.splitlines()[-1:] == [line], _told(result)


def assert_ends(result: subprocess.CompletedProcess, status: int, *mentions: str) -> None:
    """Exactly `status`; stderr mentions everything listed; nothing on stdout claims success."""
    assert result.returncode == status, _told(result)
    for mention in mentions:
        assert mention in result.stderr, _told(result)
    for claim in (SIGNED, VERIFIED):
        assert claim not in result.stdout, _told(result)


def assert_refused(result: subprocess.CompletedProcess, *mentions: str) -> None:
    """The verification was judged and is not good: status 1, and the message says so."""
    assert_ends(result, 1, "Verification failed with error: ", *mentions)


def pypi_hashing(*, ignored=(), allow_symlinks=False) -> hashing.Config:
    """A fresh hashing configuration: the client changes the one that it is given."""
    config = hashing.Config().set_ignored_paths(paths=ignored)
    return config.set_allow_symlinks(allow_symlinks)


def pypi_sign_key(model, signature, private_key, config: hashing.Config) -> None:
    signer = signing.Config().use_elliptic_key_signer(private_key=private_key)
    signer.set_hashing_config(config).sign(model, signature)


def pypi_verify_key(model, signature, public_key, config: hashing.Config) -> None:
    """Raises ValueError where the client refuses."""
    verifier = verifying.Config().use_elliptic_key_verifier(public_key=public_key)
    verifier.set_hashing_config(config).verify(model, signature)
