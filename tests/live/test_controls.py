"""Controls have names, units and safe ends."""

import math

import pytest
from live_cases import ASK, NUMBER, WRONG, draw, say

from lmlab.live import Choice, Number, Slider, counted, explore


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1, "rounds", "1 round"), (2, "rounds", "2 rounds"), (1.0, "bytes a day", "1 byte a day"),
        (1, "batches", "1 batch"), (1, "classes", "1 class"), (1, "boxes", "1 box"),
        (1, "queries", "1 query"), (1, "movies", "1 movie"), (1, "tokens/s", "1 token/s"),
        (1, "s", "1 s"), (1, "ms", "1 ms"), (1, "GFLOP/s", "1 GFLOP/s"), (1, "", "1"),
    ],
)  # fmt: skip
def test_one_of_a_kind_is_named_in_the_singular(value, unit, text):
    assert counted(value, unit) == text
    assert Slider("S", [value, 7], unit=unit).widget().options[0] == text


@pytest.mark.parametrize("kind", [Slider, Choice])
def test_a_start_that_is_no_value_is_refused(kind):
    with pytest.raises(ValueError) as error:
        explore(draw, question=ASK, alt=say, rate=kind("R", [0.1, 0.2], start=0.3))
    assert str(error.value) == "`start` must be one of [0.1, 0.2], got 0.3"


@pytest.mark.parametrize(
    ("control", "kind", "options"),
    [
        (Slider("R", [0.001, 1.0, 10], unit="s"), "SelectionSlider", ("0.001 s", "1 s", "10 s")),
        (Choice("C", [1, 2.50, "x", None]), "ToggleButtons", ("1", "2.5", "x", "None")),
        (Choice("C", "abcde"), "Dropdown", tuple("abcde")),
    ],
)
def test_controls_have_names_and_readable_values(recwarn, control, kind, options):
    knob = control.widget()
    assert [str(warning.message) for warning in recwarn] == []
    assert (type(knob).__name__, knob.options, knob.index) == (kind, options, 0)
    assert knob.description == control.label


@pytest.mark.parametrize(
    ("number", "text", "value"),
    [
        (Number("R", 0.1, 0, 1), "0.25", 0.25),
        (Number("R", 0.1, 0, 1), " 1e-3 ", 0.001),
        (Number("R", 0.1, 0, 1), "0", 0.0),
        (Number("R", 0.1, 0, 1), "1", 1.0),
        (Number("E", 5, 1, 9), "9", 9),
        (Number("E", 5, 1, 9), "2.0", 2),
    ],
)
def test_a_number_is_read_with_its_type(number, text, value):
    assert number.read(text) == value
    assert type(number.read(text)) is type(value) is type(number.start)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_number_in_the_range_is_refused_in_words(text):
    with pytest.raises(ValueError) as error:
        NUMBER.read(text)
    assert str(error.value) == f"`Rate` expects a number from 0 to 1, got {text!r}"


@pytest.mark.parametrize("text", ["2.7", "0", "inf", "nan"])
def test_a_whole_number_is_asked_for_in_words(text):
    with pytest.raises(ValueError) as error:
        Number("Epochs", 5, 1, math.inf).read(text)
    assert str(error.value) == f"`Epochs` expects a whole number from 1 to inf, got {text!r}"


def test_a_number_without_an_upper_end_is_still_finite():
    with pytest.raises(ValueError) as error:
        Number("Rate", 0.1, 0, math.inf).read("inf")
    assert str(error.value) == "`Rate` expects a number from 0 to inf, got 'inf'"
