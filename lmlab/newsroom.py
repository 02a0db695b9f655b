"""The pictures of chapter 4.8 and what they say: words left, alarms, days, two witnesses.

And the weight that a second witness deserves.
"""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED
from lmlab.models.voices import odds

__all__ = [
    "draw_days",
    "draw_fusion",
    "draw_issues",
    "draw_kept",
    "say_days",
    "say_fusion",
    "say_issues",
    "say_kept",
    "weighed",
]


def say_kept(right: dict[str, list[float]], kept: str) -> str:
    """Mean share of passages judged rightly with these words, in words."""
    return f"{kept}: {np.mean(right[kept]):.3f} right, mean of {len(right[kept])} splits"


def draw_kept(right: dict[str, list[float]], kept: str, guess: float):
    """Shares judged rightly by split: with all words as squares, with those of `kept` as dots.

    Args:
        right: one number for each split; must have "all".
        kept: a key of `right`.
        guess: share of the most frequent genre, dotted.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    splits = np.arange(len(right[kept]))
    ax.plot(splits, right["all"], "s", color=BLUE, label=f"all words: {np.mean(right['all']):.2f}")
    mean = np.mean(right[kept])
    ax.plot(splits, right[kept], "o", color=ORANGE, markersize=9, label=f"{kept}: {mean:.2f}")
    ax.axhline(guess, linestyle=":", color="black", label=f"always fiction: {guess:.2f}")
    ax.set(ylim=(0.2, 0.85), xlabel="split of the documents", ylabel="passages judged rightly")
    ax.set_xticks(splits)
    ax.legend(fontsize=9, loc="upper right", ncols=3, columnspacing=1, handletextpad=0.5)
    return figure


def say_issues(held, alarms, rate: float) -> str:
    """The largest day of a word, its alarms, and how often all words have one, in words."""
    days = ", ".join(str(day) for day in np.flatnonzero(alarms) + 1)
    top = int(np.argmax(held)) + 1
    rung = f"alarms on day {days}" if days else "no alarm"
    return f"most on day {top}, {rung}; all words: {rate:.1f} alarms in 1,000"


def draw_issues(held, alarms, rate: float, title: str):
    """How many units of each issue hold a word, its alarms in red, and the rate of all words.

    Args:
        held: `(issues,)` counts.
        alarms: `(issues,)` bool.
        rate: alarms of all words, in 1,000.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    days = np.arange(1, len(held) + 1)
    ax.bar(days, held, color=np.where(alarms, RED, BLUE))
    for day in days[alarms]:
        ax.annotate("alarm", (day, held[day - 1]), ha="center", va="bottom", fontsize=9, color=RED)
    ax.set(xlim=(0.3, len(held) + 0.7), ylim=(0, 1.15 * max(held) + 1))
    ax.set(
        xlabel=f"issue (all words: {rate:.1f} alarms in 1,000, promised 1)", ylabel="hold the word"
    )
    ax.set_title(title, fontsize=10)
    return figure


def say_days(means, halves, truth: float) -> str:
    """On how many days the interval misses the truth, in words."""
    missed = int(np.sum(np.abs(np.asarray(means) - truth) > halves))
    return f"truth missed on {missed} of {len(means)} days; half an interval {np.mean(halves):.2f}"


def draw_days(means, halves, truth: float, title: str):
    """A mean with its interval for each day, red where it misses the truth, a line.

    Args:
        means: `(days,)`.
        halves: `(days,)` half the interval.
        truth: the same on all days.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    means, halves = np.asarray(means), np.asarray(halves)
    days, missed = np.arange(1, len(means) + 1), np.abs(means - truth) > halves
    for rows, color, mark in ((~missed, BLUE, "o"), (missed, RED, "s")):
        ax.errorbar(
            days[rows], means[rows], halves[rows], fmt=mark, color=color, markersize=4, capsize=2
        )
    ax.axhline(truth, color="black", linewidth=0.9)
    ax.set(xlabel="day", ylabel="mean score", ylim=(truth - 1.1, truth + 1.1))
    ax.set_title(f"{title}: {missed.sum()} of {len(days)} miss it", fontsize=10)
    return figure


def say_fusion(right: float, sure: float) -> str:
    """What share is right and what share it promises, in words."""
    return f"right {right:.3f}, sure of {sure:.3f}"


def draw_fusion(right: float, sure: float, alone: float, title: str):
    """Two bars: share grouped rightly, and the mean probability given to the answers.

    Args:
        right: share.
        sure: mean probability of the answers.
        alone: share that the name alone has right, dotted.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.6, 1.9))
    bars = ax.barh(["right", "sure of"], [right, sure], color=[GREEN, ORANGE])
    ax.bar_label(bars, fmt="%.3f", padding=4)
    ax.axvline(alone, color="black", linestyle=":")
    ax.set(xlim=(0, 1.08), xlabel=f"share of 400 things (dotted: name alone, {alone:.3f} right)")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def weighed(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> float:
    """The weight of a second witness, of 0, 0.1 to 1, with the least log-loss of the sum.

    Args:
        first: log-probabilities `(n, classes)`.
        second: log-probabilities less those of the prior, `(n, classes)`.
        labels: the classes that are true `(n,)`.
    """
    rows, weights = np.arange(len(labels)), np.arange(11) / 10
    return float(max(weights, key=lambda w: odds(first + w * second)[rows, labels].mean()))
