"""The reader of Parquet files: pages written by hand, and what it refuses."""

import struct

import numpy as np
import pytest

from lmlab.data import parquet


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(step, kind, value):
    """A field of Thrift's compact protocol whose number is `step` above the last."""
    if kind in (5, 6):
        return bytes([step << 4 | kind]) + varint(value << 1)
    if kind == 8:
        return bytes([step << 4 | kind]) + varint(len(value)) + value
    if kind == 9:
        inner, items = value
        return bytes([step << 4 | kind, len(items) << 4 | inner]) + b"".join(items)
    return bytes([step << 4 | kind]) + value + b"\0"


def page(kind, body, header, step):
    head = field(1, 5, kind) + field(1, 5, len(body)) + field(1, 5, len(body))
    return head + field(step, 12, header) + b"\0" + body


def parquet_of(values, words=None, codec=0, levels=b"\x03\x0f", encoding=None):
    """A file of one column of int64 with four rows, plain, or coded by a dictionary."""
    levels = struct.pack("<I", len(levels)) + levels
    body, first = b"PAR1", 4
    if words is None:
        data = levels + np.asarray(values, "<i8").tobytes()
        header = field(1, 5, 4) + field(1, 5, encoding or 0)
    else:
        body += page(2, np.asarray(words, "<i8").tobytes(), field(1, 5, len(words)), 4)
        packed = sum(v << (2 * k) for k, v in enumerate(values))
        data = levels + b"\x02\x03" + packed.to_bytes(2, "little")
        header = field(1, 5, 4) + field(1, 5, encoding or 2)
    place = len(body)
    body += page(0, data, header, 2)
    meta = field(1, 5, 2) + field(1, 9, (5, [])) + field(1, 9, (8, [varint(1) + b"n"]))
    meta += field(1, 5, codec) + field(1, 6, 4) + field(4, 6, place)
    if words is not None:
        meta += field(2, 6, first)
    chunk = field(3, 12, meta) + b"\0"
    group = field(1, 9, (12, [chunk])) + b"\0"
    footer = field(1, 5, 1) + field(2, 6, 4) + field(1, 9, (12, [group])) + b"\0"
    return body + footer + struct.pack("<I", len(footer)) + b"PAR1"


def test_plain_values():
    assert parquet.read_columns(parquet_of([5, -7, 9, 2**40]), ["n"])["n"].tolist() == [
        5,
        -7,
        9,
        2**40,
    ]


def test_values_coded_by_a_dictionary():
    file = parquet_of([2, 0, 1, 2], words=[10, 20, 30])
    assert parquet.read_columns(file, ["n"])["n"].tolist() == [30, 10, 20, 30]


@pytest.mark.parametrize(
    ("file", "names", "message"),
    [
        (b"PK" + b"0" * 20, ["n"], "`file` must be a Parquet file"),
        (parquet_of([1, 2, 3, 4]), ["m"], r"`names` must be columns of the file, got \['m'\]"),
        (parquet_of([1, 2, 3, 4], codec=6), ["n"], "got codec 6"),
        (parquet_of([1, 2, 3, 4], levels=b"\x03\x0e"), ["n"], "no gaps"),
        (parquet_of([1, 2, 3, 4], encoding=5), ["n"], "encoding must be plain or a dictionary"),
    ],
)
def test_what_it_refuses(file, names, message):
    with pytest.raises(ValueError, match=message):
        parquet.read_columns(file, names)


def test_snappy_by_hand():
    literal = bytes([10, (4 - 1) << 2]) + b"abcd"  # ten bytes: four as they are …
    copy = bytes([(6 - 1) << 2 | 2]) + struct.pack("<H", 4)  # … and six from four back, overlapping
    assert parquet.unsnap(literal + copy) == b"abcdabcdab"
    near = bytes([8, 0 << 2]) + b"x" + bytes([(7 - 4) << 2 | 1, 1])  # a run of one letter
    assert parquet.unsnap(near) == b"x" * 8


def test_snappy_of_another_length():
    with pytest.raises(ValueError, match="must hold 5 bytes, got 4"):
        parquet.unsnap(bytes([5, 3 << 2]) + b"abcd")


def test_runs_and_packed_integers():
    run = bytes([6 << 1, 7])  # six times 7
    packed = bytes([1 << 1 | 1]) + bytes([0b10_01_00_11, 0b11_10_01_00])  # eight of two bits
    assert parquet._hybrid(run, 3, 6).tolist() == [7] * 6
    assert parquet._hybrid(packed, 2, 7).tolist() == [3, 0, 1, 2, 0, 1, 2]
    assert parquet._hybrid(b"", 0, 3).tolist() == [0, 0, 0]
