"""Dense networks as lists of arrays: hand examples, and Keras as the reference."""

import numpy as np
import pytest

from lmlab.models.dense import accuracy, forward, fresh, one_hot, softmax

NET = [np.array([[1.0, -1.0]]), np.array([0.0, 1.0]), np.array([[2.0], [3.0]]), np.array([0.5])]


def test_forward_by_hand():
    x, hidden, logits = forward(NET, np.array([[2.0], [-1.0]]))
    assert x.tolist() == [[2.0], [-1.0]]
    assert hidden.tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert logits.tolist() == [[4.5], [6.5]]


def test_fresh_has_the_shapes_and_spread_of_keras():
    net = fresh((300, 200, 10), seed=1)
    assert [p.shape for p in net] == [(300, 200), (200,), (200, 10), (10,)]
    assert all(p.dtype == np.float32 for p in net)
    assert abs(net[0].std() - np.sqrt(2 / 500)) < 0.001 and not net[1].any()
    assert np.array_equal(net[0], fresh((300, 200, 10), seed=1)[0])


def test_fresh_refuses_a_single_size():
    with pytest.raises(ValueError, match=r"`sizes` must be two or more numbers .* got \(3,\)"):
        fresh((3,), seed=0)


def test_softmax_and_one_hot():
    p = softmax(np.array([[1000.0, 1000.0], [0.0, np.log(3)]]))
    assert np.allclose(p, [[0.5, 0.5], [0.25, 0.75]])
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_accuracy_counts_the_largest_logit():
    net = [np.eye(2), np.zeros(2)]
    assert accuracy(net, np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 0])) == 0.5
