"""An average brain: its grey values, and how much of each voxel is grey and white matter."""

import gzip
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.arrays import shapes

__all__ = ["NILEARN", "Brain", "load_brain"]

NILEARN = Pin(
    name="nilearn",
    version="0.14.1",
    filename="nilearn-0.14.1-py3-none-any.whl",
    sha256="725206484e9fb3f6691f9c2d20204a068759d5072f12055324702ee0cb2bbe8a",
    size=11_509_444,
)
SHAPE = (197, 233, 189)


class Brain(NamedTuple):
    """Means of 2 x 2 x 2 voxels of one millimetre, (98, 116, 94), left-right, back-front, up."""

    x: np.ndarray  # uint8, the grey value of a T1 picture, 0 outside of the brain
    tissue: np.ndarray  # uint8: 0 neither, 1 grey matter, 2 white matter
    __repr__ = shapes


def load_brain() -> Brain:
    """Load the MNI template ICBM 152 of 2009 and its tissues, each voxel the most probable one.

    Returns:
        `x` and `tissue`, both (98, 116, 94) uint8.

    Raises:
        DataError: If the wheel (11.5 MB) cannot be had and read.

    Source: Fonov and others (2011), NeuroImage 54, 313-327. The package nilearn is BSD-3-Clause.
    """
    return Brain(**load_arrays(NILEARN, Brain._fields, _read, what="the brain", item="brain"))


def _read(archive: Path) -> dict[str, np.ndarray]:
    with ZipFile(archive) as wheel:
        x, grey, white = (_halved(wheel, name) for name in ("t1", "gm", "wm"))
    tissue = np.argmax(np.stack([255 - grey - white, grey, white]), axis=0)
    return {"x": np.rint(x).astype(np.uint8), "tissue": tissue.astype(np.uint8)}


def _halved(wheel: ZipFile, name: str) -> np.ndarray:
    """A volume of NIfTI-1: 352 bytes of header, then uint8 with the first axis the fastest."""
    path = f"nilearn/datasets/data/mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz"
    raw = gzip.decompress(wheel.read(path))
    shape = tuple(np.frombuffer(raw, "<i2", 3, 42).tolist())
    if shape != SHAPE or np.frombuffer(raw, "<i2", 1, 70)[0] != 2:  # 2: uint8
        raise ValueError(f"expected uint8 of {SHAPE}, received {shape}")
    volume = np.frombuffer(raw, np.uint8, offset=352).reshape(SHAPE, order="F")
    even = volume[:196, :232, :188].reshape(98, 2, 116, 2, 94, 2)
    return even.mean((1, 3, 5), dtype=np.float32)
