"""The playground: the page, NumPy and Keras compute the same run from the same numbers."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from page_script import run_behind

from lmlab.models.device import start_keras
from lmlab.pads.playground import (
    CHOICES,
    INSIDE,
    RING,
    Playground,
    Settings,
    initial_weights,
    make_points,
    uniforms,
)

QUESTION = "How many neurons does it take?"
RUNS = {
    "no hidden layer": Settings("two blobs", 0.3, (), "linear", 0.1, 0.01, 50, 3),
    "linear": Settings("XOR", 0.1, (4, 3), "linear", 0.03, 0.0, 200, 1),
    "ReLU": Settings("ring", 0.0, (3,), "ReLU", 0.3, 0.0, 200, 0),
    "tanh, one at a time": Settings("two moons", 0.2, (5,), "tanh", 0.01, 0.001, 1, 7),
    "sigmoid": Settings("spiral", 0.0, (8, 8, 8), "sigmoid", 1.0, 0.0001, 10, 9999),
}


def test_uniforms_are_those_of_the_published_generator():
    """What mulberry32, as published in JavaScript, gives for the seeds 1 and 2³² − 1."""
    first, last = uniforms(1, 3), uniforms(2**32 - 1, 2)
    known = [0.6270739405881613, 0.002735721180215478, 0.5274470399599522]
    assert (first * 2**32).tolist() == [round(number * 2**32) for number in known]
    assert last.tolist() == [0.8964226141106337, 0.189478256739676]
    many = uniforms(5, 100_000)
    assert many.min() >= 0 and many.max() < 1
    assert many.mean() == pytest.approx(0.5, abs=0.005)
    assert np.corrcoef(many[1:], many[:-1])[0, 1] == pytest.approx(0, abs=0.01)


def test_initial_weights_by_hand():
    kernel1, bias1, kernel2, bias2 = initial_weights([2, 3, 1], seed=1)
    draws = 2 * uniforms(1, 9) - 1
    np.testing.assert_allclose(kernel1, np.sqrt(6 / 5) * draws[:6].reshape(2, 3))
    np.testing.assert_allclose(kernel2, np.sqrt(6 / 4) * draws[6:].reshape(3, 1))
    assert bias1.tolist() == [0, 0, 0] and bias2.tolist() == [0]
    assert not np.array_equal(kernel1, initial_weights([2, 3, 1], seed=2)[0])


@pytest.mark.parametrize("data", CHOICES["data"])
def test_points_fit_the_picture_and_noise_moves_them(data):
    clean, noisy = make_points(data), make_points(data, noise=0.2)
    assert clean.x_train.shape == clean.x_test.shape == (200, 2)
    assert clean.y_train.tolist() == clean.y_test.tolist() == [0, 1] * 100
    assert np.mean(np.abs(clean.x_train).max(axis=1) < 3) > 0.98
    moved = np.concatenate([noisy.x_train - clean.x_train, noisy.x_test - clean.x_test])
    assert moved.std() == pytest.approx(0.2, abs=0.02)
    assert moved.mean() == pytest.approx(0, abs=0.03)


def test_the_ring_is_a_disc_and_a_ring():
    points = make_points("ring", count=20_000)
    radius = np.linalg.norm(points.x_train, axis=1)
    disc, ring = radius[points.y_train == 1], radius[points.y_train == 0]
    assert 0.98 * INSIDE < disc.max() <= INSIDE
    assert RING[0] <= ring.min() < 1.01 * RING[0] and 0.99 * RING[1] < ring.max() <= RING[1]
    assert np.mean(disc < INSIDE / 2) == pytest.approx(0.25, abs=0.02)  # even over the area


def test_points_of_an_unknown_name():
    with pytest.raises(ValueError, match=r"`data` must be one of \['ring', .*\], got 'rings'"):
        make_points("rings")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"activation": "relu"}, "`activation` must be one of"),
        ({"learning_rate": 0.2}, "`learning_rate` must be one of"),
        ({"noise": 1.5}, "`noise` must be from 0 to 1, got 1.5"),
        ({"noise": float("nan")}, "`noise` must be from 0 to 1, got nan"),
        ({"hidden": (3, 9)}, "`hidden` must hold up to three widths from 1 to 8, got (3, 9)"),
        ({"hidden": (1, 1, 1, 1)}, "`hidden` must hold up to three widths from 1 to 8, got"),
        ({"seed": -1}, "`seed` must be a whole number from 0 to 9999, got -1"),
    ],
)
def test_settings_that_the_page_does_not_offer(given, message):
    with pytest.raises(ValueError) as error:
        Settings(**given)
    assert str(error.value).startswith(message)


def test_the_state_of_the_page_is_small_and_complete():
    page = Playground(QUESTION, presets={"a": RUNS["linear"]}, predict={"two": "Try it."})
    page.expect(RUNS["ReLU"], {0: np.float32(0.5), 100: 0.25})
    state = {name: getattr(page, name) for name in page.keys if not name.startswith("_")}
    points = np.frombuffer(state.pop("points"), "float32").reshape(5, 2, 400, 2).astype(float)
    for name in ("layout", "tabbable", "tooltip"):
        state.pop(name)
    assert json.loads(json.dumps(state)) == state
    assert len(json.dumps(state)) + points.nbytes < 100_000
    assert state["presets"][0][0] == "a" and state["predict"] == [["two", "Try it."]]
    assert Settings(**state["presets"][0][1]).units == [2, 4, 3, 1]
    assert state["expected"][0]["losses"] == [[0, 0.5], [100, 0.25]]
    shown = make_points("XOR", noise=0.5)
    np.testing.assert_array_equal(points[1, 0, :200] + 0.5 * points[1, 1, :200], shown.x_train)
    assert repr(page) == "Playground(1 presets)"


def test_a_playground_asks():
    with pytest.raises(ValueError, match="`question` must end with a question mark, got 'Play!'"):
        Playground("Play!")


BYTES = "const bytes = new DataView(Uint8Array.from(numbers).buffer);\n"


def in_the_page(node, code, **given):
    """What `code` logs as JSON, run behind the source of the page with `given` as constants."""
    page = Playground(QUESTION)
    given |= {"choices": page.choices, "numbers": list(page.points)}
    return run_behind("playground.js", node, BYTES + code, **given)


def as_json(settings):
    """Settings as the page gets them."""
    page = Playground(QUESTION, start=settings)
    return page.settings


LOSSES = """
console.log(JSON.stringify(all.map((s) => lossesAfter(makePoints(bytes, choices, s), s, epochs))));
"""
SLOPES = {
    "linear": (lambda z: z, np.ones_like),
    "ReLU": (lambda z: np.maximum(0, z), lambda a: a > 0),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
}


def numpy_losses(settings, epochs):
    """Training loss after some numbers of epochs, in NumPy; independent of the package."""
    points = make_points(settings.data, settings.noise)
    weights = initial_weights(settings.units, settings.seed)
    value, slope = SLOPES[settings.activation]

    def run(x):
        values = [x]
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            z = values[-1] @ kernel + bias
            values.append(value(z))
        return [*values[:-1], z]

    losses = {}
    for epoch in range(max(epochs) + 1):
        z, y = run(points.x_train)[-1][:, 0], points.y_train
        losses[epoch] = np.mean(np.logaddexp(0, z) - y * z)
        for start in range(0, 200, settings.batch_size):
            part = slice(start, start + settings.batch_size)
            values, target = run(points.x_train[part]), points.y_train[part, None]
            delta = (1 / (1 + np.exp(-values[-1])) - target) / len(target)
            for i in range(len(weights) - 2, -1, -2):
                kernel, a = weights[i], values[i // 2]
                weights[i + 1] = weights[i + 1] - settings.learning_rate * delta.sum(axis=0)
                gradient = a.T @ delta + 2 * settings.l2 * kernel
                weights[i] = kernel - settings.learning_rate * gradient
                delta = (delta @ kernel.T) * slope(a)
    return [losses[epoch] for epoch in epochs]


def keras_losses(settings, epochs):
    """The same by Keras: cross-entropy without the penalty."""
    keras = start_keras()
    penalty = keras.regularizers.L2(settings.l2)
    dense = [(n, settings.activation.lower()) for n in settings.hidden] + [(1, "sigmoid")]
    hidden = [keras.layers.Dense(*row, kernel_regularizer=penalty) for row in dense]
    model = keras.Sequential([keras.Input((2,)), *hidden])
    model.set_weights(initial_weights(settings.units, settings.seed))
    model.compile(keras.optimizers.SGD(settings.learning_rate), "binary_crossentropy")
    points, losses = make_points(settings.data, settings.noise), []
    x, y = points.x_train.astype("float32"), points.y_train[:, None].astype("float32")
    for epoch in range(max(epochs) + 1):
        if epoch in epochs:
            p = np.array(model(x), dtype=float)
            losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        for start in range(0, 200, settings.batch_size):
            part = slice(start, start + settings.batch_size)
            model.train_on_batch(x[part], y[part])
    return losses


@pytest.mark.parametrize("name", RUNS)
def test_the_page_computes_what_numpy_computes(node, name):
    epochs = [0, 1, 20]
    here = in_the_page(node, LOSSES, all=[as_json(RUNS[name])], epochs=epochs)[0]
    assert here[2] < here[0], "it does not learn"
    np.testing.assert_allclose(here, numpy_losses(RUNS[name], epochs), rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in RUNS if name != "tanh, one at a time"])
def test_the_page_computes_what_keras_computes(node, name):
    epochs = [0, 20]
    here = in_the_page(node, LOSSES, all=[as_json(RUNS[name])], epochs=epochs)[0]
    np.testing.assert_allclose(here, keras_losses(RUNS[name], epochs), atol=1e-4)


SHARES = """
console.log(JSON.stringify(all.map((s) => {
  const points = makePoints(bytes, choices, s), network = createNetwork(s);
  for (let epoch = 0; epoch < 500; epoch++) trainEpoch(network, points, s);
  return [evaluate(network, points.xTest, points.yTest).accuracy,
          regionOf(forward(network, grid).at(-1)), zeroLine(forward(network, grid).at(-1)).length];
})));
"""


def test_three_neurons_close_the_ring_and_two_do_not(node):
    """As the chapter says of the seeds 0 to 4, all closed, and of seed 5, where a neuron dies."""
    two, three = Settings(hidden=(2,)), Settings(hidden=(3,))
    runs = [replace(s, seed=seed) for s in (two, three) for seed in range(6)]
    found = in_the_page(node, SHARES, all=[as_json(run) for run in runs])
    shares = np.array([row[0] for row in found])
    assert shares[:6].max() < 0.88 and shares[6:11].min() > 0.98 and shares[11] < 0.88
    assert [row[1] for row in found] == ["open"] * 6 + ["closed"] * 5 + ["open"]
    assert all(row[2] > 20 for row in found)  # pieces of the line that is drawn


def test_a_linear_network_gains_nothing_by_depth(node):
    linear = Settings("XOR", activation="linear", learning_rate=0.1, hidden=())
    runs = [replace(linear, hidden=(8,) * depth) for depth in range(4)]
    found = in_the_page(node, SHARES, all=[as_json(run) for run in runs])
    assert max(row[0] for row in found) < 0.6


def test_a_run_that_diverges_ends_in_nan_and_not_in_a_hang(node):
    fast = Settings(hidden=(8, 8, 8), activation="linear", learning_rate=10.0)
    penalty = Settings(l2=1.0, learning_rate=3.0)
    found = in_the_page(node, LOSSES, all=[as_json(fast), as_json(penalty)], epochs=[0, 2000])
    assert [row[0] is not None for row in found] == [True, True]
    assert [row[1] for row in found] == [None, None]  # JSON's word for nan


def test_the_largest_network_trains_at_20_epochs_a_second(node):
    run = as_json(RUNS["sigmoid"])

    def seconds(epochs):
        before = os.times()  # CPU time: other work on the machine adds nothing
        in_the_page(node, LOSSES, all=[run], epochs=[epochs])
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])

    assert seconds(200) - seconds(0) < 200 / 20
