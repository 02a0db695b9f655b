"""The pictures of chapter 3.8 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import shop


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_words():
    assert shop.say_rates(0.0123, 0.4) == "FAR 1.2 %, FRR 40 %"
    said = shop.say_gallery(([0.01, 0.29], [0.01, 0.634]), 1, 2)
    assert said == "2 members, FAR 1 %: counted 29%, formula 63%"
    said = shop.say_door(np.array([0.9, 0.4]), np.array([0.7, 0.1]), 0.5, 10)
    assert said == "promised 10 %: FAR 50.0 %, FRR 50 %"
    values = {"group": (0.4, 0.02, 0.85), "others": (0.1, 0.01, 0.5)}
    assert shop.say_groups(values).startswith("group: EER 40%, FAR 2.0 %, FRR 85 %; others: EER")


def test_pairs_show_both_kinds_and_the_threshold():
    figure = shop.draw_pairs(np.full(9, 0.8), np.zeros(9), 0.5, 1)
    ax = figure.axes[0]
    assert (
        ax.get_title() == "promised 1 %: FAR 0.0 %, FRR 0 %" and ax.lines[0].get_xdata()[0] == 0.5
    )
    names = {text.get_text() for text in ax.get_legend().get_texts()}
    assert names == {"one person", "two people", "the door opens from here"}


def test_a_gallery_has_two_curves_and_the_size():
    ax = shop.draw_gallery(([0.1, 0.2], [0.1, 0.3]), 1, 2).axes[0]
    assert np.allclose(ax.lines[0].get_ydata(), [10, 30]) and ax.lines[2].get_xdata()[0] == 2


def test_groups_have_a_bar_each():
    values = {"group": (0.4, 0.02, 0.85), "others": (0.1, 0.01, 0.5)}
    figure = shop.draw_groups(values, "t")
    heights = [[p.get_height() for p in ax.patches] for ax in figure.axes]
    assert np.allclose(heights, [[40, 10], [2, 1], [85, 50]])


def test_a_shelf_stands_above_its_density():
    figure = shop.draw_shelf(np.zeros((16, 112)), np.full(56, 0.1), np.zeros(56), "t")
    assert len(figure.axes[0].images) == 1
    assert np.allclose(figure.axes[1].lines[0].get_ydata(), 0.1)


def test_orders_mark_their_thresholds():
    levels = np.arange(3)
    ax = shop.draw_orders(levels, {"a": (levels, 2), "b": (levels, 0)}, 1, "t").axes[0]
    assert [line.get_xdata()[0] for line in ax.lines[2:]] == [1.5, 2]
    assert ax.lines[3].get_label() == "tuned (a)"


def test_people_are_shown_in_rows():
    figure = shop.draw_people(np.zeros((2, 3, 4, 4)), ["real", "drawn"])
    assert len(figure.axes) == 6 and figure.axes[3].get_ylabel() == "drawn"
