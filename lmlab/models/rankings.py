"""What is measured on a score, and its calibration.

First used in chapter 3.5 (3A1). `bad` is 1 where a loan was not paid back, 0 else; `p` is a score
that is high where bad is likely.
"""

import numpy as np

__all__ = ["auc", "calibrated", "error_of_lead", "in_groups", "ks", "log_loss"]


def log_loss(p: np.ndarray, bad: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean cross-entropy in nats of bad `(n,)` in {0, 1}; p `(n,)` is cut at 0.002 and 0.998."""
    p = np.clip(p, 0.002, 0.998)
    losses = -(bad * np.log(p) + (1 - bad) * np.log(1 - p))
    return float(np.average(losses, weights=weights))


def auc(p: np.ndarray, bad: np.ndarray) -> float:
    """The share of pairs (bad, good) that p orders rightly; a tie counts half."""
    from scipy.stats import rankdata

    bad = np.asarray(bad) == 1
    ones, zeros = bad.sum(), (~bad).sum()
    return float((rankdata(p)[bad].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def ks(p: np.ndarray, bad: np.ndarray) -> float:
    """Kolmogorov-Smirnov: the largest gap, over all cut-offs, between the shares refused."""
    cuts, bad = np.unique(p), np.asarray(bad) == 1
    below = [np.searchsorted(np.sort(p[part]), cuts, side="right") for part in (bad, ~bad)]
    return float(np.max(np.abs(below[0] / bad.sum() - below[1] / (~bad).sum())))


def error_of_lead(measure, p, q, bad, seed: int = 0, draws: int = 200) -> float:
    """Standard error of `measure(p, bad) - measure(q, bad)` over bootstrap samples of the rows."""
    rng = np.random.default_rng(seed)
    rows = (rng.integers(0, len(bad), len(bad)) for _ in range(draws))
    return float(np.std([measure(p[i], bad[i]) - measure(q[i], bad[i]) for i in rows]))


def calibrated(how: str, p_fit, bad_fit, p) -> np.ndarray:
    """Probabilities p, corrected by what came of other rows; scikit-learn's fits.

    Args:
        how: "none"; "Platt", a logistic regression on the log-odds (two numbers); "isotonic",
            the nearest curve of steps that never falls.
        p_fit: probabilities of the rows that teach the correction, and `bad_fit`, what came.
        p: probabilities to correct `(n,)`.

    Returns:
        `(n,)`.

    Raises:
        ValueError: `how` is none of the three.
    """
    if how == "none":
        return p
    if how == "isotonic":
        from sklearn.isotonic import IsotonicRegression

        return IsotonicRegression(out_of_bounds="clip").fit(p_fit, bad_fit).predict(p)
    if how != "Platt":
        raise ValueError(f'`how` must be "none", "Platt" or "isotonic", got {how!r}')
    from scipy.special import logit
    from sklearn.linear_model import LogisticRegression

    odds, new = (logit(np.clip(q, 1e-12, 1 - 1e-12))[:, None] for q in (p_fit, p))
    model = LogisticRegression(C=1e6, solver="newton-cholesky").fit(odds, bad_fit)
    return model.predict_proba(new)[:, 1]


def in_groups(p: np.ndarray, bad: np.ndarray, groups: int) -> np.ndarray:
    """Promised share, counted share, its standard error `(3, groups)`; equal groups by rising p."""
    each = np.array_split(np.argsort(p, kind="stable"), groups)
    columns = [[p[i].mean(), bad[i].mean(), bad[i].std() / np.sqrt(len(i))] for i in each]
    return np.array(columns).T
