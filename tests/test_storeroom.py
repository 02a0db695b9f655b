import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import storeroom


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def cost(short, over):
    q = np.arange(90.0, 111)
    return q, short * np.maximum(100 - q, 0) + over * np.maximum(q - 100, 0)


def found(model, horizon):
    return np.array([5.0, 7]), np.array([-2.0, 8]), 3.0, 4.0


SLOPES, COUNTED = {"sold": -0.5, "all": -2.0}, {0: 1.0, 50: 3.0}
KEPT = {95: {"root": {0: 0.94, 13: 0.86}}}


def test_texts_say_the_numbers_of_the_state():
    assert storeroom.say_order(cost, 6, 4) == "missing 6, left over 4: cheapest order 100, 0"
    said = storeroom.say_forecast(found, "Poisson", 7)
    assert said == "Poisson, 7 ahead: RMSE 3.00, naive 4.00; lowest -2.0"
    said = storeroom.say_cut(SLOPES, COUNTED, "all", 50)
    assert said == "price 50 % down, all: 4.00 times as much; counted 3.00"
    said = storeroom.say_service(KEPT, 95, "root", 13)
    assert said == "root, lead time 13: promised 95 %, kept 86.0 %"


def test_pictures_ring_the_state():
    ring = storeroom.draw_order(cost, 6, 4).axes[0].lines[1]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (100, 0)
    ring = storeroom.draw_cut(SLOPES, COUNTED, "all", 50).axes[0].lines[-1]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (50, pytest.approx(4))
    ring = storeroom.draw_service(KEPT, 95, "root", 13).axes[0].lines[1]
    assert ring.get_ydata()[0] == pytest.approx(86)


def test_forecast_is_drawn_as_it_is():
    ax = storeroom.draw_forecast(found, "Poisson", 7).axes[0]
    assert ax.lines[1].get_ydata().tolist() == [-2, 8]
    assert ax.get_ylim()[0] < -2 and ax.get_xlabel() and ax.get_title()
