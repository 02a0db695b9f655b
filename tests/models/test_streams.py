"""Streams of texts: columns, alerts at a budget, filters that learn on, typical columns."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from lmlab.models import streams
from lmlab.models.device import keras


def test_words_have_columns():
    assert streams.words("Don't BUY it, buy 2 of xy!") == {"don't", "buy"}
    assert streams.bucket("buy") == streams.bucket("buy", 2048) < 2048
    known, new = streams.buckets(["buy buy now", ""], 16)
    assert known.tolist() == sorted({streams.bucket("buy", 16), streams.bucket("now", 16)})
    rows = streams.as_rows([known, new], 16)
    assert rows.dtype == np.float32 and (rows**2).sum(axis=1) == pytest.approx([1, 0])


def test_budget_by_hand():
    fraud, scores = np.array([1, 0, 0, 1]), np.array([4.0, 3, 2, 1])
    # as they are: half of all are frauds, each row weighs a quarter
    assert streams.at_budget(scores, fraud, 0.5, 0.25) == pytest.approx((1, 0.5))
    assert streams.at_budget(scores, fraud, 0.5, 0.5) == pytest.approx((0.5, 0.5))
    # frauds 0.2: they weigh 0.1 each, the clean 0.4; a budget of 0.3 takes half of the second
    assert streams.looked_at(scores, fraud, 0.2, 0.3).tolist() == pytest.approx([1, 0.5, 0, 0])
    assert streams.at_budget(scores, fraud, 0.2, 0.3) == pytest.approx((0.1 / 0.3, 0.5))
    # equal scores share the room
    assert streams.looked_at([1, 1, 1, 1], fraud, 0.5, 0.25) == pytest.approx([0.25] * 4)


def test_each_group_has_its_own_budget():
    fraud, day = np.array([1, 0, 1, 0]), np.array([0, 0, 1, 1])
    scores = np.array([9.0, 8, 2, 1])  # the level falls from day to day
    assert streams.looked_at(scores, fraud, 0.5, 0.5).tolist() == pytest.approx([1, 1, 0, 0])
    assert streams.looked_at(scores, fraud, 0.5, 0.5, day).tolist() == pytest.approx([1, 0, 1, 0])


def test_error_by_groups_by_hand():
    # four alike in each of two groups: the mean of two numbers, 0 and 1
    values = np.repeat([0.0, 1.0], 4)
    assert streams.error_by(values, values) == pytest.approx(0.5)
    # each row its own group: the usual standard error
    rng = np.random.default_rng(0)
    values = rng.normal(size=30)
    usual = values.std(ddof=1) / 30**0.5
    assert streams.error_by(values, np.arange(30)) == pytest.approx(usual)


def test_levels_of_one_filter_in_the_order_of_another():
    day = np.array([0, 0, 1, 1])
    levels, order = np.array([1, 2, 30, 40]), np.array([9, 8, 0, 1])
    assert streams.levelled(levels, order, day).tolist() == [2, 1, 30, 40]


def test_blocks_stay_together():
    blocks = np.repeat(np.arange(5), 10)
    seen = streams.in_blocks(blocks, 35, seed=1)
    assert seen.sum() == 30
    assert all(len(np.unique(seen[blocks == block])) == 1 for block in range(5))


def test_average_precision_of_weighted_rows():
    rng = np.random.default_rng(0)
    fraud = rng.integers(0, 2, 50)
    scores = rng.normal(size=50) + fraud
    share = fraud.mean()
    assert streams.average_precision(scores, fraud, share) == pytest.approx(
        average_precision_score(fraud, scores)
    )
    # each clean row three times is a lower share
    thrice = np.concatenate([scores, scores[fraud == 0], scores[fraud == 0]])
    labels = np.concatenate([fraud, np.zeros(2 * (fraud == 0).sum(), int)])
    assert streams.average_precision(scores, fraud, labels.mean()) == pytest.approx(
        average_precision_score(labels, thrice)
    )


def test_refusals_name_what_they_got():
    with pytest.raises(ValueError, match="`budget` must be between 0 and 1, got 2"):
        streams.at_budget([1, 2], [0, 1], 0.5, 2)
    with pytest.raises(ValueError, match="`share` must be between 0 and 1, got 0"):
        streams.at_budget([1, 2], [0, 1], 0, 0.5)
    with pytest.raises(ValueError, match="`fraud` needs both kinds, got 0 of 2"):
        streams.average_precision([1, 2], [0, 0], 0.5)
    with pytest.raises(ValueError, match="`kind` must be one of"):
        streams.settings("oracle")


def build(columns, hidden):
    middle = [keras.layers.Dense(hidden, "relu")] if hidden else []
    return keras.Sequential([keras.Input((columns,)), *middle, keras.layers.Dense(1)])


def rows(n, seed, turned=False):
    """Four columns; fraud is where the first is larger than the second, or the other way round."""
    x = np.random.default_rng(seed).random((n, 4)).astype("float32")
    return x, ((x[:, 0] > x[:, 1]) ^ turned).astype(int)


@pytest.mark.parametrize("kind", ["logistic", "network", "forest"])
def test_the_best_of_a_family_finds_what_is_there(kind):
    def right(scores, fraud):
        return streams.average_precision(scores, fraud, 0.5)

    model = streams.tuned(kind, rows(400, 0), rows(200, 1), rows(600, 2), right, build)
    assert right(model.score(rows(300, 3)[0]), rows(300, 3)[1]) > 0.95
    assert model.how in streams.settings(kind) and len(streams.settings(kind)) == 6


def test_isolation_sees_what_is_odd():
    x, _ = rows(200, 0)
    x[0] = 9
    for clean_only in (False, True):
        fraud = np.arange(200) == 0
        model = streams.fitted("isolation", x, fraud, {"clean_only": clean_only})
        assert model.score(x).argmax() == 0


def test_a_copy_learns_alone_and_scores_are_those_of_keras():
    model = streams.Online(*rows(200, 0), build, hidden=3, rate=0.3, epochs=2)
    copy, x = model.copy(), rows(50, 1)[0]
    before = model.score(x)
    hidden, first, slope, offset = model.weights  # a leak of 1: no ReLU
    linear = (x @ hidden + first) @ slope + offset
    assert model.score(x, leak=1) == pytest.approx(linear[:, 0], abs=1e-5)
    copy.learn(*rows(7, 2), rate=1.0)  # fewer than one step
    copy.learn(*rows(64, 2), rate=0)
    assert (copy.score(x) == before).all()
    copy.learn(*rows(64, 2, turned=True), rate=1.0)
    assert (model.score(x) == before).all() and (copy.score(x) != before).any()
    copy.model.set_weights(copy.weights)
    assert copy.score(x) == pytest.approx(copy.model.predict(x, verbose=0)[:, 0], abs=1e-5)


def test_learning_follows_a_rule_that_turns():
    model = streams.Online(*rows(400, 0), build, hidden=0, rate=1.0, epochs=20)
    x, fraud = rows(300, 1, turned=True)
    assert np.mean((model.score(x) > 0) == fraud) < 0.1
    for seed in range(2, 6):
        model.learn(*rows(200, seed, turned=True), rate=3.0, seed=seed)
    assert np.mean((model.score(x) > 0) == fraud) > 0.9


def test_typical_columns_by_hand():
    places = [np.array([0, 1])] * 3 + [np.array([1, 2])] * 3 + [np.array([3])]
    fraud = np.array([0, 0, 0, 1, 1, 1, 0])
    # column 0 is in clean texts only, 1 in both, 3 in one clean text only, too few to trust
    assert streams.typical(places, fraud, 2, least=2, columns=4).tolist() == [0, 1]
