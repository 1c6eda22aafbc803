"""Where a writer cuts: chunks, pages and groups of joined files (docs/format.md §6 and §8).

A reader needs none of this. It is here so that the page's words on it are tried as well: two writers that cut alike
share what they store.
"""

import struct
from collections.abc import Callable

from .keys import Keys
from .wire import keyed


def name_hash(keys: Keys, name: bytes) -> int:
    return int.from_bytes(keyed(keys.split, name)[:8], "little")


def trailing_zeros(value: int) -> int:
    return (value & -value).bit_length() - 1 if value else 64


def chunk_lengths(keys: Keys, config: dict, data: bytes) -> list[int]:
    """The lengths of the chunks of data without holes."""
    first_length = {1: by_gear(keys.gear()), 2: by_minimum(keys.cut())}[config[8]]
    lengths, rest = [], memoryview(data)
    while rest:
        lengths.append(first_length(config[9], config[10], config[11], rest))
        rest = rest[lengths[-1] :]
    return lengths


def by_gear(gear: tuple) -> Callable:
    def first_length(smallest: int, average: int, largest: int, rest: memoryview) -> int:
        if len(rest) <= smallest:
            return len(rest)
        state = 0
        for byte in rest[smallest - 64 : smallest]:
            state = (state << 1) + gear[byte] & 0xFFFF_FFFF_FFFF_FFFF
        for at in range(smallest, min(largest, len(rest))):
            state = (state << 1) + gear[rest[at]] & 0xFFFF_FFFF_FFFF_FFFF
            bits = average + 2 if at < 1 << average else average - 2
            if state >> (64 - bits) == 0:
                return at + 1
        return min(largest, len(rest))

    return first_length


def by_minimum(key: tuple) -> Callable:
    k0, k1, k2, k3, k4 = key

    def first_length(smallest: int, average: int, largest: int, rest: memoryview) -> int:
        def hash_before(end: int) -> int:
            w0, w1, w2, w3 = words.unpack_from(rest, end - 16)
            return w0 * k0 + w1 * k1 + w2 * k2 + w3 * k3 + k4 & 0xFFFF_FFFF

        if len(rest) <= 1 << average:
            return len(rest)
        # From the end on, because the last one of several counts.
        return min(range(min(largest, len(rest)), smallest - 1, -1), key=hash_before)

    words = struct.Struct("<4I")
    return first_length


def ends_folder_page(keys: Keys, last_name: bytes, level: int) -> bool:
    return trailing_zeros(name_hash(keys, last_name)) >= 8 * (level + 1)


def ends_content_page(last_chunk: bytes | None, level: int) -> bool:
    """`last_chunk` is None for a hole."""
    zeros = trailing_zeros(int.from_bytes(last_chunk[:8], "little")) if last_chunk else 0
    return zeros >= 7 * (level + 1)


def joined_groups(keys: Keys, files: list[tuple[bytes, int]]) -> list[list[tuple[bytes, int]]]:
    """Groups the files of one leaf page, each a name and a size, that are new to a run."""
    groups, length = [], 0
    for name, size in files:
        if not 1 <= size <= 4096:
            continue
        starts = name_hash(keys, name) >> 32 & 0x1F == 0
        if not groups or starts or length + size > 16384:
            groups.append([])
            length = 0
        groups[-1].append((name, size))
        length += size
    return groups
