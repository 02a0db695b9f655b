"""Slices of a brain, a coil that is brighter on one side, and two rivals: chapter 4.5 (4A1)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["Segmenter", "Slices", "Thresholds", "dice", "slices", "tilted"]


class Slices(NamedTuple):
    """Parallel slices, in their order along the axis."""

    x: np.ndarray  # (n, rows, columns) float32, grey value 0 to 255
    tissue: np.ndarray  # (n, rows, columns) uint8: 0 neither, 1 grey, 2 white matter


def slices(x: np.ndarray, tissue: np.ndarray, axis: int = 2) -> Slices:
    """The slices across an axis of which at least 3 % is tissue.

    All are cut to the rows and columns with tissue in some slice, two pixels more where there are
    any, and padded with 0 so that 4 divides their sides.
    """
    x, tissue = (np.moveaxis(volume, axis, 0) for volume in (x, tissue))
    kept = np.flatnonzero((tissue > 0).mean((1, 2)) > 0.03)
    places = [np.flatnonzero(tissue.any(axis=other)) for other in ((0, 2), (0, 1))]
    rows, columns = (slice(max(p[0] - 2, 0), p[-1] + 3) for p in places)
    x, tissue = x[kept, rows, columns], tissue[kept, rows, columns]
    more = ((0, 0), *((0, -side % 4) for side in x.shape[1:]))
    return Slices(np.pad(x, more).astype(np.float32), np.pad(tissue, more))


def tilted(x: np.ndarray, tilt: float | np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slices that grow brighter along one direction, drawn by lot for each.

    Args:
        x: (n, rows, columns).
        tilt: from the middle to the edge the brightness is multiplied by exp(tilt), on the other
            side by exp(-tilt); one number, or one for each slice (n,).
        rng: the directions.
    """
    n, rows, columns = x.shape
    down, across = np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)
    angle = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    slope = np.cos(angle) * across + np.sin(angle) * down
    return (x * np.exp(np.reshape(tilt, (-1, 1, 1)) * slope)).astype(np.float32)


def dice(found: np.ndarray, true: np.ndarray) -> float:
    """2 |A and B| / (|A| + |B|) of two masks of the same shape; 1 if both are empty."""
    sizes = np.sum(found) + np.sum(true)
    return float(2 * np.sum(found & true) / sizes) if sizes else 1.0


class Thresholds:
    """Grey matter from the first limit on, white from the second: the pair of best mean Dice.

    Args:
        seen: slices to choose the limits on; all pairs in steps of 3 are tried.
        even: width in pixels of the blur by which brightness is divided first; 0: not at all.
    """

    def __init__(self, seen: Slices, even: float = 0):
        self.even = even
        x = self._input(seen.x)
        counts = [np.bincount(x[seen.tissue == k], minlength=257) for k in range(3)]
        below = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1)  # below[k, t]: values < t
        size, best = below[:, -1], -1.0
        for low in range(20, 250, 3):
            for high in range(low + 3, 256, 3):
                grey, white = below[:, high] - below[:, low], size - below[:, high]
                both = 2 * grey[1] / (grey.sum() + size[1]) + 2 * white[2] / (white.sum() + size[2])
                if both > best:
                    best, self.limits = both, (low, high)

    def _input(self, x):
        if self.even:
            x = evened(x, self.even)
        return np.clip(x, 0, 256).astype(int)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Tissue of slices (n, rows, columns)."""
        return np.digitize(self._input(x), self.limits)


def evened(x: np.ndarray, width: float) -> np.ndarray:
    """Slices divided by their own blurred brightness within the brain, times 160."""
    from scipy.ndimage import gaussian_filter

    brain = (x > 20).astype(np.float32)
    blurred = [gaussian_filter(part, (0, width, width)) for part in (x * brain, brain)]
    light = blurred[0] / np.maximum(blurred[1], 0.05)
    return np.where(brain > 0, 160 * x / np.maximum(light, 1), x)


class Segmenter:
    """A network that names the tissue of each pixel; a step for each slice.

    Args:
        seen: slices to learn from.
        build: function of no argument, (n, rows, columns, 1) to logits (n, rows, columns, 3).
        tilt: in each epoch a slice is tilted by lot by up to so much.
        seed: of the weights, batches and tilts.
        learning_rate: of Adam at the start; falls to 0 along a cosine.
        epochs: passes over the slices.
    """

    def __init__(
        self, seen: Slices, build: Callable, tilt=0.0, seed=0, learning_rate=0.004, epochs=10
    ):
        import keras

        keras.utils.set_random_seed(seed)
        self.model, rng, n = build(), np.random.default_rng(seed), len(seen.x)
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * n)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(keras.optimizers.Adam(rate), loss)
        for _ in range(epochs):
            x = tilted(seen.x, rng.uniform(0, tilt, n), rng)
            self.model.fit(self._input(x), seen.tissue, batch_size=1, verbose=0)

    @staticmethod
    def _input(x):
        return x[..., None] / 128 - 1

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Tissue of slices (n, rows, columns)."""
        return self.model.predict(self._input(x), batch_size=8, verbose=0).argmax(axis=-1)
