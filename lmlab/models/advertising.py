"""Simulated advertising: days of auctions, learners, tests that are looked at early.

First used in chapter 3.9 (3A5).
"""

import functools

import numpy as np

__all__ = ["LEARNERS", "day", "lead", "learned", "planted", "shown", "test_paths"]

LEARNERS = ("random", "greedy", "1 in 10", "Thompson")


def day(seed: int, rivals: int = 3, spread: float = 0.5, n: int = 2000):
    """A simulated day of auctions: values and rivals' bids are log-normal with median 10.

    Returns:
        Our value and the highest bid of the rivals, `(n,)` each.
    """
    rng = np.random.default_rng(seed)
    own, others = rng.lognormal(0, spread, n), rng.lognormal(0, spread, (n, rivals))
    return 10 * own, 10 * others.max(axis=1)


def planted(logs: list, prior: float = 500) -> np.ndarray:
    """Click rates of the items, from several logs together, shrunk to their mean.

    Args:
        logs: data frames with `item` and `click` (`lmlab.data.load_clicks`).
        prior: how many views the mean counts for.

    Returns:
        Rates (items,).
    """
    size = 1 + max(log.item.max() for log in logs)
    views = sum(np.bincount(log.item, minlength=size) for log in logs)
    clicks = sum(np.bincount(log.item, log.click, size) for log in logs)
    return (clicks + prior * clicks.sum() / views.sum()) / (views + prior)


def shown(log) -> np.ndarray:
    """How often a log shows each item in each position: shares (positions, items)."""
    count = np.zeros((1 + log.position.max(), 1 + log.item.max()))
    np.add.at(count, (log.position, log.item), 1)
    return count / count.sum(axis=1, keepdims=True)


def learned(rates: np.ndarray, learner: str, seed: int, batches: int = 100, batch: int = 1000):
    """A learner chooses items, batch by batch, from the clicks so far.

    Args:
        rates: click rates of the items (items,); their order is drawn anew for each seed.
        learner: "random"; "greedy", the item with the highest rate so far (one click in 200 views
            is taken for granted); "1 in 10", a tenth of the views at random, the rest greedy;
            "Thompson", the item with the highest rate in a draw from beta(1 + clicks, 199 + views
            without), each draw for ten views.
        seed: of the order, the choices and the clicks.
        batches: how many.
        batch: views in each; a multiple of ten.

    Returns:
        Expected clicks per 10,000 views in each batch (batches,).

    Raises:
        ValueError: `learner` is none of the four.
    """
    if learner not in LEARNERS:
        raise ValueError(f"`learner` must be one of {LEARNERS}, got {learner!r}")
    return _learned(tuple(np.asarray(rates).tolist()), learner, seed, batches, batch)


def lead(rates: np.ndarray, learner: str, rival: str, worlds: int = 20) -> np.ndarray:
    """Clicks per 10,000 views of a learner minus those of its rival, in each world (worlds,)."""
    pair = ([learned(rates, name, s).mean() for s in range(worlds)] for name in (learner, rival))
    return np.subtract(*pair)


@functools.cache
def _learned(rates, learner, seed, batches, batch):
    rng, out = np.random.default_rng(seed), []
    q = rng.permutation(rates)
    shown = clicks = np.zeros(len(q))
    for _ in range(batches):
        if learner == "Thompson":
            guess = rng.beta(1 + clicks, 199 + shown - clicks, (batch // 10, len(q)))
            count = 10 * np.bincount(guess.argmax(axis=1), minlength=len(q))
        else:
            free = rng.binomial(batch, {"random": 1, "greedy": 0, "1 in 10": 0.1}[learner])
            count = rng.multinomial(free, np.full(len(q), 1 / len(q)))
            count[np.argmax((clicks + 1) / (shown + 200))] += batch - free
        shown, clicks = shown + count, clicks + rng.binomial(count, q)
        out.append(1e4 * (count * q).sum() / batch)
    return np.array(out)


def test_paths(p, n, looks: int, lift: float = 0.0, seed: int = 0, runs: int = 4000) -> np.ndarray:
    """The z of two shares at equally spaced looks, in simulated tests of two arms.

    Args:
        p: rate of the first arm; the second has p (1 + lift).
        n: views of each arm in the end; cut to a multiple of `looks`.
        looks: how many, the last one at the end.
        lift: relative difference.
        seed: of the clicks.
        runs: tests.

    Returns:
        `(runs, looks)`.
    """
    rng, step = np.random.default_rng(seed), int(n) // looks
    a, b = (rng.binomial(step, rate, (runs, looks)).cumsum(axis=1) for rate in (p, p * (1 + lift)))
    k = step * np.arange(1, looks + 1)
    pooled = (a + b) / (2 * k)
    return (b - a) / np.sqrt(np.maximum(2 * k * pooled * (1 - pooled), 1e-9))


test_paths.__test__ = False  # it is no test of pytest
