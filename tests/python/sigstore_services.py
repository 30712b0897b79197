"""Sigstore's services on this machine: starts tests/sigstore/server.cjs, and makes identity tokens."""

import base64
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import time

from clients import REPOSITORY

SERVER = REPOSITORY / "tests" / "sigstore" / "server.cjs"

# The kinds of instances, by the names of their client trust configs.
INSTANCES = ("v1", "v1-tsa", "v2")


@dataclasses.dataclass
class Services:
    """A running instance: `folder` holds trusted_root.json and a trust config of each kind."""

    folder: pathlib.Path
    port: int

    @property
    def trusted_root(self) -> pathlib.Path:
        return self.folder / "trusted_root.json"

    def trust_config(self, instance: str) -> pathlib.Path:
        return self.folder / f"{instance}.json"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def started(folder: pathlib.Path):
    """Services with keys of their own, until the end of the block."""
    env = {**os.environ, "NODE_PATH": os.environ["OMS_TEST_NODE_MODULES"]}
    with open(folder / "server.log", "wb") as log, subprocess.Popen(
        ["node", str(SERVER), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=env,
    ) as process:
        try:
            said = process.stdout.readline().split()
            assert said[:1] == ["ready"], (folder / "server.log").read_text()
            yield Services(folder, int(said[1]))
        finally:
            process.stdin.close()


def token(**claims) -> str:
    """An identity token as the services take it: they do not check who signed it."""
    now = int(time.time())
    payload = {"aud": "sigstore", "iat": now, "nbf": now, "exp": now + 600, **claims}
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, payload))
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2ln"])
