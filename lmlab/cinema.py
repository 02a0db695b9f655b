"""The pictures of chapter 4.7: errors of stars, leads of rankings, a loop. Figures come back."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, ORANGE, RED

__all__ = ["draw_errors", "draw_leads", "draw_loop", "say_errors", "say_leads", "say_loop"]


def draw_errors(errors: dict, plain, rank: int, penalty: float):
    """Errors (past, hidden) by (rank, penalty), at one penalty; `plain`: those without factors."""
    ranks = sorted({k for k, lam in errors if lam == penalty})
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    for side, (style, color, label) in enumerate(
        (("s--", ORANGE, "the past, learned from"), ("o-", BLUE, "hidden, of new people"))
    ):
        values = [errors[k, penalty][side] for k in ranks]
        ax.plot(range(len(ranks)), values, style, color=color, label=label)
        ax.plot(ranks.index(rank), errors[rank, penalty][side], "o", ms=12, mfc="none", color=RED)
    ax.axhline(plain[1], ls=":", color="black", label="hidden, biases alone")
    ax.set(ylim=(0.2, 1.15), xlabel="rank", ylabel="RMSE (stars)")
    ax.set_xticks(range(len(ranks)), ranks)
    ax.set_title(f"λ = {penalty}: hidden {errors[rank, penalty][1]:.3f}", fontsize=10)
    ax.legend(loc="lower left", fontsize=9)
    return figure


def say_errors(errors: tuple, k: int, lam: float) -> str:
    """The errors on the past and on hidden stars in words, of one rank and one λ."""
    return f"Rank {k}, λ {lam}: error {errors[0]:.3f} on the past, {errors[1]:.3f} hidden"


def draw_leads(leads: dict, measure: str):
    """Leads over popularity and their standard errors, by name of the recommender."""
    names = list(leads)
    value, error = np.array([leads[name] for name in names]).T
    figure, ax = plt.subplots(figsize=(5.6, 2.3))
    ax.axvline(0, color="black", lw=1)
    ax.errorbar(value, names, xerr=1.96 * error, fmt="o", color=BLUE, capsize=3)
    ax.set(ylim=(len(names) - 0.5, -0.5), xlabel="lead over popularity, 95 % interval")
    ax.set_title(measure, fontsize=10)
    return figure


def say_leads(leads: dict, measure: str) -> str:
    """The leads in words, the alternative text of `draw_leads`."""
    return f"{measure}: " + ", ".join(f"{name} {lead:+.3f}" for name, (lead, _) in leads.items())


def say_loop(end, share: float, log: str) -> str:
    """The end of a loop in words: effective number of films, share of clicks, films in a log."""
    variety, clicks, films = end
    found = f"variety {variety:.0f}, clicks {clicks:.1%}, {films:.0f} films in a log"
    return f"{share:.0%} at random, {log}: {found}"


def draw_loop(runs: list, share: float, log: str):
    """Variety and share of clicks over the rounds, one line per world (`recommend.Loop`)."""
    figure, axes = plt.subplots(1, 2, figsize=(6, 2.3), layout="constrained")
    for ax, name, top, color in zip(
        axes, ("variety", "clicks"), (200, 0.65), (ORANGE, BLUE), strict=True
    ):
        for run in runs:
            line = getattr(run, name)
            ax.plot(range(1, len(line) + 1), line, color=color, lw=1)
        ax.set(ylim=(0, top), xlabel="round", xticks=range(1, len(line) + 1, 3))
    axes[0].set_ylabel("variety (films)")
    axes[1].set_ylabel("share clicked")
    figure.suptitle(f"{share:.0%} at random, learns from {log}", fontsize=10)
    return figure
