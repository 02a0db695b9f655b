import numpy as np
import pytest

from lmlab.models import tabular


def noisy(n, seed):
    """Two columns; the first decides, with one label in ten turned round."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)).astype("float32")
    return x, ((x[:, 0] > 0) ^ (rng.random(n) < 0.1)).astype(int)


def test_log_loss_by_hand():
    assert tabular.log_loss(np.array([0.5, 0.8]), np.array([1, 0])) == pytest.approx(
        (np.log(2) + np.log(5)) / 2
    )
    assert tabular.log_loss(np.array([0.0]), np.array([1])) == pytest.approx(-np.log(0.002))


def test_probability_of_weights_is_the_softmax():
    weights = [np.eye(2, dtype="float32"), np.zeros(2, "float32")]
    p = tabular.probability(weights, np.array([[1.0, 1.0], [0.0, np.log(3)]]))
    assert p == pytest.approx([0.5, 0.75])


@pytest.mark.parametrize("kind", tabular.KINDS)
def test_the_best_of_a_family_is_near_what_can_be_known(kind):
    model = tabular.tuned(kind, noisy(600, 0), noisy(200, 1))
    x, y = noisy(2000, 2)
    best = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))  # 0.325
    assert best - 0.05 < tabular.log_loss(tabular.probability(model, x), y) < best + 0.2
    assert np.mean((tabular.probability(model, x) > 0.5) == y) > 0.84


def test_a_network_is_trained_alike_from_the_same_seed():
    one, two = (tabular.tuned("network", noisy(200, 0), noisy(100, 1), seed=3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_unknown_kind():
    with pytest.raises(ValueError, match=r"`kind` must be one of .*'forest'"):
        tabular.tuned("forest", noisy(10, 0), noisy(10, 1))
