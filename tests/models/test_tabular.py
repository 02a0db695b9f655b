import numpy as np
import pytest

from lmlab.models import tabular


def tabular_epochs(model, x, y):
    from lmlab.models.training import fit_epochs, restart

    restart(model, 0)
    return fit_epochs(model, x, y, epochs=30, batch_size=50)


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


def test_out_of_fold_scores_use_no_label_of_their_own_row():
    x, y = noisy(300, 0)
    scores = tabular.out_of_fold(x, y, seed=1)
    unseen = np.array_split(np.random.default_rng(1).permutation(300), 5)[0]
    turned = y.copy()
    turned[unseen] = 1 - y[unseen]
    again = tabular.out_of_fold(x, turned, seed=1)
    assert again[unseen] == pytest.approx(scores[unseen], abs=1e-12)
    others = np.setdiff1d(np.arange(300), unseen)
    assert np.abs(again[others] - scores[others]).max() > 0.05
    assert np.mean((scores > 0.5) == y) > 0.84
    with pytest.raises(ValueError, match=r"same length, at least 5, got 4 and 4"):
        tabular.out_of_fold(x[:4], y[:4])


def test_a_penalty_shrinks_the_network():
    x, y = noisy(200, 0)
    sizes = []
    for penalty in (0.0, 0.01):
        model = tabular._network(2, 8, penalty)
        for _ in tabular_epochs(model, x, y):
            pass
        sizes.append(sum(float((w**2).sum()) for w in model.get_weights()))
    assert sizes[1] < sizes[0]


def test_three_parts_share_no_row_and_are_standardised_by_the_first():
    x = np.arange(20.0).reshape(10, 2)
    train, validation, test = tabular.three_parts(x, np.arange(10), 0, (5, 3), 4)
    assert [len(y) for _, y in (train, validation, test)] == [4, 3, 2]
    assert len({*train[1], *validation[1], *test[1]}) == 9
    assert train[0].mean(axis=0) == pytest.approx([0, 0])
    assert train[0].std(axis=0) == pytest.approx([1, 1])
    back = (x - x[train[1]].mean(axis=0)) / x[train[1]].std(axis=0)
    assert test[0] == pytest.approx(back[test[1]])
    with pytest.raises(ValueError, match="`rows` must be from 1 to 5, got 6"):
        tabular.three_parts(x, np.arange(10), 0, (5, 3), 6)


def test_bootstrap_error_of_a_mean():
    values = np.random.default_rng(3).normal(size=400)
    found = tabular.bootstrap_error(lambda rows: values[rows].mean(), 400, times=2000)
    assert found == pytest.approx(values.std() / 20, rel=0.05)


def test_unknown_kind():
    with pytest.raises(ValueError, match=r"`kind` must be one of .*'forest'"):
        tabular.tuned("forest", noisy(10, 0), noisy(10, 1))
