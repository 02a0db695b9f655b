"""A table of neighbours: which word stood between which left and right ones (chapter 4.4)."""

import numpy as np

__all__ = ["NeighbourTable"]


class NeighbourTable:
    """Counts of words alone, after a left, before a right, and between two neighbours.

    The probability of a word is a mixture of the four shares; `tune` finds its weights.

    Args:
        tokens: running text (W,), whole numbers below `vocab_size`.
        vocab_size: V.
    """

    def __init__(self, tokens, vocab_size: int):
        self.size, self.mix = vocab_size, np.full(4, 0.25)
        a, b, c = (np.asarray(tokens, "int64")[k : len(tokens) - 2 + k] for k in range(3))
        self.total = len(b)
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
        return np.array(hits) / np.maximum([np.full(len(w), self.total + self.size), *rows], 1)

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
