"""The pictures of chapter 5.2: a look-up, a sentence under a head, a race, four walks."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED, end_labels

__all__ = ["draw_look_up", "draw_race", "draw_sentence", "draw_walks"]


def draw_arrow(ax, tip, label: str, colour: str):
    """An arrow from the origin, cut at a length of 2.2."""
    tip = 2.2 * np.array(tip) / max(2.2, np.hypot(*tip))
    look = {"arrowstyle": "->", "lw": 2, "color": colour}
    ax.annotate("", tip, (0, 0), arrowprops=look)
    ax.text(*(1.2 * tip), label, color=colour, ha="center", va="center")


def draw_look_up(query, weights, output, keys, values, labels):
    """Keys and a query as arrows, values as squares that grow with their weights, the output.

    `labels` are the label of the query and the title.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.8, 2.7))
    for number, key in enumerate(keys, 1):
        draw_arrow(left, key, f"k{number}", BLUE)
    if any(query):
        draw_arrow(left, query, labels[0], RED)
    left.set(xlim=(-2.8, 2.8), ylim=(-2.8, 2.8), aspect="equal")
    left.set(xlabel="first number", ylabel="second number", title=labels[1])
    right.fill(*np.transpose(values), facecolor=BLUE, alpha=0.15, edgecolor=BLUE)
    for number, ((x, y), weight) in enumerate(zip(values, weights, strict=True), 1):
        right.plot(x, y, "s", color=BLUE, markersize=4 + 14 * weight, alpha=0.7)
        side, shift = ("right", -0.5) if x == 0 else ("left", 0.5)
        right.text(x + shift, y, f"v{number}: {weight:.2f}", color=BLUE, ha=side, va="center")
    right.plot(*output, "o", color=RED, markersize=8)
    right.set(xlim=(-3, 7), ylim=(-0.9, 5), aspect="equal", xticks=[0, 2, 4])
    right.set(xlabel="first number", ylabel="second number")
    right.set_title(f"output ({output[0]:.2f}, {output[1]:.2f})")
    return figure


def draw_sentence(tokens, weights, right, name: str):
    """Weights (T, T) of a head; a tick where the true next word got more than one half."""
    figure, ax = plt.subplots(figsize=(4.6, 3.9))
    picture = ax.imshow(weights, cmap="cividis", vmin=0, vmax=1)
    look = {"color": GREEN, "va": "center", "fontweight": "bold"}
    for t, probability in enumerate(right, 1):
        if probability > 0.5:
            ax.text(len(tokens) - 0.2, t, "✓", **look)
    places = range(len(tokens))
    ax.set(xticks=places, yticks=places, xlabel="key", ylabel="query")
    ax.set_xticklabels(tokens, rotation=90)
    ax.set_yticklabels(tokens)
    ax.grid(False)
    ax.set_title(f"{name}: {np.sum(right > 0.5)} of {len(right)} next words", fontsize=10)
    figure.colorbar(picture, label="weight", pad=0.1, shrink=0.8)
    return figure


def draw_race(valley, path, rates, losses, best: int, names):
    """A path in the valley, and the losses by rate: straight (dashed) and turned.

    Args:
        valley: valley(theta) gives the loss (…) at theta (…, 2).
        path: places (steps, 2).
        losses: two rows (rates,), straight and turned.
        best: which rate the path and the point belong to.
        names: the titles.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.6), width_ratios=[1, 1.3])
    grid = np.linspace(-2.2, 2.2, 61)
    heights = np.sqrt(valley(np.stack(np.meshgrid(grid, grid), axis=-1)))
    left.contour(grid, grid, heights, levels=6, colors="lightgray", linewidths=0.8)
    left.plot(*path.clip(-9, 9).T, "o-", color=RED, markersize=2.5, linewidth=1)
    left.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), aspect="equal")
    left.set(xlabel="$θ_1$", ylabel="$θ_2$")
    left.set_title(names[0], fontsize=10)
    for row, look, colour in zip(losses, ("--", "-"), ("gray", BLUE), strict=True):
        right.loglog(rates, row.clip(1e-13, 1e3), look, color=colour)
    right.plot(rates[best], losses[1][best].clip(1e-13), "o", color=RED)
    right.set(xlabel="learning rate α", ylabel="loss after 100 steps", ylim=(1e-13, 1e3))
    right.minorticks_off()
    right.set_title(names[1], fontsize=10)
    return figure


def draw_walks(distances, title: str):
    """How far four weights (steps + 1, 4) have moved, in learning rates."""
    figure, ax = plt.subplots(figsize=(6, 2.7))
    names = ["always 1", "always 0.001", "coin ±1", "spike at 150"]
    looks = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-"), (RED, "-.")]
    steps = len(distances) - 1
    for values, name, (colour, look) in zip(distances[::4].T, names, looks, strict=True):
        ax.plot(range(0, steps + 1, 4), values, look, color=colour, label=name)
    ax.set(xlabel="step", ylabel="moved (learning rates)", xlim=(0, steps), ylim=(-60, 620))
    ax.set_title(title)
    end_labels(ax, pad=0.08)
    return figure
