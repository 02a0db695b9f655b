"""Ratings of films: published counts, the order of time, the flaws that the page *Data* states."""

import numpy as np
import pytest

from lmlab import data


@pytest.fixture(scope="module")
def ratings():
    return data.load_movielens()


def test_counts_are_the_published_ones(ratings):
    assert repr(ratings) == "Ratings(100004 ratings, 671 people, 9066 films)"
    assert list(ratings.rows) == ["user", "film", "stars", "time"]
    assert ratings.rows.stars.value_counts()[4.0] == 28750
    assert sorted(ratings.rows.stars.unique()) == np.arange(0.5, 5.5, 0.5).tolist()
    assert ratings.rows.groupby("user").size().min() == 20


def test_people_are_numbered_by_their_first_rating(ratings):
    rows = ratings.rows
    assert rows.time.is_monotonic_increasing
    assert (rows.drop_duplicates("user").user.to_numpy() == np.arange(671)).all()
    assert (rows.time.iloc[0], rows.time.iloc[-1]) == (789652009, 1476640644)


def test_films(ratings):
    films = ratings.films
    assert films.iloc[0].tolist() == [
        "Toy Story",
        1995,
        ("Adventure", "Animation", "Children", "Comedy", "Fantasy"),
    ]
    assert (films.title == "").sum() == (films.year == 0).sum() == 5
    assert ratings.rows.film.nunique() == 9066 and ratings.rows.film.max() == 9065
    assert not ratings.rows.duplicated(["user", "film"]).any()
