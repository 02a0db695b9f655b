"""Many small models of one shape, trained side by side: seeds and learning rates in one stack.

Chapter 3C uses it, so that a search over rates and seeds costs little more than one training.
Needs TensorFlow.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from lmlab.models.device import keras  # the quiet import comes first  # noqa: F401

__all__ = ["start_stack", "train_stack", "tune_stack"]


def start_stack(shapes: Sequence[tuple], seeds: Sequence[int], copies: int = 1) -> list[np.ndarray]:
    """First weights of a stack: He's start for matrices, 0 for biases.

    Args:
        shapes: of the arrays of one model; the first axis of a matrix counts its inputs.
        seeds: one for each start.
        copies: models that share a start, side by side.

    Returns:
        For every shape an array `(len(seeds) * copies, *shape)` float32.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    stack = []
    for shape in shapes:
        spread = np.sqrt(2 / shape[0]) if len(shape) > 1 else 0.0
        rows = [spread * rng.standard_normal(shape) for rng in rngs]
        stack.append(np.repeat(np.float32(rows), copies, axis=0))
    return stack


def train_stack(
    forward: Callable,
    weights: Sequence[np.ndarray],
    rates: Sequence[float],
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    steps: int,
) -> list[np.ndarray]:
    """Train R models at once with Adam on the cross-entropy; each rate falls in a line to 0.

    Args:
        forward: `(weights, x)` to logits `(R, n, classes)`, written with TensorFlow.
        weights: arrays whose first axis is the model.
        rates: R learning rates.
        batches: pairs x `(R, n, ...)` float32, y `(R, n)` integers.
        steps: how many batches there are.

    Returns:
        The trained weights, arrays of the same shapes.

    Raises:
        ValueError: the first axes do not agree.
    """
    import tensorflow as tf

    if {len(array) for array in weights} != {len(rates)}:
        got = sorted({len(array) for array in weights})
        raise ValueError(f"`weights` must have {len(rates)} rows, one a rate, got {got}")
    w = [tf.Variable(array) for array in weights]
    means = [tf.Variable(tf.zeros_like(v)) for v in w]
    squares = [tf.Variable(tf.zeros_like(v)) for v in w]
    rate = tf.constant(rates, tf.float32)

    @tf.function(reduce_retracing=True)
    def step(x, y, t):
        with tf.GradientTape() as tape:
            logits = forward(w, x)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            loss = tf.reduce_sum(tf.reduce_mean(losses, axis=1))  # each model has its own
        for v, g, m, s in zip(w, tape.gradient(loss, w), means, squares, strict=True):
            m.assign(0.9 * m + 0.1 * g)
            s.assign(0.999 * s + 0.001 * g * g)
            now = tf.reshape(rate * (1 - (t - 1) / steps), (-1,) + (1,) * (len(v.shape) - 1))
            v.assign_sub(now * m / (1 - 0.9**t) / (tf.sqrt(s / (1 - 0.999**t)) + 1e-7))

    for t, (x, y) in enumerate(batches, start=1):
        step(tf.constant(x), tf.constant(y), tf.constant(float(t)))
    return [v.numpy() for v in w]


def tune_stack(
    forward: Callable,
    shapes: Sequence[tuple],
    x: np.ndarray,
    y: np.ndarray,
    seeds: Sequence[int],
    rates: Sequence[float] = (0.003, 0.01, 0.03),
    change: Callable | None = None,
    steps: int = 250,
    parts: tuple[int, int] = (1000, 1300),
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Train one model a seed and rate, and keep for each seed the best one on validation.

    Args:
        forward: `(weights, x)` to logits `(R, n, classes)`.
        shapes: of the arrays of one model.
        x: all examples `(N, ...)` float32; each seed shuffles them.
        y: their classes `(N,)`.
        seeds: S of them.
        rates: learning rates to choose from.
        change: `(batch, rng)` to a changed batch of training examples, or None.
        steps: batches of 50 examples.
        parts: where training ends and where validation ends, in the shuffled order.

    Returns:
        The chosen weights, arrays `(S, *shape)`, and for each seed the rows of its test part.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    orders = [rng.permutation(len(x)) for rng in rngs]
    copies = len(rates)

    def batches():
        for _ in range(steps):
            rows = [rng.choice(o[: parts[0]], 50) for rng, o in zip(rngs, orders, strict=True)]
            some = [x[r] if change is None else change(x[r], g) for r, g in zip(rows, rngs)]  # noqa: B905
            yield np.repeat(some, copies, axis=0), np.repeat([y[r] for r in rows], copies, axis=0)

    start = start_stack(shapes, seeds, copies)
    weights = train_stack(forward, start, np.tile(rates, len(seeds)), batches(), steps)
    rows = [order[parts[0] : parts[1]] for order in orders]
    logits = forward(weights, np.repeat([x[r] for r in rows], copies, axis=0))
    right = np.asarray(logits).argmax(axis=-1) == np.repeat([y[r] for r in rows], copies, axis=0)
    best = right.mean(axis=1).reshape(-1, copies).argmax(axis=1) + copies * np.arange(len(seeds))
    return [array[best] for array in weights], [order[parts[1] :] for order in orders]
