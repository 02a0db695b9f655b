"""The pictures of chapter 4.5: overlaps, boxes on trees, precision, slices of a brain."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from lmlab.figures import BLUE, COLOURS, ORANGE, RED
from lmlab.models.boxes import average_precision

__all__ = [
    "draw_boxes",
    "draw_curves",
    "draw_scenes",
    "draw_shift",
    "draw_tissue",
    "promised",
    "say_curves",
    "say_found",
    "shifted_overlap",
]


def shifted_overlap(side, error):
    """IoU of a square with itself moved by `error` pixels to the right and down."""
    both = np.clip(np.asarray(side, float) - error, 0, None) ** 2
    return both / (2 * np.asarray(side, float) ** 2 - both)


def promised(middles, length: int, wide: int, pieces: int) -> np.ndarray:
    """What a ruler promises of the trees, by where it begins: (n,), 1 is right.

    Args:
        middles: (n,) of the trees, in pixels from 0 to `length`.
        length: of the picture.
        wide: pixels that are counted, in `pieces` strips of equal distance.
        pieces: number of strips.
    """
    step, each = length / pieces, wide // pieces
    first = np.arange(int(step - each) + 1)[:, None]  # (places, 1)
    return np.sum((middles - first) % step < each, axis=1) / wide * length / len(middles)


def say_found(hit: np.ndarray, n_true: int) -> str:
    """How many boxes, how many of them right, how many trees missed, in words."""
    right = int(np.sum(hit))
    return f"{len(hit)} boxes, {right} right; {n_true - right} of {n_true} trees missed"


def say_curves(curves: dict) -> str:
    """The average precision of each curve (hits, best score first; number of objects)."""
    return ", ".join(f"{k} {average_precision(*curve):.2f}" for k, curve in curves.items())


def _frame(ax, box, colour, style="-", width=1.5):
    left, top, right, bottom = box
    line = {"edgecolor": colour, "linestyle": style, "linewidth": width, "fill": False}
    ax.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, **line))


def draw_shift(side: float, error: float, title: str):
    """A square and its copy `error` pixels off; beside it the IoU by the side, for this error."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.4), width_ratios=(1, 1.6))
    _frame(left, (0, 0, side, side), BLUE, width=2)
    _frame(left, (error, error, side + error, side + error), ORANGE, "--", 2)
    left.set(xlim=(-4, 112), ylim=(112, -4), aspect="equal", xticks=[], yticks=[])
    sides = np.arange(5, 101)
    right.plot(sides, shifted_overlap(sides, error), color=BLUE)
    right.plot([side], shifted_overlap(side, error), "o", color=RED)
    right.axhline(0.5, color="black", linestyle=":", linewidth=1)
    right.set(xlabel="side of the square (pixels)", ylabel="IoU", ylim=(0, 1), xlim=(0, 102))
    figure.suptitle(title, fontsize=10)
    return figure


def draw_scenes(rows: dict):
    """Scenes with their boxes; by the name of the row a list of (picture, boxes)."""
    count = len(next(iter(rows.values())))
    figure, axes = plt.subplots(len(rows), count, figsize=(6, 1.6 * len(rows)))
    for line, (name, scenes) in zip(axes, rows.items(), strict=True):
        for ax, (picture, boxes) in zip(line, scenes, strict=True):
            _picture(ax, picture)
            for box in boxes:
                _frame(ax, box, "white", width=1)
        line[0].set_ylabel(name)
    return figure


def _picture(ax, picture):
    ax.imshow(np.clip(picture, 0, 255).astype(np.uint8))
    ax.set(xticks=[], yticks=[])
    ax.set(xlim=(-0.5, picture.shape[1] - 0.5), ylim=(picture.shape[0] - 0.5, -0.5))


def draw_boxes(picture, truth, boxes, hit, title: str, size: int = 96):
    """A corner of a picture: true boxes white and thin, right ones blue, wrong ones dashed."""
    figure, ax = plt.subplots(figsize=(3.8, 4))
    _picture(ax, picture[:size, :size])
    for box in truth:
        _frame(ax, box, "white", width=1)
    for box, right in zip(boxes, hit, strict=True):
        _frame(ax, box, COLOURS[5] if right else ORANGE, "-" if right else "--", 1.8)
    ax.set_title(title, fontsize=9)
    return figure


def draw_curves(curves: dict, title: str):
    """Precision by recall; by name a list of hits, best score first, and the number of objects."""
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    styles = zip(COLOURS, ("-", "--", "-.", ":", "-"), strict=False)
    for (name, (hit, n_true)), (colour, style) in zip(curves.items(), styles, strict=False):
        found = np.cumsum(hit)
        precision = found / np.arange(1, len(hit) + 1)
        ax.plot(found / n_true, precision, style, color=colour, label=name)
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.03))
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper right", fontsize=9)
    return figure


def draw_tissue(x, true, found, title: str):
    """A slice (rows, columns), the tissue found, and where it differs from the true one."""
    figure, axes = plt.subplots(1, 3, figsize=(6, 2.6))
    colours = ListedColormap(["black", "0.55", "white"])
    wrong = ListedColormap(["white", RED])
    shown = (
        ("what the scanner shows", x, "gray", 255),
        ("tissue found", found, colours, 2),
        ("wrong", found != true, wrong, 1),
    )
    for ax, (name, picture, colour, top) in zip(axes, shown, strict=True):
        ax.imshow(np.asarray(picture).T, cmap=colour, vmin=0, vmax=top, origin="lower")
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=9)
    figure.suptitle(title, fontsize=10)
    return figure
