"""Train the networks of lab 4 and the menu of task 6: `lmlab/labs/public/lab_04_shrink_it.npz`.

python labs/04_shrink_it/weights.py

Half a minute of NumPy on one core. The training ends in other last digits on another processor, so
that the sha256 in the module is that of the file as it was made once; `tests/labs/test_lab_04.py`
trains one network again and compares.
"""

import hashlib
from itertools import chain
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from lmlab.data import load_digits_8x8
from lmlab.models.dense import accuracy, forward, fresh, one_hot, softmax

ROOT = Path(__file__).parents[2]
OUT = ROOT / "lmlab" / "labs" / "public" / "lab_04_shrink_it.npz"
SIZES, NETS, TRAINED_ON = (64, 96, 32, 10), 6, 800


def data():
    """(x, y) of 1,797 digits in another order; the first 800 train, nobody sees the others."""
    digits = load_digits_8x8()
    rows = np.random.default_rng(2026).permutation(len(digits.y))
    return digits.x.reshape(-1, 64)[rows].astype("float32") / 16, digits.y[rows]


def train(net, x, y, rate=0.003, epochs=40, seed=0, view=list):
    """Adam on the cross-entropy; the rate falls to 0; `view` as in chapter 2P."""
    net = [p.copy() for p in net]
    m, v = [np.zeros_like(p) for p in net], [np.zeros_like(p) for p in net]
    rng, count = np.random.default_rng(seed), len(x) // 50
    rows = [np.array_split(rng.permutation(len(x)), count) for _ in range(epochs)]
    for step, batch in enumerate(chain(*rows), start=1):
        used = view(net)
        acts = forward(used, x[batch])
        delta = (softmax(acts[-1]) - one_hot(y[batch])) / len(batch)
        alpha = rate * (1 - step / (epochs * count + 1))
        alpha *= sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for k in range(len(net) - 2, -1, -2):
            slopes = acts[k // 2].T @ delta, delta.sum(axis=0)
            delta = (delta @ used[k].T) * (acts[k // 2] > 0)
            for j, g in zip((k, k + 1), slopes, strict=True):
                m[j] += 0.1 * (g - m[j])
                v[j] += 0.001 * (g * g - v[j])
                net[j] = net[j] - np.float32(alpha) * m[j] / (np.sqrt(v[j]) + np.float32(1e-8))
    return net


def matrices(net, change):
    return [np.float32(change(p)) if p.ndim > 1 else p for p in net]


def rounded(net, bits, axis=0):
    levels = 2 ** (bits - 1) - 1

    def change(matrix):
        scale = np.abs(matrix).max(axis=axis, keepdims=True) / levels
        scale = np.where(scale > 0, scale, 1)
        return np.rint(matrix / scale) * scale

    return matrices(net, change)


def masks_of(net, share):
    border = np.quantile(np.concatenate([np.abs(p).ravel() for p in net[::2]]), 1 - share)
    return [np.abs(p) > border if p.ndim > 1 else np.ones(p.shape, bool) for p in net]


def cut(net, masks):
    return [p * mask for p, mask in zip(net, masks, strict=True)]


def low_rank(net, rank):
    """The first two layers as products; the last is too small for it."""

    def change(matrix):
        if matrix.shape[1] == SIZES[-1]:
            return matrix
        u, s, vt = np.linalg.svd(matrix, full_matrices=False)
        return (u[:, :rank] * s[:rank]) @ vt[:rank]

    return matrices(net, change)


def numbers(net):
    """(weights, biases, columns) of a network."""
    columns = sum(p.shape[1] for p in net[::2])
    return sum(p.size for p in net[::2]), sum(p.size for p in net[1::2]), columns


def bytes_of(net, bits=32, scales=0, kept=None):
    """Bytes in a file: biases with 4 bytes; of pruned ones the cheaper list of places."""
    count, biases, _ = numbers(net)
    stored = count if kept is None else kept
    places = 0 if kept is None else min(ceil(count / 8), 2 * kept)
    return ceil(stored * bits / 8) + places + 4 * scales + 4 * biases


def bytes_of_rank(net, rank):
    shapes = [p.shape for p in net[::2]]
    weights = sum(rank * (m + n) for m, n in shapes[:2]) + shapes[2][0] * shapes[2][1]
    return 4 * (weights + numbers(net)[1])


def menu(net, x, y, seed):
    """Yield (name, bytes, network) of all models on offer, the one with 32 bits first."""
    columns = numbers(net)[2]
    yield "32 bits", bytes_of(net), net
    for bits in (8, 6, 5, 4, 3, 2):
        yield f"{bits} bits by column", bytes_of(net, bits, columns), rounded(net, bits)
    for bits in (8, 4, 3):
        yield f"{bits} bits, one scale", bytes_of(net, bits, 3), rounded(net, bits, None)
    view = lambda net: rounded(net, 2)  # noqa: E731
    more = {"rate": 0.003, "epochs": 20, "seed": seed}
    yield (
        "2 bits by column, trained on",
        bytes_of(net, 2, columns),
        view(train(net, x, y, view=view, **more)),
    )
    for share in (0.5, 0.2, 0.1, 0.05):
        masks = masks_of(net, share)
        kept = int(sum(mask.sum() for mask in masks[::2]))
        size = bytes_of(net, kept=kept)
        if share > 0.05:
            yield f"{share:.0%} of the weights", size, cut(net, masks)
        if share < 0.5:
            view = lambda net, masks=masks: cut(net, masks)  # noqa: E731
            after = view(train(net, x, y, view=view, **more))
            yield f"{share:.0%} of the weights, trained on", size, after
            if share == 0.2:
                size = bytes_of(net, 8, columns, kept)
                yield f"{share:.0%} of the weights, trained on, 8 bits", size, rounded(after, 8)
    for rank in (16, 8):
        yield f"rank {rank}", bytes_of_rank(net, rank), low_rank(net, rank)
    view = lambda net: low_rank(net, 8)  # noqa: E731
    after = view(train(net, x, y, view=view, **more))
    yield "rank 8, trained on", bytes_of_rank(net, 8), after
    for hidden in (32, 16, 8):
        small = train(fresh((64, hidden, 10), seed), x, y, epochs=60, seed=seed)
        columns = numbers(small)[2]
        if hidden == 32:
            yield "another network, 64-32-10", bytes_of(small), small
        size = bytes_of(small, 8, columns)
        yield f"another network, 64-{hidden}-10, 8 bits", size, rounded(small, 8)


def first(seed):
    """A network of the lab as it comes out of training."""
    x, y = data()
    return train(fresh(SIZES, seed), x[:TRAINED_ON], y[:TRAINED_ON], seed=seed)


def main():
    x, y = data()
    stored = {}
    for seed in range(NETS):
        net = first(seed)
        stored[f"net_{seed}"] = np.concatenate([p.ravel() for p in net])
        rows = list(menu(net, x[:TRAINED_ON], y[:TRAINED_ON], seed))
        stored["names"] = np.array([name for name, *_ in rows])
        stored[f"bytes_{seed}"] = np.array([size for _, size, _ in rows])
        says = [forward(model, x[TRAINED_ON:])[-1].argmax(axis=1) for *_, model in rows]
        stored[f"says_{seed}"] = np.uint8(says)
        for (name, size, model), _ in zip(rows, says, strict=True):
            print(f"{seed} {size:6} {accuracy(model, x[TRAINED_ON:], y[TRAINED_ON:]):.4f} {name}")
    np.savez_compressed(OUT, **stored)
    print(OUT.stat().st_size, hashlib.sha256(OUT.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
