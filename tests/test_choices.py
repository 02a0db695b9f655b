"""The pictures of chapter 5.2 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import choices


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.mark.parametrize(("query", "arrows"), [([1, 2], 4), ([0, 0], 3)])
def test_look_up_draws_keys_and_a_query_that_is_not_zero(query, arrows):
    keys, values = [[1, 0], [0, 1], [1, 1]], [[2, 0], [0, 2], [1, 1]]
    figure = choices.draw_look_up(query, [0.5, 0.25, 0.25], [1, 1], keys, values, ["q", "title"])
    left, right = figure.axes
    assert sum(text.get_text() == "" for text in left.texts) == arrows
    assert [text.get_text() for text in right.texts] == ["v1: 0.50", "v2: 0.25", "v3: 0.25"]
    assert right.get_title() == "output (1.00, 1.00)"


def test_long_arrows_are_cut():
    ax = plt.figure().add_subplot()
    choices.draw_arrow(ax, [30, 40], "q", "red")
    assert np.allclose(ax.texts[1].get_position(), [1.2 * 1.32, 1.2 * 1.76])


def test_sentence_counts_and_ticks_what_is_right():
    ax = choices.draw_sentence(["s", "a", "b", "c"], np.eye(4), np.array([0.9, 0.1]), "copy").axes[
        0
    ]
    assert ax.get_title() == "copy: 1 of 2 next words"
    assert [text.get_position()[1] for text in ax.texts] == [1]


def test_race_puts_the_point_on_the_turned_line():
    losses = [np.array([1.0, 0.1]), np.array([2.0, 0.5])]
    path = np.array([[1.0, 1.0], [20.0, 0.0]])
    left, right = choices.draw_race(
        lambda theta: (theta**2).sum(axis=-1), path, [0.1, 1], losses, 1, ["l", "r"]
    ).axes
    assert left.lines[0].get_xydata().tolist() == [[1, 1], [9, 0]]
    assert right.lines[2].get_xydata().tolist() == [[1, 0.5]] and right.get_title() == "r"


def test_walks_are_drawn_to_their_end():
    walks = np.outer(np.arange(9), [1, 2, 3, 4])
    ax = choices.draw_walks(walks, "t").axes[0]
    assert [line.get_xydata()[-1].tolist() for line in ax.lines[:2]] == [[8, 8], [8, 16]]
