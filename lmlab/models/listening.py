"""What chapter 4.6 asks of sounds and of a recogniser: is it a copy, and is it sure of a digit."""

import numpy as np

__all__ = ["alike", "digit_confidence"]


def digit_confidence(probs: np.ndarray) -> np.ndarray:
    """Probability of the best path, as a geometric mean over the frames that hear a digit.

    Args:
        probs: (n, T, 11), the blank first.

    Returns:
        (n,); 0 where the blank leads in all frames.
    """
    logs, digit = np.log(probs.max(axis=-1)), probs.argmax(axis=-1) > 0
    count = digit.sum(axis=-1)
    return np.where(count > 0, np.exp((logs * digit).sum(axis=-1) / np.maximum(count, 1)), 0.0)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two sounds at the shift where it is largest: 1 for a copy, however loud."""
    one, other = one.astype(float), other.astype(float)
    peak = np.abs(np.correlate(one, other, "full")).max()
    return float(peak / np.linalg.norm(one) / np.linalg.norm(other))
