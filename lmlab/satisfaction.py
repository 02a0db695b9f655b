"""The pictures of chapter 3.7 and what they say: a leak, negations, deleted words, an index."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = [
    "draw_deleted",
    "draw_index",
    "draw_leak",
    "draw_negations",
    "say_index",
    "say_negations",
    "worst",
]


def draw_leak(right: dict[str, float], title: str):
    """Share judged rightly by the name of the reader, as bars; a line at one in two."""
    figure, ax = plt.subplots(figsize=(5.6, 1.9))
    bars = ax.barh(list(right), list(right.values()), color=[ORANGE, BLUE][: len(right)])
    ax.bar_label(bars, fmt="%.2f", padding=4)
    ax.axvline(0.5, color="black", linestyle=":")
    ax.set(xlim=(0, 1.08), xlabel="share of the test lines judged rightly (dotted: one in two)")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def say_negations(before, after) -> str:
    """Mean scores before and after a negation, and how many fell, in words."""
    before, after = np.asarray(before), np.asarray(after)
    fell = int(np.sum(after < before))
    return f"mean log-odds {before.mean():.2f} → {after.mean():.2f}; {fell} of {len(after)} fell"


def draw_negations(before, after, labels: tuple[str, str], title: str):
    """Scores (n,) before and after a negation, one line for each sentence."""
    figure, ax = plt.subplots(figsize=(5.6, 2.9))
    for one, two in zip(before, after, strict=True):
        ax.plot([0, 1], [one, two], "-", color=RED if two < one else GREEN, alpha=0.45)
    ax.plot([0] * len(before), before, "o", color=BLUE, markersize=4)
    ax.plot([1] * len(after), after, "s", color=ORANGE, markersize=4)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xlim=(-0.3, 1.3), ylabel="log-odds of satisfied")
    ax.set_xticks([0, 1], labels)
    ax.set_title(title, fontsize=10)
    return figure


def draw_deleted(flipped: dict[str, np.ndarray], deleted: int):
    """Share of flipped answers by the number of deleted words, a curve for each kind of evidence.

    Args:
        flipped: (k + 1,) each, from 0 deleted words on.
        deleted: where the line stands.
    """
    figure, ax = plt.subplots(figsize=(5.6, 3))
    marks = zip(flipped.items(), "os^D", (BLUE, ORANGE, GREEN, RED), strict=False)
    for (name, curve), mark, color in marks:
        ax.plot(
            curve[: deleted + 1], f"{mark}-", color=color, label=f"{name}: {curve[deleted]:.2f}"
        )
    ax.axhline(0.5, color="black", linestyle=":")
    ax.set(xlim=(-0.2, len(curve) - 0.8), ylim=(-0.03, 1.03))
    ax.set(xlabel="words deleted", ylabel="answers that flipped")
    ax.legend(title="deleted first:", loc="upper left", fontsize=9)
    return figure


def worst(shares: dict[str, float]) -> str:
    """The name with the lowest share; two that are lowest are both named."""
    low = min(shares.values())
    return " and ".join(name for name, share in shares.items() if np.isclose(share, low))


def say_index(index: dict[str, tuple[float, float]], truth: dict[str, float]) -> str:
    """Estimates with half an interval by goods, in words."""
    parts = [f"{name} {share:.2f} ± {half:.2f}" for name, (share, half) in index.items()]
    missed = [n for n, (share, half) in index.items() if abs(share - truth[n]) > half]
    return ", ".join(parts) + "; truth missed for " + (", ".join(missed) or "none")


def draw_index(index: dict[str, tuple[float, float]], truth: dict[str, float], title: str):
    """Estimates with 95 % intervals by goods, and the true shares as crosses."""
    figure, ax = plt.subplots(figsize=(5.6, 2.4))
    places = np.arange(len(index))[::-1]
    for place, (name, (share, half)) in zip(places, index.items(), strict=True):
        inside = abs(share - truth[name]) <= half
        ax.errorbar(share, place, xerr=half, fmt="o", capsize=4, color=BLUE if inside else RED)
        ax.plot(truth[name], place, "x", color="black", markersize=9, markeredgewidth=2)
        ax.annotate("" if inside else "missed", (share, place), (0, 9), textcoords="offset points")
    ax.set(xlim=(0, 1), ylim=(-0.6, len(index) - 0.3), xlabel="share satisfied (×: the truth)")
    ax.set_yticks(places, list(index))
    ax.set_title(title, fontsize=10)
    return figure
