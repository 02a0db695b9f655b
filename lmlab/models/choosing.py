"""Chapter 5.9: what people choose, of brands on a shelf or of two plans, as a softmax of values."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

__all__ = ["brand_features", "compared", "fit_choice", "half_fits", "powers", "resampled", "shares"]


def fit_choice(x, chosen, weight=None, ridge: float = 0.01) -> np.ndarray:
    """Weights `w` of the choice model: option j is taken with the softmax of `x @ w`.

    With two options that is the model of Bradley and Terry (1952), with more that of McFadden
    (1974). Maximises the log-likelihood less a small penalty.

    Args:
        x: features `(n, options, features)`.
        chosen: `(n,)` number of the option taken.
        weight: `(n,)` how often each row counts, or None: once.
        ridge: times half the sum of the squared weights is the penalty.

    Returns:
        `(features,)`.

    Raises:
        ValueError: the shapes do not fit.
    """
    if x.ndim != 3 or len(x) != len(chosen):
        raise ValueError(f"`x` must be (n, options, features) for n choices, got {x.shape}")
    weight = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    rows = np.arange(len(x))

    def loss(w):
        logs = log_softmax(x @ w, axis=1)
        off = -np.exp(logs) * weight[:, None]  # (n, options)
        off[rows, chosen] += weight
        value = -weight @ logs[rows, chosen] + ridge / 2 * w @ w
        return value, ridge * w - np.einsum("nj,njf->f", off, x)

    return minimize(loss, np.zeros(x.shape[2]), jac=True, method="BFGS").x


def brand_features(price, advertised) -> np.ndarray:
    """Features `(n, brands, brands + 1)`: a constant for each brand but the last, price, feature.

    Args:
        price, advertised: `(n, brands)`.
    """
    n, brands = price.shape
    constant = np.broadcast_to(np.eye(brands)[:, :-1], (n, brands, brands - 1))
    return np.concatenate([constant, price[..., None], advertised[..., None]], axis=2)


def shares(w, prices, rivals) -> np.ndarray:
    """Share of the first brand at each of its prices, nobody advertised.

    Args:
        w: of `fit_choice` on `brand_features`, `(brands + 1,)`.
        prices: `(k,)` of the first brand.
        rivals: `(brands - 1,)` prices of the others.

    Returns:
        `(k,)`.
    """
    prices = np.atleast_1d(np.asarray(prices, float))
    table = np.column_stack([prices, np.broadcast_to(rivals, (len(prices), len(rivals)))])
    values = brand_features(table, np.zeros_like(table)) @ w
    return np.exp(log_softmax(values, axis=1))[:, 0]


def half_fits(bought, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights fitted on half of the households, drawn by lot, and on the other half.

    Args:
        bought: what `lmlab.data.load_yogurt` returns.
        seed: of the lot.

    Returns:
        Weights of our half and of the other, each `(brands + 1,)`.
    """
    ours = np.random.default_rng(seed).permutation(bought.household.max() + 1) % 2 == 0
    mine = ours[bought.household]
    x = brand_features(bought.price, bought.advertised)
    return tuple(fit_choice(x[part], bought.chosen[part]) for part in (mine, ~mine))


def powers(prices, degree: int) -> np.ndarray:
    """Powers 1 to `degree` of `(prices − 9) / 3`, a last axis `(..., degree)`.

    Raises:
        ValueError: the degree is below 1.
    """
    if degree < 1:
        raise ValueError(f"`degree` must be 1 or more, got {degree}")
    scaled = (np.asarray(prices, float) - 9) / 3
    return np.stack([scaled**k for k in range(1, degree + 1)], axis=-1)


def resampled(bought, times: int, seed: int = 0) -> list[np.ndarray]:
    """Weights fitted on households drawn with replacement, as often as said.

    Args:
        bought: what `lmlab.data.load_yogurt` returns.
        times: how many fits.
        seed: of the lots.
    """
    rng, fits = np.random.default_rng(seed), []
    x, homes = brand_features(bought.price, bought.advertised), bought.household.max() + 1
    for _ in range(times):
        count = np.bincount(rng.integers(0, homes, homes), minlength=homes)
        fits.append(fit_choice(x, bought.chosen, count[bought.household]))
    return fits


def compared(policy, true, n: int, seed: int, sharp: float = 4) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of offers, and which one a director prefers, surely so if the true values differ.

    Args:
        policy: how often each offer is made, `(offers,)`.
        true: value of each offer to the director, `(offers,)`.
        n: how many pairs.
        seed: of the lots.
        sharp: the logit of the preference is this times the difference of the true values.

    Returns:
        Numbers of the offers `(n, 2)`, and 0 or 1 `(n,)`: which of them is preferred.
    """
    rng = np.random.default_rng(seed)
    pair = rng.choice(len(policy), (n, 2), p=policy)
    ahead = true[pair[:, 1]] - true[pair[:, 0]]
    return pair, (rng.random(n) < 1 / (1 + np.exp(-sharp * ahead))).astype(int)
