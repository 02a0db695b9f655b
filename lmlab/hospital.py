"""The pictures of chapter 1.5: people and alarms, costs, detection, gain, rankings."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = [
    "draw_costs",
    "draw_detection",
    "draw_gain",
    "draw_patches",
    "draw_people",
    "draw_rankings",
    "say_costs",
    "say_gain",
    "say_people",
]


def _counts(prevalence: float, sensitivity: float, specificity: float) -> np.ndarray:
    """Of 1,000: rows alarm, no alarm; columns sick, healthy."""
    sick = 1000 * prevalence
    hit, clear = sick * sensitivity, (1000 - sick) * specificity
    return np.array([[hit, 1000 - sick - clear], [sick - hit, clear]])


def say_people(prevalence: float, sensitivity: float, specificity: float) -> str:
    """PPV and NPV in words."""
    (hit, false), (missed, clear) = _counts(prevalence, sensitivity, specificity)
    return f"{hit:.1f} sick among {hit + false:.1f} alarms; NPV {clear / (clear + missed):.4f}"


def draw_people(prevalence: float, sensitivity: float, specificity: float):
    """Of 1,000 people, the sick and the healthy among the alarms; see `say_people`."""
    (hit, false), _ = _counts(prevalence, sensitivity, specificity)
    figure, ax = plt.subplots(figsize=(5.6, 1.7))
    ax.barh([0], [hit], color=RED, hatch="//", label="sick")
    ax.barh([0], [false], left=[hit], color=BLUE, label="healthy")
    ax.set(yticks=[], ylim=(-0.6, 1.0), xlim=(0, 330), xlabel="people with an alarm, of 1,000")
    title = say_people(prevalence, sensitivity, specificity)
    ax.set_title(f"{title}; PPV {hit / (hit + false):.3f}", fontsize=10)
    ax.legend(loc="upper right", ncols=2)
    return figure


def say_costs(cost, part, threshold: float, worth: float) -> str:
    """Sensitivity, specificity and cost at a threshold, in words; see `draw_costs`."""
    p, sick = part
    found, clear = np.mean(p[sick] > threshold), np.mean(p[~sick] <= threshold)
    total = cost(part, threshold, worth)
    return f"sensitivity {found:.3f}, specificity {clear:.3f}, cost {total:.0f} for 100"


def draw_costs(cost, part, threshold: float, worth: float):
    """Cost against threshold, and a dot at `threshold`.

    Args:
        cost: takes `part`, a threshold and a worth.
        part: probabilities (n,) and verdicts (n,) bool.
        threshold: where the dot is.
        worth: of a find, in false alarms.
    """
    thresholds = np.geomspace(0.002, 0.9, 80)
    figure, ax = plt.subplots(figsize=(5.6, 2.4))
    ax.plot(thresholds, [cost(part, t, worth) for t in thresholds], color=BLUE)
    ax.plot(threshold, cost(part, threshold, worth), "o", color=RED)
    ax.set(xscale="log", xlabel="threshold", ylabel="cost for 100 patients", ylim=(0, None))
    ax.set_title(say_costs(cost, part, threshold, worth), fontsize=10)
    return figure


def draw_patches(pictures, names):
    """Patches (k, s, s) in a row, with a name above each."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(6, 1.7))
    for ax, picture, name in zip(axes, pictures, names, strict=True):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1.2)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.set_title(name, fontsize=9)
    return figure


def draw_detection(values: dict, title: str):
    """AUC of at most three detectors by name, from chance on."""
    figure, ax = plt.subplots(figsize=(5.6, 1.9))
    bars = ax.barh(list(values), list(values.values()), color=[ORANGE, GREEN, BLUE])
    ax.bar_label(bars, fmt="%.2f", padding=3)
    ax.set(xlim=(0.5, 1.05), xlabel="AUC (0.5: chance)")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def say_gain(finds: float, alarms: float, worth: float) -> str:
    """From which prevalence on screening pays, and what it gains at 5 %, in words."""
    gain = 1000 * (0.05 * finds * worth - 0.95 * alarms)
    begin = alarms / (alarms + worth * finds)
    return f"helps from {begin:.2%} on; at 5 % it gains {gain:.0f} false alarms for 1,000 cases"


def draw_gain(finds: float, alarms: float, worth: float):
    """Gain for 1,000 cases against prevalence, in false alarms; a dot where it begins.

    Args:
        finds: share of the sick that are found, and `alarms`, share of the healthy with an alarm.
        worth: of one find, in false alarms.
    """
    prevalence = np.geomspace(0.0005, 0.1, 60)
    gain = 1000 * (prevalence * finds * worth - (1 - prevalence) * alarms)
    begin = alarms / (alarms + worth * finds)
    figure, ax = plt.subplots(figsize=(5.6, 2.5))
    ax.axhline(0, color="gray", linestyle=":")
    ax.plot(100 * prevalence, gain, color=BLUE)
    ax.plot(100 * begin, 0, "o", color=RED, label=f"helps from {100 * begin:.2f} % on")
    ax.set(xscale="log", xlabel="prevalence (%)", ylabel="gain for 1,000 cases", ylim=(-250, 1500))
    ax.set_title(f"finds {finds:.2f} of the sick, alarms {alarms:.3f} of the healthy", fontsize=10)
    ax.legend(loc="upper left")
    return figure


def draw_rankings(values: dict, title: str, top: float):
    """Enrichment of at most four rankings by name: a bar for the mean, a dot for each split."""
    figure, ax = plt.subplots(figsize=(5.6, 2.1))
    for k, (several, color) in enumerate(
        zip(values.values(), (BLUE, ORANGE, GREEN, RED), strict=False)
    ):
        ax.barh([k], [np.mean(several)], color=color, alpha=0.5)
        ax.plot(several, np.full(len(several), k), "o", color=color, markersize=4)
    ax.axvline(1, color="black", linestyle=":")
    ax.set(yticks=range(len(values)), yticklabels=list(values), xlim=(0, top))
    ax.set(xlabel="enrichment factor (1: a random order)")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure
