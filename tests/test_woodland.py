"""The pictures of chapter 4.5 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import woodland

BOXES = np.array([[1.0, 2, 8, 9], [20, 20, 30, 32]])


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_overlap_of_a_shifted_square():
    assert woodland.shifted_overlap(100, 3) == pytest.approx(9409 / 10591)
    assert woodland.shifted_overlap(10, 3) == pytest.approx(49 / 151)
    assert woodland.shifted_overlap(5, 9) == 0


def test_a_ruler_promises_what_stands_where_it_is_laid():
    even, left = np.arange(24) + 0.5, np.full(6, 0.5)
    assert np.allclose(woodland.promised(even, 24, 8, 1), 1)
    assert woodland.promised(left, 24, 8, 1).tolist() == [3] + 16 * [0]
    assert woodland.promised(left, 24, 8, 4).tolist() == [3, 0, 0, 0, 0]


def test_words():
    hit = np.array([True, False, True])
    assert woodland.say_found(hit, 5) == "3 boxes, 2 right; 3 of 5 trees missed"


def test_curves_in_words():
    curves = {"a": (np.array([True, False, True]), 2), "b": (np.zeros(2, bool), 1)}
    assert woodland.say_curves(curves) == "a 0.83, b 0.00"


def test_the_shift_marks_its_side():
    ax = woodland.draw_shift(10, 3, "t").axes[1]
    assert ax.lines[1].get_xdata() == [10] and len(ax.figure.axes[0].patches) == 2


def test_boxes_and_truth_are_drawn():
    ax = woodland.draw_boxes(np.zeros((50, 60, 3)), BOXES, BOXES, [True, False], "t").axes[0]
    assert len(ax.patches) == 4
    assert [p.get_linestyle() for p in ax.patches[2:]] == ["-", "--"]


def test_scenes_have_their_boxes():
    rows = {name: [(np.zeros((9, 9, 3)), BOXES)] * 2 for name in ("a", "b")}
    figure = woodland.draw_scenes(rows)
    assert [len(ax.patches) for ax in figure.axes] == [2] * 4


def test_curves_end_at_their_recall():
    ax = woodland.draw_curves({"a": (np.array([True, False]), 4), "b": ([True], 1)}, "t").axes[0]
    assert ax.lines[0].get_xdata()[-1] == 0.25 and ax.lines[1].get_ydata()[-1] == 1


def test_tissue_shows_what_is_wrong():
    true, found = np.zeros((4, 5), int), np.eye(4, 5, dtype=int)
    figure = woodland.draw_tissue(np.zeros((4, 5)), true, found, "t")
    assert figure.axes[2].images[0].get_array().sum() == 4
