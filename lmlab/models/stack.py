"""`train_stack`: many small networks at once, each under its own settings, in NumPy.

One hidden layer of ReLU, softmax, Adam. All networks of a stack see equally many examples and take
equally many steps; they differ in their data, start, learning rate and cures. Chapter 3K
(notebooks/3_specialization/3_code.ipynb) compares cures with it; a test compares it with Keras.
"""

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["accuracies", "best_trial", "stack_logits", "start_stack", "train_stack"]

CURES = {"l1": 0.0, "l2": 0.0, "dropout": 0.0, "shift": 0, "rate": 0.003}


def start_stack(seeds: Sequence[int], shape: Sequence[int]) -> list[np.ndarray]:
    """Random weights (He, 2015) for one network per seed.

    Args:
        seeds: one for each network, of its weights.
        shape: inputs, hidden neurons, classes.

    Returns:
        W1 (k, inputs, hidden), b1 (k, 1, hidden), W2 (k, hidden, classes), b2 (k, 1, classes),
        float32.
    """
    inputs, hidden, classes = shape
    draws = [np.random.default_rng(seed) for seed in seeds]
    first = [d.normal(0, np.sqrt(2 / inputs), (inputs, hidden)) for d in draws]
    second = [d.normal(0, np.sqrt(1 / hidden), (hidden, classes)) for d in draws]
    k = len(draws)
    sizes = (first, np.zeros((k, 1, hidden)), second, np.zeros((k, 1, classes)))
    return [np.array(part, np.float32) for part in sizes]


def stack_logits(weights: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Logits `(k, n, classes)` for inputs `(n, inputs)` or, one set a network, `(k, n, inputs)`."""
    w1, b1, w2, b2 = weights
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def accuracies(weights: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of right answers of each network, `(k,)`."""
    return np.mean(stack_logits(weights, x).argmax(-1) == y, axis=-1)


def train_stack(
    weights: Sequence[np.ndarray],
    pictures: np.ndarray,
    labels: np.ndarray,
    settings: Sequence[Mapping[str, float]],
    *,
    steps: int,
    seeds: Sequence[int],
    frozen: bool = False,
    watch=None,
    every: int = 20,
) -> list[np.ndarray]:
    """Train all networks of a stack; each step sees all examples of each.

    Args:
        weights: from `start_stack` or trained before; they are not changed.
        pictures: `(k, n, shifts, inputs)`: each example in all its shifted forms, the unshifted
            first, sorted by how far they are shifted.
        labels: `(k, n)`, whole numbers.
        settings: for each network `rate` of Adam, `l1` and `l2` (penalties on sums of |w| and of
            w², biases left out), `dropout` (share of hidden neurons), `shift` (how many of the
            shifted forms are drawn from besides the first). What is missing is 0, the rate 0.003.
        steps: of Adam.
        seeds: one for each network, of its dropout and its shifts.
        frozen: leave W1 and b1 as they are.
        watch: called with `(step, weights)` every `every` steps, and may keep what it needs.
        every: see `watch`.

    Returns:
        The trained weights, shaped like `weights`.

    Raises:
        ValueError: a setting has an unknown name.
    """
    if unknown := {name for s in settings for name in s} - set(CURES):
        raise ValueError(f"`settings` must be of {list(CURES)}, got {sorted(unknown)}")
    values = {n: [s.get(n, usual) for s in settings] for n, usual in CURES.items()}
    knobs = {name: np.float32(each)[:, None, None] for name, each in values.items()}  # (k, 1, 1)
    weights = [w.copy() for w in weights]
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    draws = [np.random.default_rng(seed) for seed in seeds]
    k, n = labels.shape
    forms = 1 + knobs["shift"].ravel().astype(int)
    hidden, classes = weights[2].shape[1:]
    onehot = np.eye(classes, dtype=np.float32)[labels]  # (k, n, classes)
    keep = 1 - knobs["dropout"]
    x, rows = pictures[:, :, 0].copy(), np.arange(n)
    drops = np.ones((k, n, hidden), np.float32)
    for step in range(1, steps + 1):
        w1, b1, w2, b2 = weights
        for i, draw in enumerate(draws):
            if forms[i] > 1:
                x[i] = pictures[i, rows, draw.integers(0, forms[i], n)]
            if keep[i] < 1:
                drops[i] = (draw.random((n, hidden), np.float32) < keep[i]) / keep[i]
        a = x @ w1 + b1
        h = np.maximum(a, 0) * drops  # (k, n, hidden)
        z = h @ w2 + b2
        p = np.exp(z - z.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        delta = (p - onehot) / n  # (k, n, classes)
        back = delta @ w2.swapaxes(1, 2) * drops * (a > 0)
        slopes = [
            x.swapaxes(1, 2) @ back,
            back.sum(1, keepdims=True),
            h.swapaxes(1, 2) @ delta,
            delta.sum(1, keepdims=True),
        ]
        for j in (0, 2):
            slopes[j] += 2 * knobs["l2"] * weights[j] + knobs["l1"] * np.sign(weights[j])
        for j in range(2 if frozen else 0, 4):
            m, v = moments[j]
            m += 0.1 * (slopes[j] - m)
            v += 0.001 * (slopes[j] ** 2 - v)
            size = knobs["rate"] * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weights[j] -= np.float32(size) * m / (np.sqrt(v) + np.float32(1e-7))
        if watch and step % every == 0:
            watch(step, weights)
    return weights


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
        pictures: `(n, shifts, inputs)`, as in `train_stack`.
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
    end = train_stack(
        [np.repeat(w, k, axis=0) for w in start],
        np.broadcast_to(pictures, (k, *pictures.shape)),
        np.broadcast_to(labels, (k, len(labels))),
        trials,
        steps=steps,
        seeds=[seed] * k,
        frozen=frozen,
        watch=(lambda _, now: moments.append([w.copy() for w in now])) if stop_early else None,
        every=10,
    )
    moments = moments or [end]
    right = np.array([accuracies(weights, *validation) for weights in moments])
    moment, trial = np.unravel_index(right.argmax(), right.shape)
    return [w[trial : trial + 1] for w in moments[moment]]
