#!/usr/bin/env python3
"""Tries the second reader on the golden stores in testkit/fixtures/golden/.

A golden store was written by Larder once and is never written again: whoever changes the format sees here that stores
of before can no longer be read. `expected.json` beside each says what was backed up, as the file system told it then.
Prints a line for each test and a closing line `N passed, N failed`; exits with 1 when a test failed.
"""

import hashlib
import json
import os
import random
import stat
import sys
import tempfile
import traceback
import urllib.parse
from pathlib import Path

from blake3 import blake3
from larder import cuts
from larder.keys import Secret
from larder.objects import HASH_SIZE, Folder
from larder.pages import (
    CONTENT_LEAF,
    CONTENT_TREE,
    FILE,
    FOLDER,
    FOLDER_LEAF,
    NOTHING,
    SLICE,
    WHOLE_BLOB,
    Entry,
    decode_folder_leaf,
)
from larder.problems import Problem, WrongKey
from larder.restore import Restorer
from larder.store import Store
from larder.verify import Verifier
from larder.wire import Cursor

GOLDEN = Path(__file__).resolve().parent.parent / "testkit/fixtures/golden"
# Objects of each kind that a test of damage tries.
SAMPLE = 6
# The kind of fingerprint that Dropbox's content hash is.
CONTENT_HASH = 1
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo"}


class Golden:
    """A golden store and what is known of it."""

    def __init__(self, folder: Path):
        self.name, self.objects = folder.name, folder / "store"
        self.is_of_dropbox = folder.name.endswith("-dropbox")
        self.expected = json.loads((folder / "expected.json").read_text())
        self.passphrase = Secret(1, self.expected["passphrase"].encode())
        self.key_file = Secret.from_key_file(str(folder / "key-file"))

    def open(self, secret: Secret | None = None, instead: dict[str, bytes] | None = None) -> Store:
        return Store(Folder(self.objects, instead), secret or self.passphrase)

    def names(self) -> list[str]:
        return Folder(self.objects).names()

    def read(self, name: str) -> bytes:
        return (self.objects / name).read_bytes()

    def trees(self):
        """Yields the id of each snapshot, and its entries by path."""
        tree = {}
        for snapshot in self.expected["snapshots"]:
            for path in snapshot.get("removed", ()):
                del tree[path]
            tree = tree | {entry["path"]: entry for entry in snapshot["entries"]}
            yield snapshot["id"], tree


def check(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


# The tests


def test_snapshots_are_listed(golden: Golden) -> None:
    found = [(it.id, it.fields[9]) for it in golden.open().snapshots()]
    check(found == [(it["id"], it["sequence"]) for it in golden.expected["snapshots"]], f"found {found}")


def test_either_secret_opens_and_all_is_sound(golden: Golden) -> None:
    for secret in (golden.passphrase, golden.key_file):
        check(problems_of(golden.open(secret)) == [], "problems in a sound store")


def test_another_passphrase_does_not_open(golden: Golden) -> None:
    try:
        golden.open(Secret(1, b"silver"))
    except WrongKey:
        return
    raise AssertionError("it opened")


def test_all_comes_back(golden: Golden) -> None:
    for snapshot_id, tree in golden.trees():
        check_restored(golden.open(), snapshot_id, tree)


def test_all_comes_back_without_the_index(golden: Golden) -> None:
    """Packs that no run names are read by their own directories."""
    store = Store(WithoutIndex(golden.objects), golden.passphrase)
    check(store.runs == [], "the index was read")
    snapshot_id, tree = list(golden.trees())[-1]
    check_restored(store, snapshot_id, tree)


def test_one_copy_is_enough(golden: Golden) -> None:
    for copy in "01":
        lost = [name for name in golden.names() if name.startswith(("config/", "keys/")) and name.endswith(copy)]
        store = golden.open(instead={name: b"" for name in lost})
        check(len(store.snapshots()) == len(golden.expected["snapshots"]), "the other copy does not do")


def test_a_flipped_byte_is_found(golden: Golden) -> None:
    numbers = random.Random(0)
    for name in sample(golden, numbers):
        data = golden.read(name)
        for at in {numbers.randrange(len(data)), len(data) - 1}:
            check_found(golden, name, flipped(data, at))


def test_a_flipped_byte_is_found_although_the_hash_was_mended(golden: Golden) -> None:
    """Names, MACs and seals hold against people too. Of a slot, whose label is in the clear, the other copy tells."""
    numbers = random.Random(1)
    for name in sample(golden, numbers):
        data = golden.read(name)[:-HASH_SIZE]
        bad = flipped(data, numbers.randrange(16, len(data)))
        check_found(golden, name, bad + blake3(bad).digest())


def test_a_shortened_object_is_found(golden: Golden) -> None:
    for name in sample(golden, random.Random(2)):
        for length in (0, len(golden.read(name)) - 1):
            check_found(golden, name, golden.read(name)[:length])


def test_files_are_cut_as_the_page_says(golden: Golden) -> None:
    store = golden.open()
    for entry in all_entries(store, store.snapshots()[-1].top()):
        if entry.content == CONTENT_TREE:
            check_chunks(store, entry)
            check_content_pages(store, entry)


def test_folders_are_cut_and_files_joined_as_the_page_says(golden: Golden) -> None:
    store = golden.open()
    top = store.snapshots()[0].top()
    # What a provider delivers is joined as it comes, and not by name.
    are_joined_by_name = not golden.is_of_dropbox
    for folder in folders(store, top):
        check_folder_pages(store, folder, are_joined_by_name)


def test_aliases_lead_to_the_content_of_their_files(golden: Golden) -> None:
    """Dropbox's fingerprint of every file that it sent stands for what is stored of it."""
    if not golden.is_of_dropbox:
        return
    store = golden.open()
    aliases = {locator: alias for run in store.runs for locator, alias in run.aliases.items()}
    files = [entry for entry in all_entries(store, store.snapshots()[-1].top()) if entry.kind == FILE]
    for file in files:
        content = b"".join(store.content(file))
        alias = aliases.get(store.keys.alias("", CONTENT_HASH, content_hash(content)))
        # Of a document it is the revision that stands for the export.
        if alias is None and file.name.endswith(b".paper.md"):
            continue
        check(alias is not None, f"{file.name!r} has no alias")
        fields = {"content": alias.content, "level": alias.level, "offset": alias.offset, "blob": alias.blob}
        found = Entry(file.name, FILE, alias.size, **fields)
        check(b"".join(store.content(found)) == content, f"the alias of {file.name!r} leads elsewhere")


def test_the_stores_have_what_they_are_for(golden: Golden) -> None:
    """So that the other tests do not pass because there is nothing to find."""
    store = golden.open()
    if golden.is_of_dropbox:
        check_dropbox(store)
        return
    if golden.name.endswith("-history"):
        check(any(run.supersedes for run in store.runs), "no index run supersedes another")
        check(any(name.startswith("records/") for name in store.names), "there are no records")
        return
    if golden.name.endswith("-chunks"):
        check(store.config[8] == 2, "it is cut as stores of before were")
        entries = list(all_entries(store, store.snapshots()[0].top()))
        chunks = [list(store.chunks(entry.blob, entry.level)) for entry in entries if entry.content == CONTENT_TREE]
        check(any(len(row) > 3 for row in chunks), "no file has many chunks")
        return
    check(all(snapshot.fields[25] != [0, 0] for snapshot in store.snapshots()), "the ledgers are empty")
    entries = [entry for snapshot in store.snapshots() for entry in all_entries(store, snapshot.top())]
    check({entry.kind for entry in entries} >= set(range(1, 6)), "a kind of entry is missing")
    check({entry.content for entry in entries} == set(range(5)), "a kind of content is missing")
    check(any(entry.kind == FOLDER and entry.level for entry in entries), "no folder has inner pages")
    check(any(entry.long_xattrs for entry in entries), "there is no long attribute")
    chunks = [list(store.chunks(entry.blob, entry.level)) for entry in entries if entry.content == CONTENT_TREE]
    check(max(len(part) for part in chunks) > 2, "no file has several chunks")
    check(any(blob is None for part in chunks for blob, _ in part), "no file has holes")


def check_dropbox(store: Store) -> None:
    snapshots = store.snapshots()
    check(all(store.referenced(snapshot.fields.get(18)) for snapshot in snapshots), "there is no checkpoint")
    check(all(snapshot.fields[25][0] for snapshot in snapshots), "nothing is missing")
    entries = [entry for snapshot in snapshots for entry in all_entries(store, snapshot.top())]
    check(all((entry.mtime is None) == (entry.kind == FOLDER) for entry in entries), "a folder has a time")
    kinds = {entry.content for entry in entries if entry.kind == FILE}
    check(kinds == {NOTHING, WHOLE_BLOB, SLICE, CONTENT_TREE}, f"a kind of content is missing: {kinds}")
    known = {alias.content for run in store.runs for alias in run.aliases.values()}
    check(known >= {WHOLE_BLOB, SLICE, CONTENT_TREE}, f"a kind of alias is missing: {known}")


# What they share


class WithoutIndex(Folder):
    """A store whose index runs were lost."""

    def names(self) -> list[str]:
        return [name for name in super().names() if not name.startswith("index/")]


def problems_of(store: Store) -> list[str]:
    verifier = Verifier(store)
    verifier.verify()
    return verifier.problems


def sample(golden: Golden, numbers: random.Random) -> list[str]:
    """All objects of a small store; of a large one some of each kind, which differ from test to test."""
    by_folder: dict[str, list[str]] = {}
    for name in golden.names():
        by_folder.setdefault(name.split("/")[0], []).append(name)
    chosen = [numbers.sample(names, min(len(names), SAMPLE)) for names in by_folder.values()]
    return [name for names in chosen for name in names]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def check_found(golden: Golden, name: str, data: bytes) -> None:
    try:
        # A key file opens faster than a passphrase; damage to its own slot is met all the same.
        problems = problems_of(golden.open(golden.key_file, {name: data}))
    except Problem as problem:
        problems = [str(problem)]
    check(any(name in problem for problem in problems), f"damage in {name} is not found, but {problems}")


def check_restored(store: Store, snapshot_id: str, tree: dict) -> None:
    with tempfile.TemporaryDirectory() as folder:
        destination = os.fsencode(folder) + b"/restored"
        restorer = Restorer(store)
        restorer.restore(store.find_snapshot(snapshot_id[:8]), destination)
        check(restorer.problems == [], f"not restored: {restorer.problems}")
        check_tree(destination, as_held_by(folder, tree))


def as_held_by(folder: str, tree: dict) -> dict:
    """The tree with the times that this file system can hold: some end in 2038, or know no nanoseconds."""
    probe = Path(folder, "probe")
    probe.touch()

    def held(mtime: int) -> int:
        os.utime(probe, ns=(mtime, mtime))
        return probe.stat().st_mtime_ns

    def as_held(entry: dict) -> dict:
        return entry | {"mtime": held(entry["mtime"])} if "mtime" in entry else entry

    return {path: as_held(entry) for path, entry in tree.items()}


def check_tree(top: bytes, tree: dict) -> None:
    there = {os.path.relpath(path, top) for path in walk(top)}
    expected = {urllib.parse.unquote_to_bytes(path): entry for path, entry in tree.items()}
    check(there == expected.keys(), f"other names: {sorted(there ^ expected.keys())[:5]}")
    links: dict[str, set] = {}
    for path, entry in expected.items():
        check_entry(os.path.join(top, path), entry)
        if "link" in entry:
            status = os.lstat(os.path.join(top, path))
            links.setdefault(entry["link"], set()).add((status.st_dev, status.st_ino))
    check(all(len(inodes) == 1 for inodes in links.values()), "a hard link became two files")
    for path, entry in expected.items():
        if "sha256" in entry:
            check_content(os.path.join(top, path), entry)


def walk(top: bytes):
    for entry in os.scandir(top):
        yield entry.path
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path)


def check_entry(path: bytes, entry: dict) -> None:
    status = os.lstat(path)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    found = {"path": entry["path"], "kind": kind}
    if "mtime" in entry:
        found["mtime"] = status.st_mtime_ns
    if kind == "symlink":
        found["target"] = urllib.parse.quote_from_bytes(os.readlink(path))
    elif "mode" in entry:
        found["mode"] = f"{stat.S_IMODE(status.st_mode):04o}"
    if kind == "file":
        found["size"] = status.st_size
    # Only root can give files away, and not every file system has extended attributes.
    if "owner" in entry and os.geteuid() == 0:
        found["owner"] = [status.st_uid, status.st_gid]
    if "xattrs" in entry:
        found["xattrs"] = xattrs_of(path) or entry["xattrs"]
    expected = {
        key: value for key, value in entry.items() if key in found or key not in ("link", "holes", "owner", "sha256")
    }
    check(found == expected, f"{found} instead of {expected}")
    if entry.get("holes"):
        check(status.st_blocks * 512 < status.st_size, f"{path!r} has lost its holes")


def check_content(path: bytes, entry: dict) -> None:
    """After everything else, because one file must be made readable first."""
    os.chmod(path, 0o600)
    content = Path(os.fsdecode(path)).read_bytes()
    check(hashlib.sha256(content).hexdigest() == entry["sha256"], f"{path!r} has other content")


def xattrs_of(path: bytes) -> dict[str, str]:
    try:
        names = [name for name in os.listxattr(path, follow_symlinks=False) if name.startswith("user.")]
        return {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in sorted(names)}
    except OSError:
        return {}


def all_entries(store: Store, folder):
    for entry in store.entries(folder.blob, folder.level) if folder.blob else ():
        yield entry
        if entry.kind == FOLDER:
            yield from all_entries(store, entry)


def folders(store: Store, top):
    yield top
    yield from (entry for entry in all_entries(store, top) if entry.kind == FOLDER and entry.blob)


def content_hash(content: bytes) -> bytes:
    """As Dropbox defines it: the hash of the hashes of blocks of 4 MiB."""
    blocks = [content[at : at + (4 << 20)] for at in range(0, len(content), 4 << 20)]
    return hashlib.sha256(b"".join(hashlib.sha256(block).digest() for block in blocks)).digest()


def check_chunks(store: Store, entry) -> None:
    """Between holes the chunker starts anew."""
    parts = list(store.content(entry))
    run: list[bytes] = []
    for part in [*parts, 0]:
        if isinstance(part, int):
            lengths = cuts.chunk_lengths(store.keys, store.config, b"".join(run))
            check(lengths == [len(chunk) for chunk in run], f"{entry.name!r} is cut elsewhere")
            run = []
        else:
            run.append(part)


def check_content_pages(store: Store, entry) -> None:
    pages = [page for _, page in store.content_pages(entry.blob, entry.level) if page.type == CONTENT_LEAF]
    for number, page in enumerate(pages):
        ids = page.column(20)
        chunks = [None if value & 1 else ids.take(32) for value in page.each(30, Cursor.varint)]
        ends = [cuts.ends_content_page(chunk, 0) for chunk in chunks]
        check(not any(ends[:-1]), f"{entry.name!r}: a page goes on after its end")
        check(ends[-1] or len(chunks) == 1024 or number == len(pages) - 1, f"{entry.name!r}: a page ends too early")


def check_folder_pages(store: Store, folder, are_joined_by_name: bool) -> None:
    by_level: dict[int, list[list[bytes]]] = {}
    for _, page in store.folder_pages(folder.blob, folder.level):
        by_level.setdefault(page.level, []).append(page.names())
        if page.type == FOLDER_LEAF and are_joined_by_name:
            check_groups(store, decode_folder_leaf(page))
    for level, pages in by_level.items():
        for number, names in enumerate(pages):
            ends = [cuts.ends_folder_page(store.keys, name, level) for name in names]
            check(not any(ends[:-1]), f"{folder.name!r}: a page goes on after its end")
            check(ends[-1] or len(names) == 1024 or number == len(pages) - 1, f"{folder.name!r}: a page ends early")


def check_groups(store: Store, entries: list) -> None:
    """Of a first snapshot, where all content is new. A file with several names is joined under its first one."""
    joined = [entry for entry in entries if entry.link is None]
    by_name = {entry.name: entry for entry in joined}
    for group in cuts.joined_groups(store.keys, [(entry.name, entry.size) for entry in joined]):
        members = [by_name[name] for name, _ in group]
        check(len({entry.blob for entry in members}) == 1, f"{members[0].name!r} is not joined with its neighbours")
        offset = 0
        for entry in members:
            check(entry.offset == offset and (entry.content == SLICE or len(members) == 1), "joined in another order")
            offset += entry.size


def main() -> int:
    sys.setrecursionlimit(50_000)
    passed = failed = 0
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    stores = [Golden(folder.parent) for folder in sorted(GOLDEN.glob("*/expected.json"))]
    for golden in stores:
        for test in tests:
            try:
                test(golden)
                passed += 1
                print(f"ok      {golden.name}: {test.__name__}")
            except Exception:
                failed += 1
                print(f"FAILED  {golden.name}: {test.__name__}\n{traceback.format_exc()}")
    if not stores:
        failed += 1
        print(f"FAILED  there is no golden store in {GOLDEN}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
