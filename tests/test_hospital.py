"""The pictures of chapter 1.5 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import hospital


def test_the_thousand_people_of_the_chapter():
    said = hospital.say_people(0.01, 0.95, 0.95)
    assert said == "9.5 sick among 59.0 alarms; NPV 0.9995"
    ax = hospital.draw_people(0.01, 0.95, 0.95).axes[0]
    assert [round(bar.get_width(), 1) for bar in ax.patches] == [9.5, 49.5]
    assert ax.get_title().endswith("PPV 0.161")
    plt.close("all")


def test_costs_have_their_dot_where_they_should():
    part = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True])

    def cost(part, threshold, worth):
        return worth * np.mean(part[0] > threshold)

    assert hospital.say_costs(cost, part, 0.5, 2) == "sensitivity 0.500, specificity 0.500, " + (
        "cost 1 for 100"
    )
    ax = hospital.draw_costs(cost, part, 0.5, 2).axes[0]
    assert ax.lines[1].get_xdata().tolist() == [0.5] and ax.lines[1].get_ydata().tolist() == [1]
    plt.close("all")


def test_gain_begins_at_the_break_even():
    ax = hospital.draw_gain(0.8, 0.1, 30).axes[0]
    assert ax.get_title() == "finds 0.80 of the sick, alarms 0.100 of the healthy"
    begin = 0.1 / (0.1 + 24)
    assert ax.lines[2].get_xdata()[0] == pytest.approx(100 * begin)
    assert begin * 0.8 * 30 == pytest.approx((1 - begin) * 0.1)
    assert hospital.say_gain(0.8, 0.1, 30).startswith("helps from 0.41% on; at 5 % it gains 1105")
    plt.close("all")


def test_bars_and_patches():
    ax = hospital.draw_detection({"a": 0.6, "b": 0.9}, "here").axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.6, 0.9] and ax.get_title() == "here"
    ax = hospital.draw_rankings({"a": [1, 3], "b": [2, 2]}, "here", 5).axes[0]
    assert [bar.get_width() for bar in ax.patches] == [2, 2] and ax.get_xlim() == (0, 5)
    axes = hospital.draw_patches(np.zeros((2, 3, 3)), ["a", "b"]).axes
    assert [one.get_title() for one in axes] == ["a", "b"]
    plt.close("all")
