"""The scoring network of chapter 2K as a function, for what comes after it (chapter 2A4).

The columns, the rules for rejects and the network are those of chapter 2K, which explains them.
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lmlab.models.dense import forward

if TYPE_CHECKING:
    import keras
    from pandas import DataFrame

    from lmlab.service import Column

__all__ = [
    "COLUMNS",
    "DRIFTS",
    "OTHER",
    "SEEN",
    "CreditModel",
    "as_requests",
    "cost_of_100",
    "credit_features",
    "drifted",
    "lender",
    "load_credit_rows",
    "log_loss",
    "requests_of",
    "service_columns",
    "three_flags",
]

LIMITS = {"seniority": (0, 60), "time": (1, 120), "age": (18, 100)}
LIMITS |= {"expenses": (0, 1e4), "income": (1, 1e5), "assets": (0, 1e7)}
LIMITS |= {"debt": (0, 1e7), "amount": (1, 1e6), "price": (1, 1e6)}
MAY_MISS = ("income", "assets", "debt")
COLUMNS = [*LIMITS, "no_income", "records_yes", "home_owner", "job_fixed", "job_partime"]

DRIFTS = ("yearly income", "safer customers", "income left out", "payers change")
OTHER = "months in the job"  # a fault that nobody thought of: years are asked for
SEEN = (*DRIFTS[:3], OTHER)  # those that scores can see


def credit_features(table: "DataFrame") -> np.ndarray:
    """The 14 numbers of each application, (n, 14) float32; what is missing is NaN."""
    out = table[list(LIMITS)].assign(no_income=table["income"].isna().astype(float))
    for name in COLUMNS[len(LIMITS) + 1 :]:
        column, value = name.split("_")
        out[name] = (table[column] == value).astype(float)
    return out.to_numpy("float32")


@functools.cache
def load_credit_rows() -> tuple[np.ndarray, np.ndarray]:
    """The 4,444 applications that pass the screen of chapter 2K.

    Returns:
        The features (4444, 14), and (4444,) float32: 1 where it was not paid back. They are kept
        and cannot be written to.
    """
    from lmlab.data import load_credit

    table = load_credit()
    good = table.dropna(subset=["home", "marital", "job"]).drop_duplicates()
    x, bad = credit_features(good), (good["status"] == "bad").to_numpy("float32")
    x.setflags(write=False)
    bad.setflags(write=False)
    return x, bad


def drifted(
    kind: str, share: float, rows: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Applications of which a share has drifted.

    Args:
        kind: one of `DRIFTS`: the form asks for the year's income, so that it is twelve times as
            large; people come who have been ten years in their job, or more; the income is left
            out; each fifth good payer does not pay back. Or `OTHER`: the form asks for the months
            in the job.
        share: probability that a record has drifted.
        rows: (n,) row numbers of `load_credit_rows`.
        rng: of the choice of records.

    Returns:
        Features (n, 14) and labels (n,), to be written to.

    Raises:
        ValueError: `kind` is none of these.
    """
    if kind not in (*DRIFTS, OTHER):
        raise ValueError(f"`kind` must be one of {(*DRIFTS, OTHER)}, got {kind!r}")
    features, bad = load_credit_rows()
    hit, income = rng.random(len(rows)) < share, COLUMNS.index("income")
    if kind == "safer customers":
        safe = rows[features[rows, COLUMNS.index("seniority")] >= 10]
        rows = np.where(hit, rng.choice(safe, len(rows)), rows)
    x, label = features[rows].copy(), bad[rows].copy()
    if kind == "yearly income":
        x[hit, income] *= 12
    if kind == OTHER:
        x[hit, COLUMNS.index("seniority")] *= 12
    if kind == "income left out":
        x[hit, income], x[hit, COLUMNS.index("no_income")] = np.nan, 1
    if kind == "payers change":
        label[hit & (rng.random(len(rows)) < 0.2)] = 1
    return x, label


def cost_of_100(scores: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """A hundred times each application's cost, in what a good customer brings.

    A score below 1/6 is accepted; a bad one then costs 5, and a good one that is refused costs 1.
    """
    return 100 * np.where(np.asarray(scores) < 1 / 6, 5 * bad, 1 - bad)


def log_loss(scores: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """The cross-entropy (n,) of each score, in nats."""
    return -np.log(np.where(np.asarray(bad) == 1, scores, 1 - np.asarray(scores)))


def three_flags(model: "CreditModel", x: np.ndarray, high: float = 300) -> np.ndarray:
    """What a plain watch counts, (3, n): accepted; an income above `high`; an income left out."""
    income = x[:, COLUMNS.index("income")]
    return np.stack([model(x) < 1 / 6, income > high, np.isnan(income)])


@functools.cache
def lender(seed: int = 0) -> tuple[np.ndarray, np.ndarray, "CreditModel"]:
    """A lender's reference and traffic, and a model trained on other applications.

    Args:
        seed: of the split and of the training.

    Returns:
        Row numbers of the reference (1111,) and of the traffic (1111,), and the model, which has
        seen neither.
    """
    x, bad = load_credit_rows()
    order = np.random.default_rng(seed).permutation(len(bad))
    train, reference, traffic = np.split(order, [2222, 3333])
    return reference, traffic, CreditModel.trained(x[train], bad[train], seed)


def as_requests(x: np.ndarray) -> list[dict[str, float | None]]:
    """Rows (n, 14) as a client sends them, by name; what is missing is None."""
    return [
        {n: None if np.isnan(v) else float(v) for n, v in zip(COLUMNS, row, strict=True)}
        for row in x
    ]


def requests_of(
    kind: str, share: float, rows: np.ndarray, count: int, seed: int
) -> list[dict[str, float | None]]:
    """`count` requests of these applicants, drawn with repetition; a share has drifted."""
    rng = np.random.default_rng(seed)
    return as_requests(drifted(kind, share, rng.choice(rows, count), rng)[0])


def service_columns() -> list["Column"]:
    """The columns with their ranges, as `lmlab.service.export_onnx` takes them."""
    from lmlab.service import Column

    return [Column(n, *LIMITS.get(n, (0, 1)), nullable=n in MAY_MISS) for n in COLUMNS]


@dataclass(frozen=True)
class CreditModel:
    """A trained network, 14 → 32 → 1, with its preparation; calling it with rows gives scores.

    Attributes:
        weights: W1, b1, W2, b2.
        preparation: `fill`, `mean` and `scale`, (14,) each.
    """

    weights: list[np.ndarray]
    preparation: dict[str, np.ndarray]

    @classmethod
    def trained(cls, x: np.ndarray, y: np.ndarray, seed: int, epochs: int = 8) -> "CreditModel":
        """Train it with Keras: Adam at 0.01, cross-entropy, batches of 32.

        Args:
            x: (n, 14) rows, NaN where missing.
            y: (n,) 1 for bad, 0 for good.
            seed: of the weights and of the order of the rows.
            epochs: passes over the rows.
        """
        from lmlab.models.training import fit_epochs, restart

        fill = np.nanmedian(x, axis=0)
        full = np.where(np.isnan(x), fill, x)
        mean, scale = full.mean(axis=0), full.std(axis=0).clip(1e-6)
        net = _network()
        restart(net, seed)
        ready, labels = ((full - mean) / scale).astype("float32"), y[:, None].astype("float32")
        for _ in fit_epochs(net, ready, labels, epochs=epochs, batch_size=32, seed=seed):
            pass
        return cls(net.get_weights(), {"fill": fill, "mean": mean, "scale": scale})

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Scores (n,), the probability of not being paid back, of rows (n, 14)."""
        p = self.preparation
        ready = (np.where(np.isnan(x), p["fill"], x) - p["mean"]) / p["scale"]
        return 1 / (1 + np.exp(-forward(self.weights, ready)[-1][:, 0]))

    def export(self, path: str | Path) -> Path:
        """Write what `lmlab.service` serves."""
        from lmlab.service import export_onnx

        return export_onnx(self.network(), path, service_columns(), **self.preparation)

    def network(self) -> "keras.Model":
        """The Keras model with these weights; the next call or training changes them."""
        net = _network()
        net.set_weights(self.weights)
        return net


@functools.cache
def _network() -> "keras.Model":
    """One compiled network: its graph is traced once."""
    from lmlab.models.device import keras

    layers = keras.layers
    net = keras.Sequential(
        [keras.Input((len(COLUMNS),)), layers.Dense(32, "relu"), layers.Dense(1, "sigmoid")]
    )
    net.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    return net
