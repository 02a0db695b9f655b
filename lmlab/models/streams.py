"""A stream of texts in time order: hashed words, filters that score and learn, and a fraudster.

First used in chapter 3.6 (3A2). `fraud` is 1 where a text is one, 0 else; scores are high where
fraud is likely.
"""

import functools
import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # Keras starts in 3 s, and two of the families do without
    from collections.abc import Callable

    import keras

__all__ = [
    "KINDS",
    "Forest",
    "Isolation",
    "Online",
    "as_rows",
    "at_budget",
    "average_precision",
    "bucket",
    "buckets",
    "error_by",
    "fitted",
    "in_blocks",
    "levelled",
    "looked_at",
    "settings",
    "tuned",
    "typical",
    "words",
]

COLUMNS = 2048
WORD = re.compile(r"[a-z][a-z']{2,19}")
KINDS = ("logistic", "network", "forest", "isolation")


def words(text: str) -> set[str]:
    """The different words of a text: small letters, three to twenty of them."""
    return set(WORD.findall(text.lower()))


def bucket(word: str, columns: int = COLUMNS) -> int:
    """The column of a word: its CRC-32, divided with remainder. Words nobody knew have one, too."""
    return zlib.crc32(word.encode()) % columns


def buckets(texts, columns: int = COLUMNS) -> list[np.ndarray]:
    """The different columns of the words of each text, rising."""
    place = functools.cache(lambda word: bucket(word, columns))
    return [np.array(sorted({place(w) for w in words(text)}), int) for text in texts]


def as_rows(places, columns: int = COLUMNS) -> np.ndarray:
    """Rows (n, columns) float32 of length 1: each column that a text has counts alike."""
    rows = np.zeros((len(places), columns), "float32")
    for row, place in zip(rows, places, strict=True):
        row[place] = 1 / np.sqrt(max(len(place), 1))
    return rows


def _weights(fraud, share: float) -> np.ndarray:
    """Weights (n,) that make the frauds this share of all; they add up to 1."""
    fraud = np.asarray(fraud) == 1
    if not 0 < share < 1:
        raise ValueError(f"`share` must be between 0 and 1, got {share}")
    if fraud.all() or not fraud.any():
        raise ValueError(f"`fraud` needs both kinds, got {fraud.sum()} of {len(fraud)}")
    return np.where(fraud, share / fraud.sum(), (1 - share) / (~fraud).sum())


def looked_at(scores, fraud, share: float, budget: float, groups=None) -> np.ndarray:
    """Which rows are looked at, if the highest scores are: 1, 0, or the chance of it (n,).

    Args:
        scores: (n,); of equal ones each is as likely to be looked at.
        fraud: (n,) in {0, 1}.
        share: what the frauds are to be of all: each row is weighted accordingly.
        budget: share of all that is looked at.
        groups: (n,) or None; given, the scores of each group, a day for instance, are ordered by
            themselves, and the budget is that share of each group.

    Raises:
        ValueError: share or budget is not between 0 and 1, or there is one kind only.
    """
    if not 0 < budget < 1:
        raise ValueError(f"`budget` must be between 0 and 1, got {budget}")
    weight, scores = _weights(fraud, share), np.asarray(scores)
    groups, looked = np.zeros(len(scores)) if groups is None else groups, np.empty(len(scores))
    for group in np.unique(groups):
        rows = groups == group
        _, tie = np.unique(-scores[rows], return_inverse=True)
        each = np.bincount(tie, weight[rows])  # weight of each score, from the highest on
        room = budget * each.sum() - (np.cumsum(each) - each)
        looked[rows] = (np.clip(room, 0, each) / each)[tie]
    return looked


def at_budget(scores, fraud, share: float, budget: float) -> tuple[float, float]:
    """Precision and recall of the alerts, if the highest scores are looked at.

    Args:
        scores, fraud, share, budget: as in `looked_at`.

    Returns:
        Share of frauds among the alerts; share of the frauds that has an alert.

    Raises:
        ValueError: as in `looked_at`.
    """
    looked = looked_at(scores, fraud, share, budget)
    recall = float(looked[np.asarray(fraud) == 1].mean())
    return recall * share / budget, recall


def average_precision(scores, fraud, share: float) -> float:
    """Mean precision over the frauds, each at its own score; the frauds are this share of all."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(fraud, scores, sample_weight=_weights(fraud, share)))


def error_by(values, groups) -> float:
    """Standard error of the mean of values (n,) whose errors are alike within groups (n,).

    Deviations are added up within each group, a day for instance; groups are independent.
    """
    values = np.asarray(values, float)
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt(np.mean(sums**2) / (len(sums) - 1)) * len(sums) / len(values))


def levelled(levels, order, groups) -> np.ndarray:
    """In each group the scores of one filter, handed out in the order of another (n,).

    Args:
        levels: (n,) the scores that are given.
        order: (n,) whoever is higher here gets the higher of them; of equal ones the later.
        groups: (n,).
    """
    levels, order = np.asarray(levels, float), np.asarray(order)
    out = np.empty(len(levels))
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        out[rows[np.argsort(order[rows], kind="stable")]] = np.sort(levels[rows])
    return out


def in_blocks(blocks, count: int, seed: int = 0) -> np.ndarray:
    """Which rows (n,) are on the one side, if whole blocks are drawn by lot up to `count` rows.

    Args:
        blocks: (n,) number of the block of each row, from 0 on.
        count: at most so many rows.
        seed: of the draw.
    """
    order = np.random.default_rng(seed).permutation(1 + np.max(blocks))
    size = np.cumsum(np.bincount(blocks)[order])
    return np.isin(blocks, order[size <= count])


class Online:
    """A Keras model of one logit that learns by plain gradient descent and can go on learning.

    Args:
        x: rows (n, columns) float32, and `fraud` (n,).
        build: makes the model; called with the number of columns and of hidden neurons.
        hidden: neurons of the hidden layer; 0: none, logistic regression.
        rate, epochs: of the training on these rows, in batches of 32.
        seed: of the weights and of the order.
    """

    def __init__(self, x, fraud, build: "Callable", *, hidden, rate, epochs, seed=0):
        from lmlab.models.training import fit_epochs, restart

        self.model = _compiled(build, x.shape[1], hidden)
        restart(self.model, seed)
        self.model.optimizer.learning_rate.assign(rate)
        labels = np.asarray(fraud, "float32")[:, None]
        for _ in fit_epochs(self.model, x, labels, epochs=epochs, batch_size=32, seed=seed):
            pass
        self.weights = self.model.get_weights()

    def copy(self) -> "Online":
        """Another filter with the same weights, to let it learn on its own."""
        other = object.__new__(Online)
        other.model, other.weights = self.model, self.weights
        return other

    def score(self, x, leak: float = 0.0) -> np.ndarray:
        """Log-odds of fraud (n,); hidden neurons let `leak` of what is negative through."""
        *hidden, slope, offset = self.weights
        if hidden:
            x = x @ hidden[0] + hidden[1]
            x = np.maximum(x, leak * x)
        return (x @ slope + offset)[:, 0].astype(float)

    def learn(self, x, fraud, rate: float, seed: int = 0, batch: int = 8) -> None:
        """One pass over these rows (n, columns) in steps of `batch`; a short last one is left out.

        With a rate of 0, or fewer rows than one step has, nothing happens.
        """
        from lmlab.models.training import fit_epochs

        if rate == 0 or len(x) < batch:
            return
        self.model.set_weights(self.weights)
        self.model.optimizer.learning_rate.assign(rate)
        labels = np.asarray(fraud, "float32")[:, None]
        for _ in fit_epochs(self.model, x, labels, epochs=1, batch_size=batch, seed=seed):
            pass
        self.weights = self.model.get_weights()


def typical(places, fraud, count: int, least: int = 20, columns: int = COLUMNS) -> np.ndarray:
    """Columns (count,) most typical of clean texts: the largest log ratio of the shares.

    Args:
        places: columns of each text, and `fraud` (n,).
        count: how many.
        least: clean texts that must have the column.
        columns: number of all columns.
    """
    fraud = np.asarray(fraud) == 1
    found = np.zeros((2, columns))
    for kind, place in zip(fraud.astype(int), places, strict=True):
        found[kind, place] += 1
    shares = (found + 0.5) / np.array([[(~fraud).sum()], [fraud.sum()]])
    ratio = np.where(found[0] >= least, np.log(shares[0] / shares[1]), -np.inf)
    return np.argsort(-ratio, kind="stable")[:count]


@functools.cache
def _compiled(build, columns: int, hidden: int) -> "keras.Model":
    """One compiled model of each shape: its graph is traced once."""
    from lmlab.models.device import keras

    model = build(columns, hidden)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


class Forest:
    """A random forest of scikit-learn, 50 trees."""

    def __init__(self, x, fraud, *, seed=0, **how):
        from sklearn.ensemble import RandomForestClassifier

        self.model = RandomForestClassifier(50, random_state=seed, **how).fit(x, fraud)

    def score(self, x) -> np.ndarray:
        """Share of the trees that say fraud, each by its leaf (n,)."""
        return self.model.predict_proba(x)[:, 1]


class Isolation:
    """An isolation forest of scikit-learn: it sees no labels, or the clean rows only."""

    def __init__(self, x, fraud, *, clean_only, seed=0, **how):
        from sklearn.ensemble import IsolationForest

        seen = x[np.asarray(fraud) == 0] if clean_only else x
        self.model = IsolationForest(random_state=seed, **how).fit(seen)

    def score(self, x) -> np.ndarray:
        """How easily a row is cut off from the others (n,)."""
        return -self.model.score_samples(x)


def settings(kind: str) -> list[dict]:
    """Six settings of a family, which `tuned` tries.

    Raises:
        ValueError: `kind` is none of `KINDS`.
    """
    if kind in KINDS[:2]:
        size = {"hidden": 16 * (kind == "network")}
        return [size | {"rate": r, "epochs": e} for r in (0.3, 1.0, 3.0) for e in (5, 20)]
    if kind == "forest":
        leaves = (1, 3, 10)
        return [
            {"max_features": f, "min_samples_leaf": n} for f in ("sqrt", "log2") for n in leaves
        ]
    if kind == "isolation":
        sizes = (64, 256, 512)
        return [{"clean_only": c, "max_samples": n} for c in (False, True) for n in sizes]
    raise ValueError(f"`kind` must be one of {KINDS}, got {kind!r}")


def fitted(kind: str, x, fraud, how: dict, build=None, seed: int = 0):
    """One member of a family with these settings; see `tuned`."""
    if kind == "forest":
        return Forest(x, fraud, seed=seed, **how)
    if kind == "isolation":
        return Isolation(x, fraud, seed=seed, **how)
    return Online(x, fraud, build, seed=seed, **how)


def tuned(kind: str, train, validation, both, measure, build=None, seed: int = 0):
    """The best of six settings on later rows, then trained on all.

    Args:
        kind: one of `KINDS`.
        train: rows (n, columns) and fraud (n,).
        validation: the same of later rows.
        both: the same of the two together.
        measure: what is to be high: called with scores and fraud of the validation rows.
        build: as in `Online`.
        seed: of the training.

    Returns:
        The filter, with `how`, its settings.
    """
    values = [
        measure(fitted(kind, *train, how, build, seed).score(validation[0]), validation[1])
        for how in settings(kind)
    ]
    how = settings(kind)[int(np.argmax(values))]
    best = fitted(kind, *both, how, build, seed)
    best.how = how
    return best
