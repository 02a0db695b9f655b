"""Demand by good and day: a table of what is known, a sequence network, and price elasticities.

First used in chapter 1.6 (1A3). `units` is `(goods, days)`; a forecast of day d over horizon h
knows the units of the days up to d − h, and prices, which the shop sets itself, up to d.
"""

import math
from functools import partial

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from lmlab.models.device import keras

__all__ = [
    "FAMILIES",
    "cells_ols",
    "chosen",
    "filled",
    "frame",
    "gru",
    "mixed",
    "poisson_slope",
    "season",
    "span_errors",
    "tabled",
    "trained",
    "windows",
]

WINDOW, AHEAD = 28, 14  # days that the network reads, and days that it forecasts

FAMILIES = {  # regressions on the table of `frame`, four settings each
    "least squares": [partial(Ridge, a) for a in (1, 10, 100, 1000)],
    "Poisson": [
        partial(PoissonRegressor, alpha=a, solver="newton-cholesky")
        for a in (1e-4, 1e-3, 1e-2, 1e-1)
    ],
    "trees": [
        partial(
            HistGradientBoostingRegressor,
            loss="poisson",
            learning_rate=rate,
            max_leaf_nodes=leaves,
            early_stopping=False,
            random_state=0,
        )
        for rate in (0.05, 0.1)
        for leaves in (8, 31)
    ],
}


def season(units: np.ndarray, days, horizon: int, k: int) -> np.ndarray:
    """Mean of the last k same weekdays that are known; k = 1 is the seasonal naive forecast.

    Args:
        units: `(goods, days)`.
        days: to forecast `(n,)`.
        horizon: days ahead, ≥ 1.
        k: weekdays, ≥ 1.

    Returns:
        `(n, goods)`.

    Raises:
        ValueError: `horizon` or `k` is less than 1, or the days do not reach so far back.
    """
    back = 7 * math.ceil(horizon / 7)
    if horizon < 1 or k < 1 or min(days) < back + 7 * (k - 1):
        raise ValueError(f"`horizon` and `k` must be ≥ 1 and reach day 0, got {horizon} and {k}")
    days = np.asarray(days)
    return np.mean([units[:, days - back - 7 * j] for j in range(k)], axis=0).T


def span_errors(units: np.ndarray, days, lead: int) -> np.ndarray:
    """Units of the lead + 1 days that follow, less their forecast: means of eight weekdays.

    Args:
        units: `(goods, days)`.
        days: last known days `(n,)`, each ≥ 56.
        lead: days that an order takes.

    Returns:
        `(n, goods)`.
    """
    ahead = [(np.asarray(days) + h, h) for h in range(1, lead + 2)]
    return sum(units[:, d].T - season(units, d, h, 8) for d, h in ahead)


def mixed(units: np.ndarray, whole: bool = False, seed: int = 0) -> np.ndarray:
    """The weeks in another order: whole weeks, or each weekday in an order of its own.

    Args:
        units: `(goods, days)`, whole weeks.
        whole: whether the days of a week stay together.
        seed: of the order, the same for all goods.

    Returns:
        `(goods, days)`.
    """
    rng, weeks = np.random.default_rng(seed), units.reshape(len(units), -1, 7)
    orders = [rng.permutation(weeks.shape[1]) for _ in range(1 if whole else 7)]
    columns = [weeks[:, orders[day % len(orders)], day] for day in range(7)]
    return np.stack(columns, axis=2).reshape(units.shape)


def frame(units, log_price, days, horizon: int, with_price: bool = True):
    """A table for regressions of each good and day on what is known `horizon` days before.

    Columns: log(1 + mean of the last 7, of the last 28 days, of the last 4 same weekdays, and the
    last day); log price of the day, and of the last known day, against the mean of the 28 days;
    six weekdays.

    Args:
        units: `(goods, days)`; log_price, the same shape, dollars.
        days: to forecast `(n,)`, each ≥ 28 + horizon.
        horizon: days ahead.
        with_price: whether the columns of prices are there.

    Returns:
        `x` (n × goods, columns), `y` (n × goods,), the goods of the first day first.
    """
    before, same = [], season(units, days, horizon, 4)
    one = np.eye(7)
    for row, d in enumerate(days):
        known, paid = units[:, : d - horizon + 1], log_price[:, d - horizon - 27 : d - horizon + 1]
        last = known[:, -7:].mean(axis=1), known[:, -28:].mean(axis=1), same[row], known[:, -1]
        columns = [np.log1p(values) for values in last]
        if with_price:
            columns += [log_price[:, d] - paid.mean(axis=1), paid[:, -1] - paid.mean(axis=1)]
        columns += [np.full(len(units), one[d % 7, j]) for j in range(1, 7)]
        before.append(np.stack(columns, axis=1))
    return np.concatenate(before), units[:, np.asarray(days)].T.ravel()


def windows(units, log_price, origins):
    """What the network reads, and the days that it forecasts.

    Args:
        units, log_price: `(goods, days)`.
        origins: last known days `(n,)`, each ≥ 27.

    Returns:
        `x` (n × goods, 28 × 9 + 14 × 9): units against their mean, price, weekday of the days that
        are known; price, weekday and log of the mean for those to come. `y` (n × goods, 14): units.
    """
    weekday, parts, later = np.eye(7)[np.arange(units.shape[1]) % 7], [], []
    for t in origins:
        past, coming = slice(t - WINDOW + 1, t + 1), slice(t + 1, t + 1 + AHEAD)
        level = np.log(units[:, past].mean(axis=1, keepdims=True) + 0.5)
        usual = log_price[:, past].mean(axis=1, keepdims=True)
        halves = []
        for days, first in ((past, np.log1p(units[:, past]) - level), (coming, None)):
            shape = (len(units), len(weekday[days]))
            price = 5 * (log_price[:, days] - usual)
            week = np.broadcast_to(weekday[days], (*shape, 7))
            mean = np.broadcast_to(level, shape) if first is None else first
            halves.append(np.dstack([price, week, mean]).reshape(len(units), -1))
        parts.append(np.hstack(halves))
        later.append(units[:, coming])
    return np.concatenate(parts).astype("float32"), np.concatenate(later).astype("float32")


def poisson_loss(y, z):
    """Mean of e^z − y z: the part of the Poisson likelihood that depends on z = log rate."""
    ops = keras.ops
    return ops.mean(ops.exp(z) - y * z)


def gru(width: int):
    """A recurrent network (GRU) over 28 days, and log rates of the 14 days that follow."""
    layers, ops, cut = keras.layers, keras.ops, WINDOW * 9
    x = keras.Input((cut + AHEAD * 9,))
    past = ops.reshape(x[:, :cut], (-1, WINDOW, 9))
    coming = ops.reshape(x[:, cut:], (-1, AHEAD, 9))
    state = ops.repeat(ops.expand_dims(layers.GRU(width)(past), 1), AHEAD, axis=1)
    z = layers.Dense(2 * width, "relu")(ops.concatenate([state, coming], axis=-1))
    z = layers.Dense(1, kernel_initializer="zeros")(z)[..., 0] + coming[..., -1]
    net = keras.Model(x, z)
    net.compile(keras.optimizers.Adam(0.01, clipnorm=1.0), poisson_loss)
    return net


def chosen(fitted, settings, error):
    """The setting with the lowest error, and its model.

    Args:
        fitted: takes a setting, returns a model.
        settings: to try, in order.
        error: takes a model, returns a number.

    Returns:
        Setting, model.

    Raises:
        ValueError: there is no setting.
    """
    tried = [(setting, fitted(setting)) for setting in settings]
    if not tried:
        raise ValueError("`settings` must hold at least one, got none")
    return min(tried, key=lambda pair: error(pair[1]))


def tabled(units, log_price, days, horizon: int, builds, error, with_price: bool = True):
    """Forecasts of the best of several regressions on the table of `frame`, columns standardised.

    Args:
        units, log_price: `(goods, days)`; log_price in log dollars.
        days: three lists of days: to fit, to choose with, to test.
        horizon: days ahead.
        builds: functions without arguments that return a regression of scikit-learn.
        error: takes units and forecasts `(n,)`, returns a number.
        with_price: whether the columns of prices are there.

    Returns:
        Forecasts for the days to choose with and for the test, each `(days × goods,)`.

    Raises:
        ValueError: there are not three lists of days.
    """
    if len(days) != 3:
        raise ValueError(f"`days` must hold three lists, got {len(days)}")
    (fit_x, fit_y), *others = [frame(units, log_price, d, horizon, with_price) for d in days]
    with threadpool_limits(1):  # several threads wait for each other for most of the time
        _, model = chosen(
            lambda build: make_pipeline(StandardScaler(), build()).fit(fit_x, fit_y),
            builds,
            lambda model: error(others[0][1], model.predict(others[0][0])),
        )
        return [model.predict(x) for x, _ in others]


def trained(x, y, width, rate: float, epochs: int = 6, seed: int = 0):
    """A network of `gru` after some epochs; takes `x`, returns rates `(n, 14)`."""
    from lmlab.models.training import fit, predict, restart

    net = gru(width)
    restart(net, seed)
    net.optimizer.learning_rate = rate
    fit(net, x, y, epochs=epochs, batch_size=64, seed=seed)
    return partial(lambda net, x: np.exp(predict(net, x)), net)


def filled(sales: np.ndarray, out: np.ndarray, steps: int = 10) -> np.ndarray:
    """Sales with the sold-out days spread evenly over the normal curve's part above them.

    Args:
        sales: `(n,)`.
        out: whether the day was sold out `(n,)`.
        steps: times that mean and spread are taken anew.

    Returns:
        `(n,)`, unchanged where `out` is false.
    """
    used, rank = sales, (np.cumsum(out) - 0.5) / max(out.sum(), 1)
    for _ in range(steps):
        mean, spread = used.mean(), used.std()
        above = ndtr((mean - sales) / spread) * (1 - rank)
        used = np.where(out, mean - spread * ndtri(np.where(out, above, 0.5)), sales)
    return used


def cells_ols(units, log_price) -> float:
    """Slope of log units on log price over the cells that sold something, within good and store.

    Args:
        units: `(goods, stores, weeks)`; log_price `(goods, weeks)`.
    """
    sold = (units > 0).astype(float)
    count = np.maximum(sold.sum(axis=-1, keepdims=True), 1)

    def within(values):
        return (values - (values * sold).sum(axis=-1, keepdims=True) / count) * sold

    x = within(np.broadcast_to(log_price[:, None], units.shape))
    return float((x * within(np.log(np.maximum(units, 1)))).sum() / (x**2).sum())


def poisson_slope(units, log_price, steps: int = 30) -> float:
    """Slope of log expected units on log price, one level for each good: Poisson, Newton's steps.

    With one price for all stores, the stores may be added up: their own levels drop out.

    Args:
        units: `(goods, weeks)`, the weeks without a sale in it; log_price, the same shape.
    """
    slope, total = 0.0, units.sum(axis=1, keepdims=True)
    for _ in range(steps):
        share = np.exp(slope * log_price)
        share /= share.sum(axis=1, keepdims=True)
        mean = (share * log_price).sum(axis=1, keepdims=True)
        spread = (share * log_price**2).sum(axis=1, keepdims=True) - mean**2
        slope += ((units * log_price).sum() - (total * mean).sum()) / (total * spread).sum()
    return float(slope)
