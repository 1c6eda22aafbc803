"""Bytes into numbers: hashes, seals, framing and CBOR (docs/format.md §1 and §4).

Every length is checked before it is used: the bytes may come from anybody.
"""

import io
import struct

import cbor2
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .problems import Damaged

NONCE_SIZE, TAG_SIZE = 24, 16


def keyed(key: bytes, data: bytes) -> bytes:
    """`BLAKE3(key; data)`."""
    return blake3(data, key=key).digest()


def derive(context: str, material: bytes, length: int = 32) -> bytes:
    """`derive(context; material)`."""
    return blake3(material, derive_key_context=context).digest(length)


def unseal(key: bytes, nonce: bytes, sealed: bytes, associated: bytes, what: str) -> bytes:
    """Opens AES-256-GCM as §4 has it: a key for each nonce, so that random nonces never run out."""
    try:
        return AESGCM(keyed(key, nonce)).decrypt(nonce[12:], sealed, associated)
    except (InvalidTag, ValueError) as error:
        raise Damaged(f"{what}: the seal does not hold") from error


class Cursor:
    """Takes integers and byte strings off the front of a buffer, and refuses to run over its end."""

    def __init__(self, data: bytes, what: str):
        self.data, self.at, self.what = data, 0, what

    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, length: int) -> bytes:
        if length > self.left():
            raise Damaged(f"{self.what}: ends too early")
        self.at += length
        return self.data[self.at - length : self.at]

    def unpack(self, layout: str) -> tuple:
        """Fixed fields, in the notation of `struct`, little-endian and unpadded."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def u8(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 64:
                    break
                return value
        raise Damaged(f"{self.what}: a varint is longer than 64 bits")

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def string(self) -> bytes:
        """A varint length and so many bytes."""
        return self.take(self.varint())

    def finish(self) -> None:
        if self.left():
            raise Damaged(f"{self.what}: {self.left()} bytes too many")


def cbor_map(data: bytes, what: str) -> dict:
    """One CBOR map and nothing behind it."""
    maps = cbor_sequence(data, what)
    if len(maps) != 1:
        raise Damaged(f"{what}: is not one CBOR map")
    return maps[0]


def cbor_sequence(data: bytes, what: str) -> list[dict]:
    """CBOR maps back to back, as the ledger has them."""
    stream, maps = io.BytesIO(data), []
    try:
        while stream.tell() < len(data):
            maps.append(cbor2.load(stream))
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise Damaged(f"{what}: is no CBOR: {error}") from error
    if not all(isinstance(item, dict) for item in maps):
        raise Damaged(f"{what}: holds CBOR that is no map")
    return maps


def wanted(fields: dict, key: int, kind: type | tuple, what: str, length: int | None = None):
    """A field that must be there, of this type, and for byte strings of this length."""
    value = fields.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Damaged(f"{what}: field {key} is missing or of a wrong type")
    if length is not None and len(value) != length:
        raise Damaged(f"{what}: field {key} has {len(value)} bytes instead of {length}")
    return value
