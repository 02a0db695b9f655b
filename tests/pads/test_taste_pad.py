"""The taste pad: one small system by hand, the same in the page, bad arguments refused."""

from functools import partial

import numpy as np
import pytest
from page_script import run_behind

from lmlab.pads.taste_pad import TastePad, fold_in

in_the_page = partial(run_behind, "taste_pad.js")
FILMS = np.array([[1.0, 0], [0, 1], [1, 1], [2, 0]])
TITLES = ["A", "B", "C", "D"]


def test_by_hand():
    # (1 + 1) p = (1, 0): p = (0.5, 0)
    assert fold_in(FILMS, np.eye(2), 1.0, [0]) == pytest.approx([0.5, 0, 0.5, 1])


def test_no_click_no_score():
    assert fold_in(FILMS, np.eye(2), 1.0, []).tolist() == [0, 0, 0, 0]


def test_the_page_computes_what_python_computes(node):
    rng = np.random.default_rng(0)
    films = rng.normal(size=(30, 8)).round(4)
    left = films.T @ films + 3 * np.eye(8)
    cases = [[], [3], [0, 7, 29], list(range(12))]
    code = "console.log(JSON.stringify(cases.map((liked) => foldIn(films, left, liked))));"
    pages = in_the_page(node, code, cases=cases, films=films.tolist(), left=left.tolist())
    for liked, page in zip(cases, pages, strict=True):
        assert page == pytest.approx(fold_in(films, films.T @ films, 3.0, liked), abs=1e-9)


def test_the_best_are_not_those_clicked(node):
    code = "console.log(JSON.stringify(cases.map((liked) => best(films, left, liked, 2))));"
    given = {"films": FILMS.tolist(), "left": (2 * np.eye(2)).tolist()}
    assert in_the_page(node, code, cases=[[], [0], [1]], **given) == [[0, 1], [3, 2], [2, 0]]


def test_representation():
    assert repr(TastePad(TITLES, FILMS, np.eye(2), 1.0)) == "TastePad(4 films, 4 to click)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"titles": ["A", "B", "C"]}, "`titles` must be 4 different ones, got 3"),
        ({"titles": ["A", "B", "C", "A"]}, "`titles` must be 4 different ones, got 3"),
        ({"gram": np.eye(3)}, r"`gram` must be \(2, 2\), got \(3, 3\)"),
        ({"lam": 0}, "`lam` must be positive, got 0"),
        ({"start": [4]}, "`start` must be rows of the offered films, got 4"),
    ],
)
def test_bad_arguments(change, message):
    given = {"titles": TITLES, "films": FILMS, "gram": np.eye(2), "lam": 1.0} | change
    with pytest.raises(ValueError, match=message):
        TastePad(**given)
