"""The pictures of chapter 4.3: learning curves, errors by size, a digit that moves."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, ORANGE, RED, image_grid

__all__ = ["draw_curves", "draw_errors", "draw_moved"]


def draw_curves(history, baseline: float):
    """Losses and validation accuracy of each epoch so far; dotted: the accuracy of a baseline."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.7))
    time = np.arange(1, len(history["loss"]) + 1)
    left.plot(time, history["loss"], marker="o", label="training")
    left.plot(time, history["val_loss"], marker="s", label="validation")
    left.set(xlabel="epoch", ylabel="loss (nats)", xlim=(0, 7), ylim=(0.01, 3), yscale="log")
    left.minorticks_off()
    left.legend(loc="lower left")
    right.plot(time, history["val_accuracy"], marker="s", color=ORANGE)
    right.axhline(baseline, color="gray", linestyle=":", label="ten averages")
    right.set(xlabel="epoch", ylabel="validation accuracy", xlim=(0, 7), ylim=(0, 1))
    right.legend(loc="lower right")
    return figure


def draw_errors(sizes, errors, baseline: float):
    """Test errors of SVM, MLP and CNN at the first of the sizes; dotted: that of a baseline."""
    figure, ax = plt.subplots(figsize=(6, 2.8))
    looks = {"SVM": ("s-", RED), "MLP": ("o-", BLUE), "CNN": ("^--", ORANGE)}
    for name, (style, colour) in looks.items():
        seen = errors[name][: len(sizes)]
        ax.loglog(sizes[: len(seen)], seen, style, color=colour, label=name)
    ax.axhline(baseline, color="gray", linestyle=":", label="ten averages")
    ax.set(xlim=(70, 80_000), ylim=(0.01, 0.6))
    ax.set(xlabel="training digits", ylabel="test error")
    ax.minorticks_off()
    ax.legend(loc="lower left")
    return figure


def draw_moved(image, probs, shifts, curves, pixels: int, network: str):
    """A moved digit (1, 28, 28) and how it is read; share right and confidence by the shift."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.6), width_ratios=[1, 1.6])
    image_grid(left, image, [f"read as {probs.argmax()} with {probs.max():.0%}"])
    right.plot(shifts, curves[:, 0], "o-", label="share right")
    right.plot(shifts, curves[:, 1], "s--", label="mean confidence")
    right.axvline(pixels, color=RED, linestyle=":")
    right.set(xlabel="shift (pixels)", ylabel="on 3,000 digits", ylim=(0, 1), title=network)
    right.legend()
    return figure
