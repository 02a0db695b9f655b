"""The pictures of chapter 2.5: survival, calibration, effects, gains. Figures come back."""

import matplotlib.pyplot as plt

from lmlab.figures import BLUE, GREEN, ORANGE, RED
from lmlab.models.survival import kaplan_meier

__all__ = ["draw_calibration", "draw_effects", "draw_gains", "draw_survival"]


def draw_survival(groups: dict, title: str, years: float = 7):
    """Kaplan-Meier curves of data frames with `days` and `event`, by name; at most three."""
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    looks = zip(groups.items(), ("--", "-", ":"), (BLUE, RED, GREEN), strict=False)
    for (label, group), style, color in looks:
        times, survival, _ = kaplan_meier(group.days, group.event)
        ax.step(times / 365.25, survival, style, where="post", color=color, label=label)
    ax.set(xlim=(0, years), ylim=(0, 1), xlabel="years", ylabel="without event")
    ax.set_title(title, fontsize=10)
    ax.legend(loc="lower left")
    return figure


def draw_calibration(promised, counted, title: str):
    """Counted against promised risk of groups, each (k,), and the diagonal."""
    figure, ax = plt.subplots(figsize=(3.8, 2.9))
    ax.plot([0, 1], [0, 1], ":", color="black")
    ax.plot(promised, counted, "o-", color=BLUE)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="promised risk", ylabel="counted")
    ax.set_title(title, fontsize=10)
    return figure


def draw_effects(effects: dict, truth: float, error: float, title: str):
    """Estimates by the name of their method, the truth and its 95 % band; dollars a year."""
    figure, ax = plt.subplots(figsize=(5.6, 2.2))
    ax.axvspan(truth - 1.96 * error, truth + 1.96 * error, color=GREEN, alpha=0.2)
    ax.axvline(truth, color=GREEN, label="the lot, 95 % band")
    ax.plot(list(effects.values()), list(effects), "o", color=RED)
    ax.set(xlim=(-9500, 4500), ylim=(-0.6, len(effects) - 0.4), xlabel="effect (dollars a year)")
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper left")
    return figure


def draw_gains(gains, title: str):
    """Gains and standard errors (3, 2) as `lmlab.models.effects.ranked_gains` returns them."""
    names, (gain, error) = ["by risk", "by uplift", "everybody"], 100 * gains.T
    figure, ax = plt.subplots(figsize=(5.6, 2))
    ax.barh(names, gain, xerr=1.96 * error, color=[ORANGE, BLUE, "gray"])
    ax.set(xlim=(-10, 65), xlabel="gain for 100 treated, 95 % interval")
    ax.set_title(title, fontsize=10)
    return figure
