"""Dynamic batching: rows that wait at the same moment are scored in one call of the model."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["Batcher", "Overloaded"]


class Overloaded(RuntimeError):
    """The queue is full: the request is refused at once and not later."""


class Batcher:
    """A queue before a model that is called in one thread, with up to `max_batch` requests a call.

    Args:
        score: (n, d) rows -> (n,) scores.
        max_batch: requests in one call of the model; 1 switches batching off.
        max_wait: seconds to wait for company when a request finds the model idle. With 0 the next
            call takes what is waiting.
        max_queue: requests that may wait; one more raises `Overloaded`.
        on_batch: called with the number of requests of each call.

    Raises:
        ValueError: a bound is not positive, or `max_wait` is negative.
    """

    def __init__(
        self,
        score: Callable[[np.ndarray], np.ndarray],
        *,
        max_batch: int = 32,
        max_wait: float = 0.0,
        max_queue: int = 256,
        on_batch: Callable[[int], object] = lambda count: None,
    ):
        for name, value in (("max_batch", max_batch), ("max_queue", max_queue)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1, got {value}")
        if max_wait < 0:
            raise ValueError(f"`max_wait` must not be negative, got {max_wait}")
        self._score, self._on_batch = score, on_batch
        self._max_batch, self._max_wait, self._max_queue = max_batch, max_wait, max_queue
        self._waiting: list[tuple[np.ndarray, asyncio.Future]] = []
        self._arrived = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._loop_task: asyncio.Task | None = None

    def start(self) -> None:
        """Begin to take requests; needs a running event loop."""
        self._loop_task = asyncio.get_running_loop().create_task(self._serve())

    async def stop(self) -> None:
        """Score what waits, then end."""
        while self._waiting:
            await asyncio.sleep(0.005)
        if self._loop_task:
            self._loop_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop_task
        self._pool.shutdown()

    async def score(self, rows: np.ndarray) -> np.ndarray:
        """Wait in the queue and return the scores of these rows.

        Raises:
            Overloaded: `max_queue` requests are waiting.
        """
        if len(self._waiting) >= self._max_queue:
            raise Overloaded(f"{self._max_queue} requests are waiting")
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, answer))
        self._arrived.set()
        return await answer

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            if self._max_wait and len(self._waiting) < self._max_batch:
                await asyncio.sleep(self._max_wait)
            batch = self._waiting[: self._max_batch]
            rows = np.concatenate([rows for rows, _ in batch])
            try:
                scores = await loop.run_in_executor(self._pool, self._score, rows)
            except Exception as error:  # the model failed: those who wait hear of it
                scores = error
            del self._waiting[: len(batch)]
            if not self._waiting:
                self._arrived.clear()
            self._on_batch(len(batch))
            _answer(batch, scores)


def _answer(batch: list, scores: np.ndarray | Exception) -> None:
    first = 0
    for rows, answer in batch:
        if answer.done():  # its client has gone
            pass
        elif isinstance(scores, Exception):
            answer.set_exception(scores)
        else:
            answer.set_result(scores[first : first + len(rows)])
        first += len(rows)
