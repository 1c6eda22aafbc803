"""Writing a snapshot's tree into a folder."""

import os
import stat

from .keys import METADATA
from .packs import exactly
from .pages import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY_TREE,
    FIFO,
    FILE,
    FOLDER,
    KIND_NAMES,
    SYMLINK,
    Entry,
)
from .problems import UNREADABLE, Damaged, Problem, shown
from .snapshot import Snapshot
from .store import Store


class Restorer:
    """Writes a tree into a folder that it finds empty or makes.

    Nothing can be written outside of it: names are checked by the page decoder, and everything is created exclusively
    in folders that this run has made itself, so that no link is ever followed.
    """

    def __init__(self, store: Store):
        self.store = store
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.links: dict[tuple[int, int], bytes] = {}

    def restore(self, snapshot: Snapshot, destination: bytes) -> None:
        """Of one root its contents; several keep their whole paths."""
        os.makedirs(destination, exist_ok=True)
        if os.listdir(destination):
            raise Problem(f"{shown(destination)} is not empty")
        roots = self.store.roots(snapshot)
        start = self.store.find(snapshot, roots[0]) if len(roots) == 1 else snapshot.top()
        if start.kind == FOLDER:
            self.folder(start, destination)
        else:
            self.entry(start, os.path.join(destination, start.name))

    def folder(self, folder: Entry, path: bytes) -> None:
        if folder.content != DIRECTORY_TREE:
            return
        try:
            for entry in self.store.entries(folder.blob, folder.level):
                self.entry(entry, os.path.join(path, entry.name))
        except UNREADABLE as problem:
            self.problems.append(f"{shown(path)}: {problem}")

    def entry(self, entry: Entry, path: bytes) -> None:
        try:
            if entry.link in self.links:
                os.link(self.links[entry.link], path, follow_symlinks=False)
                return
            if self.create(entry, path):
                self.attributes(entry, path)
                if entry.link:
                    self.links[entry.link] = path
        except UNREADABLE as problem:
            self.problems.append(f"{shown(path)}: {problem}")
        except OSError as error:
            self.notes.append(f"{shown(path)}: {error.strerror}")

    def create(self, entry: Entry, path: bytes) -> bool:
        """Makes the item and what is in it; false when it is of a kind that only a running program makes."""
        if entry.kind == FILE:
            self.file(entry, path)
        elif entry.kind == FOLDER:
            os.mkdir(path, 0o700)
            self.folder(entry, path)
        elif entry.kind == SYMLINK:
            os.symlink(entry.target or b"", path)
        elif entry.kind == FIFO:
            os.mkfifo(path)
        elif entry.kind in (CHARACTER_DEVICE, BLOCK_DEVICE) and entry.device:
            kind = stat.S_IFCHR if entry.kind == CHARACTER_DEVICE else stat.S_IFBLK
            os.mknod(path, kind | 0o600, os.makedev(*entry.device))
        else:
            self.notes.append(f"{shown(path)}: a {KIND_NAMES[entry.kind]} is not restored")
            return False
        return True

    def file(self, entry: Entry, path: bytes) -> None:
        """Under its name from the start, but removed again when a part of it is damaged."""
        try:
            with open(path, "xb") as file:
                for part in self.store.content(entry):
                    if isinstance(part, int):
                        file.seek(part, os.SEEK_CUR)
                    else:
                        file.write(part)
                length = file.tell()
                file.truncate(length)
            if length != entry.size:
                raise Damaged(f"has {length} bytes, not {entry.size}")
        except UNREADABLE:
            os.unlink(path)
            raise

    def attributes(self, entry: Entry, path: bytes) -> None:
        """In this order: a new owner clears set-id bits, and everything else changes the times."""
        if entry.owner:
            self.attempt(path, "owner", lambda: os.lchown(path, *entry.owner[:2]))
        for name, value in entry.xattrs:
            self.set_xattr(path, name, value)
        for name, blob_id, length in entry.long_xattrs:
            self.set_xattr(path, name, exactly(self.store.blob(METADATA, blob_id), length))
        if entry.mode is not None and entry.kind != SYMLINK:
            self.attempt(path, "mode", lambda: os.chmod(path, entry.mode))
        if entry.mtime:
            nanoseconds = entry.mtime[0] * 1_000_000_000 + entry.mtime[1]
            times = (nanoseconds, nanoseconds)
            self.attempt(path, "time", lambda: os.utime(path, ns=times, follow_symlinks=False))

    def set_xattr(self, path: bytes, name: bytes, value: bytes) -> None:
        what = f"attribute {shown(name)}"
        self.attempt(path, what, lambda: os.setxattr(path, name, value, follow_symlinks=False))

    def attempt(self, path: bytes, what: str, action) -> None:
        """What the file system or a plain user cannot set is no reason to stop."""
        try:
            action()
        except (OSError, OverflowError) as error:
            self.notes.append(f"{shown(path)}: {what}: {error}")
