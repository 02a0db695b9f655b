"""A share that a program counts, and what a few labels make of it (chapter 3.7)."""

import numpy as np

__all__ = ["METHODS", "corrected", "index", "matrix", "month", "moved", "variance"]

METHODS = ("counted", "one matrix", "own matrix", "200 by hand", "200 by hand, moved")
LABELS = 200  # read by people, of each kind of goods


def variance(share: float, n: int) -> float:
    """The variance of a share counted among n; never less than that of one in n, so never 0."""
    return float(max(share * (1 - share), (1 - 1 / n) / n) / n)


def corrected(q: float, n: int, h: float, f: float, m: int) -> tuple[float, float]:
    """The share that a count stands for, and its standard error.

    Args:
        q: share that a program counts among n items.
        n: items counted.
        h: share of the true ones that it counts, seen on m labelled ones.
        f: share of the others that it counts, seen on m other labelled ones.
        m: labelled items of either kind.

    Returns:
        (q - f) / (h - f), which may lie outside 0 to 1, and its standard error, with those of h
        and f, to first order.

    Raises:
        ValueError: h and f are equal: the count says nothing about the share.

    Source: Rogan and Gladen (1978), American Journal of Epidemiology 107, 71-76.
    """
    if h == f:
        raise ValueError(f"`h` must differ from `f`, got {h} for both")
    share = (q - f) / (h - f)
    parts = variance(q, n) + share**2 * variance(h, m) + (1 - share) ** 2 * variance(f, m)
    return share, np.sqrt(parts) / abs(h - f)


def moved(answers: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The mean of the labels, moved by what the answers to all say.

    Args:
        answers: of a program to n items, in {0, 1}; the labelled ones come first.
        labels: the truth (m,) of the first m items.

    Returns:
        The mean of the labels, plus their slope on the answers times how far the mean of all
        answers lies above that of the labelled; and its standard error: what the answers explain of
        the variance counts among n, the rest among m.

    Source: Cassel, Särndal and Wretman (1976), Biometrika 63, 615-620; with this slope Angelopoulos
    and others (2023), arXiv 2311.01453.
    """
    own, said = np.asarray(labels, float), np.asarray(answers[: len(labels)], float)
    if min(own.std(), said.std()) == 0:  # nothing to explain, or nothing that explains
        return own.mean(), np.sqrt(variance(own.mean(), len(own)))
    r = np.corrcoef(own, said)[0, 1]
    slope = r * own.std() / said.std()
    share = own.mean() + slope * (np.mean(answers) - said.mean())
    spread = [variance(own.mean(), size) for size in (len(own), len(answers))]
    return share, np.sqrt((1 - r**2) * spread[0] + r**2 * spread[1])


def month(pools, n: int, share: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """Reviews of a month: a program's answers (n,), and the truth (n,), which it does not see.

    Args:
        pools: its answers to the satisfied, and to the others, to draw from.
        n: reviews.
        share: probability that one is satisfied.
        rng: random generator.
    """
    truth = rng.random(n) < share
    yes, no = (rng.choice(pool, n) for pool in pools)
    return np.where(truth, yes, no), truth


def matrix(pools, rng, size: int) -> tuple[float, float]:
    """h and f, counted on `size` labelled reviews of each verdict, drawn from `pools`."""
    h, f = (rng.choice(pool, size).mean() for pool in pools)
    return h, f


def index(method: str, answers, name: str, n: int, share: float, rng) -> tuple[float, float]:
    """The index of a month in which `share` are satisfied, and half of its 95 % interval.

    Args:
        method: one of `METHODS`. "one matrix" and "own matrix" have read, in an earlier month, 100
            reviews of either verdict of each goods; the last two read 200 of this month.
        answers: of each goods, the program's answers to the satisfied and to the others.
        name: of the goods.
        n: reviews of the month.
        share: probability that one is satisfied.
        rng: random generator.

    Raises:
        ValueError: `method` is none of `METHODS`.
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {list(METHODS)}, got {method!r}")
    said, truth = month(answers[name], n, share, rng)
    q, by_hand = said.mean(), truth[:LABELS]
    if method == "counted":
        found = q, np.sqrt(variance(q, n))
    elif method == "200 by hand":
        found = by_hand.mean(), np.sqrt(variance(by_hand.mean(), LABELS))
    elif method == "200 by hand, moved":
        found = moved(said, by_hand)
    else:
        goods = [name] if method == "own matrix" else list(answers)
        read = [matrix(answers[one], rng, LABELS // 2) for one in goods]
        found = corrected(q, n, *np.mean(read, axis=0), LABELS // 2 * len(goods))
    return found[0], 1.96 * found[1]
