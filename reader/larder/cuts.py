"""Where a writer cuts: chunks, pages and groups of joined files (docs/format.md §6 and §8).

A reader needs none of this. It is here so that the page's words on it are tried as well: two writers that cut alike
share what they store.
"""

from .keys import Keys
from .wire import keyed


def name_hash(keys: Keys, name: bytes) -> int:
    return int.from_bytes(keyed(keys.split, name)[:8], "little")


def trailing_zeros(value: int) -> int:
    return (value & -value).bit_length() - 1 if value else 64


def chunk_lengths(keys: Keys, config: dict, data: bytes) -> list[int]:
    """The lengths of the chunks of data without holes."""
    gear, lengths, rest = keys.gear(), [], memoryview(data)
    while rest:
        lengths.append(chunk_length(gear, config[9], config[10], config[11], rest))
        rest = rest[lengths[-1] :]
    return lengths


def chunk_length(gear: tuple, smallest: int, average: int, largest: int, data: memoryview) -> int:
    if len(data) <= smallest:
        return len(data)
    state = 0
    for byte in data[smallest - 64 : smallest]:
        state = (state << 1) + gear[byte] & 0xFFFF_FFFF_FFFF_FFFF
    for at in range(smallest, min(largest, len(data))):
        state = (state << 1) + gear[data[at]] & 0xFFFF_FFFF_FFFF_FFFF
        bits = average + 2 if at < 1 << average else average - 2
        if state >> (64 - bits) == 0:
            return at + 1
    return min(largest, len(data))


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
