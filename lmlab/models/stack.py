"""Many small networks of one shape, trained side by side: seeds, rates and cures in one stack.

The first axis of every array of weights is the network. All networks of a stack see equally many
examples and take equally many steps of Adam; they differ in data, start, learning rate and cures.
Chapters 3C and 3K use it: a search over rates and seeds costs little more than one training.

Slopes come from TensorFlow for any forward pass (`slopes_of`), or by hand for one hidden layer
(`mlp_slopes`, NumPy alone and quicker for networks so small).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np

__all__ = [
    "accuracies",
    "best_trial",
    "mlp_logits",
    "mlp_slopes",
    "slopes_of",
    "start_stack",
    "train_cured",
    "train_stack",
    "tune_stack",
]

CURES = {"l1": 0.0, "l2": 0.0, "dropout": 0.0, "shift": 0, "rate": 0.003}


def start_stack(shapes: Sequence[tuple], seeds: Sequence[int], copies: int = 1) -> list[np.ndarray]:
    """First weights of a stack: normal for matrices, 0 for biases.

    The standard deviation is √(2 / inputs) before a ReLU (He, 2015), √(1 / inputs) in the last
    matrix, which has none behind it.

    Args:
        shapes: of the arrays of one network; the first axis of a matrix counts its inputs.
        seeds: one for each start.
        copies: networks that share a start, side by side.

    Returns:
        For every shape an array `(len(seeds) * copies, *shape)` float32.
    """
    draws = [np.random.default_rng(seed) for seed in seeds]
    last = max(i for i, shape in enumerate(shapes) if len(shape) > 1)
    stack = []
    for i, shape in enumerate(shapes):
        spread, rows = np.sqrt((1 if i == last else 2) / shape[0]), np.zeros((len(draws), *shape))
        if len(shape) > 1:
            rows = [spread * draw.standard_normal(shape) for draw in draws]
        stack.append(np.repeat(np.float32(rows), copies, axis=0))
    return stack


@cache
def slopes_of(forward: Callable) -> Callable:
    """The slopes of the cross-entropy by automatic differentiation. Needs TensorFlow.

    Args:
        forward: `(weights, x)` to logits `(R, n, classes)`, written with `keras.ops` or TensorFlow.

    Returns:
        A function of `(weights, x, y)` with y `(R, n)` integers: the slopes of the loss of each
        network, the mean over its n examples, as arrays like `weights`.
    """
    import tensorflow as tf

    @tf.function  # a trace for each shape
    def graph(weights, x, y):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, forward(weights, x))
            loss = tf.reduce_sum(tf.reduce_mean(losses, axis=1))  # each network has its own
        return tape.gradient(loss, weights)

    def slopes(weights, x, y):
        tensors = [tf.convert_to_tensor(array) for array in weights]
        return [g.numpy() for g in graph(tensors, tf.constant(x), tf.constant(y))]

    return slopes


def mlp_logits(weights: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
    """One hidden layer of ReLU.

    Args:
        weights: W1 (R, inputs, hidden), b1 (R, hidden), W2 (R, hidden, classes), b2 (R, classes).
        x: `(n, inputs)` or, one set a network, `(R, n, inputs)`.

    Returns:
        Logits `(R, n, classes)`.
    """
    w1, b1, w2, b2 = weights
    return np.maximum(x @ w1 + b1[:, None], 0) @ w2 + b2[:, None]


def mlp_slopes(weights: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray, drops=1.0) -> list:
    """The slopes of the cross-entropy of `mlp_logits`, by hand.

    Args:
        weights: as for `mlp_logits`.
        x: `(R, n, inputs)`.
        y: `(R, n)` integers.
        drops: factors on the hidden neurons, `(R, n, hidden)` or one number.

    Returns:
        Arrays like `weights`.
    """
    w1, b1, w2, b2 = weights
    a = x @ w1 + b1[:, None]
    h = np.maximum(a, 0) * drops  # (R, n, hidden)
    z = h @ w2 + b2[:, None]
    p = np.exp(z - z.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    delta = (p - np.eye(p.shape[-1], dtype=np.float32)[y]) / y.shape[1]  # (R, n, classes)
    back = delta @ w2.swapaxes(1, 2) * drops * (a > 0)
    return [x.swapaxes(1, 2) @ back, back.sum(1), h.swapaxes(1, 2) @ delta, delta.sum(1)]


def train_stack(
    slopes: Callable,
    weights: Sequence[np.ndarray],
    rates: Sequence[float],
    batches: Iterable[tuple],
    *,
    fade: int | None = None,
    l1: Sequence[float] | float = 0.0,
    l2: Sequence[float] | float = 0.0,
    frozen: int = 0,
    watch: Callable | None = None,
) -> list[np.ndarray]:
    """Train R networks at once with Adam.

    Args:
        slopes: `(weights, *batch)` to arrays like `weights`: `mlp_slopes`, or from `slopes_of`.
        weights: arrays whose first axis is the network; they are not changed.
        rates: R learning rates.
        batches: one for each step, as `slopes` wants them: x `(R, n, ...)`, y `(R, n)`, and so on.
        fade: how many batches there are, if the rates shall fall in a line to 0.
        l1: weight of the sum of |w|, biases left out: one number, or R.
        l2: weight of the sum of w², likewise.
        frozen: how many of the first arrays stay as they are.
        watch: called with `(step, weights)` after each step, from 1 on; it may keep what it needs.

    Returns:
        The trained weights, arrays of the same shapes.

    Raises:
        ValueError: the first axes do not agree.
    """
    if {len(array) for array in weights} != {len(rates)}:
        got = sorted({len(array) for array in weights})
        raise ValueError(f"`weights` must have {len(rates)} rows, one a rate, got {got}")
    weights = [array.copy() for array in weights]
    means, squares = ([np.zeros_like(array) for array in weights] for _ in "mv")

    def aligned(numbers, like):
        column = np.broadcast_to(np.float32(numbers), len(rates))
        return column.reshape(-1, *[1] * (like.ndim - 1))

    for t, batch in enumerate(batches, start=1):
        found = slopes(weights, *batch)
        left = 1 - (t - 1) / fade if fade else 1.0
        scale = left * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for j in range(frozen, len(weights)):
            w, m, v, slope = weights[j], means[j], squares[j], found[j]
            if w.ndim > 2 and np.any(l1) | np.any(l2):
                slope = slope + 2 * aligned(l2, w) * w + aligned(l1, w) * np.sign(w)
            m += np.float32(0.1) * (slope - m)
            v += np.float32(0.001) * (slope * slope - v)
            w -= aligned(np.multiply(rates, scale), w) * m / (np.sqrt(v) + np.float32(1e-7))
        if watch:
            watch(t, weights)
    return weights


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
    """Train one network a seed and rate, and keep for each seed the best one on validation.

    Args:
        forward: as for `slopes_of`.
        shapes: of the arrays of one network.
        x: all examples `(N, ...)` float32; each seed shuffles them.
        y: their classes `(N,)`.
        seeds: S of them.
        rates: learning rates to choose from; each falls in a line to 0.
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
    tiled = np.tile(rates, len(seeds))
    weights = train_stack(slopes_of(forward), start, tiled, batches(), fade=steps)
    rows = [order[parts[0] : parts[1]] for order in orders]
    logits = forward(weights, np.repeat([x[r] for r in rows], copies, axis=0))
    right = np.asarray(logits).argmax(axis=-1) == np.repeat([y[r] for r in rows], copies, axis=0)
    best = right.mean(axis=1).reshape(-1, copies).argmax(axis=1) + copies * np.arange(len(seeds))
    return [array[best] for array in weights], [order[parts[1] :] for order in orders]


def accuracies(weights: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of right answers of each network with one hidden layer, `(R,)`."""
    return np.mean(mlp_logits(weights, x).argmax(-1) == y, axis=-1)


def train_cured(
    weights: Sequence[np.ndarray],
    pictures: np.ndarray,
    labels: np.ndarray,
    settings: Sequence[Mapping[str, float]],
    *,
    steps: int,
    seeds: Sequence[int],
    frozen: bool = False,
    watch: Callable | None = None,
) -> list[np.ndarray]:
    """Train networks with one hidden layer under cures; each step sees all examples of each.

    Args:
        weights: from `start_stack` or trained before; they are not changed.
        pictures: `(R, n, shifts, inputs)`: each example in all its shifted forms, the unshifted
            first, sorted by how far they are shifted.
        labels: `(R, n)`, whole numbers.
        settings: for each network `rate` of Adam, `l1` and `l2` as for `train_stack`, `dropout`
            (share of hidden neurons), `shift` (how many of the shifted forms are drawn from
            besides the first). What is missing is 0, the rate 0.003.
        steps: of Adam.
        seeds: one for each network, of its dropout and its shifts.
        frozen: leave the hidden layer as it is.
        watch: as for `train_stack`.

    Returns:
        The trained weights, shaped like `weights`.

    Raises:
        ValueError: a setting has an unknown name.
    """
    if unknown := {name for s in settings for name in s} - set(CURES):
        raise ValueError(f"`settings` must be of {list(CURES)}, got {sorted(unknown)}")
    cure = {n: np.array([s.get(n, usual) for s in settings]) for n, usual in CURES.items()}
    draws = [np.random.default_rng(seed) for seed in seeds]
    n, hidden = labels.shape[1], weights[2].shape[1]

    def batches() -> Iterator[tuple]:
        x, rows = pictures[:, :, 0].copy(), np.arange(n)
        drops = np.ones((len(labels), n, hidden), np.float32)
        for _ in range(steps):
            for i, draw in enumerate(draws):
                if shift := int(cure["shift"][i]):
                    x[i] = pictures[i, rows, draw.integers(0, 1 + shift, n)]
                if drop := cure["dropout"][i]:
                    drops[i] = (draw.random((n, hidden), np.float32) < 1 - drop) / (1 - drop)
            yield x, labels, drops

    options = {"l1": cure["l1"], "l2": cure["l2"], "frozen": 2 * frozen, "watch": watch}
    return train_stack(mlp_slopes, weights, cure["rate"], batches(), **options)


def best_trial(
    start: Sequence[np.ndarray],
    pictures: np.ndarray,
    labels: np.ndarray,
    trials: Sequence[Mapping[str, float]],
    validation: tuple[np.ndarray, np.ndarray],
    *,
    steps: int,
    seed: int = 0,
    frozen: bool = False,
    stop_early: bool = False,
) -> list[np.ndarray]:
    """Train one network under several settings; keep what reads most validation examples.

    Args:
        start: weights of one network.
        pictures: `(n, shifts, inputs)`, as in `train_cured`.
        labels: `(n,)`.
        trials: the settings.
        validation: inputs `(m, inputs)` and labels `(m,)`.
        steps: of Adam.
        seed: of dropout and shifts, the same for all trials.
        frozen: leave the hidden layer as it is.
        stop_early: choose among the weights at every tenth step too, not only the last.

    Returns:
        The weights of one network.
    """
    k, moments = len(trials), []

    def keep(step, now):
        if step % 10 == 0:
            moments.append([w.copy() for w in now])

    end = train_cured(
        [np.repeat(w, k, axis=0) for w in start],
        np.broadcast_to(pictures, (k, *pictures.shape)),
        np.broadcast_to(labels, (k, len(labels))),
        trials,
        steps=steps,
        seeds=[seed] * k,
        frozen=frozen,
        watch=keep if stop_early else None,
    )
    moments = moments or [end]
    right = np.array([accuracies(weights, *validation) for weights in moments])
    moment, trial = np.unravel_index(right.argmax(), right.shape)
    return [w[trial : trial + 1] for w in moments[moment]]
