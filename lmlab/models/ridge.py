"""Ridge regression from inner products, its penalty chosen by leaving out one label at a time."""

import numpy as np

__all__ = ["ridge"]

PENALTIES = 10.0 ** np.arange(-2, 2.6, 0.5)


def ridge(
    gram: np.ndarray, y: np.ndarray, penalties: np.ndarray = PENALTIES
) -> tuple[np.ndarray, float]:
    """Fit ridge regression in its dual form.

    Args:
        gram: `(n, n)` inner products of the examples.
        y: `(n,)` targets.
        penalties: those to choose from, > 0.

    Returns:
        Dual weights `(n,)` and the mean of the targets: the answer for an example whose inner
        products with the others are k is `k @ weights + mean`.

    Raises:
        ValueError: `gram` is not square, or not as long as `y`.

    Source: the errors of leaving one out in closed form, Rasmussen and Williams (2006), 5.4.2.
    """
    if gram.shape != (len(y), len(y)):
        raise ValueError(f"`gram` must have the shape {(len(y), len(y))}, got {gram.shape}")
    values, vectors = np.linalg.eigh(gram)
    values, mean, tries = np.maximum(values, 0), float(np.mean(y)), []
    target = vectors.T @ (y - mean)
    for penalty in penalties:
        weights = vectors @ (target / (values + penalty))
        left_out = weights / (vectors**2 @ (1 / (values + penalty)))  # the error at each label
        tries.append((np.mean(left_out**2), penalty, weights))
    return min(tries, key=lambda one: one[:2])[2], mean
