"""A deep network of equal layers in NumPy, with and without skips, at many learning rates at once.

Chapter 4M derives the way back; chapter 4C asks with it what makes thirty layers trainable.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["he_weights", "slopes"]


def he_weights(
    depth: int, *, seed: int, copies: int = 1, inputs: int = 64, width: int = 32, classes: int = 10
) -> list[np.ndarray]:
    """Random first weights: a matrix into the width, one for each layer, one out of it.

    Args:
        depth: number of layers, at least 1.
        seed: of the random numbers.
        copies: the same weights so many times, one for each learning rate.
        inputs: numbers of an example.
        width: neurons of a layer.
        classes: outputs.

    Returns:
        depth + 2 arrays `(copies, inputs, outputs)` float32; the variance is 2 / inputs where a
        ReLU follows (He et al. 2015), else 1 / inputs.

    Raises:
        ValueError: `depth` is less than 1.
    """
    if depth < 1:
        raise ValueError(f"`depth` must be at least 1, got {depth}")
    random = np.random.default_rng(seed)
    sizes, gains = [inputs, *[width] * (depth + 1), classes], [1, *[2] * depth, 1]
    matrices = []
    for gain, before, after in zip(gains, sizes[:-1], sizes[1:], strict=True):
        matrix = np.float32(random.normal(0, np.sqrt(gain / before), (before, after)))
        matrices.append(matrix[None].repeat(copies, axis=0))
    return matrices


def slopes(
    weights: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    skip: bool = False,
    norm: str = "",
    scale: float = 1.0,
) -> tuple[list[np.ndarray], np.ndarray]:
    """The slopes of the mean cross-entropy by all weights.

    A layer computes `scale * ReLU(u W)`, where u is its input h, normalised or not; with a skip h
    is added to that.

    Args:
        weights: as from `he_weights`.
        x: examples `(n, inputs)` float32.
        y: labels `(n,)`, integers.
        skip: is the input of a layer added to its output?
        norm: "layer": each example's numbers are brought to mean 0 and variance 1 before each
            layer; "batch": each neuron's numbers over the examples given; "": neither.
        scale: factor of what a layer computes.

    Returns:
        Slopes like `weights`, and the probabilities `(copies, n, classes)`.

    Raises:
        ValueError: `norm` is another word.
    """
    if norm not in ("", "layer", "batch"):
        raise ValueError(f"`norm` must be 'layer', 'batch' or '', got {norm!r}")
    axis, scale = {"layer": 2, "batch": 1}.get(norm), np.float32(scale)
    h, kept = x @ weights[0], []  # (copies, n, width)
    for w in weights[1:-1]:
        u, spread = _normalised(h, axis)
        z = u @ w
        kept.append((u, spread, z > 0))
        out = scale * np.maximum(z, 0)
        h = h + out if skip else out
    z = h @ weights[-1]
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    delta = (p - np.eye(p.shape[-1], dtype=p.dtype)[y]) / np.float32(len(y))
    found, back = [h.swapaxes(1, 2) @ delta], delta @ weights[-1].swapaxes(1, 2)
    for w, (u, spread, on) in zip(weights[-2:0:-1], kept[::-1], strict=True):
        dz = scale * back * on
        found.append(u.swapaxes(1, 2) @ dz)
        du = dz @ w.swapaxes(1, 2)
        if axis is not None:  # a shift or a stretch of the input changes nothing: take both out
            du = du - du.mean(axis, keepdims=True) - u * (du * u).mean(axis, keepdims=True)
            du = du / spread
        back = back + du if skip else du
    found.append(x.T @ back)
    return found[::-1], p


def _normalised(h: np.ndarray, axis: int | None) -> tuple[np.ndarray, np.ndarray | float]:
    if axis is None:
        return h, 1.0
    spread = np.sqrt(h.var(axis=axis, keepdims=True) + np.float32(1e-5))
    return (h - h.mean(axis=axis, keepdims=True)) / spread, spread
