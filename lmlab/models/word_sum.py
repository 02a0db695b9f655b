"""A small special model for texts: one number a word, summed; and the search for its penalty.

Chapter 3C uses it. `word_sum` needs Keras, the rest scikit-learn.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["fit_logistic", "word_rows", "word_sum"]


def fit_logistic(
    x, y: np.ndarray, held_out: float = 0.15, strengths: Sequence[float] = (0.01, 0.1, 1, 10)
):
    """Logistic regression without a constant; some of the rows choose how weak its penalty is.

    Args:
        x: `(n, d)`, an array or a sparse matrix.
        y: `(n,)` labels of two kinds; both must be among the first rows.
        held_out: share of the rows, the last ones, on which each strength is tried.
        strengths: scikit-learn's `C` to choose from, the inverse of the penalty.

    Returns:
        A `LogisticRegression`, trained on all rows with the chosen strength.
    """
    from scipy.sparse import issparse
    from sklearn.linear_model import LogisticRegression

    solver = "liblinear" if issparse(x) else "lbfgs"  # the quicker one of each kind
    cut = round((1 - held_out) * len(y))

    def fitted(rows, strength):
        options = {"solver": solver, "fit_intercept": False, "random_state": 0}
        return LogisticRegression(C=strength, max_iter=300, **options).fit(x[rows], y[rows])

    def right(strength):
        return fitted(slice(cut), strength).score(x[cut:], y[cut:])

    return fitted(slice(None), max(strengths, key=right))


def word_rows(found) -> np.ndarray:
    """The numbers of the words of each text, in one array.

    Args:
        found: a sparse matrix `(n, size)`, 1 where a text has a word.

    Returns:
        `(n, longest)` integers; `size` stands where a text has no more words.
    """
    sizes = np.diff(found.indptr)
    rows = np.full((found.shape[0], max(sizes)), found.shape[1])
    rows[np.arange(max(sizes)) < sizes[:, None]] = found.indices
    return rows


def word_sum(weights: np.ndarray):
    """The network of a logistic regression on words.

    Args:
        weights: `(size,)`, one for each word.

    Returns:
        A Keras model from `word_rows` to logits `(n, 1)`: an embedding of one number a word,
        0 for no word, and a sum.
    """
    from lmlab.models.device import keras

    inputs = keras.Input((None,), dtype="int32")
    votes = keras.layers.Embedding(len(weights) + 1, 1)
    model = keras.Model(inputs, keras.ops.sum(votes(inputs), axis=1))
    votes.set_weights([np.append(weights, 0)[:, None]])
    return model
