"""One number over a delay: the task by hand, and a network that learns it."""

import numpy as np
import pytest

from lmlab.models.recall import _forward, memory_gap, recall_accuracy, recall_task


def test_the_answer_is_the_first_sign():
    x, y = recall_task(200, 3, np.random.default_rng(0), noise=0.5)
    assert x.shape == (200, 4) and np.array_equal(np.sign(x[:, 0]), 2 * y - 1)
    assert abs(x[:, 1:].std() - 0.5) < 0.05 and set(y) == {0, 1}


def test_one_step_of_both_by_hand():
    x = np.full((1, 1, 1), 2.0, np.float32)

    def weights(gates, n):
        edge, out = np.full((1, 1, gates * n), 0.5), np.zeros((1, n, 2))
        out[0, 0] = [1, -1]
        arrays = edge, np.zeros((1, n, gates * n)), np.zeros((1, gates * n)), out
        return [np.float32(array) for array in (*arrays, np.zeros((1, 2)))]

    state = np.tanh(1.0)
    gate = 1 / (1 + np.exp(-1.0))
    memory = gate * np.tanh(gate * np.tanh(1.0))
    for kind, arrays, expected in (
        ("rnn", weights(1, 32), state),
        ("lstm", weights(4, 16), memory),
    ):
        logits = np.asarray(_forward(kind)(arrays, x))
        assert np.allclose(logits, [[[expected, -expected]]], atol=1e-6)


def test_a_short_delay_is_learned():
    (right,) = recall_accuracy("rnn", 2, [0], rates=[0.01], steps=150)
    assert right > 0.95


def test_the_kind_is_known():
    with pytest.raises(ValueError, match=r"`kind` must be one of \['rnn', 'lstm'\], got 'gru'"):
        recall_accuracy("gru", 2, [0])


def test_without_the_recurrence_the_forget_bias_is_the_length_of_the_memory():
    pictures = np.random.default_rng(0).random((4, 5), np.float32)
    kept = memory_gap(pictures, 3, recurrence=False, steps=6)
    assert np.allclose(kept, (1 / (1 + np.exp(-3.0))) ** np.arange(7), atol=1e-5)
    assert not np.allclose(kept, memory_gap(pictures, 3, steps=6), atol=1e-2)
