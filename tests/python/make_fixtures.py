"""Makes tests/fixtures/pypi: one small model, signed by every release of `model-signing`.

`cargo xtask fixtures` runs it. Every release gets its own virtual environment, once. The private
keys live in a temporary folder and are gone afterwards, so a new run makes new fixtures.
"""

import dataclasses
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import models
import pki

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
OUT = REPOSITORY / "tests" / "fixtures" / "pypi"

VALIDITY = pki.Validity(
    datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime(2055, 1, 1, tzinfo=datetime.timezone.utc),
)

# The releases before 1.1.0 import a module that newer releases of sigstore no longer bring.
OLD_DEPENDENCIES = ("sigstore==3.6.7", "pyOpenSSL==26.2.0", "cryptography==46.0.7")


@dataclasses.dataclass(frozen=True)
class Release:
    version: str
    signer: str
    beside: tuple


RELEASES = (
    Release("1.1.1", "since_v0_3.py", ("sigstore==4.5.1", "pyOpenSSL==26.4.0")),
    Release("1.0.1", "since_v0_3.py", OLD_DEPENDENCIES),
    Release("1.0.0", "since_v0_3.py", OLD_DEPENDENCIES),
    Release("0.3.1", "since_v0_3.py", OLD_DEPENDENCIES),
    Release("0.2.0", "v0_2_0.py", OLD_DEPENDENCIES),
)

# The apostrophe makes Python write the payload of 0.2.0 with other quotes; the name that is not
# ASCII is escaped in JSON; `a/x`, `a-b/x` and `a.txt` sort differently in different clients.
MODEL = {
    "a-b/x": b"minus",
    "a.txt": b"dot",
    "a/x": b"slash",
    "it's.txt": b"apostrophe",
    "sub/folder/config.json": b'{"layers": 2}\n',
    "weights.bin": bytes(range(256)) * 2,
    "\u65e5\u672c.txt": b"not ASCII",
}


def quiet(command) -> str:
    """Runs a command for its stdout; where it fails, its last line becomes the error's text."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = (result.stderr or result.stdout).strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"status {result.returncode}")
    return result.stdout


def environments() -> pathlib.Path:
    target = os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target"
    return pathlib.Path(target) / "python"


def python_with(release: Release) -> pathlib.Path:
    """The interpreter of a virtual environment that holds the release."""
    folder = environments() / f"pypi-{release.version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        quiet([sys.executable, "-m", "venv", "--clear", folder])
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        quiet([*install, f"model-signing=={release.version}", *release.beside])
        (folder / "complete").touch()
    return python


def make_secrets(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir()
    for curve in pki.CURVES:
        pki.key_pair(folder, curve)
    pki.certificate_chain(folder, "p256", VALIDITY)
    return folder


def sign_with(release: Release, secrets: pathlib.Path, made: pathlib.Path) -> list:
    """Fills `made` with the model, the bundles, and what is needed to verify them; the answer
    tells what the release could not sign."""
    models.write_files(made / "model", MODEL)
    (made / "trust").mkdir()
    for name in [f"{curve}.pub" for curve in pki.CURVES] + ["root.pem"]:
        shutil.copyfile(secrets / name, made / "trust" / name)
    signer = HERE / "signers" / release.signer
    return quiet([python_with(release), signer, made / "model", secrets, made]).splitlines()


def bundles_of(folder: pathlib.Path) -> list:
    return sorted(path.stem for path in folder.glob("*.sig"))


def make(release: Release, secrets: pathlib.Path, work: pathlib.Path) -> str:
    """Replaces the fixtures of one release; the answer is its line of the README."""
    made, target = work / release.version, OUT / release.version
    try:
        could_not = sign_with(release, secrets, made)
    except RuntimeError as error:
        return f"| {release.version} | no: `{error}` | | |"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(made, target)
    cells = (release.version, "yes, with " + ", ".join(release.beside))
    cells += (", ".join(bundles_of(target)), "; ".join(f"`{line}`" for line in could_not))
    return "| " + " | ".join(cells) + " |"


README = """# What released PyPI clients signed

Made by `cargo xtask fixtures` (`tests/python/make_fixtures.py`), read by
`tests/python/test_historical.py`. Each folder holds the `model`, its bundles (`*.sig`) and, in
`trust`, the public keys and the root certificate that verify them. Root, intermediate and leaf are
valid from 2025 to 2055. The private keys were thrown away; a new run replaces everything.

Release 0.2.0 wrote another format, which `oms` verifies only with `--accept-legacy`.
`single-file.sig` is the signature of `model/weights.bin` alone.

Older releases were given the dependencies of their time, since they do not import with today's.
Before 1.1.0 they fetch Sigstore's trust root even to sign with a key: that step was left out.

| release | installed | bundles | could not sign |
|---|---|---|---|
"""


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        secrets = make_secrets(work / "secrets")
        lines = [make(release, secrets, work) for release in RELEASES]
    (OUT / "README.md").write_text(README + "\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
