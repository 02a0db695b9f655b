"""Composed shelves: what is on them is what they say."""

import numpy as np
import pytest

from lmlab.models import shelves

SQUARE = np.zeros((1, 14, 14), np.float32)
SQUARE[:, 2:12, 2:12] = 250


def test_the_density_sums_to_the_count():
    seen = shelves.compose([SQUARE], 8, 50, np.random.default_rng(0))
    assert np.allclose(seen.density.sum(axis=1), seen.count, atol=1e-4)
    assert seen.x.shape == (50, 16, 112) and set(seen.count) <= set(range(9))


def test_far_apart_nothing_is_hidden_and_packed_much_is():
    far, near = (shelves.compose([SQUARE], g, 200, np.random.default_rng(0)) for g in (14, 1))
    assert np.allclose(far.hidden, 0) and near.hidden[near.count >= 6].mean() > 0.1


def test_an_article_is_where_the_density_is():
    seen = shelves.compose([SQUARE], 14, 100, np.random.default_rng(1), most=1)
    k = np.flatnonzero(seen.count == 1)[0]
    bright = np.flatnonzero(seen.x[k, 1:15].max(axis=0) > 160).mean()
    assert abs(bright - 2 * seen.density[k].argmax()) < 4


def test_too_many_articles_are_refused():
    with pytest.raises(ValueError, match="`gap` must be at most 14 for 8 articles, got 15"):
        shelves.compose([SQUARE], 15, 1, np.random.default_rng(0))


def test_halved_by_hand():
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, :2, 0] = 200
    assert shelves.halved(picture)[0, 0, 0] == 100 and shelves.halved(picture).sum() == 100


def test_ink_grows_with_articles_and_its_trees_count():
    train, seen = (shelves.compose([SQUARE], 14, n, np.random.default_rng(n)) for n in (600, 200))
    assert np.corrcoef(shelves.ink(seen.x)[:, 0], seen.count)[0, 1] > 0.8
    error = np.abs(shelves.InkCounter(train, learning_rate=0.1)(seen.x) - seen.count).mean()
    assert error < 0.5 < np.abs(seen.count - seen.count.mean()).mean()
    best = shelves.InkCounter.best(train, seen)
    assert np.abs(best(seen.x) - seen.count).mean() <= error


def test_lots_are_joined():
    parts = [shelves.compose([SQUARE], 8, n, np.random.default_rng(0)) for n in (2, 3)]
    assert len(shelves.joined(parts).x) == 5
    both = shelves.lots([SQUARE], (8, 14), 3, 0)
    assert len(both.x) == 6 and both.hidden[3:].max() == 0


def test_a_density_counter_sums_its_density():
    import keras

    def build():
        return keras.Sequential(
            [
                keras.Input((16, 112, 1)),
                keras.layers.AveragePooling2D((16, 2)),
                keras.layers.Reshape((56, 1)),
                keras.layers.Conv1D(1, 5, padding="same", activation="softplus"),
                keras.layers.Reshape((56,)),
            ]
        )

    seen = shelves.compose([SQUARE], 14, 64, np.random.default_rng(0))
    counter = shelves.DensityCounter(seen, build, epochs=1)
    assert np.allclose(counter(seen.x), counter.density(seen.x).sum(axis=1))
    assert counter.density(seen.x).min() >= 0


def test_the_price_of_an_order_by_hand():
    count, estimate = np.array([1, 2, 5]), np.array([1.0, 3.0, 2.0])
    prices = shelves.order_prices(count, estimate, 2, np.array([0, 2.5, 9]))
    assert np.allclose(prices, [10 / 3, 6 / 3, 1 / 3])  # two missed; one missed, one needless
