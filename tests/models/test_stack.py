"""Networks side by side: Adam and slopes against Keras and by hand, and neighbours apart."""

import numpy as np
import pytest

from lmlab.models.device import keras
from lmlab.models.stack import (
    accuracies,
    best_trial,
    mlp_logits,
    mlp_slopes,
    slopes_of,
    start_stack,
    train_cured,
    train_stack,
    tune_stack,
)

DRAW = np.random.default_rng(0)
X = DRAW.random((12, 6), np.float32)
Y = DRAW.integers(0, 3, 12)
SHAPES = [(6, 5), (5,), (5, 3), (3,)]


def linear(weights, x):
    return x @ weights[0]


def two_classes(steps, networks):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    return [(np.stack([x] * networks), np.stack([y] * networks))] * steps


def cured(settings, weights=None, **options):
    k = len(settings)
    weights = weights or start_stack(SHAPES, [0] * k)
    forms = np.stack([X, X[::-1]], axis=1)  # (12, 2, 6)
    pictures = np.broadcast_to(forms, (k, *forms.shape))
    labels = np.broadcast_to(Y, (k, 12))
    return train_cured(weights, pictures, labels, settings, seeds=range(k), **options)


def test_a_start_by_seed():
    one, bias, out = start_stack([(2000, 2), (2,), (2, 2000)], seeds=[3, 5], copies=2)
    assert one.shape == (4, 2000, 2) and one.dtype == np.float32 and not bias.any()
    assert np.array_equal(one[0], one[1]) and not np.array_equal(one[0], one[2])
    assert np.isclose(one.std(), np.sqrt(2 / 2000), rtol=0.05)
    assert np.isclose(out.std(), np.sqrt(1 / 2), rtol=0.05)


def test_slopes_by_hand_are_those_of_tensorflow():
    weights = start_stack(SHAPES, [1, 2])
    x, y = np.stack([X, X[::-1]]), np.stack([Y, Y])

    def forward(w, x):
        hidden = keras.ops.relu(keras.ops.matmul(x, w[0]) + w[1][:, None])
        return keras.ops.matmul(hidden, w[2]) + w[3][:, None]

    theirs = slopes_of(forward)(weights, x, y)
    for ours, other in zip(mlp_slopes(weights, x, y), theirs, strict=True):
        assert np.allclose(ours, other, atol=1e-6)


def test_a_network_of_the_stack_is_trained_as_keras_trains_it():
    penalty = keras.regularizers.L1L2(l1=0.001, l2=0.01)
    layers = [keras.layers.Dense(5, "relu", kernel_regularizer=penalty)]
    layers.append(keras.layers.Dense(3, kernel_regularizer=penalty))
    model = keras.Sequential([keras.Input((6,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    start = start_stack(SHAPES, [3])
    model.set_weights([w[0] for w in start])
    for _ in range(20):
        model.train_on_batch(X, Y)
    trained = cured([{"rate": 0.01, "l1": 0.001, "l2": 0.01}], start, steps=20)
    assert np.allclose(mlp_logits(trained, X)[0], model.predict_on_batch(X), atol=1e-3)


def test_the_first_step_is_as_long_as_the_rate_and_the_last_of_a_fading_one_short():
    start, seen = np.zeros((2, 3, 2), np.float32), []
    keep = lambda _, w: seen.append(w[0].copy())  # noqa: E731
    batches = two_classes(10, 2)
    train_stack(slopes_of(linear), [start], [0.01, 0.1], batches, fade=10, watch=keep)
    assert np.allclose(np.abs(seen[0][0]), 0.01, atol=1e-5)
    assert np.allclose(np.abs(seen[0][1]), 0.1, atol=1e-4)
    assert np.abs(seen[9] - seen[8]).max() < 0.25 * np.abs(seen[0]).max()


def test_neighbours_do_not_touch_and_both_learn():
    start, slopes = np.zeros((1, 3, 2), np.float32), slopes_of(linear)
    alone = train_stack(slopes, [start], [0.1], two_classes(30, 1))[0][0]
    pair = train_stack(slopes, [np.repeat(start, 2, 0)], [0.1, 0.01], two_classes(30, 2))[0]
    assert np.allclose(pair[0], alone, atol=1e-6) and not np.allclose(pair[1], alone, atol=0.1)
    x, y = two_classes(1, 1)[0]
    assert np.array_equal((x[0] @ alone).argmax(axis=1), y[0])


def test_rows_and_rates_agree():
    with pytest.raises(ValueError, match=r"`weights` must have 2 rows, one a rate, got \[1\]"):
        train_stack(mlp_slopes, [np.zeros((1, 3, 2), np.float32)], [0.1, 0.1], [])


def test_the_best_rate_is_kept_for_each_seed():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((300, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    rates = [1e-6, 0.1]  # the first learns nothing
    chosen, rows = tune_stack(linear, [(3, 2)], x, y, [0, 1], rates, steps=60, parts=(200, 250))
    assert chosen[0].shape == (2, 3, 2) and [len(r) for r in rows] == [50, 50]
    for w, r in zip(chosen[0], rows, strict=True):
        assert ((x[r] @ w).argmax(axis=1) == y[r]).mean() > 0.9


def test_cured_networks_do_not_touch_each_other_nor_their_start():
    start = start_stack(SHAPES, [0, 1])
    before = [w.copy() for w in start]
    both = cured([{"rate": 0.01}, {"dropout": 0.5}], start, steps=5)
    alone = cured([{"rate": 0.01}], [w[:1] for w in start], steps=5)
    assert all(np.allclose(a[:1], b) for a, b in zip(both, alone, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(start, before, strict=True))


def test_frozen_weights_stay_and_the_rest_moves():
    start = start_stack(SHAPES, [0])
    trained = cured([{}], start, steps=3, frozen=True)
    assert np.array_equal(trained[0], start[0]) and np.array_equal(trained[1], start[1])
    assert not np.array_equal(trained[2], start[2])


@pytest.mark.parametrize("cure", [{"shift": 1}, {"dropout": 0.5}, {"l1": 0.1}, {"l2": 0.1}])
def test_each_cure_changes_the_training(cure):
    plain, changed = (cured([one], steps=3)[0] for one in ({}, cure))
    assert not np.array_equal(plain, changed)


def test_accuracies_of_a_known_network():
    eye = [np.eye(3)[None], np.zeros((1, 3)), np.eye(3)[None], np.zeros((1, 3))]
    assert accuracies(eye, np.eye(3), np.array([0, 1, 0])).tolist() == [2 / 3]


def test_an_unknown_cure_is_refused():
    with pytest.raises(ValueError, match=r"`settings` must be of .*, got \['l3'\]"):
        cured([{"l3": 1}], steps=1)


def test_the_best_trial_is_the_one_that_reads_most():
    start, trials = start_stack(SHAPES, [0]), [{"rate": 1e-9}, {"rate": 0.05}]
    best = best_trial(start, X[:, None], Y, trials, (X, Y), steps=60)
    assert [w.shape for w in best] == [(1, 6, 5), (1, 5), (1, 5, 3), (1, 3)]
    assert accuracies(best, X, Y)[0] > accuracies(start, X, Y)[0]


def test_stopping_early_never_reads_fewer_validation_examples():
    start, trials = start_stack(SHAPES, [1]), [{"rate": 0.5}]
    options = {"steps": 40, "seed": 0}
    last = best_trial(start, X[:, None], Y, trials, (X, Y), **options)
    best = best_trial(start, X[:, None], Y, trials, (X, Y), stop_early=True, **options)
    assert accuracies(best, X, Y)[0] >= accuracies(last, X, Y)[0]
