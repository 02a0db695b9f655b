"""A small reader of Parquet files: flat columns without gaps, Snappy, dictionary or plain pages.

Enough for the files that a loader needs, and no more: whatever else is found is an error. Nothing
of a file is run. Format: https://parquet.apache.org/docs/file-format/, and Snappy's
`format_description.txt`.
"""

import struct

import numpy as np

__all__ = ["read_columns", "unsnap"]

PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY = 0, 2, 8
INT32, INT64, INT96, DOUBLE, BYTES = 1, 2, 3, 5, 6
NUMBERS = {INT32: "<i4", INT64: "<i8", DOUBLE: "<f8"}
UNIX_DAY = 2_440_588  # the Julian day of 1 January 1970


def read_columns(file: bytes, names: list[str]) -> dict[str, np.ndarray]:
    """Columns of a Parquet file.

    Args:
        file: the whole file.
        names: the columns that are wanted; only these are unpacked.

    Returns:
        Arrays `(rows,)` by name: int32, int64, float64, text, or `datetime64[D]` for time stamps,
        whose hours are cut off.

    Raises:
        ValueError: it is no Parquet file, has no such column, or uses what this reader cannot read.
    """
    if file[:4] != b"PAR1" or file[-4:] != b"PAR1":
        raise ValueError("`file` must be a Parquet file, got other bytes")
    (length,) = struct.unpack("<I", file[-8:-4])
    footer = _Thrift(file, len(file) - 8 - length).struct()
    found = {name: [] for name in names}
    for group in footer[4]:
        for chunk in group[1]:
            name = b".".join(chunk[3][3]).decode()
            if name in found:
                found[name].append(_chunk(file, chunk[3]))
    if missing := [name for name, parts in found.items() if not parts]:
        raise ValueError(f"`names` must be columns of the file, got {missing}")
    return {name: np.concatenate(parts) for name, parts in found.items()}


class _Thrift:
    """Thrift's compact protocol: a struct becomes a dict by field number."""

    def __init__(self, data: bytes, at: int):
        self.data, self.at = data, at

    def varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def struct(self) -> dict:
        fields, number = {}, 0
        while (head := self.data[self.at]) != 0:
            self.at += 1
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            fields[number] = head & 15 == 1 if head & 15 in (1, 2) else self.value(head & 15)
        self.at += 1
        return fields

    def value(self, kind: int):
        if kind in (1, 2, 3):  # in a list, one byte each
            self.at += 1
            return self.data[self.at - 1]
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 8:
            size = self.varint()
            self.at += size
            return self.data[self.at - size : self.at]
        if kind == 9:
            head = self.data[self.at]
            self.at += 1
            size = self.varint() if head >> 4 == 15 else head >> 4
            return [self.value(head & 15) for _ in range(size)]
        if kind == 12:
            return self.struct()
        raise ValueError(f"thrift type must be a flag, integer, text, list or struct, got {kind}")


def _chunk(file: bytes, meta: dict) -> np.ndarray:
    """All values of one column in one row group."""
    if meta[4] not in (0, 1):
        raise ValueError(f"the pages must be plain or Snappy (codec 0 or 1), got codec {meta[4]}")
    at, left, words, parts = meta.get(11, meta[9]), meta[5], None, []
    while left > 0:
        thrift = _Thrift(file, at)
        head = thrift.struct()
        at = thrift.at + head[3]
        page = file[thrift.at : at]
        page = unsnap(page) if meta[4] == 1 else page
        if head[1] == 2:  # the dictionary
            words = _plain(page, meta[1], head[7][1])
        elif head[1] == 0:
            count, encoding = head[5][1], head[5][2]
            (levels,) = struct.unpack("<I", page[:4])
            if not _hybrid(page[4 : 4 + levels], 1, count).all():
                raise ValueError("the column must have no gaps, got some")
            page = page[4 + levels :]
            if encoding == PLAIN:
                parts.append(_plain(page, meta[1], count))
            elif encoding in (PLAIN_DICTIONARY, RLE_DICTIONARY):
                parts.append(words[_hybrid(page[1:], page[0], count)])
            else:
                raise ValueError(f"encoding must be plain or a dictionary, got {encoding}")
            left -= count
        else:
            raise ValueError(f"a page must be of version 1, got page type {head[1]}")
    return np.concatenate(parts)


def _plain(page: bytes, kind: int, count: int) -> np.ndarray:
    """Values written one after the other."""
    if kind in NUMBERS:
        return np.frombuffer(page, NUMBERS[kind], count)
    if kind == INT96:  # nanoseconds of the day, Julian day
        days = np.frombuffer(page, np.dtype([("ns", "<i8"), ("day", "<i4")]), count)["day"]
        return (days.astype(int) - UNIX_DAY).astype("datetime64[D]")
    if kind != BYTES:
        raise ValueError(f"type must be an integer, double, time stamp or text, got {kind}")
    texts, at = [], 0
    for _ in range(count):
        (size,) = struct.unpack_from("<I", page, at)
        texts.append(page[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return np.array(texts)


def _hybrid(data: bytes, width: int, count: int) -> np.ndarray:
    """`count` integers of `width` bits: runs of one value, and groups of eight packed ones."""
    if width == 0:
        return np.zeros(count, int)
    thrift, parts, have = _Thrift(data, 0), [], 0
    while have < count:
        head = thrift.varint()
        if head & 1:  # packed
            size = (head >> 1) * width
            raw = np.frombuffer(data, np.uint8, min(size, len(data) - thrift.at), thrift.at)
            bits = np.unpackbits(raw, bitorder="little")
            bits = bits[: len(bits) // width * width].reshape(-1, width)
            part = bits.astype(np.int64) @ (1 << np.arange(width))
            thrift.at += size
        else:
            size = (width + 7) // 8
            value = int.from_bytes(data[thrift.at : thrift.at + size], "little")
            thrift.at += size
            part = np.full(head >> 1, value)
        parts.append(part)
        have += len(part)
    return np.concatenate(parts)[:count]


def unsnap(data: bytes) -> bytes:
    """Unpack a Snappy block.

    Raises:
        ValueError: it ends with another length than it says.
    """
    thrift, out = _Thrift(data, 0), bytearray()
    size, at = thrift.varint(), thrift.at
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:  # bytes as they are
            length = (tag >> 2) + 1
            if length > 60:
                more = length - 60
                length = int.from_bytes(data[at : at + more], "little") + 1
                at += more
            out += data[at : at + length]
            at += length
            continue
        if tag & 3 == 1:  # a copy of what was written before
            length, back = ((tag >> 2) & 7) + 4, (tag >> 5) << 8 | data[at]
            at += 1
        else:
            length, width = (tag >> 2) + 1, 2 if tag & 3 == 2 else 4
            back = int.from_bytes(data[at : at + width], "little")
            at += width
        start = len(out) - back
        piece = out[start : start + length]
        while len(piece) < length:  # it overlaps with itself
            piece += piece[: length - len(piece)]
        out += piece
    if len(out) != size:
        raise ValueError(f"the block must hold {size} bytes, got {len(out)}")
    return bytes(out)
