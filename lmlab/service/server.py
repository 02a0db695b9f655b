"""`Server`: the service as a child process on the loopback interface, started, renewed, ended."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["Server"]

HOST = "127.0.0.1"


class Server:
    """A running service; use it in a `with` statement, or call `stop`.

    The listening socket belongs to this process and is handed down to the child, so that `restart`
    can start the new child before the old one ends: in between nobody is turned away. The child
    ends by itself when this process dies, however that happens. If the child itself is killed, what
    it had accepted is lost, `is_running` is False, and new connections wait in the socket's queue
    until `restart`: nobody watches the child. For Linux and macOS.

    Args:
        export: file of `export_onnx`.
        port: port of the loopback interface; 0 takes a free one.
        wait: seconds until the service must be ready.
        **settings: `version`, `max_batch`, `max_wait`, `max_queue`, `max_rows`, `max_bytes`,
            `max_seconds`, `score_edges` of `create_app`.

    Attributes:
        url: "http://127.0.0.1:PORT".
        pid: process id of the child.

    Raises:
        FileNotFoundError: the export is missing.
        OSError: the port is in use.
        ValueError: `port` is no port.
        RuntimeError: the child ended, or was not ready in time; with its last words.
    """

    def __init__(self, export: str | Path, *, port: int = 0, wait: float = 30.0, **settings):
        self._export, self._wait, self._settings = Path(export), wait, settings
        self._child: subprocess.Popen | None = None
        _must_exist(self._export)
        if not 0 <= port <= 65_535:
            raise ValueError(f"`port` must be from 0 to 65535, got {port}")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            _listen(self._socket, port)
            self._child = self._start()
        except BaseException:
            self._socket.close()
            raise

    def __repr__(self) -> str:
        return f"Server({self._export.name}, {'running' if self.is_running else 'stopped'})"

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self._socket.getsockname())

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def restart(self, export: str | Path | None = None, **settings) -> None:
        """Start a second child, wait until it is ready, then let the first finish and end.

        A request that was accepted is answered, by the child that took it. If the new child does
        not start, the old one goes on and the error is raised.

        Args:
            export: another file, or None for the same.
            **settings: those that change.
        """
        old = self._export, self._settings, self._child
        self._export = Path(export or self._export)
        self._settings = self._settings | settings
        try:
            _must_exist(self._export)
            self._child = self._start()
        except BaseException:
            self._export, self._settings, self._child = old
            raise
        _end(old[2])

    def stop(self) -> None:
        """Let the child finish what it accepted, and end it; does nothing the second time."""
        if self._child:
            _end(self._child)
        self._child = None
        self._socket.close()

    def _start(self) -> subprocess.Popen:
        fd = self._socket.fileno()
        command = [sys.executable, "-m", "lmlab.service", str(self._export), str(fd)]
        with tempfile.TemporaryFile() as log:  # no pipe: a full one would stop the child
            child = subprocess.Popen(
                [*command, json.dumps(self._settings)],
                stdin=subprocess.PIPE,  # its end tells the child that this process is gone
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(fd,),
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            try:
                if not _is_ready(child, self._wait):
                    raise RuntimeError(_last_words(child, log, self._wait))
            except BaseException:
                child.kill()
                _reap(child)
                raise
        return child


def _listen(listener: socket.socket, port: int) -> None:
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(1024)
    except OSError as error:
        raise OSError(
            f"port {port} of {HOST} cannot be used ({error.strerror}): end the process that "
            "holds it, or take `port=0` for a free one"
        ) from error


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"no export at {path}: write it first with `export_onnx`")


def _is_ready(child: subprocess.Popen, wait: float) -> bool:
    """Whether the child says "ready" within these seconds; False at once where it has ended."""
    said, end = b"", time.monotonic() + wait
    while (left := end - time.monotonic()) > 0:
        if select.select([child.stdout], [], [], left)[0]:
            part = os.read(child.stdout.fileno(), 4096)
            said += part
            if b"ready\n" in said or not part:
                break
    return b"ready\n" in said


def _last_words(child: subprocess.Popen, log, wait: float) -> str:
    log.seek(0)
    last = log.read().decode(errors="replace").strip().splitlines()[-2:] or ["it said nothing"]
    return f"the service did not start within {wait:g} s: {' / '.join(last)}"


def _end(child: subprocess.Popen, wait: float = 15.0) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(wait)
        except subprocess.TimeoutExpired:
            child.kill()
    _reap(child)


def _reap(child: subprocess.Popen) -> None:
    child.wait()
    child.stdin.close()
    child.stdout.close()
