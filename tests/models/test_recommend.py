"""Recommenders: a cut in time by hand, scores by hand, a loop whose truth is planted."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmlab.data.ratings import Ratings
from lmlab.models import recommend

YEAR = 365.25 * 86_400
ROWS = pd.DataFrame(
    [  # person 0 rates film 1 again after person 1 has come: that is not known at the cut
        (0, 0, 5.0, 0.0),
        (0, 2, 2.0, YEAR),
        (1, 0, 4.0, 3 * YEAR),
        (0, 1, 3.0, 4 * YEAR),
        (1, 2, 1.0, 5 * YEAR),
        (1, 1, 5.0, 6 * YEAR),
        (1, 3, 5.0, 7 * YEAR),
    ],
    columns=["user", "film", "stars", "time"],
)
FILMS = pd.DataFrame(
    {"genres": [("Drama",), ("Comedy", "Drama"), (), ()], "year": [1994, 2010, 0, 1950]}
)
RATINGS = Ratings(ROWS, FILMS)


def cut_of(past, words=None):
    past = np.array(past, float)
    return recommend.Cut(
        past=past,
        ages=np.where(past > 0, 1, np.inf),
        known=past,
        hidden=past,
        films=np.arange(past.shape[1]),
        words=words,
        outside=0.0,
    )


def test_a_cut_knows_nothing_of_later():
    cut = recommend.cut_people(RATINGS, 1, 2, least=1)
    assert repr(cut) == "Cut(1 people before, 1 after, 2 films)"
    assert cut.films.tolist() == [0, 2] and cut.past.tolist() == [[5, 2]]
    assert cut.ages.tolist() == [[3, 2]] and cut.words.shape == (2, 1 + 9)
    assert cut.recent(2.5).tolist() == [[0, 2]]
    assert cut.known.tolist() == [[4, 1]] and cut.hidden.tolist() == [[0, 0]]
    assert cut.outside == 1.0  # films 1 and 3 were not known at the cut
    assert recommend.cut_people(RATINGS, 1, 2, first=1, least=1).known.tolist() == [[4, 0]]


@pytest.mark.parametrize("ends", [(0, 1), (2, 2)])
def test_bad_ends(ends):
    with pytest.raises(ValueError, match="0 < `start` < `end` is needed, got"):
        recommend.cut_people(RATINGS, *ends)


def test_neighbours_by_hand():
    cut = cut_of([[5, 4, 0], [5, 5, 1], [0, 4, 5]])
    model = recommend.by_neighbours(cut, 2, 0, near=3)
    # film 0 is liked by two, film 1 by three, both by two: 2 / sqrt(6); films 1 and 2: 1 / sqrt(3)
    assert model(np.array([[0, 4, 0]])) == pytest.approx(np.array([[2 / 6**0.5, 0, 1 / 3**0.5]]))
    nearest = recommend.by_neighbours(cut, 2, 0, near=1)
    assert nearest(np.array([[4, 0, 0]]))[0] == pytest.approx([0, 2 / 6**0.5, 0])


def test_content_by_hand():
    described = np.array([[1, 0], [0.6, 0.8], [0, 1.0]])
    cut = cut_of([[5, 0, 0], [4, 2, 0]], described)
    likeness = recommend.by_content(cut, 2, weight=0, shrink=1)
    assert likeness(np.array([[5, 0, 0]])) == pytest.approx(np.array([[0.5, 0.3, 0]]))
    both = recommend.by_content(cut, 2, weight=2, shrink=1)
    assert both(np.zeros((1, 3))) == pytest.approx(np.array([[2 * np.log(3), 0, 0]]))


def test_features_have_length_one():
    rows = recommend.features(FILMS)
    assert rows.shape == (4, 2 + 9)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4))


def test_errors_of_stars_count_only_stars():
    truth = np.array([[4.0, 0], [2, 0]])
    assert recommend.star_error(np.array([[1.0, 9], [2, 9]]), truth) == pytest.approx(4.5**0.5)
    cuts = [cut_of([[4, 0]]), cut_of([[2, 2]])]
    assert recommend.rmse(lambda past: lambda known: known + 1, cuts) == pytest.approx(1)


def test_lead_is_paired():
    marks = {"a": np.array([0.1, 0.5]), "b": np.array([0.2, 0.6])}
    ((mean, error),) = recommend.lead(marks, "a").values()
    assert mean == pytest.approx(0.1) and error == pytest.approx(0, abs=1e-12)


def test_random_pages_keep_their_variety_and_click_by_chance():
    loop = recommend.clicks_of(lambda clicks: clicks, 0, at_random=1.0, rounds=4)
    assert loop.variety.shape == loop.clicks.shape == (4,)
    assert np.all(loop.variety > 180) and np.ptp(loop.clicks) < 0.03


def test_a_count_shows_everybody_the_same():
    loop = recommend.clicks_of(lambda c: np.tile(c.sum(axis=0), (len(c), 1)), 0, rounds=4)
    assert loop.variety[0] > 180 and loop.variety[1:] == pytest.approx([10, 10, 10])


def test_a_pool_bounds_what_random_pages_show_a_person():
    loops = [
        recommend.clicks_of(lambda c: c, 0, own=False, pool=pool, rounds=40) for pool in (23, None)
    ]
    assert loops[0].end == (loops[0].variety[-1], loops[0].clicks[-1], 23)
    assert loops[0].logged == 23 and loops[1].logged > 150
    variety, clicks = loops[0].best
    assert loops[0].best == loops[1].best and 10 < variety < 200
    assert all(clicks > loop.clicks.max() for loop in loops)


def test_the_same_sitting_counts_what_follows_soon():
    rows = pd.DataFrame({"user": [7] * 4 + [8] * 2, "time": [0, 10, 100, 9000, 0, 5000]})
    ratings = SimpleNamespace(rows=rows)
    assert recommend.same_sitting(ratings, 7, 8) == pytest.approx(1 / 2)
    assert recommend.same_sitting(ratings, 7, 9) == pytest.approx(1 / 3)


def test_passes_show_a_part_and_ask_for_the_rest():
    class Model:
        def __init__(self):
            self.seen, self.optimizer = [], SimpleNamespace()

        def compile(self, optimizer, loss):
            self.loss = loss

        def fit(self, shown, target, **_):
            self.seen.append((shown, target))

        def get_weights(self):
            return len(self.seen)

        def set_weights(self, weights):
            self.weights = weights

        def predict_on_batch(self, known):
            return known + self.weights

    model, past = Model(), np.array([[5, 4, 0], [4, 0, 0], [0, 4, 4.5]])
    first, second = recommend.fit_in_passes(model, past, (2, 5), seed=0).values()
    assert [len(shown) for shown, _ in model.seen] == [4, 6]  # two people like two films
    for shown, target in model.seen:
        assert np.array_equal(shown + target, np.tile([[1, 1, 0], [0, 1, 1]], (len(shown) // 2, 1)))
    assert second(past)[0].tolist() == [3, 3, 2] and first(past)[0].tolist() == [2, 2, 1]
    logits = np.log([[0.5, 0.25, 0.25]])  # one like of half, one of a quarter: 1.5 ln 2
    loss = float(model.loss(np.array([[1.0, 1, 0]]), logits))
    assert loss == pytest.approx(1.5 * np.log(2), rel=1e-6)
