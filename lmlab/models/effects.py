"""Effects of a treatment, adjusted or of those put first; accuracy with columns chosen in folds."""

import numpy as np

__all__ = ["METHODS", "adjusted_effect", "folded_accuracy", "ranked_gains"]

METHODS = ("regression", "weighting", "matching")


def adjusted_effect(treated, outcome, known, method: str = "regression") -> float:
    """The effect on the treated, if the known columns are all that decided who is treated.

    Args:
        treated: (n,) bool.
        outcome: (n,), any unit.
        known: (n, k) columns; with k = 0 the plain difference of the means is returned.
        method: "regression" (least squares with a jump for the treated), "weighting" (the others
            by their odds of treatment) or "matching" (to each treated the nearest of the others,
            by the logit of treatment; equally near ones share).

    Returns:
        The effect, in the unit of `outcome`.

    Raises:
        ValueError: `method` is none of the three.
    """
    from sklearn.linear_model import LogisticRegression

    if method not in METHODS:
        raise ValueError(f"`method` must be one of {METHODS}, got {method!r}")
    t, y, z = np.asarray(treated, bool), np.asarray(outcome, float), np.asarray(known, float)
    if z.shape[1] == 0:
        return float(y[t].mean() - y[~t].mean())
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    if method == "regression":
        design = np.column_stack([t, np.ones(len(t)), z])
        return float(np.linalg.lstsq(design, y)[0][0])
    logit = LogisticRegression(C=1e4, solver="newton-cholesky").fit(z, t).decision_function(z)
    if method == "weighting":
        return float(y[t].mean() - np.average(y[~t], weights=np.exp(logit[~t])))
    gap = np.abs(logit[t][:, None] - logit[~t])  # (treated, others)
    is_nearest = gap <= gap.min(axis=1, keepdims=True) + 1e-6
    matched = (is_nearest @ y[~t]) / is_nearest.sum(axis=1)
    return float(y[t].mean() - matched.mean())


def ranked_gains(x, treated, good, *, share: float, seed: int, C: float = 1.0) -> np.ndarray:
    """What a trial says of those whom a ranking puts first, in each half ranked by the other half.

    In each half one logistic unit is fitted to the treated and one to the others; they give the
    chance of a good outcome, treated and not, of each person in the *other* half.

    Args:
        x: (n, k) columns.
        treated: (n,) bool, drawn by lot.
        good: (n,) bool, the outcome.
        share: of the people who are put first, from above 0 to 1.
        seed: of the halves.
        C: inverse strength of the L2 regularisation.

    Returns:
        (3, 2): the gain (share of good outcomes among the treated minus that among the others) and
        its standard error, of those put first by risk (worst untreated), by uplift (largest
        predicted gain), and of everybody.
    """
    from sklearn.linear_model import LogisticRegression

    x, t, y = np.asarray(x, float), np.asarray(treated, bool), np.asarray(good, bool)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    half = np.random.default_rng(seed).permutation(len(t)) % 2
    p = np.zeros((2, len(t)))  # of a good outcome: untreated, treated
    for fold in (0, 1):
        for arm in (0, 1):
            rows = (half != fold) & (t == arm)
            fitted = LogisticRegression(C=C).fit(x[rows], y[rows])
            p[arm, half == fold] = fitted.predict_proba(x[half == fold])[:, 1]
    found = []
    for ranking in (-p[0], p[1] - p[0], np.zeros(len(t))):
        first = ranking >= np.quantile(ranking, 1 - share)
        a, b = y[first & t], y[first & ~t]
        found.append((a.mean() - b.mean(), np.sqrt(a.var() / len(a) + b.var() / len(b))))
    return np.array(found)


def folded_accuracy(x, y, choose, *, seed: int, folds: int = 6) -> float:
    """Balanced accuracy of the nearest class mean, on columns chosen anew in each fold.

    Args:
        x: (n, k) numbers.
        y: (n,) 0 or 1.
        choose: takes the training rows `(x, y)` of a fold, returns the columns to use.
        seed: of the folds, which are stratified.
        folds: 2 or more.

    Returns:
        The mean of the shares called rightly in both classes.
    """
    from sklearn.model_selection import StratifiedKFold

    called = np.zeros(len(y))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(x, y):
        z = x[:, choose(x[train], y[train])]
        z = (z - z[train].mean(axis=0)) / (z[train].std(axis=0) + 1e-6)
        means = [z[train][y[train] == c].mean(axis=0) for c in (0, 1)]
        called[test] = np.argmin([((z[test] - mean) ** 2).sum(axis=1) for mean in means], axis=0)
    return float(np.mean([(called[y == c] == c).mean() for c in (0, 1)]))
