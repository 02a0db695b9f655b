"""The pictures of chapter 1.6 and what they say: orders, forecasts, price cuts, promises kept."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.billboard import draw_lines
from lmlab.figures import BLUE, COLOURS, ORANGE, RED

__all__ = [
    "draw_cut",
    "draw_forecast",
    "draw_order",
    "draw_service",
    "say_cut",
    "say_forecast",
    "say_order",
    "say_service",
]


def say_order(cost, short: int, over: int) -> str:
    """The cheapest order and its cost, in words; see `draw_order`."""
    q, costs = cost(short, over)
    best = int(np.argmin(costs))
    return f"missing {short}, left over {over}: cheapest order {q[best]:.0f}, {costs[best]:.0f}"


def draw_order(cost, short: int, over: int):
    """Expected cost of each order, the cheapest ringed.

    Args:
        cost: takes both costs, returns orders `(n,)` and expected costs `(n,)`.
        short, over: cost of a unit that is missing, that is left over.
    """
    q, costs = cost(short, over)
    best = int(np.argmin(costs))
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    ax.plot(q, costs, color=BLUE)
    ax.plot(q[best], costs[best], "o", ms=13, mfc="none", color=RED)
    ax.axvline(100, color="black", lw=1, ls=":")
    ax.set(xlabel="order (units)", ylabel="expected cost a day", ylim=(0, 400))
    ax.set_title(say_order(cost, short, over), fontsize=10)
    return figure


def say_forecast(found, model: str, horizon: int) -> str:
    """The error of all goods beside the seasonal naive one's, in words; see `draw_forecast`."""
    _, forecast, error, naive = found(model, horizon)
    low = f"; lowest {forecast.min():.1f}"
    return f"{model}, {horizon} ahead: RMSE {error:.2f}, naive {naive:.2f}{low}"


def draw_forecast(found, model: str, horizon: int):
    """One good in the test weeks, and its forecast.

    Args:
        found: takes model and horizon; returns units and forecast `(days,)` of one good, then the
            RMSE over all goods of the model and of the seasonal naive forecast.
        model: its name.
        horizon: days ahead.
    """
    y, forecast, _, _ = found(model, horizon)
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    ax.plot(y, color="gray", lw=1, label="bought")
    ax.plot(forecast, "--", color=BLUE, label=model)
    ax.set(xlabel="day of the test", ylabel="units", ylim=(-12, 75))
    ax.axhline(0, color="black", lw=0.7)
    ax.set_title(say_forecast(found, model, horizon), fontsize=10)
    ax.legend(fontsize=9, ncols=2)
    return figure


def say_cut(slopes: dict, counted: dict, rows: str, cut: int) -> str:
    """How many times as much, by the regression and counted, in words; see `draw_cut`."""
    times = (1 - cut / 100) ** slopes[rows]
    return f"price {cut} % down, {rows}: {times:.2f} times as much; counted {counted[cut]:.2f}"


def draw_cut(slopes: dict, counted: dict, rows: str, cut: int):
    """Units against the usual, by price cut: two regressions up to a cut, and what was counted.

    Args:
        slopes: elasticity by rows that it was learned from.
        counted: units against the usual, by cut (%).
        rows: whose point is ringed.
        cut: in %; the curves end there.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    x = np.linspace(0, cut, 30)
    for k, (name, slope) in enumerate(slopes.items()):
        ax.plot(x, (1 - x / 100) ** slope, ("-", "--")[k % 2], color=COLOURS[k], label=name)
    places = [place for place in counted if place <= cut]
    ax.plot(places, [counted[p] for p in places], "s", color=ORANGE, mec="black", label="counted")
    ax.plot(cut, (1 - cut / 100) ** slopes[rows], "o", ms=13, mfc="none", color=RED)
    ax.set(xlabel="price cut (%)", ylabel="units / usual", xlim=(-2, 42), ylim=(0.8, 3.2))
    ax.set_title(say_cut(slopes, counted, rows, cut), fontsize=10)
    ax.legend(fontsize=9)
    return figure


def say_service(kept: dict, level: int, recipe: str, lead: int) -> str:
    """The promise kept, in words, `kept[level][recipe][lead]`."""
    share = kept[level][recipe][lead]
    return f"{recipe}, lead time {lead}: promised {level} %, kept {100 * share:.1f} %"


def draw_service(kept: dict, level: int, recipe: str, lead: int):
    """Shares of orders that were enough, by lead time, a curve a recipe; one is ringed.

    Args:
        kept: shares by level (%), recipe and lead time (days).
        level, recipe, lead: of the ring; curves end at the lead time.
    """
    curves = {
        name: {days: 100 * share for days, share in row.items()}
        for name, row in kept[level].items()
    }
    labels, line = ("lead time (days)", "orders that were enough (%)"), ("promised", level)
    title = say_service(kept, level, recipe, lead)
    return draw_lines(curves, (recipe, lead), labels, title, line, until=True)
