"""The pictures of the chapter on transport: they draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import data, streets


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_followers():
    ax = streets.draw_followers(0.5, 80, 30, 20, 60).axes[0]
    assert [bar.get_width() for bar in ax.patches] == [60, 30]
    assert [text.get_text() for text in ax.texts] == ["80.0", "30.0"]
    said = streets.say_followers(0.5, 80, 30, 20)
    assert said == "50% follow: they drive 80.0 minutes, the others 30.0; before, all drove 20.0"


def test_queue():
    ax = streets.draw_queue(0.5, 1.04).axes[0]
    assert ax.get_lines()[1].get_xydata().tolist() == [[0.5, 1.0]]
    assert streets.say_queue(0.5, 1.0, 1.04).endswith("by the formula, 1.0 simulated")


def test_cycle():
    ax = streets.draw_cycle(np.array([20, 40]), np.array([500, 30]), 33.3, "Y").axes[0]
    assert ax.get_lines()[0].get_ydata().tolist() == [150, 30]
    assert "Webster says 33.3 s" in streets.say_cycle(0.4, 10, 33.3, 30)


def test_signals():
    waits = {"fixed": 28.0, "learned": 900.0}
    ax = streets.draw_signals(waits, "Y").axes[0]
    assert [bar.get_width() for bar in ax.patches] == [28, 60]
    assert streets.say_signals(waits) == "fixed 28.0 s, learned 900.0 s"


def test_routes():
    roads = data.load_roads()
    ax = streets.draw_routes(roads, np.ones(76), [(0, 3)], [11], [12.5], 0, "t").axes[0]
    assert (
        len(ax.get_lines()) == 77 and ax.get_lines()[-1].get_label() == "11 → 12.5 min\nrecommended"
    )
    assert streets.say_routes([11, 12], [12.5, 12], 1).endswith(
        "12 empty, 12.0 now; recommended: number 2"
    )
