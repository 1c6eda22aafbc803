"""Objects: their names, their container, and the folder that they lie in (docs/format.md §2).

What is checked here needs no key.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from .problems import Damaged, NotFound, Unsupported
from .wire import Cursor

CONFIG, SLOT, RING, PACK, INDEX, SNAPSHOT, START, INTENT, MARKS, RECORD, OWNER = range(1, 12)


@dataclass
class Object:
    """A whole object that was taken out of its container."""

    name: str
    kind: int
    epoch: int
    body: bytes
    hash: bytes


NUMBER = r"([0-9]{8})"
COPY = r"([01])"
HASH = r"([0-9a-f]{64})"
RUN = r"([0-9a-f]{32})"

# Which names are objects, and of which kind they must be. Everything else is foreign.
NAMES = [
    (re.compile(pattern), kind)
    for pattern, kind in (
        (f"config/{NUMBER}-{COPY}", CONFIG),
        (f"keys/slot-{NUMBER}-{COPY}", SLOT),
        (f"keys/ring-{NUMBER}-{NUMBER}-{COPY}", RING),
        (f"packs/{HASH}", PACK),
        (f"index/{HASH}", INDEX),
        (f"snapshots/{HASH}", SNAPSHOT),
        (rf"runs/{RUN}\.start", START),
        (rf"runs/{RUN}\.intent", INTENT),
        (f"marks/{HASH}", MARKS),
        (f"records/{HASH}", RECORD),
        (f"owner/{NUMBER}", OWNER),
    )
]

HEAD_SIZE, HASH_SIZE = 16, 32


def kind_of_name(name: str) -> int | None:
    return next((kind for pattern, kind in NAMES if pattern.fullmatch(name)), None)


class Folder:
    """The storage: objects as files below one folder. Tests put damaged bytes in `instead`, by name."""

    def __init__(self, path: Path, instead: dict[str, bytes] | None = None):
        self.path, self.instead = path, instead or {}
        if not (path / "config").is_dir():
            raise NotFound(f"{path} is no Larder store: there is no folder `config` in it")

    def names(self) -> list[str]:
        """All objects, sorted. What has another name is foreign."""
        folders = ("config", "keys", "packs", "index", "snapshots", "runs", "marks", "records", "owner")
        there = [folder for folder in folders if (self.path / folder).is_dir()]
        names = (f"{folder}/{name}" for folder in there for name in os.listdir(self.path / folder))
        return sorted(name for name in names if kind_of_name(name))

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        if name in self.instead:
            data = self.instead[name]
            return data[offset:] if length is None else data[offset : offset + length]
        try:
            with open(self.path / name, "rb") as file:
                file.seek(offset)
                return file.read() if length is None else file.read(length)
        except FileNotFoundError as error:
            raise Damaged(f"{name}: is not there") from error

    def size(self, name: str) -> int:
        if name in self.instead:
            return len(self.instead[name])
        try:
            return (self.path / name).stat().st_size
        except FileNotFoundError as error:
            raise Damaged(f"{name}: is not there") from error


def parse_head(name: str, head: bytes) -> tuple[int, int]:
    """The first 16 bytes of an object: kind and epoch."""
    magic, version, kind, suite, epoch = Cursor(head, name).unpack("7sBBB2xI")
    if magic != b"LARDER\0":
        raise Damaged(f"{name}: is no object of a store")
    if version != 0:
        raise Unsupported(f"{name}: has container version {version}")
    if kind != kind_of_name(name):
        raise Damaged(f"{name}: is an object of kind {kind}")
    if suite != (0 if kind in (CONFIG, SLOT, RING) else 1):
        raise Unsupported(f"{name}: is sealed with suite {suite}")
    return kind, epoch


def parse_object(name: str, data: bytes) -> Object:
    """Checks what can be checked without a key: shape, hash, and the name where the hash is the name."""
    if len(data) < HEAD_SIZE + HASH_SIZE:
        raise Damaged(f"{name}: is only {len(data)} bytes long")
    inner, end = data[:-HASH_SIZE], data[-HASH_SIZE:]
    if blake3(inner).digest() != end:
        raise Damaged(f"{name}: its bytes do not have the hash at its end")
    kind, epoch = parse_head(name, inner[:HEAD_SIZE])
    if kind in (PACK, INDEX, MARKS, RECORD) and name.split("/")[1] != end.hex():
        raise Damaged(f"{name}: holds another object than its name says")
    return Object(name, kind, epoch, inner[HEAD_SIZE:], end)
