"""Looking into bundles, and changing one bit of them."""

import base64
import json
import pathlib


def load(path: pathlib.Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def payload(bundle: dict) -> dict:
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"], validate=True))


def resources(path: pathlib.Path) -> list:
    return payload(load(path))["predicate"]["resources"]


def serialization(path: pathlib.Path) -> dict:
    return payload(load(path))["predicate"]["serialization"]


def _flipped(encoded: str, offset: int) -> str:
    raw = bytearray(base64.b64decode(encoded, validate=True))
    raw[offset] ^= 1
    return base64.b64encode(raw).decode("ascii")


def flip_payload_bit(path: pathlib.Path) -> None:
    """Changes one bit of a digest that the payload holds, so that it stays valid JSON."""
    bundle = load(path)
    envelope = bundle["dsseEnvelope"]
    raw = base64.b64decode(envelope["payload"], validate=True)
    envelope["payload"] = _flipped(envelope["payload"], _offset_of_a_digest(raw))
    path.write_text(json.dumps(bundle), encoding="utf-8")


def _offset_of_a_digest(raw: bytes) -> int:
    """Where a hex digit of the first digest stands. One bit makes `0`..`9` another digit and
    `a`..`f` another letter (or a grave accent, which is fine too: the signature is wrong)."""
    statement = json.loads(raw)
    digest = statement["subject"][0]["digest"]["sha256"]
    return raw.index(digest.encode("ascii"))


def flip_signature_bit(path: pathlib.Path) -> None:
    """Changes the last bit of the signature: still DER, another number."""
    bundle = load(path)
    signature = bundle["dsseEnvelope"]["signatures"][0]
    signature["sig"] = _flipped(signature["sig"], -1)
    path.write_text(json.dumps(bundle), encoding="utf-8")
