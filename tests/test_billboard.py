import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import billboard


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_table_by_row_and_column():
    assert billboard.table(lambda a, b: 10 * a + b, [1, 2], [3, 4]) == {
        1: {3: 13, 4: 14},
        2: {3: 23, 4: 24},
    }


def test_lines_ring_the_mark():
    lines = {"a": {1: 5.0, 2: 6.0}, "b": {1: 7.0, 2: 8.0}}
    figure = billboard.draw_lines(lines, ("b", 2), ("x", "y"), "title", ("level", 3))
    ring = figure.axes[0].lines[2]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (1, 8)
    part = billboard.draw_lines(lines, ("a", 1), ("x", "y"), "title", until=True).axes[0]
    assert [len(line.get_xdata()) for line in part.lines] == [1, 1, 1]
    assert part.get_ylim() == figure.axes[0].get_ylim() == pytest.approx((4.82, 8.18))
    with pytest.raises(ValueError, match="`mark` must be a curve and a place of it"):
        billboard.draw_lines(lines, ("c", 2), ("x", "y"), "title")
    with pytest.raises(ValueError, match="`mark` must be a curve and a place of it"):
        billboard.draw_lines(lines, ("a", 3), ("x", "y"), "title")


def test_intervals_have_95_percent_bars():
    figure = billboard.draw_intervals({"a": (1.0, 0.5)}, "x", "title", xlim=(-3, 3))
    bar = figure.axes[0].collections[0].get_segments()[0]
    assert bar[:, 0] == pytest.approx([1 - 0.98, 1 + 0.98])


def test_texts_say_the_numbers_of_the_state():
    gains = {25: {60: (0.76, 1.0)}}
    assert "gain 0.76, money for 100%" in billboard.say_bid(gains, 60, 25)
    judged = lambda policy, shop: ({"IPS": (0.003, 0.001)}, (0.0046, 0.0007), 656.2, None)  # noqa: E731
    said = billboard.say_judged(judged, "Thompson", "men")
    assert said == "Thompson, men: IPS 30; counted 46; worth 656 rows"
    days = {8: {"p · F": {7: (0.133, 0.177, 0.31)}}}
    said = billboard.say_day(days, 8, 7)
    assert said == "campaign 8, day 7: 17.7% came; promised: p · F 13.3%, gain 0.31"
    looks = {"any time": {10: (0.009, 0.42)}}
    said = billboard.say_looks(looks, 10)
    assert said == "looks 10, false alarms: any time 0.9%, true lifts found 42%"
    effects = {18: {8: {"before": (4.2, 1.2)}}}
    assert billboard.say_effect(effects, 18, 8).endswith("8 weeks: before +4.2 dollars a week")


@pytest.mark.parametrize("number", range(5))
def test_each_picture_is_drawn(number):
    gains = {25: {s: (0.1, 1.0) for s in (40, 50)}}
    found = {"IPS": (0.003, 0.001), "DR": (0.002, 0.001)}
    days = {8: {"p · F": {k: (0.1, 0.2, k / 30) for k in (3, 7)}}}
    looks = {"any time": {k: (0.01, 0.4) for k in (1, 10)}}
    effects = {18: {8: {"before": (4.2, 1.2)}}}
    figure = [
        lambda: billboard.draw_bids(gains, 50, 25),
        lambda: billboard.draw_judged(lambda p, s: (found, (0.004, 0.001), 5.0), "random", "all"),
        lambda: billboard.draw_days(days, 8, 7),
        lambda: billboard.draw_looks(looks, 10),
        lambda: billboard.draw_effect(effects, 18, 8),
    ][number]()
    ax = figure.axes[0]
    assert ax.get_xlabel() and ax.get_title() and np.isfinite(ax.dataLim.bounds).all()
