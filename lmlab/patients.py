"""The pictures of chapter 1.3: half answers, recipes, borders, the luck of a split, labels."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = ["draw_answers", "draw_border", "draw_labels", "draw_luck", "draw_recipe"]


def draw_answers(printed, gaps, possible, n: int):
    """Distance of each printed accuracy from a whole number of n answers; red: impossible."""
    figure, ax = plt.subplots(figsize=(6, 3.2))
    ax.axvspan(0, n * 0.5e-4, color="#d5d9de")
    for row, accuracy in enumerate(printed):
        marker, color = ("o", BLUE) if possible[row] else ("X", RED)
        look = {"marker": marker, "ls": "-", "color": color, "ms": 8, "markevery": [1]}
        ax.plot([0, float(gaps[row])], [row, row], **look)
        ax.text(0.64, row, f"{float(accuracy) * n:,.2f}", va="center", ha="right")
    ax.set(xlim=(-0.01, 0.65), ylim=(9.6, -0.6), xticks=[0, 0.1, 0.2, 0.3, 0.4, 0.5])
    ax.set(yticks=range(len(printed)), yticklabels=printed, ylabel="printed accuracy")
    ax.set_xlabel("distance from a whole number of answers (right: accuracy × n)")
    ax.set_title(f"n = {n:,} samples: {sum(possible)} of {len(printed)} are possible")
    return figure


def draw_recipe(marks, curves, majority: float, name: str):
    """Accuracies (so far, networks) at some epochs, their mean in red, dotted the majority."""
    figure, ax = plt.subplots(figsize=(6, 3))
    places, mean = range(len(curves)), curves.mean(axis=1)
    ax.plot(places, curves, "-", color="#a9c6de", linewidth=1)
    ax.plot(places, mean, "-o", color=RED)
    ax.axhline(majority, color="black", linestyle=":")
    ax.text(8.5, majority, "majority", va="center")
    ax.set(xticks=range(len(marks)), xticklabels=marks, xlim=(-0.3, 8.4), ylim=(0.3, 1))
    ax.set(xlabel="epoch", ylabel="validation accuracy")
    ax.set_title(f"{name}: mean of {curves.shape[1]} networks {mean[-1]:.2f}")
    return figure


def draw_border(area, x, y, names, title: str):
    """A square of answers 0 or 1 over two features, and patients x (n, 2) of the classes y."""
    shades = ListedColormap(["#f6dcc8", "#d3e4f0"])
    figure, ax = plt.subplots(figsize=(5.4, 3.6))
    box = [-0.05, 1.05, -0.05, 1.05]
    ax.imshow(area, shades, extent=box, origin="lower", aspect="auto", vmin=0, vmax=1)
    for k, marker, color in ((0, "x", RED), (1, ".", BLUE)):
        ax.plot(*x[y == k].T, marker, color=color, label=names[k])
    ax.set(xlabel="texture, scaled", ylabel="concave points, scaled", title=title)
    ax.legend(loc="upper right", framealpha=0.8, frameon=True)
    ax.grid(False)
    return figure


def draw_luck(scores, split: int):
    """Test accuracies of each model on all splits, those of one split large, its best in red."""
    now = {name: values[split - 1] for name, values in scores.items()}
    ahead = [name for name in now if now[name] == max(now.values())]
    figure, ax = plt.subplots(figsize=(6, 3))
    for row, (name, values) in enumerate(scores.items()):
        lift = [list(values[:i]).count(value) for i, value in enumerate(values)]
        height = row - 0.3 + 0.1 * np.array(lift)  # equal scores are stacked
        ax.plot(values, height, "o", color="#9aa0a6", markersize=5)
        color, marker = (RED, "D") if name in ahead else (BLUE, "o")
        ax.plot(now[name], height[split - 1], marker, color=color, markersize=10)
    ax.set(yticks=range(len(scores)), yticklabels=list(scores))
    ax.set(xlim=(0.855, 1), ylim=(-0.6, len(scores) - 0.3))
    ax.set_xlabel("test accuracy (grey: all twenty splits)")
    best = max(now.values())
    ax.set_title(f"Split {split}: {', '.join(ahead)} ahead with {best:.3f}")
    return figure


def draw_labels(rates, true, seen):
    """Accuracies up to the last share of wrong labels; dotted: judged by wrong labels as well."""
    figure, ax = plt.subplots(figsize=(6, 3))
    looks = ("network", "s", ORANGE), ("logistic", "o", BLUE), ("full tree", "^", GREEN)
    for name, marker, color in looks:
        ax.plot(rates, true[name][: len(rates)], marker=marker, color=color, label=name)
    label = "logistic, judged\nby flipped labels"
    ax.plot(rates, seen[: len(rates)], "X:", color="dimgray", label=label)
    ax.axhline(0.5, color="black", linestyle=":", linewidth=1)
    ax.text(-0.01, 0.485, "coin", va="top")
    ax.set(xlabel="share of wrong labels", ylabel="test accuracy, mean")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    title = f"{100 * rates[-1]:.0f} % of the labels wrong"
    ax.set(xlim=(-0.02, 0.52), ylim=(0.4, 1), title=title)
    return figure
