"""Boxes: overlap, suppression, matches and average precision, as chapter 4.5 (4A1) writes them.

A box is left, top, right, bottom, in pixels.
"""

import numpy as np

__all__ = ["average_precision", "intersection_over_union", "match", "suppress"]


def intersection_over_union(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Overlap of boxes (n, 4) with boxes (m, 4): (n, m), from 0 to 1; 0 / 0 counts as 0."""
    a, b = (np.asarray(boxes, float).reshape(-1, 4) for boxes in (a, b))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=-1)
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b[None] - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


def suppress(boxes: np.ndarray, scores: np.ndarray, limit: float) -> np.ndarray:
    """Non-maximum suppression: rows of the boxes that stay, the best score first.

    Args:
        boxes: (n, 4).
        scores: (n,).
        limit: a box goes whose overlap with a better one that stays is above this.
    """
    is_left, kept = np.ones(len(boxes), bool), []
    for i in np.argsort(-scores, kind="stable"):
        if is_left[i]:
            kept.append(i)
            is_left &= intersection_over_union(boxes[i : i + 1], boxes)[0] <= limit
    return np.array(kept, int)


def match(boxes: np.ndarray, truth: np.ndarray, limit: float) -> np.ndarray:
    """Whether each box (n, 4), the best score first, finds a true one (m, 4): (n,) bool.

    Each box takes the true one that it overlaps most among those not yet taken.
    """
    overlap, hit = intersection_over_union(boxes, truth), np.zeros(len(boxes), bool)
    for i in range(len(boxes)):
        if overlap.shape[1] and overlap[i].max() >= limit:
            hit[i], overlap[:, overlap[i].argmax()] = True, -1
    return hit


def average_precision(hit: np.ndarray, n_true: int) -> float:
    """Mean over the n_true objects of the precision at which each was found; 0 if it was not.

    Args:
        hit: (n,) bool, the best score first.
        n_true: number of objects, positive.
    """
    if n_true < 1:
        raise ValueError(f"`n_true` must be positive, got {n_true}")
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return float(precision[hit].sum() / n_true)
