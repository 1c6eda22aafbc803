"""An unlocked store: what its objects say together.

Damage of one object is noted in `Store.problems` and the rest is read: where there is a copy, or a pack's own
directory instead of a lost index run, nothing is missed.
"""

import struct
from collections import OrderedDict

from .keys import (
    CONTENT,
    CONTENT_FRAME,
    DIRECTORY,
    METADATA,
    METADATA_FRAME,
    EpochKeys,
    Keys,
    Secret,
    Unlocked,
    open_slot,
    secrets_of_ring,
    split_mac,
)
from .objects import (
    CONFIG,
    HASH_SIZE,
    HEAD_SIZE,
    INDEX,
    PACK,
    RING,
    SLOT,
    SNAPSHOT,
    Folder,
    Object,
    kind_of_name,
    parse_head,
    parse_object,
)
from .packs import PackDirectory, Place, Run, exactly, parse_directory, parse_run, unpack_frame
from .pages import (
    CONTENT_LEAF,
    CONTENT_TREE,
    DIRECTORY_TREE,
    FOLDER_LEAF,
    SLICE,
    WHOLE_BLOB,
    Entry,
    Page,
    decode_folder_leaf,
)
from .problems import UNREADABLE, Ambiguous, Damaged, NotFound, Unsupported, WrongKey, shown
from .snapshot import Snapshot, parse_snapshot
from .wire import Cursor

LEVEL_MAX = 16
FRAMES_CACHED = 24


class Store:
    """An unlocked store: finds blobs, and reads them checked."""

    def __init__(self, folder: Folder, secret: Secret):
        self.folder = folder
        self.problems: list[str] = []
        self.names = folder.names()
        slot = self._unlock(secret)
        self.config = self._read_config(slot.store_id)
        self.places: dict[int, dict[bytes, list[Place]]] = {CONTENT: {}, METADATA: {}}
        self.pack_kinds: dict[str, int] = {}
        self.pack_epochs: dict[str, int] = {}
        self.runs: list[Run] = []
        self._read_index()
        self._frames: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def of_kind(self, *kinds: int) -> list[str]:
        return [name for name in self.names if kind_of_name(name) in kinds]

    def object(self, name: str) -> Object:
        return parse_object(name, self.folder.read(name))

    def _whole(self, kind: int, newest_first: bool = False) -> list[Object]:
        """The objects of a kind that are whole; the others are noted. Of copies, each that is whole."""
        found = []
        for name in sorted(self.of_kind(kind), reverse=newest_first):
            try:
                found.append(self.object(name))
            except UNREADABLE as problem:
                self.problems.append(str(problem))
        return found

    def _unlock(self, secret: Secret) -> Unlocked:
        """A slot may open and be none: one that the newest ring does not name, because its adding was cut short."""
        tried, foreign = set(), False
        for item in self._whole(SLOT):
            # The second copy of a slot cannot open where the first did not.
            if item.hash in tried:
                continue
            tried.add(item.hash)
            try:
                slot = open_slot(item, secret)
            except UNREADABLE as problem:
                self.problems.append(str(problem))
                continue
            if slot:
                self.keys = Keys(slot.identity)
                if self._read_rings(slot):
                    return slot
                foreign = True
        if foreign:
            raise Damaged("the newest ring of this store has no secret for this slot")
        raise WrongKey("no slot of this store opens with this passphrase or key file")

    def _read_rings(self, slot: Unlocked) -> bool:
        """Newest first: the first one that is whole must name the slot, and leads to those before."""
        for item in self._whole(RING, newest_first=True):
            try:
                secrets = secrets_of_ring(item, split_mac(item, self.keys.ring_mac), slot)
            except UNREADABLE as problem:
                self.problems.append(str(problem))
                continue
            if not secrets and not self.keys.epochs:
                return False
            for epoch, secret in secrets.items():
                self.keys.epochs.setdefault(epoch, EpochKeys(secret))
        return bool(self.keys.epochs)

    def _read_config(self, store_id: bytes) -> dict:
        for item in self._whole(CONFIG, newest_first=True):
            try:
                config = split_mac(item, self.keys.config_mac)
            except UNREADABLE as problem:
                self.problems.append(str(problem))
                continue
            if config.get(1) != store_id:
                raise Damaged(f"{item.name}: belongs to another store")
            if config.get(2) != 0 or config.get(5):
                raise Unsupported(f"the store has format version {config.get(2)} and needs {config.get(5)} to be read")
            return config
        raise Damaged("no config of this store is whole")

    def _read_index(self) -> None:
        for item in self._whole(INDEX):
            try:
                self.runs.append(parse_run(item, self.keys))
            except UNREADABLE as problem:
                self.problems.append(str(problem))
        superseded = {f"index/{name}" for run in self.runs for name in run.supersedes}
        named = set()
        for run in self.runs:
            if run.name in superseded or run.kind not in (CONTENT, METADATA):
                continue
            named.update(run.packs)
            self.pack_kinds.update((pack, run.kind) for pack in run.packs)
            for locator, place in run.entries:
                self.places[run.kind].setdefault(locator, []).append(place)
        for name in self.of_kind(PACK):
            if name not in named:
                self._adopt(name)

    def _adopt(self, name: str) -> None:
        """A pack whose writer was killed before it wrote an index run."""
        try:
            directory = self.directory(name)
        except UNREADABLE as problem:
            self.problems.append(str(problem))
            return
        self.pack_kinds[name] = directory.kind
        for locator, place in directory.blobs:
            self.places[directory.kind].setdefault(locator, []).append(place)

    def epoch_of_pack(self, name: str) -> int:
        if name not in self.pack_epochs:
            self.pack_epochs[name] = parse_head(name, self.folder.read(name, 0, HEAD_SIZE))[1]
        return self.pack_epochs[name]

    def directory(self, name: str) -> PackDirectory:
        """Reads the end of a pack and its head, not its frames."""
        size = self.folder.size(name)
        if size < HEAD_SIZE + 4 + HASH_SIZE:
            raise Damaged(f"{name}: is only {size} bytes long")
        (length,) = struct.unpack("<I", self.folder.read(name, size - HASH_SIZE - 4, 4))
        at = size - HASH_SIZE - 4 - length
        if at < HEAD_SIZE:
            raise Damaged(f"{name}: its directory is longer than itself")
        box, epoch = self.folder.read(name, at, length), self.epoch_of_pack(name)
        plain = self.keys.open_box(box, DIRECTORY, epoch, f"{name}, its directory")
        return parse_directory(name, plain, at - HEAD_SIZE)

    def frame(self, pack: str, kind: int, offset: int, box_length: int) -> bytes:
        """The data of a frame. A few are kept, because neighbours are usually wanted next."""
        key = (pack, offset)
        if key not in self._frames:
            what = f"{pack}, frame at {offset}"
            box = self.folder.read(pack, offset, box_length)
            if len(box) != box_length:
                raise Damaged(f"{what}: lies beyond the end of the pack")
            box_kind = CONTENT_FRAME if kind == CONTENT else METADATA_FRAME
            self._frames[key] = unpack_frame(self.keys.open_box(box, box_kind, self.epoch_of_pack(pack), what), what)
            if len(self._frames) > FRAMES_CACHED:
                self._frames.popitem(last=False)
        self._frames.move_to_end(key)
        return self._frames[key]

    def blob(self, kind: int, blob_id: bytes) -> bytes:
        """A blob, from whichever of its places holds the right bytes."""
        problem = Damaged(f"blob {blob_id.hex()} is in no pack")
        for place in self.places[kind].get(blob_id[:16], ()):
            try:
                data = self.frame(place.pack, self.pack_kinds[place.pack], place.frame, place.box_length)
                data = data[place.offset : place.offset + place.length]
                if self.keys.blob_id(kind, data) == blob_id:
                    return data
                problem = Damaged(f"{place.pack}: blob {blob_id.hex()} is not what its id says")
            except UNREADABLE as failure:
                problem = failure
        raise problem

    # Trees

    def page(self, page_id: bytes, leaf: int, level: int) -> Page:
        what = f"page {page_id.hex()}"
        page = Page(self.blob(METADATA, page_id), what)
        expected = (leaf if level == 0 else leaf + 1, level)
        if level > LEVEL_MAX or (page.type, page.level) != expected:
            raise Damaged(f"{what}: is of type {page.type} and level {page.level}, not {expected}")
        return page

    def folder_pages(self, page_id: bytes, level: int):
        """Yields (id, page) for every page of a directory, parents before children, in order of names."""
        page = self.page(page_id, FOLDER_LEAF, level)
        yield page_id, page
        if level:
            for child in page.each(20, lambda cursor: cursor.take(32)):
                yield from self.folder_pages(child, level - 1)

    def entries(self, page_id: bytes, level: int):
        """The entries of one directory."""
        last = b""
        for _, page in self.folder_pages(page_id, level):
            if page.type == FOLDER_LEAF:
                for entry in decode_folder_leaf(page):
                    if entry.name <= last:
                        raise Damaged(f"{page.what}: {entry.name!r} is not in order")
                    last = entry.name
                    yield entry

    def content_pages(self, page_id: bytes, level: int):
        """Yields (id, page) for every page of a content tree, parents before children."""
        page = self.page(page_id, CONTENT_LEAF, level)
        yield page_id, page
        if level:
            for child in page.each(20, lambda cursor: cursor.take(32)):
                yield from self.content_pages(child, level - 1)

    def chunks(self, page_id: bytes, level: int):
        """Yields (blob id, length) for each chunk of a content tree; the id is None for a hole."""
        for _, page in self.content_pages(page_id, level):
            if page.type == CONTENT_LEAF:
                ids = page.column(20)
                for value in page.each(30, Cursor.varint):
                    yield None if value & 1 else ids.take(32), value >> 1
                ids.finish()

    def content(self, entry: Entry):
        """Yields a file's bytes in order; an integer stands for a hole of that length."""
        if entry.content == WHOLE_BLOB:
            yield exactly(self.blob(CONTENT, entry.blob), entry.size)
        elif entry.content == SLICE:
            yield exactly(self.blob(CONTENT, entry.blob)[entry.offset :][: entry.size], entry.size)
        elif entry.content == CONTENT_TREE:
            for blob_id, length in self.chunks(entry.blob, entry.level):
                yield length if blob_id is None else exactly(self.blob(CONTENT, blob_id), length)

    def referenced(self, reference: dict | None) -> bytes:
        """What a reference of §10 stands for; nothing for none."""
        if reference is None:
            return b""
        if 0 in reference:
            return reference[0]
        blob_id, level = reference[1], reference.get(2, 0)
        if level == 0:
            data = self.blob(METADATA, blob_id)
        else:
            data = b"".join(
                bytes(length) if chunk is None else exactly(self.blob(METADATA, chunk), length)
                for chunk, length in self.chunks(blob_id, level - 1)
            )
        return exactly(data, reference[3])

    # Snapshots

    def snapshot(self, name: str) -> Snapshot:
        item = self.object(name)
        return parse_snapshot(name, self.keys.open_box(item.body, SNAPSHOT, item.epoch, name))

    def snapshots(self) -> list[Snapshot]:
        """All that are whole, oldest first; the others are noted."""
        found = []
        for name in self.of_kind(SNAPSHOT):
            try:
                found.append(self.snapshot(name))
            except UNREADABLE as problem:
                self.problems.append(str(problem))
        return sorted(found, key=lambda snapshot: snapshot.ended)

    def find_snapshot(self, prefix: str) -> Snapshot:
        names = [name for name in self.of_kind(SNAPSHOT) if name.split("/")[1].startswith(prefix)]
        if len(prefix) < 4 or not names:
            raise NotFound(f"there is no snapshot {prefix}" + (" (give at least 4 digits)" if len(prefix) < 4 else ""))
        if len(names) > 1:
            raise Ambiguous(f"{len(names)} snapshots begin with {prefix}: give more digits")
        return self.snapshot(names[0])

    def roots(self, snapshot: Snapshot) -> list[bytes]:
        if 4 in snapshot.fields:
            return self.referenced(snapshot.fields[4]).split(b"\0")[:-1]
        return snapshot.fields.get(3, [])

    def find(self, snapshot: Snapshot, path: bytes) -> Entry:
        entry = snapshot.top()
        for part in filter(None, path.split(b"/")):
            below = self.entries(entry.blob, entry.level) if entry.content == DIRECTORY_TREE else ()
            found = next((child for child in below if child.name == part), None)
            if found is None:
                raise NotFound(f"{shown(path)} is not in snapshot {snapshot.id[:8]}")
            entry = found
        return entry
