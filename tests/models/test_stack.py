"""A stack of small networks computes what Keras computes, and leaves alone what it should."""

import numpy as np
import pytest

from lmlab.models.device import keras
from lmlab.models.stack import accuracies, best_trial, stack_logits, start_stack, train_stack

DRAW = np.random.default_rng(0)
X = DRAW.random((12, 6), np.float32)
Y = DRAW.integers(0, 3, 12)


def train(settings, weights=None, **options):
    k = len(settings)
    weights = weights or start_stack([0] * k, (6, 5, 3))
    forms = np.stack([X, X[::-1]], axis=1)  # (12, 2, 6)
    pictures = np.broadcast_to(forms, (k, *forms.shape))
    labels = np.broadcast_to(Y, (k, 12))
    return train_stack(weights, pictures, labels, settings, seeds=range(k), **options)


def test_a_network_of_the_stack_is_trained_as_keras_trains_it():
    penalty = keras.regularizers.L1L2(l1=0.001, l2=0.01)
    layers = [keras.layers.Dense(5, "relu", kernel_regularizer=penalty)]
    layers.append(keras.layers.Dense(3, kernel_regularizer=penalty))
    model = keras.Sequential([keras.Input((6,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    start = start_stack([3], (6, 5, 3))
    model.set_weights([w[0].reshape(w[0].shape if w.shape[1] > 1 else -1) for w in start])
    for _ in range(20):
        model.train_on_batch(X, Y)
    trained = train([{"rate": 0.01, "l1": 0.001, "l2": 0.01}], start, steps=20)
    assert np.allclose(stack_logits(trained, X)[0], model.predict_on_batch(X), atol=1e-3)


def test_networks_do_not_touch_each_other_nor_their_start():
    start = start_stack([0, 1], (6, 5, 3))
    before = [w.copy() for w in start]
    both = train([{"rate": 0.01}, {"dropout": 0.5}], start, steps=5)
    alone = train([{"rate": 0.01}], [w[:1] for w in start], steps=5)
    assert all(np.allclose(a[:1], b) for a, b in zip(both, alone, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(start, before, strict=True))


def test_frozen_weights_stay_and_the_rest_moves():
    start = start_stack([0], (6, 5, 3))
    trained = train([{}], start, steps=3, frozen=True)
    assert np.array_equal(trained[0], start[0])
    assert not np.array_equal(trained[2], start[2])


def test_shift_draws_the_other_forms():
    plain, shifted = (train([{"shift": s}], steps=3)[0] for s in (0, 1))
    assert not np.array_equal(plain, shifted)


def test_accuracies_of_a_known_network():
    eye = [np.eye(3)[None], np.zeros((1, 1, 3)), np.eye(3)[None], np.zeros((1, 1, 3))]
    assert accuracies(eye, np.eye(3), np.array([0, 1, 0])).tolist() == [2 / 3]


def test_an_unknown_cure_is_refused():
    with pytest.raises(ValueError, match=r"`settings` must be of .*, got \['l3'\]"):
        train([{"l3": 1}], steps=1)


def test_the_best_trial_is_the_one_that_reads_most():
    start, trials = start_stack([0], (6, 5, 3)), [{"rate": 1e-9}, {"rate": 0.05}]
    best = best_trial(start, X[:, None], Y, trials, (X, Y), steps=60)
    assert [w.shape for w in best] == [(1, 6, 5), (1, 1, 5), (1, 5, 3), (1, 1, 3)]
    assert accuracies(best, X, Y)[0] > accuracies(start, X, Y)[0]


def test_stopping_early_never_reads_fewer_validation_examples():
    start, trials = start_stack([1], (6, 5, 3)), [{"rate": 0.5}]
    options = {"steps": 40, "seed": 0}
    last = best_trial(start, X[:, None], Y, trials, (X, Y), **options)
    best = best_trial(start, X[:, None], Y, trials, (X, Y), stop_early=True, **options)
    assert accuracies(best, X, Y)[0] >= accuracies(last, X, Y)[0]
