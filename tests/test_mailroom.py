"""The pictures of chapter 3.6 show what they are given, and its average does what theory says."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import mailroom


def test_an_average_by_hand():
    assert mailroom.follow([8, 0, 4, 0], 0.5).tolist() == [0, 4, 2, 3]
    assert mailroom.follow([8, 0, 4, 0], 0.5, late=2).tolist() == [0, 0, 4, 2]
    assert mailroom.level_of(3, 6).tolist() == [0, 3, 6, 3, 0, 3]


def test_tracking_error_by_hand_and_by_simulation():
    assert mailroom.tracking_error(0.1, 0.5) == pytest.approx(
        (0.2, (1 / 3) ** 0.5, (0.04 + 1 / 3) ** 0.5)
    )
    line = 0.05 * np.arange(50_000)
    noise = np.random.default_rng(0).normal(size=len(line))
    off = (line - mailroom.follow(line + noise, 0.2, 4))[500:]
    lag, spread, both = mailroom.tracking_error(0.05, 0.2, 4)
    assert off.mean() == pytest.approx(lag, rel=0.05) and off.std() == pytest.approx(
        spread, rel=0.05
    )
    assert np.mean(off**2) ** 0.5 == pytest.approx(both, rel=0.03)
    assert mailroom.simulated_error(0.05, 0.2, 4, 20_000) == pytest.approx(both, rel=0.03)
    assert mailroom.best_rate(0.002) == pytest.approx((4 * 0.002**2) ** (1 / 3), rel=0.02)
    assert mailroom.say_level(0.1, 0.5, 1) == "lag 0.20, noise 0.58, together 0.61"


def test_finds_in_words_and_in_a_picture():
    days = np.array([0, 1, 8, 9])
    lines = {"stands still": np.array([1, 0, 0, 0.5]), "learns": np.array([1, 0, 1, 1])}
    finds = mailroom.Finds(days, lines, 8)
    assert finds.say() == "found from day 8 on: stands still 25.0%, learns 100.0%"
    ax = finds.draw(width=8).axes[0]
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[0.5, 0.25], [0.5, 1]]
    assert ax.lines[2].get_xdata() == [8, 8] and ax.get_title() == finds.say()
    plt.close("all")


def test_rare_case_by_hand():
    scores, fraud = np.array([4.0, 3, 2, 1]), np.array([1, 0, 0, 1])
    left, right = mailroom.draw_rare(scores, fraud, 0.5, 0.25).axes
    assert left.lines[2].get_xydata().tolist() == [[0, 0.5]]  # one alert: a fraud
    assert right.lines[2].get_xydata().tolist() == [[0.5, 1]]
    said = mailroom.say_rare(scores, fraud, 0.5, 0.25)
    assert said == "AUC 0.500, AP 0.75; alerts 100% right, 50% found"
    draw = mailroom.draw_level(0.1, 0.5, 1).axes[0]
    assert draw.get_title() == mailroom.say_level(0.1, 0.5, 1)
    plt.close("all")
