"""The command that starts a kernel in a bubblewrap sandbox, and the watch over its use of memory.

Inside: no network, no course files, a private /tmp, its own process list, read-only system,
Python and `lmlab`. Everything that is started inside ends with the sandbox.
"""

import contextlib
import functools
import os
import shutil
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from lmlab.labs.reporting import GRADER

__all__ = ["Limits", "Watch", "command", "environment", "fault", "limit_process", "visible_folders"]

HOME = "/home/student"
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime")
MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one student's work may use."""

    cell_seconds: float = 120
    seconds: float = 600  # wall clock of one student, all cells
    megabytes: int = 3000  # MiB of all processes of one kernel together
    start_seconds: float = 60
    processes: int = 64
    disk_megabytes: int = 256  # of each private folder, MiB
    output: int = 200_000  # characters kept of one cell
    pictures: int = 2_000_000  # bytes kept of the pictures of one cell


@functools.cache
def fault() -> str:
    """Say why there is no sandbox on this machine, or "" if there is one."""
    if not sys.platform.startswith("linux"):
        return f"bubblewrap runs on Linux only, this is {sys.platform}"
    if not shutil.which("bwrap"):
        return "bwrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)"
    try:
        done = subprocess.run(
            [*command(Path("/nonexistent-private"), Limits()), "/bin/true"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not run: {error}"
    return "" if done.returncode == 0 else f"bwrap does not run: {done.stderr.strip()[:300]}"


def command(private: Path, limits: Limits) -> list[str]:
    """The bwrap command up to the program to be started.

    Args:
        private: the one folder of the host that the sandbox may write: the kernel's sockets.
        limits: the size of the private folders.
    """
    size = str(limits.disk_megabytes * MIB)
    args = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]
    args += ["--new-session", "--uid", "65534", "--gid", "65534", "--hostname", "lab", "--clearenv"]
    for path in SYSTEM:
        args += _bind(path)
    for name in SETTINGS:
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    args += ["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"]
    args += ["--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", HOME]
    for path in visible_folders():
        args += ["--ro-bind", path, path]
    args += ["--bind-try", str(private), str(private)]
    args += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
    for name, value in environment(HOME).items():
        args += ["--setenv", name, value]
    return args


def environment(home: str) -> dict[str, str]:
    """The variables of a kernel: nothing of the teacher's environment but the Keras backend."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    threads += ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    variables = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": f"{home}/.mpl",
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_PLATFORM_DIRS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"),
        GRADER: "1",
        **dict.fromkeys(threads, "1"),
    }
    if (cache := _cache()).is_dir():
        variables["LMLAB_CACHE"] = str(cache)
    return variables


def limit_process(limits: Limits) -> None:
    """Limits of the kernel that the system keeps itself; runs in the child before it starts."""
    import resource

    memory = 3 * limits.megabytes * MIB  # the watch is stricter, but it looks only now and then
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.disk_megabytes * MIB,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_AS: resource.RLIM_INFINITY,  # TensorFlow maps far more than it uses
        resource.RLIMIT_CPU: int(2 * limits.seconds) + 60,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = hard if value == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS does not know them all
            resource.setrlimit(kind, (value, value))


class Watch:
    """Ends a process and all that it started when they use too much. One thread.

    `fault` says what was too much; `peak` is the largest sum of resident memory, in MiB.
    """

    def __init__(self, pid: int, private: Path, limits: Limits, end, interval: float = 0.05):
        self.fault, self.peak = "", 0.0
        self._pid, self._private, self._limits, self._end = pid, private, limits, end
        self._interval, self._stopped = interval, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            number, memory = _tree(self._pid, self._limits.processes)
            self.peak = max(self.peak, memory / MIB)
            if memory > self._limits.megabytes * MIB:
                self.fault = f"used more than {self._limits.megabytes} MiB of memory"
            elif number > self._limits.processes:
                self.fault = f"started more than {self._limits.processes} processes"
            elif _size(self._private) + _unnamed(self._pid) > self._limits.disk_megabytes * MIB:
                self.fault = f"wrote more than {self._limits.disk_megabytes} MiB of files"
            if self.fault:
                self._end()
                return


def _tree(pid: int, enough: int) -> tuple[int, int]:
    """Number of processes below and with `pid`, and their resident memory together in bytes."""
    import psutil

    todo, number, memory = [pid], 0, 0
    while todo and number <= enough:
        now = todo.pop()
        with contextlib.suppress(psutil.Error, OSError):
            memory += psutil.Process(now).memory_info().rss
            number += 1
            todo += _children(now)
    return number, memory


def _children(pid: int) -> list[int]:
    """The children of a process: from /proc where the system lists them, else from psutil."""
    import psutil

    try:
        tasks = list(os.scandir(f"/proc/{pid}/task"))
        texts = [Path(task.path, "children").read_text("utf-8") for task in tasks]
        return [int(number) for text in texts for number in text.split()]
    except OSError:
        return [child.pid for child in psutil.Process(pid).children()]


def _size(folder: Path) -> int:
    """Bytes of the files in a folder; links are not followed."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(base, name)).st_size
    return total


def _unnamed(pid: int) -> int:
    """Bytes of plain files that a process or its children hold open and have deleted."""
    todo, found = [pid], {}
    while todo:
        now = todo.pop()
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{now}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(entry.path).endswith(" (deleted)"):
                        file = os.stat(entry.path)
                        if stat.S_ISREG(file.st_mode):
                            found[file.st_dev, file.st_ino] = file.st_size
        todo += _children(now)
    return sum(found.values())


def _bind(path: str) -> list[str]:
    """A folder of the system: read-only, or as the link that it is."""
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind-try", path, path]


def _cache() -> Path:
    from lmlab.data.archives import cache_folder

    return cache_folder()


def visible_folders() -> list[str]:
    """The folders that students' code can read: Python's, the environment's, ours, the cache."""
    package = Path(__file__).resolve().parent.parent
    wanted = [Path(sys.base_prefix), Path(sys.prefix), package, _cache()]
    wanted.append(Path(os.path.realpath(sys.executable)).parent.parent)
    inside = [path for path in map(str, wanted) if os.path.isdir(path)]
    return sorted({*inside, "/usr"})
