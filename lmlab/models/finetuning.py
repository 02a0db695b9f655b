"""Fine-tune the masked model of chapter 4.4 to a yes-or-no question, in one of several ways.

All trained numbers stand in one row, so that one compiled step serves every way: a mask of 0 and 1
says which of them may move, and its sum is how many are trained. LoRA (Hu et al., 2021) adds to
each matrix of queries, keys and values a product of two thin ones, of which one starts at zero.
"""

import functools

import numpy as np

from lmlab.models.device import keras
from lmlab.models.sampling import require

__all__ = ["WAYS", "Finetuner"]

WAYS = ("frozen", "last block", "all", "LoRA")


class Finetuner:
    """A `MaskedLM` with a yes-or-no head on the state of one place.

    Args:
        model: gives the sizes, and its weights as the usual start.
        place: whose state the head reads.
        rank: of LoRA.
    """

    def __init__(self, model, place: int, rank: int = 2):
        self.model, self.place = model, place
        d, blocks = model.config.d_model, model.blocks
        own = [(v.path, tuple(v.shape)) for v in model.trainable_variables]
        thin = [(f"lora_{i}_{x}", s) for i in range(len(blocks))
                for x, s in (("down", (d, rank)), ("up", (rank, 3 * d)))]  # fmt: skip
        self.shapes = [*own, *thin, ("head", (d + 1,))]
        self.sizes = [int(np.prod(shape)) for _, shape in self.shapes]

    def start(self, seed: int, model=None) -> np.ndarray:
        """All numbers in one row (P,) float32: weights of a model, LoRA and head as they begin."""
        rng, rows = np.random.default_rng(seed), []
        weights = iter((model or self.model).trainable_variables)
        for name, shape in self.shapes:
            if name.endswith("_down"):
                rows.append(rng.normal(size=shape) * shape[0] ** -0.5)
            elif name.startswith("lora") or name == "head":
                rows.append(np.zeros(shape))
            else:
                rows.append(keras.ops.convert_to_numpy(next(weights)))
        return np.concatenate([np.ravel(row) for row in rows]).astype("float32")

    def mask(self, way: str) -> np.ndarray:
        """Which numbers a way trains, (P,) of 0 and 1."""
        require(way in WAYS, "way", f"be one of {WAYS}", way)
        last = f"block_{len(self.model.blocks) - 1}"
        parts = []
        for (name, _), size in zip(self.shapes, self.sizes, strict=True):
            lora = name.startswith("lora_")
            moves = name == "head" or (way == "LoRA" and lora) or (way == "all" and not lora)
            moves = moves or (way == "last block" and last in name)
            parts.append(np.full(size, moves, "float32"))
        return np.concatenate(parts)

    def _scores(self, row, tokens):
        """Scores (B,) from the row (P,) and tokens (B, T)."""
        import tensorflow as tf

        parts = [
            tf.reshape(part, shape)
            for part, (_, shape) in zip(tf.split(row, self.sizes), self.shapes, strict=True)
        ]
        variables = self.model.trainable_variables
        values = dict(zip([v.path for v in variables], parts, strict=False))
        for i, block in enumerate(self.model.blocks):
            down, up = parts[len(variables) + 2 * i : len(variables) + 2 * i + 2]
            values[block.qkv.kernel.path] += down @ up
        pairs = [(v, values[v.path]) for v in variables]
        with keras.StatelessScope(pairs):
            state = self.model(tokens)[:, self.place]
        return tf.linalg.matvec(state, parts[-1][:-1]) + parts[-1][-1]

    @functools.cached_property
    def _step(self):
        import tensorflow as tf

        @tf.function(jit_compile=True, autograph=False)
        def step(row, mean, square, count, tokens, labels, rate, mask):
            with tf.GradientTape() as tape:
                tape.watch(row)
                scores = self._scores(row, tokens)
                loss = tf.reduce_mean(
                    tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=scores)
                )
            slope = mask * tape.gradient(loss, row)
            mean, square = 0.9 * mean + 0.1 * slope, 0.98 * square + 0.02 * slope * slope
            size = tf.sqrt(square / (1 - 0.98**count)) + 1e-7
            return row - rate * mean / (1 - 0.9**count) / size, mean, square

        return step

    @functools.cached_property
    def _read(self):
        import tensorflow as tf

        return tf.function(self._scores, autograph=False, jit_compile=True)

    def scores(self, row, tokens, batch_size: int = 256) -> np.ndarray:
        """Scores (n,) of windows (n, T); above 0 means yes."""
        padded = np.pad(tokens, ((0, -len(tokens) % batch_size), (0, 0)), mode="edge")
        parts = [
            self._read(row, padded[i : i + batch_size]) for i in range(0, len(padded), batch_size)
        ]
        return np.concatenate(parts)[: len(tokens)]

    def train(self, row, way, tokens, labels, rate, steps, seed, batch_size: int = 16):
        """The row after `steps` of Adam on windows (n, T) and labels (n,); the rate falls to 0."""
        import tensorflow as tf

        rng, mask = np.random.default_rng(seed), tf.constant(self.mask(way))
        labels = np.asarray(labels, "float32")
        row, mean, square = tf.constant(row), tf.zeros_like(mask), tf.zeros_like(mask)
        for i in range(steps):
            batch = rng.choice(len(tokens), batch_size, replace=len(tokens) < batch_size)
            now = tf.constant(rate * (1 - i / steps), tf.float32)
            count = tf.constant(i + 1, tf.float32)
            row, mean, square = self._step(
                row, mean, square, count, tokens[batch], labels[batch], now, mask
            )
        return row
