"""The record that a snapshot is (docs/format.md §10)."""

from dataclasses import dataclass

from blake3 import blake3

from .pages import DIRECTORY_TREE, FOLDER, Entry, Totals
from .problems import Damaged, Unsupported
from .wire import cbor_map

RECORD_MAX = 4096


@dataclass
class Snapshot:
    """A snapshot's record; fields by their numbers in §10."""

    id: str
    fields: dict

    @property
    def ended(self) -> tuple[int, int]:
        return tuple(self.fields.get(8) or (0, 0))

    @property
    def origin(self) -> str:
        origin = self.fields.get(2, {})
        return ":".join(str(origin.get(key, "")) for key in range(3))

    @property
    def totals(self) -> Totals:
        return Totals(*self.fields.get(14, (0, 0, 0)))

    @property
    def completeness(self) -> str:
        return {1: "complete", 2: "items missing", 3: "not all listed"}.get(self.fields.get(15), "unknown")

    def top(self) -> Entry:
        """The whole tree, as if it were an entry."""
        top = Entry(b"", FOLDER, 0)
        if 12 in self.fields:
            top.content, top.blob, top.level = DIRECTORY_TREE, self.fields[12], self.fields.get(13, 0)
        return top


def parse_snapshot(name: str, plain: bytes) -> Snapshot:
    """The record of the object `name`, which its name must be the hash of."""
    if len(plain) > RECORD_MAX or blake3(plain).hexdigest() != name.split("/")[1]:
        raise Damaged(f"{name}: holds another snapshot than its name says")
    fields = cbor_map(plain, name)
    if fields.get(0) != 0:
        raise Unsupported(f"{name}: has version {fields.get(0)}")
    return Snapshot(name.split("/")[1], fields)
