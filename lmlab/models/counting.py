"""Tables of counts that back off: the rival of the small GPT in chapter 5K.

Shapes: V = vocab_size; a table of order n has a level for each memory of 0 to n tokens.
Source: after Witten and Bell (1991), *The zero-frequency problem*; the weight of the shorter memory
is a knob.
"""

import numpy as np

__all__ = ["BackOff", "losses_at", "seen"]


class BackOff:
    """How often did each token follow each run of 0 to `order` tokens?

    With c counts of a token after a run, N of the run and K different tokens after it,
    `p(token | run) = (c + strength K q) / (N + strength K)`, where q is the same for a run that is
    one token shorter; for the empty run q is 1 / V. A run that was never seen has p = q.

    Args:
        tokens: the text that is counted, integers (L,), or several of the same length (B, L).
        order: longest memory, in tokens.
        vocab_size: V; `V ** (order + 1)` must fit into 63 bits.

    Raises:
        ValueError: the runs do not fit into 63 bits.
    """

    def __init__(self, tokens, order: int, vocab_size: int):
        if vocab_size ** (order + 1) >= 2**63:
            fits = f"be small enough for {vocab_size} ** (order + 1) < 2 ** 63"
            raise ValueError(f"`order` must {fits}, got {order}")
        self.order, self.vocab_size = order, vocab_size
        self.levels = []
        for n in range(order + 1):
            runs, counts = np.unique(self._runs(tokens, n), return_counts=True)
            before, first = np.unique(runs // vocab_size, return_index=True)
            totals = np.add.reduceat(counts, first)
            kinds = np.diff(np.append(first, len(runs)))
            small = (values.astype("int32") for values in (counts, totals, kinds))
            self.levels.append((runs, next(small), before, *small))

    def rows(self, n: int) -> int:
        """How many different runs of n tokens and the next one were counted."""
        return len(self.levels[n][0])

    def nll(self, text, strength: float = 1.0, backs_off: bool = True) -> np.ndarray:
        """Mean negative log-likelihood (nats) of a text (L,) under a memory of 0 to `order` tokens.

        The first `order` tokens are context only, so that each memory is judged on the same.

        Args:
            text: integers (L,), longer than `order`.
            strength: weight of what is fallen back on.
            backs_off: False falls back on 1 / V at once, not on the shorter memory.
        """
        p, losses = 1 / self.vocab_size, []
        for n in range(self.order + 1):
            wanted = self._runs(text, n)[self.order - n :]
            p = self._level(n, wanted, p if backs_off else 1 / self.vocab_size, strength)
            losses.append(-np.log(p).mean())
        return np.array(losses)

    def next_probs(self, context, strength: float = 1.0) -> np.ndarray:
        """Probabilities (V,) of the token after a context (T,), by its last `order` tokens."""
        p, tokens = 1 / self.vocab_size, [int(token) for token in context]
        for n in range(min(self.order, len(tokens)) + 1):
            run = 0
            for token in tokens[len(tokens) - n :]:
                run = run * self.vocab_size + token
            p = self._level(n, run * self.vocab_size + np.arange(self.vocab_size), p, strength)
        return p

    def _level(self, n, wanted, shorter, strength):
        runs, counts, before, totals, kinds = self.levels[n]
        count = _look_up(runs, counts, wanted)
        total, kind = (_look_up(before, v, wanted // self.vocab_size) for v in (totals, kinds))
        seen, back = total > 0, strength * kind
        return np.where(seen, (count + back * shorter) / np.where(seen, total + back, 1), shorter)

    def _runs(self, tokens, n):
        """The number, in base V, of each run of n tokens and the next one."""
        tokens = np.atleast_2d(np.asarray(tokens, "int64"))
        ends = tokens.shape[1] - n
        runs = np.zeros((len(tokens), ends), "int64")
        for k in range(n + 1):
            runs = runs * self.vocab_size + tokens[:, k : k + ends]
        return runs.ravel()


def _look_up(keys, values, wanted):
    """The value of each wanted key; 0 where there is none."""
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def losses_at(table: BackOff, text, strength: float, memory: int) -> np.ndarray:
    """Loss (nats) of each token of a text (L,) under a memory of `memory` tokens: (L - order,)."""
    p = 1 / table.vocab_size
    for n in range(memory + 1):
        p = table._level(n, table._runs(text, n)[table.order - n :], p, strength)
    return -np.log(p)


def seen(table: BackOff, text) -> np.ndarray:
    """How often the `order` tokens before each token of a text (L,) were counted: (L - order,)."""
    _, _, before, totals, _ = table.levels[table.order]
    return _look_up(before, totals, table._runs(text, table.order) // table.vocab_size)
