"""The pictures of chapter 3.5 and what they say: a cut-off, promised and counted, guesses."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = ["draw_cutoff", "draw_guesses", "draw_promises", "outcome", "say_guesses", "say_outcome"]


def outcome(p, bad, each, cut: float) -> tuple[float, float, float, float, float]:
    """What a cut-off does.

    Args:
        p: probabilities of bad `(n,)`, and `bad` `(n,)` in {0, 1}.
        each: money from each application `(n,)`.
        cut: refused from this probability on.

    Returns:
        Share refused; share of bad among the loans; share decided rightly; mean money, its standard
        error.
    """
    refused, bad = np.asarray(p) >= cut, np.asarray(bad)
    right, error = np.mean(refused == (bad == 1)), np.std(each) / np.sqrt(len(bad))
    return refused.mean(), bad[~refused].mean(), right, np.mean(each), error


def say_outcome(refused, bad, right, money, error) -> str:
    """What `outcome` returns, in words."""
    return f"refused {refused:.0%}, bad loans {bad:.0%}, right {right:.0%}, money {money:.0f}"


def say_guesses(guesses: dict, truth: float) -> str:
    """Guessed shares of bad by the name of their method, and what came, in words."""
    return f"truth {truth:.0%}; " + ", ".join(f"{n} {v:.0%}" for n, v in guesses.items())


def draw_cutoff(p, bad, money, cut: float, title: str):
    """Scores of the good and the bad, and money for each cut-off; the cut-off is a line.

    Args:
        p: probabilities of bad `(n,)`, and `bad` `(n,)` in {0, 1}.
        money: function of a cut-off: money per application.
        cut: the cut-off shown.
        title: of the picture.
    """
    figure, (top, low) = plt.subplots(2, 1, figsize=(5.6, 3.4), sharex=True)
    bins = np.linspace(0, 1, 21)
    for value, color, label in ((0, BLUE, "paid back"), (1, RED, "bad")):
        style = "stepfilled" if value == 0 else "step"
        top.hist(p[bad == value], bins, histtype=style, color=color, alpha=0.7, label=label)
    top.set(ylabel="applicants")
    top.legend(loc="upper right")
    top.set_title(title, fontsize=10)
    cuts = np.linspace(0, 1, 51)
    low.plot(cuts, [money(c) for c in cuts], color=GREEN)
    low.plot(cut, money(cut), "o", color="black")
    low.axhline(0, color="gray", linewidth=0.8)
    low.set(xlabel="cut-off: refused from this probability of bad on", ylabel="money each")
    for ax in (top, low):
        ax.axvline(cut, color="black", linestyle="--")
    return figure


def draw_promises(promised, counted, error, title: str):
    """Counted against promised shares of groups, each `(k,)`, with 95 % bars, and the diagonal."""
    figure, ax = plt.subplots(figsize=(4, 3))
    ax.plot([0, 1], [0, 1], ":", color="black")
    ax.errorbar(promised, counted, yerr=1.96 * np.asarray(error), fmt="o-", color=BLUE)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set(xlabel="promised share of bad", ylabel="counted")
    ax.set_title(title, fontsize=10)
    return figure


def draw_guesses(guesses: dict, bad, title: str):
    """Guessed shares of bad by the name of their method; what came, bad `(n,)`, and its band."""
    truth, error = np.mean(bad), np.std(bad) / np.sqrt(len(bad))
    figure, ax = plt.subplots(figsize=(5.6, 2.3))
    ax.axvspan(truth - 1.96 * error, truth + 1.96 * error, color=GREEN, alpha=0.2)
    ax.axvline(truth, color=GREEN, label="what came of them")
    ax.plot(list(guesses.values()), list(guesses), "o", color=ORANGE, markersize=8)
    ax.set(xlim=(0, 1.03), ylim=(-0.6, len(guesses) - 0.4))
    ax.set(xlabel="share of bad among the refused")
    ax.set_title(title, fontsize=10)
    ax.legend(loc="lower right")
    return figure
