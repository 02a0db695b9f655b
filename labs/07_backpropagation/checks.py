"""Judges of lab 7: what the hidden cells print, against values that never enter a kernel."""

import functools

import numpy as np
from sklearn.datasets import load_breast_cancer

from lmlab.labs import if_written, near, variant

LAB = "07_backpropagation"
DOCUMENT = [
    (np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), np.array([0.1, 0.2])),
    (np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.1, 0.2])),
    (np.array([[0.5, -0.4]]), np.array([0.1])),
]
DOCUMENT_X = np.array([0.2, 0.5, 0.8])


def own_example(student):
    """As in the notebook."""
    rng = variant(LAB, student)

    def between(low, high, *shape):
        return rng.integers(low, high + 1, shape) / 10

    row = np.append(between(3, 9, 2), -between(1, 2, 1))
    first = np.stack([rng.permutation(row), -between(1, 9, 3)]), np.append(between(3, 5, 1), -0.2)
    second = np.stack([between(5, 9, 2), between(-9, 9, 2)], axis=1), between(1, 3, 2)
    last = np.append(between(6, 9, 1), -between(1, 3, 1)) * rng.choice([-1, 1])
    order = rng.permutation(2)
    first, second = (first[0][order], first[1][order]), (second[0][:, order], second[1])
    layers = [first, second, (rng.permutation(last)[None], between(-3, 3, 1))]
    return layers, between(2, 9, 3), int(rng.integers(2))


def own_patients(student):
    """As in the notebook."""
    rng = variant(LAB + " patients", student)
    table = load_breast_cancer()
    chosen = rng.choice(len(table.target), 200, replace=False)
    measured = table.data[chosen, :10]
    shapes = ((5, 10), (1, 5))
    layers = [(0.5 * rng.normal(size=shape), np.zeros(shape[0])) for shape in shapes]
    return layers, (measured - measured.mean(axis=0)) / measured.std(axis=0), table.target[chosen]


def random_network(rng, *shapes):
    return [(rng.normal(size=shape), rng.normal(size=shape[0])) for shape in shapes]


def forward(layers, x):
    """The sums of each layer and what it passes on; x: (inputs,) or (n, inputs)."""
    z, a = [], [x]
    for number, (W, b) in enumerate(layers, 1):
        z.append(a[-1] @ W.T + b)
        is_last = number == len(layers)
        a.append(1 / (1 + np.exp(-z[-1])) if is_last else np.maximum(0, z[-1]))
    return z, a


def loss(p, y):
    return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))


def deltas(layers, z, p, y):
    found = [p - y]
    for number in range(len(layers) - 1, 0, -1):
        found.insert(0, (found[0] @ layers[number][0]) * (z[number - 1] > 0))
    return found


def backward(layers, X, y):
    """The mean loss and its slopes [dW, db] of each layer."""
    z, a = forward(layers, X)
    found = deltas(layers, z, a[-1], np.asarray(y)[:, None])
    pairs = zip(found, a, strict=False)
    slopes = [[d.T @ below / len(X), d.mean(axis=0)] for d, below in pairs]
    return loss(a[-1][:, 0], y), slopes


def step(layers, slopes, eta):
    pairs = zip(layers, slopes, strict=True)
    return [(W - eta * dW, b - eta * db) for (W, b), (dW, db) in pairs]


@functools.cache
def own_numbers(student):
    """What a student computes by hand, by name."""
    layers, x, y = own_example(student)
    z, a = forward(layers, x)
    found = deltas(layers, z, a[-1], y)
    on = int(np.argmax(z[0]))
    after = step(layers, backward(layers, x[None], np.array([y]))[1], 0.5)
    wide, patients, labels = own_patients(student)
    for _ in range(200):
        wide = step(wide, backward(wide, patients, labels)[1], 0.3)
    return {
        "my_logit": z[2][0],
        "my_p": a[3][0],
        "my_loss": loss(a[3], y),
        "my_delta_last": found[2][0],
        "my_delta_on": found[0][on],
        "my_slope": found[0][on] * x[0],
        "my_next_loss": loss(forward(after, x)[1][-1], y),
        "my_trained_loss": backward(wide, patients, labels)[0],
    }


def own(name, received, student, source, *, worth=1):
    """A number for the student's own network, written in digits: a copied one is another's."""
    hint, label = "is it the number for your id, with four decimals?", f"{name} of your network"
    check = near(label, received, own_numbers(student)[name], tol=6e-4, hint=hint, worth=worth)
    return if_written(source, name, check)


def plain(value):
    """Arrays within lists and tuples as nested lists."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return np.asarray(value).tolist()


def task_1(out, student, source):
    net = random_network(np.random.default_rng(1), (4, 2), (3, 4), (1, 3))
    layers, x, _ = own_example(student)
    cases = {
        "document": ("the document's network", DOCUMENT, DOCUMENT_X),
        "own": ("your own network", layers, x),
        "wide": ("a wider network", net, np.array([1.5, -2.0])),
        "one": ("a network of one layer", net[2:], np.array([1.0, -1.0, 2.0])),
    }
    hint = "z has one array for each layer; a begins with x and ends with p"
    return [
        *(near(f"z and a of {text}", out[key], plain(forward(net, at)), hint=hint)
          for key, (text, net, at) in cases.items()),
        own("my_logit", out["logit"], student, source),
        own("my_p", out["p"], student, source),
    ]  # fmt: skip


def task_2(out, student, source):
    hint = "is the term of y = 0 there?"
    two, many = np.array([0.999, 0.999]), np.array([0.2, 0.6, 0.9, 0.5])
    return [
        near("one example with y = 1", out["one"], loss(0.7, 1), hint="-log p"),
        near("one example with y = 0", out["zero"], loss(0.7, 0), hint=hint),
        near("sure, and once wrong", out["sure"], loss(two, np.array([1, 0])), hint=hint),
        near("the mean of four", out["mixed"], loss(many, np.array([0, 1, 1, 0])),
             hint="the mean, not the sum"),
        own("my_loss", out["mine"], student, source, worth=2),
    ]  # fmt: skip


def task_3(out, student, source):
    net = random_network(np.random.default_rng(3), (4, 2), (3, 4), (1, 3))
    z = [np.array([0.3, -0.2, 1.0, -4.0]), np.array([-1.0, 0.5, 2.0]), np.array([1.1])]
    off = [-np.abs(z[0]), np.array([1.0, 0.5, 2.0]), z[2]]
    wide, dark = deltas(net, z, np.array([0.75]), 0), deltas(net, off, np.array([0.75]), 1)
    last, middle, first = (_part(out["wide"], place) for place in (2, 1, 0))
    return [
        near("the last layer", last, wide[2], hint=_slip_last(last, wide[2], 0.75)),
        near("the middle layer", middle, wide[1], hint=_slip_hidden(middle, net[2], wide[2])),
        near("the first layer", first, wide[0], hint=_slip_hidden(first, net[1], wide[1])),
        near("a layer that is off", out["off"], plain(dark), hint="the slope of ReLU is 0 there"),
        near("a network of one layer", out["one"], [[-0.75]]),
        own("my_delta_last", out["last"], student, source, worth=2),
        own("my_delta_on", out["on"], student, source, worth=3),
    ]


def _part(value, place):
    return value[place] if isinstance(value, list) and len(value) == 3 else None


def _slip_last(received, expected, p):
    """Name the slip behind a wrong last delta, if it is one of the usual ones."""
    if near("", received, -expected).ok:
        return "the sign is turned round"
    if near("", received, expected * p * (1 - p)).ok:
        return "p (1 − p) is there once too often: it cancels"
    return "what is left of the derivative is very short"


def _slip_hidden(received, layer, above):
    if near("", received, above @ layer[0]).ok:
        return "the slope of ReLU is missing"
    return "add up over the neurons of the next layer; then ReLU"


def task_4(out, student, source):
    d = [np.array([0.5, -2.0]), np.array([3.0, 0.0, 1.0]), np.array([-0.25])]
    a = [np.array([1.0, -2.0, 4.0]), np.array([0.5, 0.0]), np.array([7.0, 1.0, 2.0])]
    three = plain([[np.outer(one, below), one] for one, below in zip(d, a, strict=True)])
    square = [[[[3.0, 5.0], [6.0, 10.0]], [1.0, 2.0]]]
    turned = [[[[3.0, 6.0], [5.0, 10.0]], [1.0, 2.0]]]
    hint = "the matrix is turned: rows belong to neurons"
    hint = hint if near("", out["square"], turned).ok else "delta of the neuron, times what came in"
    return [
        near("three layers", out["three"], three, hint="one pair (dW, db) for each layer"),
        near("one layer", out["one"], three[2:], hint="one pair (dW, db) for each layer"),
        near("as many inputs as neurons", out["square"], square, hint=hint),
        own("my_slope", out["mine"], student, source, worth=2),
    ]


def task_5(out, student, source):
    old = [(np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([0.5, 0.0])), (np.ones((1, 2)), [1.0])]
    moved = [
        [[[0.9, 2.1], [2.95, -4.0]], [0.3, -0.4]],
        [[[0.9, 0.9]], [1.1]],
    ]
    return [
        near("every number moves against its slope", out["moved"], moved, hint="minus eta × slope"),
        near("no step with eta = 0", out["none"], plain(old)),
        near("the old layers stay as they are", out["old"], plain(old), hint="no -= on W or b"),
        own("my_next_loss", out["mine"], student, source, worth=2),
    ]


def task_6(out, student, source):
    rng = np.random.default_rng(6)
    net = random_network(rng, (5, 4), (3, 5), (2, 3), (1, 2))
    X, y = rng.normal(size=(7, 4)), np.array([1, 0, 0, 1, 1, 0, 1])
    flat = [(np.array([[0.3, -0.1, 0.2, 0.05]]), np.array([-0.4]))]
    cases = {
        "document": ("the document's network", DOCUMENT, DOCUMENT_X[None], np.array([1])),
        "own": ("your 10-5-1 network", *own_patients(student)),
        "deep": ("four layers", net, X, y),
        "flat": ("one layer", flat, X, y),
    }
    checks = []
    for key, (text, layers, rows, wanted) in cases.items():
        value, slopes = backward(layers, rows, wanted)
        found = out[key] if isinstance(out[key], list) and len(out[key]) == 2 else [None, None]
        checks.append(near(f"{text}: the loss", found[0], value, hint="the mean over the rows"))
        hint = _slip_slopes(found[1], layers, rows, wanted, slopes)
        checks.append(near(f"{text}: the slopes", found[1], plain(slopes), hint=hint, worth=2))
    slopes = plain(backward(net, 9 * X, y)[1])
    found = out["exact"][1] if isinstance(out["exact"], list) else None
    hint = "finite differences are the witness, not the answer"
    exact = near("exact to 1e-10, as a formula is", found, slopes, tol=1e-11, hint=hint, worth=3)
    return [*checks, exact, own("my_trained_loss", out["mine"], student, source, worth=4)]


def _slip_slopes(received, layers, X, y, slopes):
    """Name the slip behind wrong slopes, if it is one of the usual ones."""
    z, a = forward(layers, X)
    plain_sum = plain([[len(X) * part for part in pair] for pair in slopes])
    linear = deltas(layers, [np.ones_like(part) for part in z], a[-1], np.asarray(y)[:, None])
    no_relu = [[d.T @ below / len(X), d.mean(axis=0)] for d, below in zip(linear, a, strict=False)]
    slips = {
        "it is the sum over the rows, not the mean": plain_sum,
        "the slope of ReLU is missing": plain(no_relu),
        "the sign is turned round": plain([[-part for part in pair] for pair in slopes]),
    }
    for slip, value in slips.items():
        if near("", received, value).ok:
            return slip
    return "compare with numeric_slopes, layer by layer"
