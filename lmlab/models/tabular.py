"""Rivals on a small table, tuned by one rule: a network, logistic regression, one tree or many.

First used in chapter 2.7 (2A3). Each candidate of a family is trained on the training part; the one
with the lowest log loss on the validation part is kept.
"""

import functools
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lmlab.models.dense import forward

if TYPE_CHECKING:  # Keras starts in 3 s, and two of the families do without
    import keras

__all__ = [
    "KINDS",
    "bootstrap_error",
    "log_loss",
    "out_of_fold",
    "probability",
    "three_parts",
    "tuned",
]

KINDS = ("network", "logistic", "tree", "boosted")
EPOCHS, RATE = 60, 0.003


def log_loss(p: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy in nats of y `(n,)` in {0, 1}; p `(n,)` is cut at 0.002 and 0.998."""
    p = np.clip(p, 0.002, 0.998)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def probability(model, x: np.ndarray) -> np.ndarray:
    """The probability of class 1.

    Args:
        model: a classifier of scikit-learn, or the weights W1, b1, … of a network of two logits.
        x: `(n, columns)`.

    Returns:
        `(n,)`.
    """
    if isinstance(model, list):
        z = forward(model, np.asarray(x, "float32"))[-1]
        return 1 / (1 + np.exp(z[:, 0] - z[:, 1]))
    return model.predict_proba(x)[:, 1]


def three_parts(x: np.ndarray, y: np.ndarray, seed: int, sizes: tuple[int, int], rows: int):
    """A table in three parts for training, validation and test, standardised by the first.

    Args:
        x: `(n, columns)`.
        y: `(n,)`.
        seed: of the order in which the rows are dealt.
        sizes: how many rows are dealt to training and to validation; the rest is the test.
        rows: how many of the training rows are used.

    Returns:
        Three pairs (x, y).

    Raises:
        ValueError: `rows` is not from 1 to `sizes[0]`.
    """
    if not 1 <= rows <= sizes[0]:
        raise ValueError(f"`rows` must be from 1 to {sizes[0]}, got {rows}")
    order, end = np.random.default_rng(seed).permutation(len(y)), sizes[0] + sizes[1]
    parts = order[:rows], order[sizes[0] : end], order[end:]
    mean, spread = x[parts[0]].mean(axis=0), x[parts[0]].std(axis=0)
    return [((x[part] - mean) / spread, y[part]) for part in parts]


def bootstrap_error(statistic, n: int, times: int = 300, seed: int = 0) -> float:
    """The standard error of a number that is computed from n rows, by the bootstrap.

    Args:
        statistic: rows `(n,)`, drawn with replacement from 0 … n - 1 -> a number.
        n: how many rows there are.
        times: how often they are drawn.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    return float(np.std([statistic(rng.integers(0, n, n)) for _ in range(times)]))


def tuned(kind: str, train, validation, seed: int = 0):
    """The best of a family: the lowest log loss on the validation part.

    The grids: logistic regression with 11 penalties from C = 0.001 to 100; a tree of depth 1 to 6
    with at least 5, 20 or 50 rows in a leaf; a network of 8 or 32 hidden neurons, with an L2
    penalty of 0, 0.003 or 0.01, stopped after the best of 60 epochs; 25, 50, 100 or 200 boosted
    trees of depth 1, 2 or 3.

    Args:
        kind: "network", "logistic", "tree" or "boosted".
        train: x `(n, columns)`, standardised, and y `(n,)` in {0, 1}.
        validation: the same of other rows.
        seed: of the network's weights and of the order of its batches.

    Returns:
        What `probability` takes.

    Raises:
        ValueError: `kind` is none of the four.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {KINDS}, got {kind!r}")
    candidates = _trained_networks(train, seed) if kind == "network" else _fitted(kind, train)
    x, y = validation
    return min(candidates, key=lambda model: log_loss(probability(model, x), y))


def out_of_fold(x: np.ndarray, y: np.ndarray, c: float = 0.3, seed: int = 0) -> np.ndarray:
    """Scores by five logistic regressions, each for the fifth of the rows that it has not seen.

    Args:
        x: `(n, columns)`, no column constant; standardised by the rows of each training.
        y: `(n,)` in {0, 1}.
        c: the inverse of the penalty.
        seed: of the five parts.

    Returns:
        The probability of class 1, `(n,)`.

    Raises:
        ValueError: x and y differ in length, or have fewer than five rows.
    """
    from sklearn.linear_model import LogisticRegression

    if len(x) != len(y) or len(x) < 5:
        raise ValueError(
            f"`x` and `y` must have the same length, at least 5, got {len(x)} and {len(y)}"
        )
    scores = np.zeros(len(x))
    for unseen in np.array_split(np.random.default_rng(seed).permutation(len(x)), 5):
        rest = np.setdiff1d(np.arange(len(x)), unseen)
        z = (x - x[rest].mean(axis=0)) / x[rest].std(axis=0)
        model = LogisticRegression(C=c, solver="newton-cholesky").fit(z[rest], y[rest])
        scores[unseen] = probability(model, z[unseen])
    return scores


def _fitted(kind: str, train):
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    if kind == "logistic":
        for c in 10 ** np.arange(-3, 2.1, 0.5):
            yield LogisticRegression(C=c, max_iter=500).fit(*train)
        return
    if kind == "boosted":
        from sklearn.ensemble import GradientBoostingClassifier

        for depth, trees in product((1, 2, 3), (25, 50, 100, 200)):
            model = GradientBoostingClassifier(
                max_depth=depth, n_estimators=trees, learning_rate=0.05, random_state=0
            )
            yield model.fit(*train)
        return
    for depth, leaf in product(range(1, 7), (5, 20, 50)):
        tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf, random_state=0)
        yield tree.fit(*train)


def _trained_networks(train, seed: int):
    from lmlab.models.training import fit_epochs, restart

    x, y = np.asarray(train[0], "float32"), np.asarray(train[1])
    for hidden, penalty in product((8, 32), (0.0, 0.003, 0.01)):
        model = _network(x.shape[1], hidden, penalty)
        restart(model, seed)
        for _ in fit_epochs(model, x, y, epochs=EPOCHS, batch_size=50, seed=seed):
            yield model.get_weights()


@functools.cache
def _network(columns: int, hidden: int, penalty: float) -> "keras.Model":
    """One compiled network of each size and penalty: its graph is traced once."""
    from lmlab.models.device import keras

    layers, l2 = keras.layers, keras.regularizers.L2(penalty)
    hidden_layer = layers.Dense(hidden, "relu", kernel_regularizer=l2)
    model = keras.Sequential(
        [keras.Input((columns,)), hidden_layer, layers.Dense(2, kernel_regularizer=l2)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss)
    return model
