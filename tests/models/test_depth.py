"""The deep network: slopes against finite differences, first weights, identity, bad arguments."""

import numpy as np
import pytest

from lmlab.models.depth import he_weights, slopes

KINDS = [
    {"skip": skip, "norm": norm, "scale": scale}
    for skip in (False, True)
    for norm in ("", "layer", "batch")
    for scale in (1.0, 0.5)
]
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(6, 5)), np.array([0, 1, 2, 2, 1, 0])


def weights_of(depth=3, copies=1):
    return he_weights(depth, seed=1, copies=copies, inputs=5, width=4, classes=3)


def loss(weights, kind):
    p = slopes(weights, X, Y, **kind)[1]
    return -np.log(p[0, np.arange(6), Y]).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_those_of_nudging(kind):
    weights = [w.astype(float) for w in weights_of()]
    found, _ = slopes(weights, X, Y, **kind)
    for matrix, slope in zip(weights, found, strict=True):
        for place in ((0, 0, 0), (0, 3, 2)):
            kept, values = matrix[place], []
            for nudge in (1e-5, -1e-5):
                matrix[place] = kept + nudge
                values.append(loss(weights, kind))
            matrix[place] = kept
            assert slope[place] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-6)


def test_copies_do_not_see_each_other():
    weights = weights_of(copies=2)
    for matrix in weights:
        matrix[1] *= 2
    both, _ = slopes(weights, X, Y, skip=True)
    alone, _ = slopes([matrix[1:] for matrix in weights], X, Y, skip=True)
    assert all(np.allclose(b[1], a[0]) for b, a in zip(both, alone, strict=True))


def test_a_skip_with_branches_of_zero_hands_on():
    weights = weights_of(depth=7)
    silent = [weights[0], *(0 * matrix for matrix in weights[1:-1]), weights[-1]]
    z = X @ weights[0][0] @ weights[-1][0]
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert np.allclose(slopes(silent, X, Y, skip=True)[1][0], expected)
    assert np.allclose(slopes(silent, X, Y)[1], 1 / 3)


def test_first_weights():
    weights = he_weights(2, seed=0, copies=3, inputs=50, width=400, classes=10)
    assert [w.shape for w in weights] == [(3, 50, 400), (3, 400, 400), (3, 400, 400), (3, 400, 10)]
    assert weights[0].var() == pytest.approx(1 / 50, rel=0.05)
    assert weights[1].var() == pytest.approx(2 / 400, rel=0.05)
    assert np.array_equal(weights[1][0], weights[1][2])


def test_bad_arguments():
    with pytest.raises(ValueError, match="`depth` must be at least 1, got 0"):
        he_weights(0, seed=0)
    with pytest.raises(ValueError, match="`norm` must be 'layer', 'batch' or '', got 'group'"):
        slopes(weights_of(), X, Y, norm="group")
