"""Even the light of a slice by the plane that fits it: the rival of chapter 4.5 (4A1)."""

import numpy as np

from lmlab.models.segmentation import Thresholds

__all__ = ["Levelled", "levelled"]


def levelled(x: np.ndarray) -> np.ndarray:
    """Slices divided by the plane that fits the logarithm of their light in the brain, times 160.

    It undoes `segmentation.tilted`, whose shape it knows, and takes the brain's own slope with it.

    Args:
        x: (n, rows, columns); a value above 20 is brain.

    Returns:
        (n, rows, columns) float32.
    """
    down, across = np.meshgrid(*(np.linspace(-1, 1, k) for k in x.shape[1:]), indexing="ij")
    plane, even = np.stack([np.ones_like(down), down, across]), np.empty(x.shape, np.float32)
    for piece, out in zip(x, even, strict=True):
        brain = piece > 20
        fit = np.linalg.lstsq(plane[:, brain].T, np.log(piece[brain]), rcond=None)[0]
        out[:] = 160 * piece / np.exp(np.tensordot(fit, plane, 1))
    return even


class Levelled(Thresholds):
    """Two thresholds, chosen and used on slices that a plane has evened."""

    def _input(self, x):
        return super()._input(levelled(x))
