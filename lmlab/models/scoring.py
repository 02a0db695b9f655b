"""Credit scores: scorecard, logistic regression, boosted trees and a network, tuned by one search.

First used in chapter 3.5 (3A1). `bad` is 1 where a loan was not paid back; every score is a
probability of bad.
"""

import functools
from typing import TYPE_CHECKING

import numpy as np

from lmlab.models.rankings import log_loss

if TYPE_CHECKING:  # Keras starts in 3 s, and two of the families do without
    from collections.abc import Callable

    import keras
    from pandas import DataFrame

__all__ = [
    "KINDS",
    "Encoder",
    "Logistic",
    "Network",
    "Scorecard",
    "Trees",
    "fitted",
    "network",
    "tuned",
]

KINDS = ("scorecard", "logistic", "trees", "network")
MONEY = ("income", "assets", "debt", "amount", "price", "expenses")


def _is_text(column) -> bool:
    return column.dtype.kind not in "bif"


class Encoder:
    """A table as numbers for a network: money in logarithms, one-hot text, flags for gaps."""

    def __init__(self, table: "DataFrame"):
        texts = [name for name in table if _is_text(table[name])]
        self.levels = {name: sorted(table[name].dropna().unique()) for name in texts}
        self.numbers = [name for name in table if name not in texts]
        raw = self._numbers(table)
        self.fill, self.gaps = np.nanmedian(raw, axis=0), np.isnan(raw).any(axis=0)
        filled = np.where(np.isnan(raw), self.fill, raw)
        self.mean, self.spread = filled.mean(axis=0), filled.std(axis=0) + 1e-9

    def _numbers(self, table) -> np.ndarray:
        columns = [np.log1p(table[c]) if c in MONEY else table[c] for c in self.numbers]
        return np.column_stack(columns).astype(float)

    def __call__(self, table: "DataFrame") -> np.ndarray:
        """The table as float32 `(n, columns)`."""
        raw = self._numbers(table)
        scaled = (np.where(np.isnan(raw), self.fill, raw) - self.mean) / self.spread
        parts = [scaled, np.isnan(raw)[:, self.gaps]]
        parts += [(table[c] == v).to_numpy()[:, None] for c, v in self.levels.items() for v in v]
        return np.column_stack(parts).astype("float32")


class Scorecard:
    """Weight of evidence in bins, then logistic regression: a table of points.

    Attributes:
        woe: for each column, the weight of evidence of its bins, ln(share of the good / share of
            the bad), half a row added to each; the last two of a text are "not given" and one that
            was not there in training, the last of a number is "not given".
        slope: one number for each column, `(columns,)`; `offset`: of the log-odds of good.
    """

    def __init__(self, table, bad, bins: int = 5, C: float = 1.0, weights=None):
        from sklearn.linear_model import LogisticRegression

        self.columns, self.cuts, self.woe = list(table), {}, {}
        weights = np.ones(len(table)) if weights is None else weights
        for name in self.columns:
            column = table[name]
            if _is_text(column):
                self.cuts[name] = sorted(column.dropna().unique())
            else:
                inner = np.linspace(0, 1, bins + 1)[1:-1]
                self.cuts[name] = np.unique(column.quantile(inner).to_numpy())
            code = self.codes(table, name)
            count = [
                np.bincount(code, weights * (bad == k), len(self.cuts[name]) + 2) + 0.5
                for k in (0, 1)
            ]
            share = [part / part.sum() for part in count]
            seen = np.bincount(code, minlength=len(share[0])) > 0
            self.woe[name] = np.where(seen, np.log(share[0] / share[1]), 0)
        model = LogisticRegression(C=C, solver="newton-cholesky")
        model.fit(self.evidence(table), 1 - bad, weights)
        self.slope, self.offset = model.coef_[0], model.intercept_[0]

    def codes(self, table, name: str) -> np.ndarray:
        """The bin of each row `(n,)` in this column."""
        column, cuts = table[name], self.cuts[name]
        if _is_text(column):
            place = {value: k for k, value in enumerate(cuts)}
            code = np.array([place.get(value, len(cuts) + 1) for value in column])
            return np.where(column.isna(), len(cuts), code)
        code = np.searchsorted(cuts, column.to_numpy(), side="right")  # 0 … len(cuts)
        return np.where(column.isna(), len(cuts) + 1, code)

    def evidence(self, table) -> np.ndarray:
        """The weight of evidence of each row and column `(n, columns)`."""
        return np.column_stack([self.woe[name][self.codes(table, name)] for name in self.columns])

    def log_odds(self, table) -> np.ndarray:
        """Log-odds of good `(n,)`."""
        return self.evidence(table) @ self.slope + self.offset

    def probability(self, table) -> np.ndarray:
        """The probability of bad `(n,)`."""
        return 1 / (1 + np.exp(self.log_odds(table)))


class Logistic:
    """Logistic regression on the inputs of the network: the network without its hidden layer."""

    def __init__(self, table, bad, weights=None, C: float = 1.0):
        from sklearn.linear_model import LogisticRegression

        self.encode = Encoder(table)
        self.model = LogisticRegression(C=C, solver="newton-cholesky")
        self.model.fit(self.encode(table).astype(float), bad, weights)

    def probability(self, table) -> np.ndarray:
        """The probability of bad `(n,)`."""
        return self.model.predict_proba(self.encode(table).astype(float))[:, 1]


class Trees:
    """Boosted trees of scikit-learn on the same table; gaps and text as they are."""

    def __init__(self, table, bad, weights=None, **settings):
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        self.encode = Encoder(table)
        texts = list(self.encode.levels)
        where = [list(table).index(name) for name in texts]
        self.model = HistGradientBoostingClassifier(
            categorical_features=where, early_stopping=False, random_state=0, **settings
        )
        with threadpool_limits(1):  # on so few rows threads only wait for each other
            self.model.fit(self._plain(table), bad, weights)

    def _plain(self, table) -> np.ndarray:
        columns = []
        for name in table:
            levels = self.encode.levels.get(name)
            place = {value: k for k, value in enumerate(levels or ())}
            columns.append(table[name] if levels is None else table[name].map(place))
        return np.column_stack(columns).astype(float)

    def probability(self, table) -> np.ndarray:
        """The probability of bad `(n,)`."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return self.model.predict_proba(self._plain(table))[:, 1]


class Network:
    """The weights of a trained network of one logit, and the encoder of its table."""

    def __init__(self, table, bad, build, seed=0, weights=None, **settings):
        from lmlab.models.training import fit, restart

        self.encode = Encoder(table)
        x = self.encode(table)
        weights = np.ones(len(x)) if weights is None else weights / np.mean(weights)
        self.model = _compiled(build, x.shape[1], settings["hidden"], settings["dropout"])
        restart(self.model, seed)
        self.model.optimizer.learning_rate.assign(settings["rate"])
        y = np.column_stack([bad, weights]).astype("float32")
        fit(self.model, x, y, epochs=settings["epochs"], batch_size=64, seed=seed)
        self.weights = self.model.get_weights()

    def probability(self, table) -> np.ndarray:
        """The probability of bad `(n,)`."""
        from lmlab.models.training import predict

        self.model.set_weights(self.weights)
        return 1 / (1 + np.exp(-predict(self.model, self.encode(table))[:, 0].astype(float)))


def weighted_loss(y, logit):
    """Weighted cross-entropy of each row; y `(n, 2)`: bad, weight; logit `(n, 1)` of bad."""
    from lmlab.models.device import keras

    bad, weight = y[:, 0], y[:, 1]
    return weight * (keras.ops.softplus(logit[:, 0]) - bad * logit[:, 0])


@functools.cache
def _compiled(build, columns: int, hidden: int, dropout: float) -> "keras.Model":
    """One compiled network of each shape: its graph is traced once."""
    from lmlab.models.device import keras

    model = build(columns, hidden, dropout)
    model.compile(keras.optimizers.Adam(0.001), weighted_loss)
    return model


def network(columns: int, hidden: int, dropout: float) -> "keras.Model":
    """One hidden layer, as chapter 3.5 builds it: inputs `(n, columns)`, a logit `(n, 1)`."""
    from lmlab.models.device import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((columns,)),
            layers.Dense(hidden, "relu"),
            layers.Dropout(dropout),
            layers.Dense(1),
        ]
    )


def _settings(kind: str, rng) -> dict:
    """One setting of a family, drawn at random."""
    if kind == "scorecard":
        return {"bins": int(rng.integers(3, 11)), "C": float(10 ** rng.uniform(-3, 1))}
    if kind == "logistic":
        return {"C": float(10 ** rng.uniform(-3, 1))}
    if kind == "trees":
        return {
            "learning_rate": float(10 ** rng.uniform(-1.7, -0.5)),
            "max_iter": int(rng.choice([25, 50, 100, 200])),
            "max_leaf_nodes": int(rng.choice([3, 6, 12, 24])),
            "min_samples_leaf": int(rng.choice([10, 20, 50])),
            "l2_regularization": float(rng.choice([0, 1, 10])),
        }
    return {
        "hidden": int(rng.choice([8, 32])),
        "dropout": float(rng.choice([0, 0.3])),
        "rate": float(10 ** rng.uniform(-3, -2)),
        "epochs": int(rng.choice([5, 10, 20, 40])),
    }


def tuned(
    kind: str,
    train,
    validation,
    seed: int = 0,
    budget: int = 12,
    weight: float = 1.0,
    build: "Callable" = network,
):
    """The best of `budget` random settings of a family: the lowest log loss on the validation part.

    Args:
        kind: "scorecard", "logistic", "trees" or "network".
        train: a table (data frame of `n` rows) and bad `(n,)` in {0, 1}.
        validation: the same of other rows.
        seed: of the settings drawn, and of the network's weights and batches.
        budget: how many settings.
        weight: how much a bad row counts, in training and in the choice; a good one counts 1.
        build: what makes the network, called with columns, hidden neurons and dropout.

    Returns:
        An object with `probability(table)` and `searched`, the validation losses `(budget,)`.

    Raises:
        ValueError: `kind` is none of the four.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {KINDS}, got {kind!r}")
    table, bad = train
    weights = np.where(bad == 1, weight, 1.0)
    table_val, bad_val = validation
    weights_val = np.where(bad_val == 1, weight, 1.0)
    rng, best, losses = np.random.default_rng(seed), None, []
    for _ in range(budget):
        model = fitted(kind, table, bad, weights, _settings(kind, rng), seed, build)
        losses.append(log_loss(model.probability(table_val), bad_val, weights_val))
        best = model if losses[-1] == min(losses) else best
    best.searched = np.array(losses)
    return best


def fitted(kind, table, bad, weights, settings: dict, seed: int = 0, build=network):
    """One member of a family with these settings; see `tuned`."""
    if kind == "scorecard":
        model = Scorecard(table, bad, weights=weights, **settings)
    elif kind == "logistic":
        model = Logistic(table, bad, weights, **settings)
    elif kind == "trees":
        model = Trees(table, bad, weights=weights, **settings)
    else:
        model = Network(table, bad, build, seed, weights, **settings)
    model.settings = settings
    return model
