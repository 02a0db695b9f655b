import numpy as np
import pandas as pd
import pytest

from lmlab.models import scoring
from lmlab.models.rankings import auc, log_loss


def table(n, seed):
    """A number with gaps and a text; the bad are those with x > 0, one in ten turned round."""
    rng = np.random.default_rng(seed)
    x, text = rng.normal(size=n), rng.choice(["a", "b"], n).astype(object)
    bad = ((x > 0) ^ (rng.random(n) < 0.1)).astype(int)
    x[::17], text[::29] = np.nan, None
    return pd.DataFrame({"x": x, "text": text}), bad


def test_weight_of_evidence_by_hand():
    frame = pd.DataFrame({"text": ["a"] * 10 + ["b"] * 10}, dtype=object)
    bad = np.array([1] * 2 + [0] * 8 + [1] * 6 + [0] * 4)
    card = scoring.Scorecard(frame, bad)
    # half a row is added to each bin: good 8.5 and 4.5 of 14, bad 2.5 and 6.5 of 10
    assert card.woe["text"][:2] == pytest.approx(
        [np.log(8.5 / 14 / (2.5 / 10)), np.log(4.5 / 14 / (6.5 / 10))]
    )
    new = pd.DataFrame({"text": ["a", None, "never seen"]}, dtype=object)
    assert card.codes(new, "text").tolist() == [0, 2, 3]
    assert card.evidence(new)[1:, 0].tolist() == [0, 0]  # no evidence of what was never there
    p = card.probability(new)
    assert np.log((1 - p) / p) == pytest.approx(card.log_odds(new))


def test_numbers_fall_into_bins_and_gaps_have_their_own():
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4, np.nan, np.nan]})
    card = scoring.Scorecard(frame, np.array([0, 0, 1, 1, 1, 1]), bins=2)
    assert card.codes(frame, "x").tolist() == [0, 0, 1, 1, 2, 2]
    assert card.woe["x"][0] > 0 > card.woe["x"][2]


@pytest.mark.parametrize("kind", scoring.KINDS)
def test_the_best_of_a_family_is_near_what_can_be_known(kind):
    model = scoring.tuned(kind, table(600, 0), table(300, 1), budget=4)
    new, bad = table(2000, 2)
    best = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))  # 0.325, without the gaps
    loss = log_loss(model.probability(new), bad)
    assert best - 0.05 < loss < best + 0.2 and model.searched.shape == (4,)
    assert auc(model.probability(new), bad) > 0.8


@pytest.mark.parametrize("kind", scoring.KINDS)
def test_a_weight_raises_the_promise(kind):
    train, new = table(600, 0), table(600, 1)[0]
    settings = scoring.tuned(kind, train, table(300, 2), budget=1).settings
    one, five = (
        scoring.fitted(kind, *train, np.where(train[1] == 1, w, 1.0), settings)
        .probability(new)
        .mean()
        for w in (1, 5)
    )
    assert five > one + 0.1


def test_unknown_words():
    with pytest.raises(ValueError, match=r"`kind` must be one of .*'forest'"):
        scoring.tuned("forest", table(10, 0), table(10, 1))
