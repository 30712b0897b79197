"""Signs a model in every way that release 0.2.0 of `model-signing` offers.

Runs in a virtual environment that holds that release: MODEL SECRETS OUT. It has no command line.
"""

import pathlib
import sys

from model_signing import model as model_api
from model_signing.hashing import file, memory
from model_signing.serialization import serialize_by_file
from model_signing.signature import key, pki
from model_signing.signing import in_toto, in_toto_signature

CURVES = ("p256", "p384", "p521")


def serializer():
    def hasher(path):
        return file.SimpleFileHasher(path, memory.SHA256())

    return serialize_by_file.ManifestSerializer(hasher)


def sign(model, signer, signature):
    made = model_api.sign(
        model,
        in_toto_signature.IntotoSigner(signer),
        in_toto.DigestsIntotoPayload.from_manifest,
        serializer(),
    )
    made.write(signature)


def main():
    model, secrets, out = map(pathlib.Path, sys.argv[1:])
    for curve in CURVES:
        signer = key.ECKeySigner.from_path(str(secrets / f"{curve}.pem"))
        sign(model, signer, out / f"key-{curve}.sig")
    names = ("leaf-key.pem", "leaf.pem", "intermediate.pem")
    private, leaf, intermediate = (str(secrets / name) for name in names)
    certificate = pki.PKISigner.from_path(private, leaf, [intermediate])
    sign(model, certificate, out / "certificate.sig")


main()
