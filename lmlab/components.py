"""The pictures of chapter 1.1: parts that need each other, a GPT, memory, a roof."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, ORANGE, RED

__all__ = ["draw_gpt", "draw_memory", "draw_needs", "draw_roof", "readable"]

PLACES = {
    "data set": (2, 1),
    "model": (2, 0),
    "algorithm": (0.6, 0),
    "hardware": (0, 1),
    "infrastructure": (1, 1),
}
BOXES = [  # text, parameters, depth, part of the layer?
    ("output: the token table again", "0", 0, False),
    ("last norm", "$2d$", 1, False),
    ("feed-forward: $d → 4d → d$", "$8d^2 + 5d$", 2.4, True),
    ("norm", "$2d$", 3.4, True),
    ("attention: four matrices $d × d$", "$4d^2 + 4d$", 4.4, True),
    ("norm", "$2d$", 5.4, True),
    ("token table + place table", "$Vd + Td$", 6.8, False),
]


def draw_arrow(ax, a, b, waiting: bool, bend: bool):
    """An arrow between two parts; a part that waits gets a red and broken one."""
    look = {"arrowstyle": "-|>", "mutation_scale": 16, "shrinkA": 14, "shrinkB": 14}
    look |= {"color": RED, "ls": "--"} if waiting else {"color": "dimgray"}
    look |= {"lw": 2.5 if waiting else 1.5, "connectionstyle": f"arc3,rad={bend / 4}"}
    ax.annotate("", PLACES[b], PLACES[a], arrowprops=look)


def draw_needs(arrows, order, circle):
    """The five parts with arrows (a, b), numbered in their order, or a circle in red."""
    figure, ax = plt.subplots(figsize=(6, 2.6))
    for a, b in arrows:
        draw_arrow(ax, a, b, (a, b) in pairwise(circle), (b, a) in arrows)
    centre = {"ha": "center", "va": "center"}
    for part, (x, y) in PLACES.items():
        colour = RED if part in circle else BLUE
        number = order.index(part) + 1 if order else "?" * (part in circle)
        ax.plot(x, y, "o", markersize=20, color=colour, mfc="white", mew=2)
        ax.text(x, y - 0.01, number, color=colour, fontweight="bold", **centre)
        ax.text(x, y + (0.27 if y else -0.27), part, **centre)
    ax.set(xlim=(-0.45, 2.5), ylim=(-0.4, 1.4))
    ax.set_axis_off()
    waiting = f"{len(circle) - 1} parts wait in a circle"
    ax.set_title(waiting if circle else "this can be done in order")
    return figure


def draw_gpt():
    """A GPT from the tokens up, with the parameters of each box."""
    figure, ax = plt.subplots(figsize=(6, 3.6))
    ax.add_patch(plt.Rectangle((-0.08, -5.85), 1.75, 3.9, color="lightgray", alpha=0.5))
    for text, terms, depth, inside in BOXES:
        look = {"fc": "white", "ec": ORANGE if inside else BLUE, "lw": 1.5}
        ax.add_patch(plt.Rectangle((0, -depth - 0.35), 1, 0.7, **look))
        ax.text(0.5, -depth, text, ha="center", va="center", fontsize=9)
        ax.text(1.06, -depth, terms, va="center")
    ax.text(1.72, -3.9, "L layers", va="center")
    ax.text(0.5, -7.6, "tokens ↑", ha="center")
    ax.set(xlim=(-0.1, 2.1), ylim=(-7.8, 0.5))
    ax.set_axis_off()
    return figure


def readable(size: float) -> str:
    """Bytes with a prefix: 5.3e9 is "5.3 GB"."""
    power = min(int(np.log10(size)) // 3, 4)
    return f"{size / 1000**power:,.1f} {' kMGT'[power]}B"


def draw_memory(needs, memories, title: str):
    """Bytes needed for each use as bars, the first in orange; dotted: the memories there are."""
    figure, ax = plt.subplots(figsize=(6, 2.6))
    for row, size in enumerate(needs.values()):
        ax.barh(row, size, color=BLUE if row else ORANGE, height=0.55)
        white = {"color": "white", "pad": 1}
        ax.text(size * 1.25, row, readable(size), va="center", bbox=white)
    for memory in memories:
        ax.axvline(memory, color="gray", linestyle=":", linewidth=1.2)
        ax.text(memory, 2.55, f"{memory / 1e9:.0f}", ha="center", va="bottom")
    ax.text(4e9, 2.55, "GB in a phone, an RTX 3090, an H100:", ha="right", va="bottom")
    ax.set(xscale="log", xlim=(5e6, 6e13), xlabel="memory", ylim=(-0.5, 2.5))
    ax.set_xticks([1e7, 1e9, 1e11, 1e13], ["10 MB", "1 GB", "100 GB", "10 TB"])
    ax.set(yticks=range(len(needs)), yticklabels=needs)
    ax.minorticks_off()
    ax.set_title(title, pad=20)
    return figure


def draw_roof(chips, chip: str, at: float, title: str):
    """The roofs of all chips (peak, bandwidth), one in blue, and where an intensity lies on it."""
    figure, ax = plt.subplots(figsize=(6, 2.8))
    for name, (peak, bandwidth) in chips.items():
        look = {"color": BLUE, "zorder": 3} if name == chip else {"color": "lightgray"}
        corners = [0.5, peak / bandwidth, 4096]
        ax.loglog(corners, [0.5 * bandwidth, peak, peak], linestyle="-", **look)
    peak, bandwidth = chips[chip]
    ridge = peak / bandwidth
    ax.plot(at, min(peak, at * bandwidth), "o", color=RED, markersize=10, zorder=4)
    ax.axvline(ridge, color="gray", linestyle=":", linewidth=1.2)
    ax.text(ridge / 1.2, 1.4e11, "← waits for memory", ha="right")
    ax.text(ridge * 1.2, 1.4e11, "computes →")
    ax.set(xlabel="arithmetic intensity (FLOP per byte)", ylabel="speed (FLOP/s)", title=title)
    ax.set(xlim=(0.5, 4096), ylim=(1e11, 3e15))
    ax.set(xticks=[1, 10, 100, 1000], xticklabels=["1", "10", "100", "1,000"])
    ax.set(yticks=[1e12, 1e13, 1e14, 1e15], yticklabels=["1 T", "10 T", "100 T", "1 P"])
    ax.minorticks_off()
    return figure
