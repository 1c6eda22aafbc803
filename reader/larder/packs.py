"""Packs and their frames, and the index that says what is in them (docs/format.md §7 and §9)."""

import struct
from dataclasses import dataclass

import zstandard

from .keys import ALIAS, CONTENT, INDEX_BLOCK, INDEX_TAIL, METADATA, Keys
from .objects import HEAD_SIZE, Object
from .problems import Damaged, Unsupported
from .wire import Cursor

FRAME_DATA_MAX = 16 << 20


@dataclass(frozen=True)
class Place:
    """Where a blob is: a range of the data of a frame in a pack."""

    pack: str
    frame: int
    box_length: int
    offset: int
    length: int


@dataclass
class PackDirectory:
    """What a pack says about itself."""

    kind: int
    run: bytes
    created: int
    # For each frame: offset in the object, box length, data length, nonce and tag.
    frames: list[tuple[int, int, int, bytes, bytes]]
    # For each blob: locator and place, in order.
    blobs: list[tuple[bytes, Place]]


def parse_directory(pack: str, plain: bytes, frames_length: int) -> PackDirectory:
    cursor = Cursor(plain, f"{pack}, its directory")
    version, kind, group, run, created, frame_count, blob_count = cursor.unpack("BB2xI16sQII")
    if version != 0 or kind not in (CONTENT, METADATA) or group != 0:
        raise Unsupported(f"{pack}: has version {version}, kind {kind}, origin group {group}")
    if frame_count * 56 + blob_count * 20 > cursor.left():
        raise Damaged(f"{pack}: its directory is too short for its numbers of frames and blobs")
    heads = [cursor.unpack("24s16sIII4x") for _ in range(frame_count)]
    lengths = [cursor.unpack("16sI") for _ in range(blob_count)]
    if cursor.take(cursor.left()).strip(b"\0"):
        raise Damaged(f"{pack}: its directory is padded with something else than zeros")

    frames, blobs, offset, rest = [], [], HEAD_SIZE, iter(lengths)
    for nonce, tag, box_length, data_length, number in heads:
        frames.append((offset, box_length, data_length, nonce, tag))
        inside = 0
        for locator, length in (next(rest, (b"", 0)) for _ in range(min(number, blob_count))):
            blobs.append((locator, Place(pack, offset, box_length, inside, length)))
            inside += length
        if inside != data_length:
            raise Damaged(f"{pack}: the blobs of a frame have {inside} bytes, its data {data_length}")
        offset += box_length
    if next(rest, None) or offset != HEAD_SIZE + frames_length:
        raise Damaged(f"{pack}: its directory does not describe its frames")
    return PackDirectory(kind, run, created, frames, blobs)


@dataclass(frozen=True)
class Alias:
    """Content that a provider's fingerprint stands for."""

    size: int
    content: int
    level: int
    offset: int
    blob: bytes
    created: int


@dataclass
class Run:
    """An index run, read whole."""

    name: str
    kind: int
    packs: list[str]
    supersedes: list[str]
    entries: list[tuple[bytes, Place]]
    # By locator; only hints, which nothing depends on.
    aliases: dict[bytes, Alias]


def parse_run(item: Object, keys: Keys) -> Run:
    """Reads blocks as well as the tail: this reader keeps the index in memory."""
    name, body = item.name, item.body
    if len(body) < 4:
        raise Damaged(f"{name}: has no tail")
    (tail_length,) = struct.unpack("<I", body[-4:])
    tail_at = len(body) - 4 - tail_length
    if tail_at < 0:
        raise Damaged(f"{name}: its tail is longer than itself")
    plain = keys.open_box(body[tail_at:-4], INDEX_TAIL, item.epoch, f"{name}, its tail")
    cursor = Cursor(plain, f"{name}, its tail")
    version, kind, _, block_count, pack_count, superseded_count, total, _, _ = cursor.unpack("BBBxIIIQQ16s")
    if version != 0:
        raise Unsupported(f"{name}: has version {version}")
    blocks = [cursor.unpack("16sQII") for _ in range(block_count)]
    packs = [parse_pack_row(cursor) for _ in range(pack_count)]
    supersedes = [cursor.take(32).hex() for _ in range(superseded_count)]
    cursor.finish()
    entries, aliases = [], []
    for block in blocks:
        if kind in (CONTENT, METADATA):
            entries += parse_block(item, keys, block, packs)
        elif kind == ALIAS:
            aliases += parse_aliases(item, keys, block)
    known = entries or aliases
    if kind in (CONTENT, METADATA, ALIAS) and (len(known) != total or known != sorted(known, key=lambda it: it[0])):
        raise Damaged(f"{name}: its entries are not as many as it says, or not in order")
    return Run(name, kind, packs, supersedes, entries, dict(aliases))


def parse_pack_row(cursor: Cursor) -> str:
    """The name of a pack in a run's table. The rest of the row is for programs that do not read the pack."""
    row = cursor.unpack("32sQB3xI16sQBB6x")
    cursor.take(row[-1])
    return f"packs/{row[0].hex()}"


def open_block(item: Object, keys: Keys, block: tuple) -> tuple[Cursor, str]:
    _, offset, length, _ = block
    what = f"{item.name}, block at {offset}"
    start = offset - HEAD_SIZE
    if start < 0 or start + length > len(item.body):
        raise Damaged(f"{what}: lies outside the object")
    return Cursor(keys.open_box(item.body[start : start + length], INDEX_BLOCK, item.epoch, what), what), what


def parse_aliases(item: Object, keys: Keys, block: tuple) -> list[tuple[bytes, Alias]]:
    cursor, what = open_block(item, keys, block)
    aliases = []
    for _ in range(block[3]):
        locator, *alias = cursor.unpack("16sQBBI2x32sQ")
        aliases.append((locator, Alias(*alias)))
    cursor.finish()
    if not aliases or aliases[0][0] != block[0]:
        raise Damaged(f"{what}: does not begin as its fence says")
    return aliases


def parse_block(item: Object, keys: Keys, block: tuple, packs: list[str]) -> list[tuple[bytes, Place]]:
    cursor, what = open_block(item, keys, block)
    first, count = block[0], block[3]
    entries = []
    for _ in range(count):
        locator, pack, frame, box_length, inside, blob_length = cursor.unpack("16sIIIII")
        if pack >= len(packs):
            raise Damaged(f"{what}: names a pack that the run does not have")
        entries.append((locator, Place(packs[pack], frame, box_length, inside, blob_length)))
    cursor.finish()
    if not entries or entries[0][0] != first:
        raise Damaged(f"{what}: does not begin with the entry that the tail says")
    return entries


def exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise Damaged(f"content has {len(data)} bytes, not the {length} that its reference says")
    return data


def unpack_frame(plain: bytes, what: str) -> bytes:
    """Bounded before it is decompressed: a frame can be made to say anything."""
    cursor = Cursor(plain, what)
    codec, length = cursor.unpack("B3xI")
    payload = cursor.take(cursor.left())
    if length > FRAME_DATA_MAX:
        raise Damaged(f"{what}: says that it holds {length} bytes")
    if codec == 1:
        try:
            if zstandard.frame_content_size(payload) > length:
                raise Damaged(f"{what}: would decompress to more than it says")
            decompressor = zstandard.ZstdDecompressor()
            payload = decompressor.decompress(payload, max_output_size=length, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise Damaged(f"{what}: cannot be decompressed: {error}") from error
    elif codec != 0:
        raise Unsupported(f"{what}: is compressed with codec {codec}")
    return exactly(payload, length)
