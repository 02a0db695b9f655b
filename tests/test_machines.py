"""The pictures of chapter 5.5 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import machines
from lmlab.figures import BLUE


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_speed_and_bill_multiply_to_the_workers():
    left, right = machines.draw_speed_up(lambda p, n: n / 2, 0.5, 8).axes
    assert left.lines[-1].get_xydata().tolist() == [[8, 4]]
    assert right.lines[-1].get_xydata().tolist() == [[8, 2]]
    assert right.get_title() == "2.0 times the bill"


def test_chunks_and_what_is_sent():
    held = np.array([[1, 2], [2, 1]])
    left, right = machines.draw_chunks(held, "50 %", lambda n: 100 + n).axes[:2]
    assert left.images[0].get_array().tolist() == held.tolist()
    assert right.lines[2].get_xydata().tolist() == [[2, 102]]


def test_shares_mark_the_interval_on_the_chosen_farm():
    ax = machines.draw_shares(lambda t, c: 0.5 + 0 * t + c / 1e4, [1000, 2000], [5], 5, 2000).axes[
        0
    ]
    assert [line.get_color() for line in ax.lines[:2]] == ["silver", BLUE]
    assert ax.lines[2].get_xydata().tolist() == [[5, 0.7]] and "70%" in ax.get_title()


@pytest.mark.parametrize(("parts", "word"), [((14, 14, 10), "fits"), ((14, 14, 84), "does not")])
def test_parts_fit_or_not(parts, word):
    ax = machines.draw_parts(parts, 7, "7 B").axes[0]
    assert [bar.get_width() for bar in ax.patches] == list(parts) and word in ax.get_title()


def test_talk_stands_on_compute():
    ax = machines.draw_talk([1, 2], [8.0, 4.0], [0.0, 1.0], 2, "t").axes[0]
    assert [bar.get_y() for bar in ax.patches[2:]] == [8, 4]
    assert ax.lines[0].get_xydata().tolist() == [[1, 5.6]]


def test_tasks_are_drawn_as_shares_of_the_end():
    ax = machines.draw_tasks(np.array([[0], [1]]), np.array([[4], [2]]), 6.0, "t").axes[0]
    left = [bar.get_paths()[0].vertices[:, 0].min() for bar in ax.collections]
    assert np.allclose(left, [0, 1 / 6, 4 / 6, 2 / 6])


def test_budgets_put_the_star_on_the_best():
    row = {4: np.array([2.9, 2.8, 2.7]), 8: np.array([2.6, 2.5, 2.4])}
    left, right = machines.draw_budgets({1e8: row}, [1e8], np.array([[6, 7, 8]]), 8).axes
    star = next(line for line in left.lines if line.get_marker() == "*")
    assert np.allclose(star.get_xydata(), [[8, 2.5]])
    assert right.lines[0].get_ydata().tolist() == [6]
