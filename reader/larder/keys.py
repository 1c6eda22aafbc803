"""The keys of a store, from a passphrase or key file down to the last purpose key (docs/format.md §3 and §4)."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .objects import SNAPSHOT, Object
from .problems import Damaged, Unsupported, WrongKey
from .wire import NONCE_SIZE, TAG_SIZE, cbor_map, derive, keyed, unseal, wanted

CONTENT_FRAME, METADATA_FRAME, DIRECTORY, INDEX_BLOCK, INDEX_TAIL = range(64, 69)

# What blobs are for; also the kinds of packs and of index runs (§7, §9).
CONTENT, METADATA, ALIAS = 1, 2, 3


@dataclass
class EpochKeys:
    """The purpose keys of one epoch."""

    secret: bytes
    content: bytes = field(init=False)
    metadata: bytes = field(init=False)
    index: bytes = field(init=False)
    snapshot: bytes = field(init=False)
    marks: bytes = field(init=False)
    key_set: bytes = field(init=False)

    def __post_init__(self):
        for purpose in ("content", "index", "snapshot", "marks"):
            setattr(self, purpose, derive(f"larder v0 {purpose}", self.secret))
        # Origin group 0 is the only one so far.
        self.metadata = derive("larder v0 metadata", self.secret + struct.pack("<I", 0))
        self.key_set = derive("larder v0 key set", self.secret)[:16]

    def for_box(self, kind: int) -> bytes:
        named = {CONTENT_FRAME: self.content, METADATA_FRAME: self.metadata, SNAPSHOT: self.snapshot}
        return named.get(kind) or (self.index if kind >= DIRECTORY else self.marks)


@dataclass
class Keys:
    """Everything that unlocking yields: the identity secret's keys, and the keys of every epoch."""

    identity: bytes
    epochs: dict[int, EpochKeys] = field(default_factory=dict)

    def __post_init__(self):
        self.content_id = derive("larder v0 content id", self.identity)
        self.page_id = derive("larder v0 page id", self.identity)
        self.split = derive("larder v0 split", self.identity)
        self.config_mac = derive("larder v0 config mac", self.identity)
        self.ring_mac = derive("larder v0 ring mac", self.identity)

    def gear(self) -> tuple[int, ...]:
        return struct.unpack("<256Q", derive("larder v0 gear", self.identity, 2048))

    def cut(self) -> tuple[int, ...]:
        *factors, addend = struct.unpack("<5I", derive("larder v0 cut", self.identity, 20))
        return *(factor | 1 for factor in factors), addend

    def blob_id(self, kind: int, data: bytes) -> bytes:
        return keyed(self.content_id if kind == CONTENT else self.page_id, data)

    def alias(self, scope: str, kind: int, fingerprint: bytes) -> bytes:
        """Where an index run has the content that a fingerprint stands for."""
        return keyed(self.content_id, b"alias" + scope.encode() + bytes([kind]) + fingerprint)[:16]

    def open_box(self, box: bytes, kind: int, epoch: int, what: str) -> bytes:
        keys = self.epochs.get(epoch)
        if keys is None:
            raise Damaged(f"{what}: is sealed under epoch {epoch}, which no ring has")
        if len(box) < NONCE_SIZE + TAG_SIZE:
            raise Damaged(f"{what}: is too short to be sealed")
        length = len(box) - NONCE_SIZE - TAG_SIZE
        associated = keys.key_set + struct.pack("<B3xIQ", kind, epoch, length)
        return unseal(keys.for_box(kind), box[:NONCE_SIZE], box[NONCE_SIZE:], associated, what)


@dataclass
class Secret:
    """What the user gave: a passphrase, or the content of a key file."""

    type: int
    content: bytes

    @classmethod
    def from_passphrase_file(cls, path: str) -> "Secret":
        return cls(1, Path(path).read_bytes().removesuffix(b"\n").removesuffix(b"\r"))

    @classmethod
    def from_key_file(cls, path: str) -> "Secret":
        content = Path(path).read_bytes().rstrip(b" \t\r\n")
        if not 32 <= len(content) <= 1 << 20:
            raise WrongKey(f"{path} is no key file: those have 32 bytes to 1 MiB")
        return cls(2, content)

    def stretch(self, slot: dict, what: str) -> bytes:
        """K of §3. The parameters stand in the clear, so they are bounded before they cost anything."""
        salt = wanted(slot, 5, bytes, what, 16)
        if self.type == 2:
            return derive("larder v0 key file", salt + self.content)
        memory, passes, lanes = (wanted(slot, key, int, what) for key in (6, 7, 8))
        if memory > 128 << 10 or passes > 16 or lanes > 16:
            raise Unsupported(f"{what}: asks for more than 128 MiB of memory, 16 passes or 16 lanes")
        try:
            return hash_secret_raw(self.content, salt, passes, memory, lanes, 32, Type.ID, 0x13)
        except HashingError as error:
            raise Damaged(f"{what}: its parameters make no sense: {error}") from error


@dataclass
class Unlocked:
    """A slot that opened."""

    number: int
    private: X25519PrivateKey
    public: bytes
    identity: bytes
    store_id: bytes


def open_slot(item: Object, secret: Secret) -> Unlocked | None:
    """None when the slot is somebody else's: of another type, or with another passphrase."""
    slot, what = cbor_map(item.body, item.name), item.name
    if (slot.get(2), slot.get(4)) != (secret.type, secret.type):
        return None
    key = secret.stretch(slot, what)
    if derive("larder v0 slot commitment", key) != wanted(slot, 11, bytes, what, 32):
        return None
    store_id, public = wanted(slot, 0, bytes, what, 16), wanted(slot, 3, bytes, what, 32)
    number = wanted(slot, 1, int, what)
    associated = store_id + struct.pack("<I", number) + public
    nonce, wrapped = wanted(slot, 9, bytes, what, 24), wanted(slot, 10, bytes, what, 80)
    plain = unseal(derive("larder v0 slot wrap", key), nonce, wrapped, associated, what)
    private = X25519PrivateKey.from_private_bytes(plain[:32])
    if private.public_key().public_bytes_raw() != public:
        raise Damaged(f"{what}: its two halves do not belong together")
    return Unlocked(number, private, public, plain[32:], store_id)


def split_mac(item: Object, key: bytes) -> dict:
    """The map of a config or ring, whose last 32 bytes are its MAC."""
    if len(item.body) < 32 or keyed(key, item.body[:-32]) != item.body[-32:]:
        raise Damaged(f"{item.name}: its MAC is wrong; somebody without the keys may have written it")
    return cbor_map(item.body[:-32], item.name)


def secrets_of_ring(item: Object, ring: dict, slot: Unlocked) -> dict[int, bytes]:
    """The secrets that a slot finds in a ring: its epoch's, and the one before."""
    what, epoch = item.name, wanted(ring, 1, int, item.name)
    if wanted(ring, 0, bytes, what) != slot.store_id:
        raise Damaged(f"{what}: belongs to another store")

    def bound(number: int) -> bytes:
        return slot.store_id + struct.pack("<I", number)

    for entry in wanted(ring, 4, list, what):
        if (entry.get(0), entry.get(1)) == (slot.number, slot.public):
            break
    else:
        return {}
    ephemeral = wanted(entry, 2, bytes, what, 32)
    shared = slot.private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    wrap = derive("larder v0 ring wrap", shared + ephemeral + slot.public)
    sealed = wanted(entry, 4, bytes, what, 48)
    secret = unseal(wrap, wanted(entry, 3, bytes, what, 24), sealed, bound(epoch), what)
    if derive("larder v0 key set", secret)[:16] != wanted(ring, 3, bytes, what, 16):
        raise Damaged(f"{what}: its secret is not that of its key set")
    secrets = {epoch: secret}
    if epoch and 7 in ring:
        previous = derive("larder v0 previous epoch", secret)
        nonce, sealed = wanted(ring, 6, bytes, what, 24), wanted(ring, 7, bytes, what, 48)
        secrets[epoch - 1] = unseal(previous, nonce, sealed, bound(epoch - 1), what)
    return secrets
