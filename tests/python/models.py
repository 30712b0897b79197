"""Small models, and what can happen to them."""

import hashlib
import pathlib

# `a-b/x`, `a.txt` and `a/x` sort differently as strings and as lists of path components.
FILES = {
    "a-b/x": b"minus",
    "a.txt": b"dot",
    "a/x": b"slash",
    "a/deep/er/weights.bin": bytes(range(256)),
    "big.bin": b"0123456789" * 105,
    "config.json": b'{"layers": 2}\n',
    ".hidden": b"hidden",
    ".cache/index": b"hidden folder",
    "sub/.git/config": b"a .git below the top belongs to the model",
    "with space and 'quotes'.txt": b"quotes",
    "\u65e5\u672c.txt": b"not ASCII",
}
EMPTY_FILE = "empty.bin"
GIT_FILES = {
    ".git/config": b"[core]",
    ".gitattributes": b"* -text\n",
    ".github/workflows/ci.yml": b"on: push\n",
    ".gitignore": b"target\n",
}


def write_files(root: pathlib.Path, files: dict) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def make_model(root: pathlib.Path) -> pathlib.Path:
    """A folder with nested, hidden and oddly named files, an empty one, and a git checkout's."""
    write_files(root, {**FILES, EMPTY_FILE: b"", **GIT_FILES})
    return root


def flip_bit(path: pathlib.Path, offset: int = 0) -> None:
    """Changes one bit of a file, or gives an empty one its first byte."""
    content = bytearray(path.read_bytes()) or bytearray(1)
    content[offset] ^= 1
    path.write_bytes(content)


def snapshot(root: pathlib.Path) -> dict:
    """Every path below `root` with its kind, times and content."""
    return {str(path.relative_to(root)): _described(path) for path in sorted(root.rglob("*"))}


def _described(path: pathlib.Path) -> tuple:
    meta = path.lstat()
    if not path.is_file() or path.is_symlink():
        return meta.st_mode, meta.st_mtime_ns
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return meta.st_mode, meta.st_mtime_ns, meta.st_size, digest
