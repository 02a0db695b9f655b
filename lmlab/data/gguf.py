"""GGUF, the file format of llama.cpp: header, fields, tensors, and two kinds of rounded weights.

Source: the specification in docs/gguf.md of ggml.
"""

import struct

import numpy as np

__all__ = ["dequantise", "read_gguf"]


def dequantise(data: np.ndarray, kind: str) -> np.ndarray:
    """Turn the bytes of a GGUF tensor into numbers.

    Q4_1 keeps 32 weights in 20 bytes: a scale d and a smallest value m (float16 each), then 32
    integers q from 0 to 15, two in a byte, low halves first; a weight is d q + m. Q8_0 keeps 32
    weights in 34 bytes: a scale d and 32 integers from -127 to 127; a weight is d q.

    Args:
        data: `(n,)` uint8.
        kind: "Q4_1", "Q8_0", "F16" or "F32".

    Returns:
        The numbers, flat, float32.
    """
    if kind in ("F32", "F16"):
        return data.view("<f4" if kind == "F32" else "<f2").astype(np.float32)
    if kind not in ("Q4_1", "Q8_0"):
        raise ValueError(f"`kind` must be Q4_1, Q8_0, F16 or F32, got {kind!r}")
    blocks = data.reshape(-1, 20 if kind == "Q4_1" else 34)  # a row for every 32 weights
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)  # (blocks, 1)
    if kind == "Q8_0":
        return (scale * blocks[:, 2:].view(np.int8)).ravel()
    smallest = blocks[:, 2:4].copy().view("<f2").astype(np.float32)
    q = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)  # (blocks, 32)
    return (scale * q + smallest).ravel()


TYPES = {0: ("F32", 4, 1), 1: ("F16", 2, 1), 3: ("Q4_1", 20, 32), 8: ("Q8_0", 34, 32)}
VALUES = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))


def read_gguf(data: bytes) -> tuple[dict, dict[str, tuple[str, tuple[int, ...], np.ndarray]]]:
    """Read a GGUF file (version 3): a header, a list of fields, a list of tensors, their bytes.

    Returns:
        The fields by name, and for every tensor its kind, shape (rows first) and bytes.

    Raises:
        ValueError: these bytes are no GGUF file, or it holds a kind of tensor not known here.
    """
    place = 0

    def take(form):
        nonlocal place
        (value,) = struct.unpack_from("<" + form, data, place)
        place += struct.calcsize("<" + form)
        return value

    def text():
        nonlocal place
        length = take("Q")
        place += length
        return data[place - length : place].decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            inner, count = take("I"), take("Q")
            return [value(inner) for _ in range(count)]
        return take(VALUES[kind])

    if data[:4] != b"GGUF" or (version := struct.unpack_from("<I", data, 4)[0]) != 3:
        got = f"version {version}" if data[:4] == b"GGUF" else repr(data[:4])
        raise ValueError(f"`data` must be a GGUF file of version 3, got {got}")
    place = 8
    num_tensors, num_fields = take("Q"), take("Q")
    fields = {}
    for _ in range(num_fields):
        name = text()
        fields[name] = value(take("I"))
    heads = []
    for _ in range(num_tensors):
        name, axes = text(), take("I")
        shape = tuple(take("Q") for _ in range(axes))[::-1]
        heads.append((name, shape, take("I"), take("Q")))
    start, tensors = -(-place // 32) * 32, {}  # the bytes begin at a multiple of 32
    for name, shape, number, offset in heads:
        if number not in TYPES:
            raise ValueError(f"{name}: expected a tensor of type {sorted(TYPES)}, got {number}")
        kind, size, per = TYPES[number]
        count = int(np.prod(shape)) // per * size
        tensors[name] = kind, shape, np.frombuffer(data, np.uint8, count, start + offset)
    return fields, tensors
