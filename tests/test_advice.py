"""The pictures of the chapter on personal advice: they draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from lmlab import advice
from lmlab.figures import BLUE, RED


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_numbers_in_a_text():
    assert advice.numbers_in("5% of 25,156.40 dollars, 10.") == [5.0, 25156.4, 10.0]
    assert advice.numbers_in("1000 and 12,34") == [1000.0, 12.0, 34.0]
    assert advice.numbers_in("none") == []


def test_has_number():
    assert advice.has_number("I think 2,060 dollars.", 2050)
    assert not advice.has_number("I think 2,080 or 5.", 2050) and not advice.has_number("no", 1)


def test_whole_answers():
    assert advice.whole("It is 4. So you") == "It is 4."
    assert advice.whole("It is 4. Good.<|im_end|>more") == "It is 4. Good."
    assert advice.whole("one number 1.5 only") == "one number 1.5 only"


def test_orders():
    ax = advice.draw_orders(np.array([0.0, 1, 1.5]), np.array([0.0, 1, 3]), "saver", "as it was")
    dotted, path, end = ax.axes[0].get_lines()
    assert list(path.get_ydata()) == [0, 1, 1.5] and list(dotted.get_ydata()) == [0, 1, 3]
    assert list(end.get_xdata()) == [2] and ax.axes[0].get_title() == "saver: ends at 2"
    said = advice.say_orders([100, 40, -5, -9], "pensioner")
    assert said == "pensioner: the fund is empty after 2 years"


def test_fan():
    paths = np.array([[0.0, 1, 2], [0, 1, 3], [0, 1, 4]])
    ax = advice.draw_fan(paths, np.array([0.0, 1, 3]), "by lot").axes[0]
    assert list(ax.get_lines()[0].get_ydata()) == [0, 1, 3]
    assert ax.get_title() == "by lot: 67 of 100 get what was promised"
    said = advice.say_fan(paths[:, -1], 3)
    assert said == "promised 3.0; the middle saver has 3.0; 67 of 100 get it"


def test_consent():
    died, told = {"everybody": 0.2, "low income": 0.4}, {"everybody": 0.2, "low income": 0.3}
    ax = advice.draw_consent(died, told, 0.37, {"everybody": 0.01, "low income": 0.05}, "t").axes[0]
    assert [patch.get_height() for patch in ax.patches] == [0.2, 0.4]
    dots = next(line for line in ax.get_lines() if line.get_marker() == "D")
    assert list(dots.get_ydata()) == [0.2, 0.3] and ax.get_title() == "t; loss 0.3700 nats"
    assert "low income 0.300 for 0.400; loss 0.3700" in advice.say_consent(died, told, 0.37)


def test_profile():
    risks = np.linspace(0, 1, 21)
    ax = advice.draw_profile(risks, "ask a human", False, 0.2).axes[0]
    assert to_hex(ax.title.get_color()).upper() == RED and "outside" in ax.get_title()
    assert list(ax.get_lines()[1].get_xdata()) == pytest.approx([0.05, 0.95])
    inside = advice.draw_profile(risks, "ask a human", True, 0.2).axes[0]
    assert to_hex(inside.title.get_color()).upper() == BLUE
    said = advice.say_profile(risks, "ask a human", True)
    assert said == "risk 0.500 (0.050 to 0.950): ask a human; inside the table"
