"""Chapter 5.9: many customers, one after the other, and a rule that names a price to each."""

from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["average", "greedy", "lost_profit", "percent_lost", "play", "test_first", "with_history"]


def play(
    rule: Callable,
    settings: Sequence[float],
    chance: np.ndarray,
    margin: np.ndarray,
    customers: int,
    *,
    known: np.ndarray | None = None,
    seed: int = 0,
    marks: Sequence[int] = (),
) -> np.ndarray:
    """Expected profit that a rule loses against the best price, with each setting in each world.

    Args:
        rule: `rule(t, shown, bought, setting, known, rng)` returns an estimate of the share that
            buys at each price, `(rows, prices)`; the price with the largest estimate × margin is
            named. `shown` and `bought` count what it has seen, `setting` is `(rows, 1)`.
        settings: values of the rule's setting.
        chance: share that buys, `(worlds, prices)`.
        margin: profit of a sale at each price, `(prices,)`, all > 0.
        customers: how many come.
        known: what a rule believes before, `(worlds, prices)`, or None.
        seed: of customers and rule.
        marks: after how many customers the loss is noted; if empty, after all.

    Returns:
        `(marks, settings, worlds)`, summed over the customers until then.

    Raises:
        ValueError: a margin is not positive, or a mark lies beyond the last customer.
    """
    marks = list(marks) or [customers]
    if np.min(margin) <= 0:
        raise ValueError(f"`margin` must be positive, got {np.min(margin)}")
    if max(marks) > customers:
        raise ValueError(f"`marks` must be at most {customers}, got {max(marks)}")
    worlds, count = len(chance), len(settings)
    chance = np.tile(chance, (count, 1))  # (rows, prices)
    known = None if known is None else np.tile(known, (count, 1))
    setting = np.repeat(np.asarray(settings, float), worlds)[:, None]
    loss = (chance * margin).max(axis=1, keepdims=True) - chance * margin
    rng, rows = np.random.default_rng(seed), np.arange(len(chance))
    shown, bought = np.zeros_like(chance), np.zeros_like(chance)
    total, noted = np.zeros(len(rows)), {}
    for t in range(1, customers + 1):
        price = (rule(t, shown, bought, setting, known, rng) * margin).argmax(axis=1)
        shown[rows, price] += 1
        bought[rows, price] += rng.random(len(rows)) < chance[rows, price]
        total += loss[rows, price]
        if t in marks:
            noted[t] = total.copy()
    return np.array([noted[t] for t in marks]).reshape(len(marks), count, worlds)


def lost_profit(price: np.ndarray, chance: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Share of the best profit that is lost by one price for all customers, `(worlds,)`.

    Args:
        price: `(worlds,)` numbers of the price.
        chance: `(worlds, prices)`.
        margin: `(prices,)`.
    """
    gain = chance * margin
    return 1 - gain[np.arange(len(gain)), price] / gain.max(axis=1)


def percent_lost(rule, settings, chance, margin, marks, **how) -> np.ndarray:
    """Lost until each mark, in % of what the best price earns, `(marks, settings, worlds)`.

    Args:
        rule, settings, chance, margin, marks: as in `play`.
        how: `known` and `seed` of `play`.
    """
    total = play(rule, settings, chance, margin, max(marks), marks=marks, **how)
    return 100 * total / (chance * margin).max(axis=1) / np.asarray(marks)[:, None, None]


def average(shown, bought, unseen: float = 1e3) -> np.ndarray:
    """Share that bought at each price, and `unseen` where no customer was shown it."""
    return np.where(shown > 0, bought / np.maximum(shown, 1), unseen)


def greedy(t, shown, bought, epsilon, known, rng) -> np.ndarray:
    """The averages; in a share `epsilon` of the rows numbers by lot. A rule for `play`."""
    lot = rng.random((len(shown), 1)) < epsilon
    return np.where(lot, 1e3 * rng.random(shown.shape), average(shown, bought))


def test_first(t, shown, bought, size, known, rng) -> np.ndarray:
    """Each price until `size` customers were shown it, dear or cheap by lot; then the averages."""
    testing = shown.min(axis=1, keepdims=True) < size
    turn = np.where(shown < size, 1e6 * rng.random(shown.shape), 0)
    return np.where(testing, turn, average(shown, bought))


def with_history(t, shown, bought, weight, known, rng) -> np.ndarray:
    """Thompson sampling that takes `weight` times what is known as seen; all counts times 4."""
    yes, no = weight * known + bought, weight * (1 - known) + shown - bought
    return rng.beta(1 + 4 * yes, 1 + 4 * no)
