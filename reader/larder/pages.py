"""Pages: the nodes of the trees that snapshots are made of (docs/format.md §8)."""

from dataclasses import dataclass, field
from itertools import pairwise

from .problems import Damaged
from .wire import Cursor

FOLDER_LEAF, FOLDER_INNER, CONTENT_LEAF, CONTENT_INNER = range(1, 5)

FILE, FOLDER, SYMLINK, FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE = range(1, 8)
KIND_NAMES = ("", "file", "folder", "symlink", "fifo", "socket", "character device", "block device")
NOTHING, WHOLE_BLOB, SLICE, CONTENT_TREE, DIRECTORY_TREE = range(5)

NAME_MAX = 4096
ENTRIES_MAX = 1024


@dataclass
class Totals:
    """What a subtree holds."""

    files: int = 0
    folders: int = 0
    bytes: int = 0


@dataclass
class Entry:
    """One name in a directory."""

    name: bytes
    kind: int
    size: int
    flags: int = 0
    mtime: tuple[int, int] | None = None
    ctime: tuple[int, int] | None = None
    btime: tuple[int, int] | None = None
    mode: int | None = None
    owner: tuple | None = None
    link: tuple[int, int] | None = None
    device: tuple[int, int] | None = None
    target: bytes | None = None
    xattrs: list[tuple[bytes, bytes]] = field(default_factory=list)
    long_xattrs: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    content: int = NOTHING
    blob: bytes = b""
    offset: int = 0
    level: int = 0
    totals: Totals = field(default_factory=Totals)


class Page:
    """The head and the columns of any page."""

    def __init__(self, data: bytes, what: str):
        cursor = Cursor(data, what)
        self.what = what
        self.type, self.level, self.count = cursor.unpack("BB2xI")
        if not 1 <= self.count <= ENTRIES_MAX:
            raise Damaged(f"{what}: has {self.count} entries")
        self.columns: dict[int, bytes] = {}
        while cursor.left():
            number = cursor.u8()
            if self.columns and number <= max(self.columns):
                raise Damaged(f"{what}: its columns are not in order")
            self.columns[number] = cursor.string()

    def column(self, number: int) -> Cursor:
        return Cursor(self.columns.get(number, b""), f"{self.what}, column {number}")

    def each(self, number: int, read) -> list:
        """A column with a value for every entry."""
        cursor = self.column(number)
        values = [read(cursor) for _ in range(self.count)]
        cursor.finish()
        return values

    def optional(self, number: int, read, absent=None) -> list:
        """A column with a value for some entries, or for none when it was left out."""
        if number not in self.columns:
            return [absent] * self.count
        cursor = self.column(number)
        presence = cursor.u8()
        if presence > 1:
            raise Damaged(f"{cursor.what}: begins with {presence}")
        bitmap = cursor.take((self.count + 7) // 8) if presence else None
        has = [bitmap is None or bitmap[at // 8] >> at % 8 & 1 for at in range(self.count)]
        values = [read(cursor) if here else absent for here in has]
        cursor.finish()
        return values

    def names(self) -> list[bytes]:
        cursor = self.column(1)
        names = [cursor.take(length) for length in [cursor.varint() for _ in range(self.count)]]
        cursor.finish()
        for name in names:
            if not 1 <= len(name) <= NAME_MAX or name in (b".", b"..") or b"/" in name or b"\0" in name:
                raise Damaged(f"{self.what}: {name!r} is no name")
        if any(left >= right for left, right in pairwise(names)):
            raise Damaged(f"{self.what}: its names are not in order")
        return names


def reader_of_times():
    """Seconds are differences to the value before, so reading a column of them has a memory."""
    seconds = 0

    def read(cursor: Cursor) -> tuple[int, int]:
        nonlocal seconds
        # As a signed number of 64 bits, which the difference may run over.
        seconds = (seconds + cursor.zigzag() + (1 << 63)) % (1 << 64) - (1 << 63)
        return seconds, cursor.varint()

    return read


def read_pair(cursor: Cursor) -> tuple[int, int]:
    return cursor.varint(), cursor.varint()


def read_totals(cursor: Cursor) -> Totals:
    return Totals(cursor.varint(), cursor.varint(), cursor.varint())


def read_xattrs(cursor: Cursor) -> list[tuple[bytes, bytes]]:
    return [(cursor.string(), cursor.string()) for _ in range(cursor.varint())]


def read_long_xattrs(cursor: Cursor) -> list[tuple[bytes, bytes, int]]:
    return [(cursor.string(), cursor.take(32), cursor.varint()) for _ in range(cursor.varint())]


def read_owner_name(cursor: Cursor) -> bytes | None:
    length = cursor.varint()
    return cursor.take(length - 1) if length else None


def read_owners(page: Page) -> list[tuple]:
    if 10 not in page.columns:
        return []
    cursor = page.column(10)
    owners = [(*read_pair(cursor), read_owner_name(cursor), read_owner_name(cursor)) for _ in range(cursor.varint())]
    cursor.finish()
    return owners


def decode_folder_leaf(page: Page) -> list[Entry]:
    names, kinds, sizes = page.names(), page.each(2, Cursor.u8), page.each(4, Cursor.varint)
    if any(not FILE <= kind <= BLOCK_DEVICE for kind in kinds):
        raise Damaged(f"{page.what}: an entry is of no known kind")
    entries = [Entry(*values) for values in zip(names, kinds, sizes, strict=True)]
    owners = read_owners(page)

    def fill(attribute: str, values: list) -> None:
        for entry, value in zip(entries, values, strict=True):
            setattr(entry, attribute, value)

    def owner(cursor: Cursor) -> tuple:
        index = cursor.varint()
        if index >= len(owners):
            raise Damaged(f"{cursor.what}: names an owner that is not in the page")
        return owners[index]

    fill("flags", page.optional(3, Cursor.u8, 0))
    for number, attribute in ((5, "mtime"), (6, "ctime"), (7, "btime")):
        fill(attribute, page.optional(number, reader_of_times()))
    fill("mode", page.optional(8, Cursor.varint))
    fill("owner", page.optional(9, owner))
    fill("link", page.optional(12, read_pair))
    fill("device", page.optional(13, read_pair))
    fill("target", page.optional(14, Cursor.string))
    fill("xattrs", page.optional(15, read_xattrs, ()))
    fill("long_xattrs", page.optional(16, read_long_xattrs, ()))
    fill("content", page.each(19, Cursor.u8))
    fill_references(page, entries)
    return entries


def fill_references(page: Page, entries: list[Entry]) -> None:
    """Columns 20 and 21: which blobs hold what the entries hold."""
    blobs = []
    if 20 in page.columns:
        cursor = page.column(20)
        blobs = [cursor.take(32) for _ in range(cursor.varint())]
        cursor.finish()
    cursor, index = page.column(21), 0
    for entry in entries:
        if entry.content == NOTHING:
            continue
        if entry.content > DIRECTORY_TREE or (entry.content == DIRECTORY_TREE) != (entry.kind == FOLDER):
            raise Damaged(f"{page.what}: {entry.name!r} has content {entry.content}")
        index += cursor.zigzag()
        if not 0 <= index < len(blobs):
            raise Damaged(f"{cursor.what}: names a blob that is not in the page")
        entry.blob = blobs[index]
        if entry.content == SLICE:
            entry.offset = cursor.varint()
        elif entry.content == CONTENT_TREE:
            entry.level = cursor.u8()
        elif entry.content == DIRECTORY_TREE:
            entry.level, entry.totals = cursor.u8(), read_totals(cursor)
    cursor.finish()
