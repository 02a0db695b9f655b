"""From outside: one request, load at a given mean rate, raw bytes; and clocks."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import numpy as np

if TYPE_CHECKING:
    from lmlab.service.server import Server

__all__ = [
    "Answers",
    "Stages",
    "ask",
    "best_ms",
    "littles_sides",
    "load_during",
    "load_service",
    "read_metrics",
    "send_load",
    "send_raw",
    "swap_in_burst",
]

# To make ready for TLS takes a client longer than a whole answer; on the loopback there is none.
PLAIN = {"trust_env": False, "verify": False}


@dataclass(frozen=True)
class Answers:
    """One entry a request, in the order of their due times.

    Attributes:
        due: (n,) seconds after the start at which the request was due.
        done: (n,) seconds after the start at which its answer was complete.
        status: (n,) HTTP status, or 0 where the connection broke.
        version: n texts, the version that the answer names, or "".
    """

    due: np.ndarray
    done: np.ndarray
    status: np.ndarray
    version: tuple[str, ...]

    @property
    def latency(self) -> np.ndarray:
        """(n,) seconds from due to done: a client that is late itself hides no waiting."""
        return self.done - self.due


async def send_load(
    url: str, rows: Sequence[Mapping], *, rate: float, count: int, seed: int, path: str = "/score"
) -> Answers:
    """Send requests of one row each, at random times, without waiting for answers (an open loop).

    Args:
        url: of the service.
        rows: sent one after the other, and again from the first.
        rate: mean number of requests a second; the gaps are exponential (a Poisson process).
        count: number of requests.
        seed: of the gaps.
        path: where to send.

    Raises:
        ValueError: `rate` or `count` is not positive.
    """
    if rate <= 0 or count < 1:
        raise ValueError(f"`rate` and `count` must be positive, got {rate} and {count}")
    due = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, count))
    done, status, version = np.zeros(count), np.zeros(count, int), [""] * count
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30, **PLAIN) as web:
        begin = asyncio.get_running_loop().time()

        async def send(k: int) -> None:
            await asyncio.sleep(begin + due[k] - asyncio.get_running_loop().time())
            try:
                answer = await web.post(path, json={"rows": [rows[k % len(rows)]]})
                status[k] = answer.status_code
                version[k] = answer.json().get("version", "")
            except httpx.TransportError:
                status[k] = 0
            done[k] = asyncio.get_running_loop().time() - begin

        await asyncio.gather(*(send(k) for k in range(count)))
    return Answers(due, done, status, tuple(version))


def load_service(url: str, rows: Sequence[Mapping], **load) -> Answers:
    """`send_load` for code that is not asynchronous, also inside a notebook's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, send_load(url, rows, **load)).result()


def send_raw(url: str, *parts: bytes, pause: float = 0.0, wait: float = 10.0) -> str:
    """Send bytes as they are, part by part, and return the status line and body of the answer.

    Args:
        url: of the service.
        *parts: sent one after the other; the connection stays open afterwards.
        pause: seconds between two parts.
        wait: seconds to wait for the answer.
    """
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=wait) as wire:
        with contextlib.suppress(OSError):  # refused while it was sending: the answer is there
            for k, part in enumerate(parts):
                time.sleep(pause if k else 0)
                wire.sendall(part)
        answer = b""
        with contextlib.suppress(OSError):
            while not answer.endswith(b"}") and (part := wire.recv(65_536)):
                answer += part
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    return f"{head.splitlines()[0] if head else 'no answer'} {body}"


def ask(
    url: str, path: str = "/score", body: str | Mapping | None = None
) -> tuple[int, dict | str]:
    """One request: the status, and the answer as a dict (or as text where it is no JSON).

    Args:
        url: of the service.
        path: GET without a body, else POST.
        body: text as it is, or one row, which becomes `{"rows": [row]}`; a NaN is sent as `NaN`.
    """
    if body is not None and not isinstance(body, str):
        body = json.dumps({"rows": [body]})
    kind = {"content-type": "application/json"}
    method = "GET" if body is None else "POST"
    answer = httpx.request(method, f"{url}{path}", content=body, headers=kind, timeout=30, **PLAIN)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return answer.status_code, answer.json() if is_json else answer.text


def read_metrics(url: str) -> dict[str, float]:
    """The samples of `/metrics` by name with labels."""
    lines = (line for line in ask(url, "/metrics")[1].splitlines() if line[0] != "#")
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def load_during(task: Callable[[], object], url: str, rows: Sequence[Mapping], **load) -> Answers:
    """Load a service while `task` runs, and once more after it; all answers in one.

    Args:
        task: for example `server.restart`.
        url: of the service.
        rows: as in `send_load`.
        **load: `rate`, and the `count` of each part.
    """
    with ThreadPoolExecutor(1) as pool:
        running, parts = pool.submit(task), []
        while not parts or not running.done():
            parts.append(load_service(url, rows, seed=len(parts), **load))
        running.result()
    parts.append(load_service(url, rows, seed=len(parts), **load))
    joined = (
        np.concatenate([getattr(part, k) for part in parts]) for k in ("due", "done", "status")
    )
    return Answers(*joined, tuple(version for part in parts for version in part.version))


def swap_in_burst(server: "Server", *, kill: bool = False, **settings) -> None:
    """Restart a service in the middle of a load, for `load_during`: once five more were answered.

    Args:
        server: under load.
        kill: end the old child at once, with all that it has accepted: what a restart must not do.
        **settings: those that change.
    """

    def answered() -> float:
        return read_metrics(server.url).get('score_requests_total{status="200"}', 0)

    before = answered()
    while answered() < before + 5:
        time.sleep(0.01)
    if kill:
        os.kill(server.pid, signal.SIGKILL)
    server.restart(**settings)


def best_ms(call: Callable[[], object], repeats: int = 12) -> float:
    """Milliseconds of the fastest of several calls: the others were disturbed."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


class Stages:
    """A clock: `with stages("train"):` adds the seconds of its block to `seconds["train"]`."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - begin


def littles_sides(due: np.ndarray, done: np.ndarray, moments: int = 20_000) -> tuple[float, float]:
    """Both sides of Little's law, L and λW, from the due and done times (n,) of n requests.

    Returns:
        The mean number inside, counted at regular moments; arrivals a second times the mean time
        inside. They agree up to the spacing of the moments where nobody is inside at the ends.
    """
    at = np.linspace(0, done.max(), moments)
    inside = np.searchsorted(due, at) - np.searchsorted(np.sort(done), at)
    return float(inside.mean()), float(len(due) / done.max() * (done - due).mean())
