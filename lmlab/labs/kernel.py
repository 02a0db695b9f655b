"""One kernel for one student's work: runs cells, bounds time and output, survives its death."""

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lmlab.labs import sandbox
from lmlab.labs.sandbox import Limits, Watch

__all__ = ["Kernel", "KernelError", "Ran"]

STAY = "get_ipython().ask_exit = lambda: None"  # exit() in an answer is no reason to stop
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*\Z")  # nothing else may stand in a page of feedback
LONGEST_MESSAGE = 64 * 2**20  # bytes; a longer one is not read. A loop that prints sends over 16 MB


class KernelError(RuntimeError):
    """The kernel did not start: a fault of the machine, not of the student's work."""


@dataclass
class Ran:
    """What came of one cell. `fault` is "" unless the cell was cut short."""

    outputs: list[dict] = field(default_factory=list)  # as in a notebook file
    fault: str = ""


class Kernel:
    """A context manager. `dead` says why no more cells can run, "" while they can."""

    def __init__(self, limits: Limits, *, sandboxed: bool):
        self.dead, self.peak = "", 0.0
        self._limits, self._sandboxed = limits, sandboxed

    def __enter__(self) -> "Kernel":
        self._folder = Path(tempfile.mkdtemp(prefix="lab-", dir=_short_folder()))
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(AttributeError):
            self._kill()
            self._process.wait()
            self._watch.stop()
            self.peak = self._watch.peak
            self._client.stop_channels()
            self._client.context.destroy(linger=0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, code: str, seconds: float) -> Ran:
        """Run one cell for at most `seconds`; never raises for what the code does."""
        if self.dead:
            return Ran(fault=self.dead)
        ran, kept = Ran(), _Kept(self._limits)
        asked = self._client.execute(code, allow_stdin=False, stop_on_error=False)
        ended = self._follow(asked, kept, seconds)
        if not ended and not self._died():
            ran.fault = f"took longer than {seconds:g} s and was stopped"
            self._interrupt()
            if not self._follow(asked, kept, 3) and not self._died():
                ran.fault = f"took longer than {seconds:g} s and could not be interrupted"
                self.dead = f"the kernel was ended because an earlier cell {ran.fault}"
                self._kill()
        if self._died() and not self.dead:
            ran.fault = self._watch.fault or "ended its Python process"
            self.dead = f"the kernel was gone because an earlier cell {ran.fault}"
        if kept.lost and not self.dead:
            ran.fault = "printed too much at once"
            self.dead = f"the kernel was ended because an earlier cell {ran.fault}"
            self._kill()
        ran.outputs = kept.closed()
        return ran

    def _start(self) -> None:
        """Start the kernel and wait until it answers."""
        import zmq
        from jupyter_client import BlockingKernelClient
        from jupyter_client.connect import write_connection_file

        path, _ = write_connection_file(
            str(self._folder / "kernel.json"), transport="ipc", ip=str(self._folder / "k")
        )
        program = [sys.executable, "-m", "ipykernel_launcher", "-f", path]
        program += ["--HistoryManager.hist_file=:memory:", "--log-level=CRITICAL"]
        program += [f"--InteractiveShellApp.exec_lines={STAY}"]
        if self._sandboxed:
            program = [*sandbox.command(self._folder, self._limits), *program]
            env = {
                "PATH": os.environ.get("PATH", "/usr/bin:/bin")
            }  # bwrap's own can be read inside
        else:
            env = os.environ | sandbox.environment(str(self._folder))
        self._process = subprocess.Popen(
            program, env=env, cwd=self._folder, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: sandbox.limit_process(self._limits),
        )  # fmt: skip
        self._watch = Watch(self._process.pid, self._folder, self._limits, self._kill)
        context = zmq.Context()
        context.setsockopt(zmq.MAXMSGSIZE, LONGEST_MESSAGE)
        context.setsockopt(zmq.RCVHWM, 100)  # messages that wait here; more wait in the sandbox
        self._client = BlockingKernelClient(context=context)
        self._client.load_connection_file(path)
        self._client.start_channels(hb=False)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Ask until both channels answer: outputs sent before the second one does would be lost."""
        until, heard = time.monotonic() + self._limits.start_seconds, set()
        while time.monotonic() < until and not self._died():
            self._client.kernel_info()
            for channel in ("shell", "iopub"):
                with contextlib.suppress(queue.Empty):
                    getattr(self._client, f"get_{channel}_msg")(timeout=0.3)
                    heard.add(channel)
            if len(heard) == 2:
                return
        reason = "ended at once" if self._died() else f"no answer in {self._limits.start_seconds} s"
        raise KernelError(f"the kernel did not start: {reason}")

    def _follow(self, asked: str, kept: "_Kept", seconds: float) -> bool:
        """Read messages until the cell asked for is done; False if time or the kernel ended."""
        until, replied, idle = time.monotonic() + seconds, 0.0, False
        while time.monotonic() < until and not (idle and replied):
            try:
                message = self._client.get_iopub_msg(timeout=0.02 if replied else 0.1)
            except queue.Empty:
                if self._died():
                    return False
                if replied and time.monotonic() - replied > 2:  # the channel broke
                    kept.lost = True
                    return True
            except Exception:  # a message that a hostile kernel made up
                continue
            else:
                if message.get("parent_header", {}).get("msg_id") == asked:
                    idle = idle or kept.take(message)
            replied = replied or self._replied(asked)
        return bool(idle and replied)

    def _replied(self, asked: str) -> float:
        """The time at which the kernel said that the cell is done, 0 before."""
        with contextlib.suppress(Exception):
            while True:
                message = self._client.get_shell_msg(timeout=0)
                if message["parent_header"].get("msg_id") == asked:
                    return time.monotonic()
        return 0.0

    def _interrupt(self) -> None:
        channel = self._client.control_channel
        channel.send(self._client.session.msg("interrupt_request", {}))

    def _died(self) -> bool:
        return self._process.poll() is not None

    def _kill(self) -> None:
        """End the kernel and, with the sandbox, all that it started."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class _Kept:
    """The outputs of a cell, up to the limits."""

    def __init__(self, limits: Limits):
        self.outputs: list[dict] = []
        self.lost = False  # a message was too long, and the channel is gone
        self._characters, self._bytes, self._is_cut = limits.output, limits.pictures, False

    def take(self, message: dict) -> bool:
        """Keep an output; True for the message that says the kernel is idle again."""
        kind, content = message.get("msg_type"), message.get("content", {})
        if kind == "stream":
            self._stream(str(content.get("name")), str(content.get("text")))
        elif kind == "error":
            lines = [str(line) for line in content.get("traceback", [])]
            self.outputs.append(
                {
                    "output_type": "error",
                    "ename": str(content.get("ename"))[:200],
                    "evalue": self._cut(str(content.get("evalue"))),
                    "traceback": self._cut("\n".join(lines)).split("\n"),
                }
            )
        elif kind in ("display_data", "execute_result"):
            self._data(content.get("data", {}))
        return kind == "status" and content.get("execution_state") == "idle"

    def closed(self) -> list[dict]:
        """The outputs, with a last line if something was left out."""
        if self._is_cut:
            text = "[the rest of the output was too long and is cut]\n"
            self.outputs.append({"output_type": "stream", "name": "stderr", "text": text})
        return self.outputs

    def _stream(self, name: str, text: str) -> None:
        name = "stderr" if name == "stderr" else "stdout"
        last = self.outputs[-1] if self.outputs else {}
        text = self._cut(text)
        if last.get("name") == name:
            last["text"] += text
        elif text:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def _data(self, data: dict) -> None:
        """Text and pictures only: a page of feedback runs nothing that a student wrote."""
        kept = {}
        if isinstance(data.get("text/plain"), str):
            kept["text/plain"] = self._cut(data["text/plain"])
        for kind in ("image/png", "image/jpeg"):
            picture = data.get(kind)
            if isinstance(picture, str) and len(picture) <= self._bytes and BASE64.match(picture):
                self._bytes -= len(picture)
                kept[kind] = picture
        if kept and len(self.outputs) < 500:
            self.outputs.append({"output_type": "display_data", "metadata": {}, "data": kept})

    def _cut(self, text: str) -> str:
        kept = text[: max(0, self._characters)].encode(errors="replace").decode()
        self._characters -= len(text)
        self._is_cut = self._is_cut or len(kept) < len(text)
        return kept


def _short_folder() -> str:
    """A folder for sockets, whose paths must stay below 108 characters."""
    folder = tempfile.gettempdir()
    return folder if len(folder) < 70 else "/tmp"
