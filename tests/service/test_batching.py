"""Each request gets its own scores, whatever the batch; the queue has an end; errors arrive."""

import asyncio
import time

import numpy as np
import pytest

from lmlab.service import Batcher, Overloaded


def run(count, score=lambda rows: rows[:, 0] * 2, **settings):
    """Send `count` requests at once; their answers or errors, and the sizes of the batches."""
    sizes = []

    async def main():
        batcher = Batcher(score, on_batch=sizes.append, **settings)
        batcher.start()
        rows = [np.full((1 + k % 2, 3), k, float) for k in range(count)]
        answers = await asyncio.gather(*map(batcher.score, rows), return_exceptions=True)
        await batcher.stop()
        return answers

    return asyncio.run(main()), sizes


def test_each_request_gets_its_own_scores():
    answers, sizes = run(10, max_batch=4)
    assert [answer.tolist() for answer in answers] == [[2.0 * k] * (1 + k % 2) for k in range(10)]
    assert sizes == [4, 4, 2]


def test_one_a_call_switches_batching_off():
    assert run(3, max_batch=1)[1] == [1, 1, 1]


def test_a_full_queue_refuses_at_once():
    answers, _ = run(5, max_queue=3)
    assert [isinstance(answer, Overloaded) for answer in answers] == [False] * 3 + [True] * 2


def test_an_error_of_the_model_reaches_those_who_wait_and_the_next_are_served():
    def score(rows):
        if rows[0, 0] == 0:
            raise ZeroDivisionError
        return rows[:, 0]

    answers, _ = run(4, score, max_batch=2)
    assert [type(answer) for answer in answers[:2]] == [ZeroDivisionError] * 2
    assert answers[3].tolist() == [3.0, 3.0]


def test_it_waits_for_company_if_asked_to():
    async def main():
        batcher = Batcher(lambda rows: rows[:, 0], max_wait=1.0, on_batch=sizes.append)
        batcher.start()
        first = asyncio.ensure_future(batcher.score(np.ones((1, 1))))
        await asyncio.sleep(0.02)
        await asyncio.gather(first, batcher.score(np.ones((1, 1))))
        await batcher.stop()

    sizes, begin = [], time.perf_counter()
    asyncio.run(main())
    assert sizes == [2] and time.perf_counter() - begin > 0.9


@pytest.mark.parametrize("bad", [{"max_batch": 0}, {"max_queue": 0}, {"max_wait": -1}])
def test_bad_bounds_are_named(bad):
    with pytest.raises(ValueError, match=f"`{next(iter(bad))}` must"):
        Batcher(len, **bad)
