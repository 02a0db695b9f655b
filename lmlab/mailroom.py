"""The pictures of chapter 3.6: two curves of one score, a level that is followed, finds by week."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED
from lmlab.models.rankings import auc
from lmlab.models.streams import at_budget, average_precision

__all__ = [
    "Finds",
    "best_rate",
    "draw_level",
    "draw_rare",
    "follow",
    "level_of",
    "say_level",
    "say_rare",
    "simulated_error",
    "tracking_error",
]


def say_rare(scores, fraud, share: float, budget: float) -> str:
    """AUC, average precision, and what the alerts are worth, in words; see `draw_rare`."""
    precision, recall = at_budget(scores, fraud, share, budget)
    area, ap = auc(scores, fraud), average_precision(scores, fraud, share)
    return f"AUC {area:.3f}, AP {ap:.2f}; alerts {precision:.0%} right, {recall:.0%} found"


def draw_rare(scores, fraud, share: float, budget: float):
    """ROC on the left, precision against recall on the right; dots where the budget ends.

    Args:
        scores: (n,), and `fraud` (n,) in {0, 1}.
        share: what the frauds are to be of all.
        budget: share of all that is looked at.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    weight = np.where(fraud == 1, share / fraud.sum(), (1 - share) / (1 - fraud).sum())
    false, true, _ = roc_curve(fraud, scores)
    precision, recall, _ = precision_recall_curve(fraud, scores, sample_weight=weight)
    p, r = at_budget(scores, fraud, share, budget)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.8, 2.9))
    left.plot(false, true, color=BLUE)
    left.plot([0, 1], [0, 1], ":", color="gray")
    left.plot(budget * (1 - p) / (1 - share), r, "o", color=RED)
    left.set(xlabel="share of the clean with an alert", ylabel="share of the frauds found")
    right.step(recall, precision, color=GREEN, where="post")
    right.axhline(share, linestyle=":", color="gray")
    right.plot(r, p, "o", color=RED)
    right.set(xlabel="share of the frauds found", ylabel="precision of the alerts")
    for ax in (left, right):
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    figure.suptitle(say_rare(scores, fraud, share, budget), fontsize=10)
    return figure


def level_of(v: float, steps: int = 400) -> np.ndarray:
    """A level (steps,) that goes up and down between 0 and 6, by v at each step."""
    return 6 - np.abs(6 - v * np.arange(steps) % 12)


def follow(seen, rate: float, late: int = 1) -> np.ndarray:
    """An average that moves by `rate` of the gap towards each value of `seen` (n,).

    Returns:
        The average before each value (n,), from 0 on; each value arrives `late` steps after its
        own (1: before the next one).
    """
    guess, out = 0.0, np.zeros(len(seen))
    for t in range(late, len(seen)):
        guess += rate * (seen[t - late] - guess)
        out[t] = guess
    return out


def tracking_error(v: float, rate: float, late: int = 1) -> tuple[float, float, float]:
    """Lag, noise and root mean squared error of `follow` on a level that rises by v at each step.

    Each value is seen with noise of variance 1; the numbers hold once the beginning is forgotten.
    """
    lag, noise = v * (1 / rate + late - 1), (rate / (2 - rate)) ** 0.5
    return lag, noise, np.hypot(lag, noise)


def simulated_error(v: float, rate: float, late: int = 1, steps: int = 200_000) -> float:
    """Root mean squared error of `follow` on such a level with noise drawn by lot, at each step.

    The first 1,000 steps do not count.
    """
    line = v * np.arange(steps)
    noise = np.random.default_rng(1).normal(size=steps)
    off = line - follow(line + noise, rate, late)
    return float(np.mean(off[1000:] ** 2) ** 0.5)


def best_rate(v: float) -> float:
    """The rate, from 0.001 to 1, with the lowest `tracking_error` at labels one step late."""
    rates = np.linspace(0.001, 1, 5000)
    return float(rates[tracking_error(v, rates)[2].argmin()])


def say_level(v: float, rate: float, late: int) -> str:
    """`tracking_error`, in words."""
    return "lag {:.2f}, noise {:.2f}, together {:.2f}".format(*tracking_error(v, rate, late))


def draw_level(v: float, rate: float, late: int):
    """A level that moves by v a step, what is seen of it, and the average that follows it."""
    level = level_of(v)
    seen = level + np.random.default_rng(0).normal(size=len(level))
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    ax.plot(seen, ".", color="lightgray", markersize=3, label="seen")
    ax.plot(level, color="black", label="true")
    ax.plot(follow(seen, rate, late), color=BLUE, linestyle="--", label="followed")
    ax.set(xlabel="step", ylabel="level", ylim=(-3, 10))
    ax.set_title(say_level(v, rate, late), fontsize=10)
    ax.legend(loc="upper left", ncols=3)
    return figure


@dataclass(frozen=True)
class Finds:
    """Which frauds each of some filters finds.

    Attributes:
        days: (n,) the day of each fraud.
        lines: name of a filter to (n,), 1 where the fraud is looked at; at most three.
        first: the day from which the words count, marked in the picture.
    """

    days: np.ndarray
    lines: dict
    first: int

    def say(self) -> str:
        """What share of the frauds from `first` on each filter finds, in words."""
        late = self.days >= self.first
        shares = (f"{name} {looked[late].mean():.1%}" for name, looked in self.lines.items())
        return f"found from day {self.first} on: " + ", ".join(shares)

    def draw(self, width: int = 5):
        """Share of frauds found in each `width` days, a line for each filter."""
        figure, ax = plt.subplots(figsize=(5.6, 2.6))
        begin = np.arange(self.days.min(), self.days.max() + 1, width)
        looks = (ORANGE, "s--"), (BLUE, "o-"), (GREEN, "^:")
        for (name, looked), (color, style) in zip(self.lines.items(), looks, strict=False):
            rows = [(self.days >= b) & (self.days < b + width) for b in begin]
            shares = [looked[row].mean() for row in rows]
            ax.plot(begin + width / 2, shares, style, color=color, label=name)
        if self.first > self.days.min():
            ax.axvline(self.first, color="black", linestyle=":")
        ax.set(xlabel="day of the stream", ylabel="share of frauds found", ylim=(-0.03, 1.03))
        ax.set_title(self.say(), fontsize=10)
        ax.legend(loc="best")
        return figure
