"""Lab 4, *Shrink it*: the student's network, digits, menu and device, and the public checks.

The weights and the answers of the menu are in the file beside this module, made as it is by
`labs/04_shrink_it/weights.py` from the first 800 of the small digits of scikit-learn. Students draw
from the other 997.
"""

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lmlab.data import load_digits_8x8
from lmlab.labs.checking import Check, holds, near, number_in_digits

SHAPES = [(64, 96), (96, 32), (32, 10)]
NETS = 6
LOUD = 150, 300  # times louder, from and below
SHA256 = "c29bba20bbdb92c5a922f9b1d75621dcb2db5d38f0b976d0b08b4d5ba6b4a915"


class Network(NamedTuple):
    """One function twice: with a loud neuron, and with that neuron as it was."""

    loud: list  # W1 (64, 96), b1 (96,), W2, b2, W3, b3
    quiet: list
    neuron: int  # of the first hidden layer
    factor: int  # how many times louder


class Digits(NamedTuple):
    """Held-out digits."""

    x: np.ndarray  # (n, 64), from 0 to 1
    y: np.ndarray  # (n,)


class Menu(NamedTuple):
    """Models on offer, the one with 32 bits first."""

    names: list
    sizes: np.ndarray  # (m,) bytes, all of them
    validation: np.ndarray  # (m, n) whether each validation digit is read right
    test: np.ndarray  # (m, n) the same for the test digits


class Device(NamedTuple):
    """What runs the model."""

    operations: float  # a second
    bytes: float  # a second, from memory


@cache
def _file() -> dict:
    with np.load(Path(__file__).with_suffix(".npz")) as file:
        return dict(file)


@cache
def _held_out() -> tuple[np.ndarray, np.ndarray]:
    digits = load_digits_8x8()
    rows = np.random.default_rng(2026).permutation(len(digits.y))[800:]
    return digits.x.reshape(-1, 64)[rows] / 16, digits.y[rows]


def trained(which: int) -> list[np.ndarray]:
    """W1, b1, W2, b2, W3, b3 of one of the networks, as it was trained."""
    flat, net = np.float64(_file()[f"net_{which}"]), []
    for n, m in SHAPES:
        for shape in ((n, m), (m,)):
            part, flat = np.split(flat, [math.prod(shape)])
            net.append(part.reshape(shape))
    return net


def _scaled(net: list, factors: np.ndarray) -> list[np.ndarray]:
    """The same function, each neuron of the first layer as many times as loud."""
    return [net[0] * factors, net[1] * factors, net[2] / factors[:, None], *net[3:]]


def _which(rng: np.random.Generator) -> int:
    return int(rng.integers(NETS))


def own_network(rng: np.random.Generator) -> Network:
    """The student's network; of its hidden neurons one speaks much louder than the others."""
    net = trained(_which(rng))
    quiet = _scaled(net, 2 ** rng.uniform(-0.3, 0.3, SHAPES[0][1]))
    heard = np.flatnonzero(np.abs(quiet[0]).max(axis=0) > 0.2)
    neuron, factor = int(rng.choice(heard)), int(rng.integers(LOUD[0], LOUD[1]))
    largest = np.abs(quiet[0]).max(axis=0)
    others = np.delete(largest, neuron).max()  # 8 bits still leave some of the others
    factor = min(factor, int(0.9 * 254 * others / largest[neuron]))
    factors = np.ones(SHAPES[0][1])
    factors[neuron] = factor
    return Network(_scaled(quiet, factors), quiet, neuron, factor)


def _parts(rng: np.random.Generator) -> list[np.ndarray]:
    """Rows of the held-out digits: 450 to choose with, 500 to test."""
    return np.split(rng.permutation(len(_held_out()[1]))[:950], [450])


def own_digits(rng: np.random.Generator) -> tuple[Digits, Digits]:
    """(validation, test): 450 and 500 digits that no network was trained on, none in both."""
    x, y = _held_out()
    return tuple(Digits(x[rows], y[rows]) for rows in _parts(rng))


def forward(net: list, x: np.ndarray) -> np.ndarray:
    """The logits (n, 10) of a network W1, b1, W2, b2, …, with ReLU between its layers."""
    for place in range(0, len(net), 2):
        x = x @ net[place] + net[place + 1]
        if place + 2 < len(net):
            x = np.maximum(x, 0)
    return x


def own_bytes(rng: np.random.Generator) -> int:
    """Bytes for all matrices in task 4."""
    return 10 * int(rng.integers(420, 950))


def own_layer_bytes(rng: np.random.Generator) -> int:
    """Bytes for the first matrix in task 5."""
    return 10 * int(rng.integers(270, 600))


def own_menu(network: np.random.Generator, digits: np.random.Generator,
             rng: np.random.Generator) -> Menu:  # fmt: skip
    """The models on offer beside the student's network, and what they read of the digits."""
    which, file, (_, y) = _which(network), _file(), _held_out()
    order = np.append(0, 1 + rng.permutation(len(file["names"]) - 1))
    right = file[f"says_{which}"][order] == y
    validation, test = (right[:, rows] for rows in _parts(digits))
    names = [str(name) for name in file["names"][order]]
    return Menu(names, np.int64(file[f"bytes_{which}"][order]), validation, test)


def own_budget(rng: np.random.Generator) -> int:
    """Bytes that the device of task 6 has for its model."""
    return 10 * round(10 ** rng.uniform(2.5, 3.05))


def own_device(rng: np.random.Generator) -> tuple[list, Device, int]:
    """(shapes, device, batch) of task 7: two matrices of a language model."""
    d, each = 64 * int(rng.integers(20, 49)), float(rng.integers(20, 100))
    flow = 1e9 * int(rng.integers(20, 101))
    turn = 4 * 8 * d * d * each / (16 * d * d - 40 * d * each)
    return [(d, 4 * d), (4 * d, d)], Device(each * flow, flow), int(turn * rng.uniform(0.3, 0.8))


def task_1(names: dict) -> list[Check]:
    """A matrix of four weights in three bits."""
    W = np.array([[0.6, -0.29], [-0.05, -0.9]])
    whole, scale = names["quantise"](W, 3)
    return [
        near("the step of 3 bits: 0.9 / 3", scale, 0.3, hint="the largest |w|, divided by L"),
        near("whole numbers from -3 to 3", whole, [[2, -1], [0, -3]], hint="the nearest one"),
        near("the bound on an error", names["bound"](W, 3), 0.15, hint="how far is the nearest?"),
        number_in_digits(names, "my_bound"),
        number_in_digits(names, "my_zeros"),
    ]


def task_2(names: dict) -> list[Check]:
    """Two columns, one a hundred times as loud."""
    W = np.array([[1.0, 100.0], [-3, 300], [2, 150]])
    whole, scales = names["quantise_columns"](W, 3)
    return [
        near("a step for each column", np.ravel(scales), [1.0, 100.0], hint="max over the rows"),
        holds("scales of shape (1, 2)", np.shape(scales) == (1, 2), received=np.shape(scales),
              hint="keepdims=True"),
        near("whole numbers", whole, [[1, 1], [-3, 3], [2, 2]]),
        near("3 bits for 3 × 2 weights, and two scales: 3 + 8 bytes",
             names["rounded_bytes"]((3, 2), 3, 2), 11, hint="18 bits fill three bytes"),
        near("equal columns, 3 bits: silent beyond six times as loud",
             names["silence"](np.array([[0.5, -0.5], [0.1, 0.2]]), 1, 3), 6.0,
             hint="when is half a step more than the largest weight of the others?"),
        number_in_digits(names, "my_silence"),
        number_in_digits(names, "my_gain"),
    ]  # fmt: skip


def task_3(names: dict) -> list[Check]:
    """Four digits of two models, and a network of one layer."""
    one, other = np.array([True, False, True, True]), np.array([True, True, False, False])
    W, b = np.array([[1.0, 2.0]]), np.array([0.5, 0.5])
    said = names["changed"]([W, b], lambda matrix: 10 * matrix)
    half = 1.96 * np.sqrt(11 / 12 / 4)
    return [
        near("a change of the matrices only", [said[0].tolist(), [said[1].tolist()]],
             [[[10.0, 20.0]], [[0.5, 0.5]]], hint="biases keep their 32 bits"),
        near("right more often: 1 of 4 digits", names["paired"](one, other)[0], 0.25),
        near("both ends", names["paired"](one, other)[1:], [0.25 - half, 0.25 + half],
             hint="the standard error of the differences 0, -1, 1, 1, with ddof=1"),
        near("two that agree on six digits: not sure to half", names["paired"](
            np.ones(6, bool), np.ones(6, bool)), [0.0, -0.5, 0.5], hint="3 / n"),
        *(number_in_digits(names, name) for name in ("my_eight", "my_low", "my_high")),
    ]  # fmt: skip


def task_4(names: dict) -> list[Check]:
    """A matrix of six weights, two of which stay."""
    net = [np.array([[3.0, -1.0]]), np.array([7.0, 0.1]), np.array([[0.5], [-2.0]]), np.zeros(1)]
    said = names["prune"](net, 2)
    return [
        near("two weights of 100: 8 bytes and two places", names["sparse_bytes"](2, 100), 12),
        near("50 of 100: 200 bytes and a bit for each place", names["sparse_bytes"](50, 100), 213,
             hint="100 bits are 12.5 bytes; take the cheaper of both lists"),
        near("how many of 100 for 60 bytes", names["kept_for"](100, 60), 11,
             hint="the largest number that still fits"),
        near("the two largest of both matrices", [said[0][0].tolist(), said[2][:, 0].tolist()],
             [[3.0, 0.0], [0.0, -2.0]], hint="by |w|, over all matrices together"),
        near("no bias is cut", said[1], [7.0, 0.1]),
        *(number_in_digits(names, name) for name in ("my_kept", "my_pruned", "my_rounded")),
    ]  # fmt: skip


def task_5(names: dict) -> list[Check]:
    """A matrix of rank 2 with known singular values, 4 and 3."""
    W = np.array([[4.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    a, b = names["low_rank"](W, 1)
    return [
        near("two factors", [*np.shape(a), *np.shape(b)], [2, 1, 1, 3]),
        near("their product", a @ b, [[4.0, 0, 0], [0, 0, 0]], hint="the largest singular values"),
        near("10 × 10 in 200 bytes", names["rank_for"]((10, 10), 200), 2, hint="4 bytes a number"),
        near("10 × 10 saves up to", names["break_even"]((10, 10)), 4, hint="5 takes as many"),
        near("10 × 10 rounded in 80 bytes, a scale a column", names["bits_for"]((10, 10), 80), 3),
        *(number_in_digits(names, name) for name in ("my_rank", "my_low_rank", "my_bits")),
    ]  # fmt: skip


def task_6(names: dict) -> list[Check]:
    """Four models."""
    sizes, right = np.array([100, 50, 60, 20]), np.array([0.9, 0.8, 0.7, 0.4])
    return [
        near("nothing smaller is better, nothing better smaller", names["frontier"](sizes, right),
             [3, 1, 0], hint="row numbers, the smallest model first"),
        near("the best that fits into 70 bytes", names["choose"](sizes, right, 70), 1),
        near("the smallest that loses 0.15 at most", names["smallest"](sizes, right, 0.15), 1,
             hint="against row 0"),
        *(number_in_digits(names, name) for name in
          ("my_choice", "my_smallest", "my_test", "my_test_low")),
    ]  # fmt: skip


def task_7(names: dict) -> list[Check]:
    """One matrix of 10 × 21."""
    shapes, device = [(10, 21)], Device(1000.0, 500.0)
    return [
        near("operations for three rows", names["operations"](shapes, 3), 1260,
             hint="a multiplication and an addition for each weight and row"),
        near("bytes for three rows: 840 of weights, 372 of rows", names["moved"](shapes, 3, 32),
             1212, hint="each row comes in and goes out, 4 bytes a number"),
        near("seconds for three rows", names["seconds"](shapes, 3, 32, device), 2.424,
             hint="the longer of the two"),
        near("operations take longer from", names["turn"](shapes, 32, device), 10,
             hint="set both times equal, and round up"),
        number_in_digits(names, "my_turn"),
        number_in_digits(names, "my_speed"),
    ]  # fmt: skip
