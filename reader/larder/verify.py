"""Reading everything that is in a store."""

from dataclasses import replace

from .keys import CONTENT, METADATA, split_mac
from .objects import CONFIG, HASH_SIZE, HEAD_SIZE, INDEX, INTENT, PACK, RING, SLOT, SNAPSHOT, START, Object
from .packs import Place, Run, exactly
from .pages import CONTENT_TREE, DIRECTORY_TREE, FILE, FOLDER, NOTHING, SLICE, Entry, Totals
from .problems import UNREADABLE, Damaged, shown
from .snapshot import Snapshot
from .store import Store
from .wire import NONCE_SIZE, TAG_SIZE, cbor_map, cbor_sequence, wanted


class Verifier:
    """Reads everything that is in a store, and follows every reference once."""

    def __init__(self, store: Store):
        self.store = store
        self.problems: list[str] = []
        self.ids: dict[int, dict[bytes, int]] = {CONTENT: {}, METADATA: {}}
        self.directories: dict[str, set[tuple[bytes, Place]]] = {}
        self.seen: set[tuple[bytes, int]] = set()
        self.ended: list[Snapshot] = []

    def verify(self) -> None:
        for name in self.store.names:
            self.attempt(lambda name=name: self.object(name))
        self.copies()
        for run in self.store.runs:
            self.attempt(lambda run=run: self.run(run))
        for snapshot in self.ended:
            self.attempt(lambda snapshot=snapshot: self.snapshot(snapshot))
        # Opening the store met most of these a first time.
        self.problems = list(dict.fromkeys(self.problems + self.store.problems))

    def attempt(self, action) -> None:
        try:
            action()
        except UNREADABLE as problem:
            self.problems.append(str(problem))

    def object(self, name: str) -> None:
        keys, item = self.store.keys, self.store.object(name)
        if item.kind == CONFIG:
            self.config(item)
        elif item.kind == SLOT:
            self.slot(item)
        elif item.kind == RING:
            split_mac(item, keys.ring_mac)
        elif item.kind == PACK:
            self.pack(item)
        elif item.kind == SNAPSHOT:
            self.ended.append(self.store.snapshot(name))
        elif item.kind != INDEX:
            fields = cbor_map(keys.open_box(item.body, item.kind, item.epoch, name), name)
            if item.kind in (START, INTENT) and not name.startswith(f"runs/{fields.get(0, b'').hex()}."):
                raise Damaged(f"{name}: belongs to another run")

    def config(self, item: Object) -> None:
        config = split_mac(item, self.store.keys.config_mac)
        generation = wanted(config, 0, int, item.name)
        if not item.name.startswith(f"config/{generation:08}-"):
            raise Damaged(f"{item.name}: holds generation {generation}")
        before = f"config/{generation - 1:08}-{item.name[-1]}"
        if generation and before in self.store.names and self.store.object(before).hash != config.get(4):
            raise Damaged(f"{item.name}: does not name its predecessor")

    def slot(self, item: Object) -> None:
        slot = cbor_map(item.body, item.name)
        number = wanted(slot, 1, int, item.name)
        if slot.get(0) != self.store.config[1] or not item.name.startswith(f"keys/slot-{number:08}-"):
            raise Damaged(f"{item.name}: belongs to another store, or to another number")

    def copies(self) -> None:
        """Config, slots and rings are there twice; a lost copy is worth a word while the other one is left."""
        for name in self.store.of_kind(CONFIG, SLOT, RING):
            other = name[:-1] + ("1" if name[-1] == "0" else "0")
            if other not in self.store.names:
                self.problems.append(f"{name}: its other copy is not there")
            elif name < other and self.store.folder.read(name) != self.store.folder.read(other):
                self.problems.append(f"{name} and {other} differ, though they are copies")

    def pack(self, item: Object) -> None:
        store, name = self.store, item.name
        directory = store.directory(name)
        if padme(len(item.body) + HEAD_SIZE + HASH_SIZE) != len(item.body) + HEAD_SIZE + HASH_SIZE:
            raise Damaged(f"{name}: is not padded")
        for offset, box_length, data_length, nonce, tag in directory.frames:
            box = item.body[offset - HEAD_SIZE :][:box_length]
            if (box[:NONCE_SIZE], box[-TAG_SIZE:]) != (nonce, tag):
                raise Damaged(f"{name}: the frame at {offset} is not the one in the directory")
            exactly(store.frame(name, directory.kind, offset, box_length), data_length)
        for locator, place in directory.blobs:
            data = store.frame(name, directory.kind, place.frame, place.box_length)
            data = data[place.offset : place.offset + place.length]
            blob_id = store.keys.blob_id(directory.kind, data)
            if blob_id[:16] != locator:
                raise Damaged(f"{name}: a blob is not what its locator {locator.hex()} says")
            self.ids[directory.kind][blob_id] = len(data)
        self.directories[name] = set(directory.blobs)

    def run(self, run: Run) -> None:
        """Superseded runs may name packs that gc has deleted; the others may not."""
        superseded = {f"index/{name}" for other in self.store.runs for name in other.supersedes}
        if run.name in superseded or run.kind not in (CONTENT, METADATA):
            return
        for pack in run.packs:
            if pack not in self.store.names:
                raise Damaged(f"{run.name}: names {pack}, which is not there")
        for entry in run.entries:
            if entry[1].pack in self.directories and entry not in self.directories[entry[1].pack]:
                raise Damaged(f"{run.name}: has blob {entry[0].hex()} in another place than {entry[1].pack}")

    def snapshot(self, snapshot: Snapshot) -> None:
        what, fields = f"snapshot {snapshot.id[:8]}", snapshot.fields
        for key in (4, 16, 18, 19):
            self.store.referenced(fields.get(key))
        missing, notes = count_rows(self.store.referenced(fields.get(16)), f"{what}, its ledger")
        if tuple(fields.get(25) or (0, 0)) != (missing, notes):
            raise Damaged(f"{what}: its ledger has {missing} missing and {notes} notes, not {fields.get(25)}")
        if statistics := self.store.referenced(fields.get(19)):
            cbor_map(statistics, f"{what}, its statistics")
        way = self.folders_of_roots(snapshot)
        totals = self.folder(snapshot.top(), what)
        # Larder once counted the roots, and the folders above them, with what is below.
        counts = (totals, replace(totals, folders=totals.folders - way)) if totals is not None else (snapshot.totals,)
        if snapshot.totals not in counts:
            raise Damaged(f"{what}: says {snapshot.totals} but holds {totals}")

    def folders_of_roots(self, snapshot: Snapshot) -> int:
        """How many of the roots, and of what they are reached by, are folders."""
        reached = set()
        for root in self.store.roots(snapshot):
            parts = [part for part in root.split(b"/") if part]
            reached.update(b"/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return sum(self.store.find(snapshot, path).kind == FOLDER for path in reached)

    def folder(self, folder: Entry, path: str) -> Totals | None:
        """What is below a folder; none where that was said of another folder already."""
        if folder.content != DIRECTORY_TREE:
            return Totals()
        if (folder.blob, folder.level) in self.seen:
            return None
        self.seen.add((folder.blob, folder.level))
        totals = Totals()
        try:
            for entry in self.store.entries(folder.blob, folder.level):
                self.entry(entry, f"{path}/{shown(entry.name)}")
                if entry.kind == FOLDER:
                    totals.folders += 1 + entry.totals.folders
                    totals.files += entry.totals.files
                    totals.bytes += entry.totals.bytes
                else:
                    totals.files += 1
                    totals.bytes += entry.size if entry.kind == FILE else 0
        except UNREADABLE as problem:
            self.problems.append(f"{path}: {problem}")
            return None
        return totals

    def entry(self, entry: Entry, path: str) -> None:
        try:
            if entry.kind == FOLDER:
                totals = self.folder(entry, path)
                if totals is not None and totals != entry.totals:
                    raise Damaged(f"says {entry.totals} but holds {totals}")
            elif entry.content == CONTENT_TREE:
                length = 0
                for blob_id, chunk in self.store.chunks(entry.blob, entry.level):
                    length += chunk
                    if blob_id is not None:
                        self.content_blob(blob_id, chunk)
                if length != entry.size:
                    raise Damaged(f"its chunks have {length} bytes, not {entry.size}")
            elif entry.content != NOTHING:
                self.content_blob(entry.blob, entry.size, entry.offset, entry.content == SLICE)
            elif entry.kind == FILE and entry.size:
                raise Damaged(f"has no content, but {entry.size} bytes")
            for _, blob_id, length in entry.long_xattrs:
                exactly(self.store.blob(METADATA, blob_id), length)
        except UNREADABLE as problem:
            self.problems.append(f"{path}: {problem}")

    def content_blob(self, blob_id: bytes, length: int, offset: int = 0, is_slice: bool = False) -> None:
        """Its bytes were read with its pack, so that here it only has to exist, where the index says it does."""
        here = self.ids[CONTENT].get(blob_id)
        if here is None or blob_id[:16] not in self.store.places[CONTENT]:
            raise Damaged(f"blob {blob_id.hex()} is in no whole pack")
        if offset + length > here if is_slice else length != here:
            raise Damaged(f"blob {blob_id.hex()} has {here} bytes, not {offset + length}")


def count_rows(ledger: bytes, what: str) -> tuple[int, int]:
    classes = [row.get(1) for row in cbor_sequence(ledger, what)]
    return classes.count(1), classes.count(2)


def padme(length: int) -> int:
    """The length that §7 rounds up to."""
    exponent = length.bit_length() - 1
    unit = 1 << (exponent - exponent.bit_length())
    return -(-length // unit) * unit
