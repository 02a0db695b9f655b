"""The pictures of chapter 3.5 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import lending


def test_each_picture_shows_its_numbers():
    p, bad = np.array([0.1, 0.2, 0.9]), np.array([0, 0, 1])
    top, low = lending.draw_cutoff(p, bad, lambda cut: 10 * cut, 0.3, "cut").axes
    assert top.get_title() == "cut" and low.lines[1].get_xydata().tolist() == [[0.3, 3.0]]
    ax = lending.draw_promises([0.2, 0.4], [0.3, 0.5], [0.1, 0.1], "promises").axes[0]
    assert ax.lines[1].get_xydata().tolist() == [[0.2, 0.3], [0.4, 0.5]]
    ax = lending.draw_guesses({"one": 0.5, "two": 1.0}, [0, 1, 0, 1, 0], "guesses").axes[0]
    assert ax.lines[1].get_xdata().tolist() == [0.5, 1.0]
    assert list(ax.lines[0].get_xdata()) == [0.4, 0.4]
    plt.close("all")


def test_outcome_by_hand():
    p, bad = [0.1, 0.3, 0.6, 0.5], [0, 1, 1, 0]
    each = [20, -50, 0, 0]  # two loans, one of them bad; one rightly refused, one wrongly
    got = lending.outcome(p, bad, each, 0.5)
    assert got == pytest.approx((0.5, 0.5, 0.5, -7.5, np.std(each) / 2))
    assert lending.say_outcome(*got) == "refused 50%, bad loans 50%, right 50%, money -8"


def test_guesses_in_words():
    assert lending.say_guesses({"a": 0.5, "all bad": 1.0}, 0.25) == "truth 25%; a 50%, all bad 100%"
