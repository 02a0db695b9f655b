"""Rivals on a small table, tuned by one rule: a network, logistic regression, a tree.

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

__all__ = ["KINDS", "log_loss", "probability", "tuned"]

KINDS = ("network", "logistic", "tree")
EPOCHS = 60


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


def tuned(kind: str, train, validation, seed: int = 0):
    """The best of a family: the lowest log loss on the validation part.

    The grids: logistic regression with 11 penalties from C = 0.001 to 100; a tree of depth 1 to 6
    with at least 5, 20 or 50 rows in a leaf; a network of 8 or 32 hidden neurons, at a rate of
    0.001 or 0.003, stopped after the best of 60 epochs.

    Args:
        kind: "network", "logistic" or "tree".
        train: x `(n, columns)`, standardised, and y `(n,)` in {0, 1}.
        validation: the same of other rows.
        seed: of the network's weights and of the order of its batches.

    Returns:
        What `probability` takes.

    Raises:
        ValueError: `kind` is none of the three.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {KINDS}, got {kind!r}")
    candidates = _trained_networks(train, seed) if kind == "network" else _fitted(kind, train)
    x, y = validation
    return min(candidates, key=lambda model: log_loss(probability(model, x), y))


def _fitted(kind: str, train):
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    if kind == "logistic":
        for c in 10 ** np.arange(-3, 2.1, 0.5):
            yield LogisticRegression(C=c, max_iter=500).fit(*train)
        return
    for depth, leaf in product(range(1, 7), (5, 20, 50)):
        tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf, random_state=0)
        yield tree.fit(*train)


def _trained_networks(train, seed: int):
    from lmlab.models.training import fit_epochs, restart

    x, y = np.asarray(train[0], "float32"), np.asarray(train[1])
    for hidden, rate in product((8, 32), (0.001, 0.003)):
        model = _network(x.shape[1], hidden, rate)
        restart(model, seed)
        for _ in fit_epochs(model, x, y, epochs=EPOCHS, batch_size=50, seed=seed):
            yield model.get_weights()


@functools.cache
def _network(columns: int, hidden: int, rate: float) -> "keras.Model":
    """One compiled network of each size: its graph is traced once."""
    from lmlab.models.device import keras

    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((columns,)), layers.Dense(hidden, "relu"), layers.Dense(2)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    return model
