"""Recurrent networks that must carry one number over a delay, trained side by side.

Chapter 3C uses it. Needs TensorFlow.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from lmlab.models.device import keras
from lmlab.models.stack import slopes_of, train_stack

__all__ = ["memory_gap", "recall_accuracy", "recall_task"]

UNITS = {"rnn": 32, "lstm": 16}  # 1,121 and 1,169 parameters with the output


def recall_task(
    n: int, delay: int, rng: np.random.Generator, noise: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """A sign at the first step, noise at the `delay` steps after it: which sign was it?

    Args:
        n: sequences.
        delay: steps of noise.
        rng: source of signs and noise.
        noise: its standard deviation.

    Returns:
        x `(n, delay + 1)` float32 and the answers `(n,)`, 0 or 1.
    """
    y = rng.integers(0, 2, n)
    x = noise * rng.standard_normal((n, delay + 1))
    x[:, 0] = 2 * y - 1
    return np.float32(x), y


def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diag(r))


def _start(kind: str, rng, forget_bias: float, radius: float) -> list[np.ndarray]:
    """Weights as Keras starts them: Glorot for inputs, an orthogonal matrix for the state."""
    n = UNITS[kind]
    gates = 4 if kind == "lstm" else 1
    edge = np.sqrt(6 / (1 + gates * n))
    recurrent = radius * np.concatenate([_orthogonal(rng, n) for _ in range(gates)], axis=1)
    bias = np.zeros(gates * n)
    if kind == "lstm":
        bias[n : 2 * n] = forget_bias
    out = rng.uniform(-1, 1, (n, 2)) * np.sqrt(6 / (n + 2))
    arrays = rng.uniform(-edge, edge, (1, gates * n)), recurrent, bias, out, np.zeros(2)
    return [np.float32(array) for array in arrays]


@cache
def _forward(kind: str):
    ops, n = keras.ops, UNITS[kind]

    def forward(w, x):
        W, U, b, V, d = (ops.convert_to_tensor(array) for array in w)
        h = c = ops.zeros((x.shape[0], x.shape[1], n))
        for t in range(x.shape[2]):
            z = x[:, :, t, None] * W + ops.matmul(h, U) + b[:, None]  # (R, batch, n or 4 n)
            if kind == "rnn":
                h = ops.tanh(z)
            else:
                gate = ops.sigmoid(z)  # i, f, (u), o
                new = gate[..., :n] * ops.tanh(z[..., 2 * n : 3 * n])
                c = gate[..., n : 2 * n] * c + new
                h = gate[..., 3 * n :] * ops.tanh(c)
        return ops.matmul(h, V) + d[:, None]

    return forward


def recall_accuracy(
    kind: str,
    delay: int,
    seeds: Sequence[int],
    forget_bias: float = 1.0,
    radius: float = 1.0,
    rates: Sequence[float] = (0.003, 0.01, 0.03),
    steps: int = 300,
) -> np.ndarray:
    """Train one network a seed and rate; test for each seed the one that validation chooses.

    Args:
        kind: "rnn" (tanh, 32 units) or "lstm" (16 units).
        delay: steps of noise between the sign and the answer.
        seeds: S of them, of start and data.
        forget_bias: of the LSTM at the start.
        radius: by which the orthogonal matrix of the state is multiplied at the start.
        rates: learning rates to choose from.
        steps: batches of 32 new sequences.

    Returns:
        Test accuracy `(S,)` on 1,000 sequences; the validation has 500.

    Raises:
        ValueError: `kind` is unknown.
    """
    if kind not in UNITS:
        raise ValueError(f"`kind` must be one of {list(UNITS)}, got {kind!r}")
    rngs = [np.random.default_rng([seed, delay]) for seed in seeds]
    copies, forward = len(rates), _forward(kind)
    starts = [_start(kind, rng, forget_bias, radius) for rng in rngs]
    weights = [np.repeat(rows, copies, axis=0) for rows in zip(*starts, strict=True)]

    def batches():
        for _ in range(steps):
            x, y = zip(*(recall_task(32, delay, rng) for rng in rngs), strict=True)
            yield np.repeat(x, copies, axis=0), np.repeat(y, copies, axis=0)

    tiled = np.tile(rates, len(seeds))
    trained = train_stack(slopes_of(forward), weights, tiled, batches(), fade=steps)
    right = []
    for n in (500, 1000):
        x, y = zip(*(recall_task(n, delay, rng) for rng in rngs), strict=True)
        logits = np.asarray(forward(trained, np.repeat(x, copies, axis=0)))
        hit = logits.argmax(axis=-1) == np.repeat(y, copies, axis=0)
        right.append(hit.mean(axis=1).reshape(-1, copies))
    return right[1][np.arange(len(seeds)), right[0].argmax(axis=1)]


def memory_gap(
    pictures: np.ndarray, bias: float, recurrence: bool = True, seed: int = 0, steps: int = 60
) -> np.ndarray:
    """How far apart an LSTM layer, as Keras starts it, keeps the memories of two pictures.

    Args:
        pictures: `(2 k, inputs)`, k pairs of neighbours; seen at one step, blank steps follow.
        bias: forget bias.
        recurrence: with False the matrix of the state is 0.
        seed: of the weights.
        steps: blank steps.

    Returns:
        The mean distance after 0 ... `steps` blank steps, as a share of that after 0.
    """
    keras.utils.set_random_seed(seed)
    layer, units = keras.layers.LSTM(16), 16
    layer.build((None, None, pictures.shape[1]))
    W, U, b = layer.get_weights()
    b[units : 2 * units] = bias  # the second of the four layers i, f, u, o
    gaps, c, h = [], 0.0, np.zeros((len(pictures), units))
    for t in range(steps + 1):
        seen = pictures @ W if t == 0 else np.zeros((len(pictures), 4 * units))
        i, f, u, o = np.split(b + seen + h @ U * recurrence, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(u)
        h = _sigmoid(o) * np.tanh(c)
        gaps.append(np.linalg.norm(c[::2] - c[1::2], axis=1).mean())
    return np.array(gaps) / gaps[0]


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))
