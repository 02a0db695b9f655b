"""The pictures of chapter 2.8: quiet windows, cumulative sums, drift, prices. Figures come back."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = ["draw_cusum", "draw_drift", "draw_prices", "draw_quiet"]


def draw_quiet(values, title: str):
    """Histogram of PSI (n,) of quiet windows, with the rules of thumb 0.1 and 0.25."""
    figure, ax = plt.subplots(figsize=(5.6, 2.2))
    ax.hist(np.clip(values, 0, 0.6), np.arange(0, 0.61, 0.02), color=BLUE)
    for rule, style in ((0.1, "--"), (0.25, ":")):
        ax.axvline(rule, color=RED, linestyle=style, label=f"rule {rule}")
    ax.set(xlim=(0, 0.6), yticks=[], xlabel="PSI where nothing has drifted")
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper right")
    return figure


def draw_cusum(years, sums, h: float, baseline: int, title: str):
    """Both sums (n, 2) over the years; the first `baseline` years are shaded."""
    figure, ax = plt.subplots(figsize=(5.6, 2.4))
    ax.axvspan(years[0] - 0.5, years[baseline - 1] + 0.5, color="gray", alpha=0.2)
    ax.plot(years, sums[:, 0], "--", color=ORANGE, label="upwards")
    ax.plot(years, sums[:, 1], color=BLUE, label="downwards")
    ax.axhline(h, color=RED, linestyle=":", label="h")
    ax.set(xlim=(1870, 1911), ylim=(0, 16), xlabel="year", ylabel="S")
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper left")
    return figure


def draw_drift(psis, costs, threshold: float, begin: int, title: str):
    """PSI (n,) above, cost (n,) below, a window a place; drift from the place `begin` on."""
    figure, (top, low) = plt.subplots(2, 1, figsize=(5.6, 3.2), sharex=True)
    top.plot(psis, "o-", color=BLUE, markersize=3)
    top.axhline(threshold, color=RED, linestyle=":", label="threshold")
    top.set(yscale="log", ylim=(0.008, 5), ylabel="PSI")
    low.plot(costs, "s-", color=GREEN, markersize=3)
    low.set(ylim=(0, 160), ylabel="cost of 100", xlabel="window")
    for ax in (top, low):
        ax.axvspan(begin - 0.5, len(psis) - 0.5, color=ORANGE, alpha=0.15)
    top.set_title(title, fontsize=10)
    top.legend(loc="upper left")
    return figure


def draw_prices(thresholds, false_alarms, lateness, title: str):
    """Price of false alarms, of lateness, and of both, (n,) each, over the threshold."""
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    total = np.add(false_alarms, lateness)
    ax.plot(thresholds, false_alarms, "--", color=ORANGE, label="false alarms")
    ax.plot(thresholds, lateness, ":", color=GREEN, label="lateness")
    ax.plot(thresholds, total, color=BLUE, label="both")
    ax.plot(thresholds[total.argmin()], total.min(), "o", color=RED, label="cheapest")
    for rule in (0.1, 0.25):
        ax.axvline(rule, color="gray", linewidth=0.8)
    ax.set(yscale="log", ylim=(5, 3e4), xlabel="threshold of PSI", ylabel="in good customers")
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper right", ncols=2)
    return figure
