"""Dense networks with ReLU as lists of NumPy arrays, W1, b1, W2, b2, …, as in chapter 1M."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

__all__ = ["accuracy", "forward", "fresh", "one_hot", "softmax"]


def fresh(sizes: Sequence[int], seed: int) -> list[np.ndarray]:
    """New weights as Keras draws them (Glorot and Bengio, 2010), and biases of 0.

    Args:
        sizes: number of inputs, of the neurons of each layer, of outputs.
        seed: of the weights.

    Returns:
        W1 `(sizes[0], sizes[1])`, b1 `(sizes[1],)`, and so on, float32.

    Raises:
        ValueError: fewer than two sizes, or one below 1.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"`sizes` must be two or more numbers from 1 up, got {tuple(sizes)}")
    rng, net = np.random.default_rng(seed), []
    for n, m in itertools.pairwise(sizes):
        limit = math.sqrt(6 / (n + m))
        net += [rng.uniform(-limit, limit, (n, m)).astype("float32"), np.zeros(m, "float32")]
    return net


def forward(net: Sequence[np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """What goes into each layer, and last the logits.

    Args:
        net: W1, b1, W2, b2, …; ReLU stands between the layers.
        x: `(n, inputs)`.

    Returns:
        x `(n, inputs)`, the activations of each hidden layer, the logits `(n, outputs)`.
    """
    acts = [x]
    for W, b in zip(net[::2], net[1::2], strict=True):
        acts.append(acts[-1] @ W + b)
        if len(acts) <= len(net) // 2:
            acts[-1] = np.maximum(acts[-1], 0)
    return acts


def softmax(z: np.ndarray) -> np.ndarray:
    """Probabilities of logits `(…, classes)`."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def one_hot(y: np.ndarray, classes: int = 10) -> np.ndarray:
    """Rows `(n, classes)` with a 1 at the place of each label `(n,)`, float32."""
    return np.eye(classes, dtype="float32")[y]


def accuracy(net: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Share of the rows x `(n, inputs)` whose largest logit is at the label y `(n,)`."""
    return np.mean(forward(net, x)[-1].argmax(axis=-1) == y)
