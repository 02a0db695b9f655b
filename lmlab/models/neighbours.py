"""Counted neighbours: a table of which word stood between which two, and vectors (chapter 4.4)."""

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.sparse.linalg import svds

__all__ = ["NeighbourTable", "count_vectors", "one_hot", "runs_of"]


class NeighbourTable:
    """Counts of words alone, after a left, before a right, and between two neighbours.

    The probability of a word is a mixture of the four shares; `tune` finds its weights.

    Args:
        tokens: running text (W,), whole numbers below `vocab_size`.
        vocab_size: V.
        lowest: tokens below it are never asked for: they count as neighbours only, and no
            probability is kept for them.
    """

    def __init__(self, tokens, vocab_size: int, lowest: int = 0):
        self.size, self.mix = vocab_size, np.full(4, 0.25)
        a, b, c = (np.asarray(tokens, "int64")[k : len(tokens) - 2 + k] for k in range(3))
        a, b, c = (part[b >= lowest] for part in (a, b, c))
        self.total, self.kinds = len(b), vocab_size - lowest
        keys = b, a * self.size + b, b * self.size + c, (a * self.size + b) * self.size + c
        self.hits = [np.unique(k, return_counts=True) for k in keys]
        self.rows = [np.unique(k, return_counts=True) for k in (a, c, a * self.size + c)]

    def shares(self, before, truth, after) -> np.ndarray:
        """Share of the true word (4, n): of all words, after `before`, before `after`, between.

        Where nothing was counted the share is 0, but each word has at least one count of its own.
        """
        u, w, v = (np.asarray(part, "int64") for part in (before, truth, after))
        keys = w, u * self.size + w, w * self.size + v, (u * self.size + w) * self.size + v
        hits = [_look(*table, key) for table, key in zip(self.hits, keys, strict=True)]
        hits[0] = hits[0] + 1
        keys = u, v, u * self.size + v
        rows = [_look(*table, key) for table, key in zip(self.rows, keys, strict=True)]
        return np.array(hits) / np.maximum([np.full(len(w), self.total + self.kinds), *rows], 1)

    def tune(self, before, truth, after, steps: int = 30) -> np.ndarray:
        """Weights (4,) that make these words likelier with each step; they are kept."""
        shares = self.shares(before, truth, after)
        for _ in range(steps):
            parts = self.mix[:, None] * shares
            self.mix = (parts / parts.sum(axis=0)).mean(axis=1)
        return self.mix

    def loss(self, before, truth, after) -> float:
        """Mean surprise (nats) of the true words."""
        return float(-np.log(self.mix @ self.shares(before, truth, after)).mean())


def _look(kinds, counts, wanted):
    at = np.searchsorted(kinds, wanted).clip(max=len(kinds) - 1)
    return np.where(kinds[at] == wanted, counts[at], 0)


def count_vectors(tokens, vocab_size: int, dim: int = 64, length: float = 3.0) -> np.ndarray:
    """Vectors (V, dim) of words from counts of their neighbours, without a network.

    Row w of a matrix (V, 2V) says how often each word stood before and after w. Of its square
    roots the `dim` largest singular directions are kept; each vector gets the same length.
    """
    t = np.asarray(tokens, "int64")
    pairs = csr_matrix((np.ones(len(t) - 1), (t[:-1], t[1:])), shape=(vocab_size, vocab_size))
    pairs = hstack([pairs.T, pairs]).tocsr().sqrt()
    left, sizes, _ = svds(pairs, dim, rng=np.random.default_rng(0))
    vectors = left * sizes
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return length * vectors / np.maximum(norms, 1e-9)


def one_hot(columns):
    """Sparse rows (n, V) of 0 and 1 from the columns (n, k) that are 1."""
    rows = np.repeat(np.arange(len(columns)), columns.shape[1])
    return csr_matrix((np.ones(columns.size), (rows, columns.ravel()))).minimum(1)


def runs_of(tokens, document, n: int = 8, unknown: int = 1):
    """A number for each run of `n` known tokens inside one document, and its document.

    Args:
        tokens: running text (W,).
        document: of each token (W,).
        unknown: no run holds this token.
    """
    view = np.lib.stride_tricks.sliding_window_view(tokens, n).astype("uint64")
    powers = np.array([6007**k % 2**63 for k in range(n)], "uint64")
    good = (document[: len(view)] == document[n - 1 :]) & (view != unknown).all(axis=1)
    return (view * powers).sum(axis=1)[good], document[: len(view)][good]
