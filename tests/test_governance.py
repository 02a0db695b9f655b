"""The pictures of chapter 4.9."""

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgba

from lmlab import governance
from lmlab.data import Package
from lmlab.figures import ORANGE

RING = {
    "shop": Package("shop", "1"),
    "web": Package("web", "1", ("shop", "names")),
    "names": Package("names", "1", ("web",)),
    "left": Package("left", "1", ("right",)),
    "right": Package("right", "1", ("left",)),
}


def test_depths_also_of_rings():
    assert governance.depths(RING) == {"shop": 0, "web": 1, "names": 2, "left": 0, "right": 0}


def test_a_fall_marks_who_falls():
    figure = governance.draw_fall(RING, "web", {"web", "shop"}, "web")
    marks = [line.get_marker() for line in figure.axes[0].lines]
    assert sorted(marks) == ["X", "X", "o", "o", "o"]
    plt.close(figure)


def test_verdicts_in_words_and_bars():
    verdicts = {"a": "yes", "b": "no", "c": "by hand", "d": "no"}
    assert governance.say_verdicts(verdicts) == "1 yes, 1 by hand, 2 no; no: b, d"
    assert governance.say_verdicts({"a": "yes"}) == "1 yes, 0 by hand, 0 no"
    figure = governance.draw_verdicts(verdicts, "whole")
    assert [bar.get_width() for bar in figure.axes[0].patches] == [1, 1, 2]
    plt.close(figure)


def test_ends_of_factors():
    figure = governance.draw_carbon(10, (300,), {"country": (150, 600)}, "here")
    line = figure.axes[0].lines[0]
    assert list(line.get_xdata()) == [5, 20] and figure.axes[0].texts[0].get_text() == "× 4"
    plt.close(figure)


def test_an_audit_shows_the_changed_field():
    card = {"one": {"a": 1}, "factors": {"groups": "all", "more": 2}}
    figure = governance.draw_audit(card, "field left out", ["b is wrong"], "fault")
    colours = [patch.get_facecolor() for patch in figure.axes[0].patches]
    assert [colour == to_rgba(ORANGE) for colour in colours] == [False, True, False]
    assert figure.axes[0].texts[-1].get_text() == "complaint: b is wrong"
    assert governance.say_audit([]) == "no complaint"
    plt.close(figure)
