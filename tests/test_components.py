"""The pictures of chapter 1.1 show what they are given."""

import matplotlib.pyplot as plt
import pytest

from lmlab import components
from lmlab.figures import BLUE, RED


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_parts_in_a_circle_wait_in_red():
    arrows = [("model", "data set"), ("data set", "model"), ("hardware", "model")]
    ax = components.draw_needs(arrows, [], ["model", "data set", "model"]).axes[0]
    assert ax.get_title() == "2 parts wait in a circle"
    colours = dict(zip(components.PLACES, (line.get_color() for line in ax.lines), strict=True))
    assert [part for part, colour in colours.items() if colour == RED] == ["data set", "model"]
    shown = [text.get_text() for text in ax.texts]
    assert shown.count("?") == 2 and set(components.PLACES) <= set(shown)


def test_parts_in_an_order_get_their_numbers():
    order = ["hardware", "algorithm", "infrastructure", "data set", "model"]
    ax = components.draw_needs([("data set", "model")], order, []).axes[0]
    shown = [text.get_text() for text in ax.texts if text.get_text()]
    assert dict(zip(shown[1::2], shown[::2], strict=True))["hardware"] == "1"
    assert "order" in ax.get_title() and {line.get_color() for line in ax.lines} == {BLUE}


def test_gpt_has_all_terms():
    shown = {text.get_text() for text in components.draw_gpt().axes[0].texts}
    assert {"$Vd + Td$", "$4d^2 + 4d$", "$8d^2 + 5d$", "$2d$", "0", "L layers"} <= shown


def test_readable():
    assert [components.readable(x) for x in (248.9e6, 5.3e9, 2.8e12)] == [
        "248.9 MB",
        "5.3 GB",
        "2.8 TB",
    ]


def test_memory_bars_are_as_long_as_the_need():
    ax = components.draw_memory({"train": 16e9, "run": 2e9, "small": 5e8}, [8e9], "a").axes[0]
    assert [bar.get_width() for bar in ax.patches] == [16e9, 2e9, 5e8]
    assert [line.get_xdata()[0] for line in ax.lines] == [8e9] and ax.get_title() == "a"


@pytest.mark.parametrize(("at", "speed"), [(1, 2e12), (1000, 1e14)])
def test_point_lies_on_the_roof(at, speed):
    chips = {"one": (1e14, 2e12), "other": (5e14, 2e12)}
    ax = components.draw_roof(chips, "one", at, "t").axes[0]
    assert ax.lines[2].get_xydata().tolist() == [[at, speed]]
    assert ax.lines[0].get_color() == BLUE and ax.lines[1].get_color() == "lightgray"
