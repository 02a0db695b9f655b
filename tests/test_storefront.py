"""The pictures of the chapter on decisions: they draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import storefront


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_a_test_and_a_regret():
    gains = {100: {0: 0.0, 5: 1.25}}
    assert storefront.say_test(gains, 100, 5) == "5 of 100 customers tested: gain 1.2 in all"
    assert storefront.draw_test(gains, 100, 5).axes[0].get_title().startswith("5 of 100")
    found = {"now": {"UCB": {0.1: 3.0, 0.2: 2.0}}}
    ax = storefront.draw_regret(found, {"now": 5.0}, "UCB", 0.2, "now").axes[0]
    assert list(ax.get_lines()[0].get_ydata()) == [3, 2]
    assert storefront.say_regret(found, "UCB", 0.2, "now") == "now: UCB with 0.2 loses 2.0 %"


def test_a_price_and_what_it_loses():
    assert storefront.priced(-2, -2) == (2, 2, 0)
    charged, best, lost = storefront.priced(-2, -3)
    assert (charged, best) == (1.5, 2) and lost == pytest.approx(1 - (0.5 / 2.25) / 0.25)
    assert "charged 1.50 × cost, best 2.00; 11.1% of" in storefront.say_profit(-2, -3)
    assert len(storefront.draw_profit(-2, -3).axes[0].get_lines()) == 3
    with pytest.raises(ValueError, match="`true` must be below -1"):
        storefront.draw_profit(-0.5, -2)


def test_values():
    exact, learned = {0.9: np.full((2, 3, 2), 10.0)}, {(0.9, 0.1): np.full((2, 3, 2), 9.0)}
    said = storefront.say_values(learned, exact, 0.9, 0.1)
    assert "-10.0% in the mean, 1.00 at most" in said
    axes = storefront.draw_values(learned, exact, 0.9, 0.1).axes
    assert (axes[1].images[0].get_array() == -1).all()


def test_a_push():
    pushed = {"line": {1: (2.0, 0.5, np.array([0.2, 0.8]))}}
    said = storefront.say_pushed(pushed, "line", 1)
    assert said == "line, push 1: learned reward +2.0, true 0.50 of the best"
    ax = storefront.draw_pushed(pushed, [0.4, 0.6], [8, 9], "line", 1).axes[0]
    assert [bar.get_height() for bar in ax.patches] == [0.25, 1]
