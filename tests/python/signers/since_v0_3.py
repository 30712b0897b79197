"""Signs a model in every way that the releases 0.3.1 to 1.1.1 of `model-signing` offer.

Runs in a virtual environment that holds such a release: MODEL SECRETS OUT. Prints a line for each
bundle that the release could not make. The command line is called inside this process, because
the releases before 1.1.0 fetch Sigstore's trust root over the network even when they sign with a
key. That one constructor does nothing here; what it makes is thrown away there.
"""

import contextlib
import io
import pathlib
import sys

from model_signing import _cli, hashing, signing
from model_signing._signing import sign_sigstore

CURVES = ("p256", "p384", "p521")


def command_line(method, model, signature, *flags):
    arguments = ("sign", method, model, "--signature", signature, *flags)
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(None):
        _cli.main(list(map(str, arguments)), standalone_mode=False)
    if not signature.exists():
        print(f"{signature.stem}: {said.getvalue().strip()}")


def with_keys(model, secrets, out):
    for curve in CURVES:
        key = secrets / f"{curve}.pem"
        command_line("key", model, out / f"key-{curve}.sig", "--private_key", key)


def with_a_certificate(model, secrets, out):
    command_line(
        *("certificate", model, out / "certificate.sig", "--private_key", secrets / "leaf-key.pem"),
        *("--signing_certificate", secrets / "leaf.pem"),
        *("--certificate_chain", secrets / "intermediate.pem"),
    )


# What the command lines never offered.
API_ONLY = {
    "key-p256-blake2b": lambda config: config.use_file_serialization(hashing_algorithm="blake2"),
    "key-p256-blake3": lambda config: config.use_file_serialization(hashing_algorithm="blake3"),
    "key-p256-shards": lambda config: config.use_shard_serialization(shard_size=100),
    "key-p256-shards-default": lambda config: config.use_shard_serialization(),
}


def through_the_api(model, secrets, out):
    for name, configure in API_ONLY.items():
        try:
            config = configure(hashing.Config())
        except ValueError as error:
            print(f"{name}: {error}")
            continue
        signer = signing.Config().use_elliptic_key_signer(private_key=secrets / "p256.pem")
        signer.set_hashing_config(config).sign(model, out / f"{name}.sig")


def main():
    model, secrets, out = map(pathlib.Path, sys.argv[1:])
    sign_sigstore.Signer.__init__ = lambda self, **_: None
    with_keys(model, secrets, out)
    with_a_certificate(model, secrets, out)
    through_the_api(model, secrets, out)
    key = ("--private_key", secrets / "p256.pem")
    command_line("key", model / "weights.bin", out / "single-file.sig", *key)


main()
