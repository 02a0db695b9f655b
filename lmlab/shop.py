"""The pictures of chapter 3.8: similarities, galleries, groups, shelves, the price of an order."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = [
    "draw_gallery",
    "draw_groups",
    "draw_orders",
    "draw_pairs",
    "draw_people",
    "draw_shelf",
    "say_door",
    "say_gallery",
    "say_groups",
    "say_rates",
]


def say_rates(far: float, frr: float) -> str:
    """Both errors of a threshold, in words."""
    return f"FAR {100 * far:.1f} %, FRR {100 * frr:.0f} %"


def say_door(same, different, limit: float, rate: float) -> str:
    """Both errors of a threshold that was set for a false accept rate of `rate` %, in words."""
    return f"promised {rate} %: {say_rates(np.mean(different >= limit), np.mean(same < limit))}"


def say_gallery(curves, rate: float, size: int) -> str:
    """The share of strangers that match one of `size` members, in words."""
    counted, formula = (curve[size - 1] for curve in curves)
    return f"{size} members, FAR {rate} %: counted {counted:.0%}, formula {formula:.0%}"


def say_groups(values: dict) -> str:
    """Equal error rate, FAR and FRR by the name of a group, in words."""
    return "; ".join(f"{k}: EER {v[0]:.0%}, {say_rates(*v[1:])}" for k, v in values.items())


def draw_people(rows, names):
    """Few faces, small: each row is a list of pictures of the same size."""
    figure, axes = plt.subplots(len(rows), len(rows[0]), figsize=(3.6, 0.75 * len(rows)))
    for line, name, pictures in zip(axes, names, rows, strict=True):
        for ax, picture in zip(line, pictures, strict=True):
            ax.imshow(picture, cmap="gray", vmin=0, vmax=255)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure


def draw_pairs(same, different, limit: float, rate: float):
    """Similarities of pairs of one person and of two people; from `limit` on the door opens.

    The title says what became of the false accept rate of `rate` % for which `limit` was set.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    bins = np.linspace(-0.6, 1, 41)
    for values, color, label, style in (
        (different, RED, "two people", "stepfilled"),
        (same, BLUE, "one person", "step"),
    ):
        weights = np.full(len(values), 100 / len(values))
        ax.hist(values, bins, weights=weights, color=color, label=label, histtype=style, alpha=0.7)
    ax.axvline(limit, color="black", linestyle="--", label="the door opens from here")
    ax.set(xlabel="similarity of two pictures", ylabel="% of the pairs", xlim=(-0.6, 1))
    ax.set_title(say_door(same, different, limit, rate), fontsize=10)
    ax.legend(loc="upper left", fontsize=9)
    return figure


def draw_gallery(curves, rate: float, size: int):
    """How often a stranger matches somebody with 1, 2, … members: counted, and by the formula.

    The title says both at `size` members; `rate` is the false accept rate in %.
    """
    measured, formula = curves
    sizes = np.arange(1, len(measured) + 1)
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    ax.plot(sizes, 100 * np.asarray(formula), "--", color=RED, label="1 − (1 − FAR)^N")
    ax.plot(sizes, 100 * np.asarray(measured), color=BLUE, label="counted")
    ax.axvline(size, color="black", linewidth=0.8)
    ax.set(xlabel="members in the gallery N", ylabel="% of strangers let in", ylim=(-2, 102))
    ax.set_title(say_gallery(curves, rate, size), fontsize=10)
    ax.legend(loc="center right")
    return figure


def draw_groups(values: dict, title: str):
    """Bars of the group and of all others, each a name and (equal error rate, FAR, FRR) in %."""
    figure, axes = plt.subplots(1, 3, figsize=(6, 2.1))
    names = ("equal error rate", "false accepts", "false rejects")
    for k, (ax, name, top) in enumerate(zip(axes, names, (50, 10, 100), strict=True)):
        bars = [100 * row[k] for row in values.values()]
        drawn = ax.bar(list(values), bars, color=[ORANGE, BLUE], hatch="")
        drawn[0].set_hatch("//")
        ax.bar_label(drawn, fmt="%.0f" if top > 10 else "%.1f")
        ax.set(ylim=(0, top), title=f"{name}, %")
        ax.title.set_fontsize(9)
    figure.suptitle(title, fontsize=10)
    return figure


def draw_shelf(picture, density, truth, title: str):
    """A shelf (16, 112), below it the density that the network drew and the true one (56,)."""
    figure, (top, low) = plt.subplots(2, 1, figsize=(5.6, 2.2), sharex=True)
    top.imshow(picture, cmap="gray", vmin=0, vmax=200, extent=(0, 112, 16, 0), aspect="auto")
    top.set(yticks=[])
    top.set_title(title, fontsize=10)
    columns = 2 * np.arange(len(density)) + 1
    low.fill_between(columns, truth, color=GREEN, alpha=0.4, label="true")
    low.plot(columns, density, color=BLUE, label="drawn by the network")
    low.set(xlabel="pixels", ylabel="density", ylim=(0, 0.75))
    low.legend(loc="upper right", fontsize=8, ncols=2)
    return figure


def draw_orders(levels, prices: dict, s: int, title: str):
    """Price of an order rule by its threshold, s + 1/2 and the first tuned threshold marked.

    `prices` has by name a curve and the place of its tuned threshold in `levels`.
    """
    (first, (_, place)), *_ = prices.items()
    marks = {"s + 1/2": s + 0.5, f"tuned ({first})": levels[place]}
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    for (name, (values, _)), color, style in zip(
        prices.items(), (BLUE, ORANGE), ("-", "--"), strict=True
    ):
        ax.plot(levels, values, style, color=color, label=name)
    for (name, level), color, style in zip(marks.items(), (GREEN, RED), (":", "-."), strict=True):
        ax.axvline(level, color=color, linestyle=style, label=name)
    ax.set(xlabel="ordered below this count", ylabel="price of a look", ylim=(0, 1.5))
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper right", fontsize=8)
    return figure
