"""Models side by side: the first step of Adam by hand, and neighbours that do not touch."""

import numpy as np
import pytest

from lmlab.models.stacked import start_stack, train_stack, tune_stack


def logits(weights, x):
    return x @ weights[0]


def batches(steps, models):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    return [(np.stack([x] * models), np.stack([y] * models))] * steps


def test_a_start_by_seed():
    one, bias = start_stack([(4, 2), (2,)], seeds=[3, 5], copies=2)
    assert one.shape == (4, 4, 2) and one.dtype == np.float32 and not bias.any()
    assert np.array_equal(one[0], one[1]) and not np.array_equal(one[0], one[2])


def test_the_first_step_is_as_long_as_the_rate():
    start = np.zeros((2, 3, 2), np.float32)
    (end,) = train_stack(logits, [start], [0.01, 0.1], batches(1, 2), steps=1)
    assert np.allclose(np.abs(end[0]), 0.01, atol=1e-5)
    assert np.allclose(np.abs(end[1]), 0.1, atol=1e-4)


def test_neighbours_do_not_touch_and_both_learn():
    start = np.zeros((1, 3, 2), np.float32)
    alone = train_stack(logits, [start], [0.1], batches(30, 1), steps=30)[0][0]
    pair = train_stack(logits, [np.repeat(start, 2, 0)], [0.1, 0.01], batches(30, 2), steps=30)[0]
    assert np.allclose(pair[0], alone, atol=1e-6) and not np.allclose(pair[1], alone, atol=0.1)
    x, y = batches(1, 1)[0]
    assert np.array_equal((x[0] @ alone).argmax(axis=1), y[0])


def test_rows_and_rates_agree():
    with pytest.raises(ValueError, match=r"`weights` must have 2 rows, one a rate, got \[1\]"):
        train_stack(logits, [np.zeros((1, 3, 2), np.float32)], [0.1, 0.1], [], steps=1)


def test_the_best_rate_is_kept_for_each_seed():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((300, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    rates = [1e-6, 0.1]  # the first learns nothing
    chosen, rows = tune_stack(logits, [(3, 2)], x, y, [0, 1], rates, steps=60, parts=(200, 250))
    assert chosen[0].shape == (2, 3, 2) and [len(r) for r in rows] == [50, 50]
    for w, r in zip(chosen[0], rows, strict=True):
        assert ((x[r] @ w).argmax(axis=1) == y[r]).mean() > 0.9
