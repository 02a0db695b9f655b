"""Live figures show the right picture in a page without a kernel."""

import html
import itertools
import re
from importlib import import_module

import pytest
from live_cases import ALT, ASK, CONTROLS, NUMBER, Page, draw, say

from lmlab.figures import png
from lmlab.live import Choice, Slider, counted, explore

RATE = {"rate": CONTROLS["rate"]}
EXPLORE = import_module("lmlab.live.explore")  # the module, not the function


@pytest.mark.parametrize("names", [["rate"], ["steps", "kind"], ["kind", "rate", "steps"]])
def test_each_state_shows_its_own_picture(names):
    figure = explore(draw, question=ASK, alt=say, **{n: CONTROLS[n] for n in names})
    assert list(figure.controls) == names
    spaces = [range(len(CONTROLS[name].values)) for name in names]
    page, combinations = Page(figure), list(itertools.product(*spaces))
    assert len(set(figure.frames)) == len(figure.frames) == len(figure.states) == len(combinations)
    for indices in [*combinations, *reversed(combinations)]:
        for name, index in zip(names, indices, strict=True):
            page.move(figure.controls[name], index)
        state = {n: CONTROLS[n].values[i] for n, i in zip(names, indices, strict=True)}
        assert state in figure.states
        assert page.picture() == (say(**state), png(draw(**state)))


def test_the_first_picture_is_that_of_the_start_values():
    figure = explore(draw, question=ASK, alt=say, **CONTROLS)
    state = {"rate": 0.001, "steps": 2, "kind": "b"}
    assert Page(figure).picture() == (say(**state), png(draw(**state)))
    assert [knob.index for knob in figure.controls.values()] == [0, 1, 1]


def test_one_text_for_all_states_is_refused():
    with pytest.raises(ValueError) as error:
        explore(draw, question=ASK, alt=ALT, rate=CONTROLS["rate"])
    assert str(error.value) == f"`alt` must be a function of the controls, got {ALT!r}"


@pytest.mark.parametrize(
    "alt",
    [
        lambda steps: "The bar grows.",
        lambda steps: f"After {counted(steps, 'steps')} the bar grows.",
        lambda steps: f"After {100 * steps} % or {steps:.2f}: the bar grows.",
        lambda steps: "The bar is low." if steps == 1 else f"At {steps} the bar is high.",
    ],
)
def test_texts_that_differ_in_the_values_of_the_controls_only_are_refused(alt):
    explore(draw, question=ASK, alt=lambda steps: f"{steps / 5}", steps=CONTROLS["steps"])
    with pytest.raises(ValueError, match=r"must say what each state shows.* [34] of [34] states"):
        explore(draw, question=ASK, alt=alt, steps=Slider("Steps", [1, 2, 3, 4]))


def test_a_control_that_changes_nothing_is_refused():
    """The same picture and text in two states: the reader would think the figure broken."""

    def stuck(steps):
        return draw(steps=min(steps, 2))

    def alt(steps):
        return ["It is low.", "It is high."][steps > 1]

    with pytest.raises(ValueError) as error:
        explore(stuck, question=ASK, alt=alt, steps=CONTROLS["steps"])
    assert str(error.value).startswith(
        "the states {'steps': 2} and {'steps': 3} show the same picture and the same text: say in "
    )


def test_the_right_answer_is_one_of_those_offered():
    figure = {"question": ASK, "alt": lambda rate: str(rate / 7), "rate": CONTROLS["rate"]}
    explore(draw, predict={"a": "x", "b": "y"}, answer="b", **figure)
    with pytest.raises(ValueError) as error:
        explore(draw, predict={"a": "x", "b": "y"}, answer="c", **figure)
    assert str(error.value) == "`answer` must be one of ['a', 'b'], got 'c'"


def test_alt_question_and_replies_may_hold_any_character():
    text = "a < b & \"c\" 'd'"
    figure = explore(
        draw, question=f"{text}?", alt=lambda rate: text + ">" * (rate < 0.1),
        predict={"x": text, "y": "no"}, answer="x", rate=CONTROLS["rate"],
    )  # fmt: skip
    page = Page(figure)
    page.move(guess(figure), 0)
    page.move(figure.controls["rate"], 1)
    question, reply, picture = page.seen()
    assert page.picture()[0] == text
    assert question == f'<p class="lmlab-question">{html.escape(text)}?</p>'
    assert reply == f'<p class="lmlab-reply">{html.escape(text)}</p>'
    assert "<" not in re.sub(r"^<img [^<>]*>$", "", picture)


def test_a_picture_has_the_width_of_its_figure():
    figure = explore(draw, question=ASK, alt=say, rate=CONTROLS["rate"])
    assert 'width="100"' in Page(figure).seen()[-1]


def guess(figure):
    """The buttons of the prediction."""
    return figure.children[1].children[0]


def test_a_prediction_is_answered_and_none_is_chosen_at_first():
    replies = {"up": "No, it falls.", "down": "Yes.", "neither": "It falls."}
    figure = explore(draw, question=ASK, alt=say, predict=replies, answer="down", **RATE)
    page = Page(figure)
    assert guess(figure).options == tuple(replies)
    assert guess(figure).index is None
    assert len(page.seen()) == 2  # question and picture
    for index, reply in enumerate(replies.values()):
        page.move(guess(figure), index)
        assert page.seen()[1] == f'<p class="lmlab-reply">{reply}</p>'
        assert len(page.seen()) == 3


def test_the_question_stands_first_and_without_a_prediction_nothing_follows_it():
    figure = explore(draw, question=ASK, alt=say, rate=CONTROLS["rate"])
    assert Page(figure).seen()[0] == f'<p class="lmlab-question">{ASK}</p>'
    assert list(figure.children[1].children) == list(figure.controls.values())


def test_a_live_figure_shows_as_text_without_an_address():
    figure = explore(draw, question=ASK, alt=say, rate=CONTROLS["rate"], kind=CONTROLS["kind"])
    assert repr(figure) == "Explore(rate × kind, 4 states)"
    assert figure._repr_mimebundle_()["text/plain"] == repr(figure)


BOTH = "must be a Slider or a Choice with at least 2 values, got "


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({}, "`explore` expects 1 to 3 controls, got 0"),
        (dict.fromkeys("abcd", CONTROLS["rate"]), "`explore` expects 1 to 3 controls, got 4"),
        ({"rate": [1, 2]}, f"`rate` {BOTH}[1, 2]"),
        ({"rate": 3}, f"`rate` {BOTH}3"),
        ({"rate": {"low": 1, "high": 2}}, f"`rate` {BOTH}{{'low': 1, 'high': 2}}"),
        ({"rate": NUMBER}, f"`rate` {BOTH}{NUMBER!r}"),
        ({"rate": Slider("R", [1])}, f"`rate` {BOTH}{Slider('R', [1])!r}"),
        ({"kind": Choice("K", [])}, f"`kind` {BOTH}{Choice('K', [])!r}"),
        ({"rate": Slider("R", range(61))},
         "`explore` draws at most 60 states, got 61: thin a control"),
        ({"rate": Slider("R", range(8)), "kind": Choice("K", "abcdefgh")},
         "`explore` draws at most 60 states, got 64: thin a control"),
    ],
)  # fmt: skip
def test_wrong_controls_and_too_many_states_are_refused_before_anything_is_drawn(controls, message):
    with pytest.raises(ValueError) as error:
        explore(lambda **state: pytest.fail("was drawn"), question=ASK, alt=say, **controls)
    assert str(error.value) == message


def test_the_largest_number_of_states_is_allowed(monkeypatch):
    monkeypatch.setattr(EXPLORE, "MAX_STATES", 6)
    controls = {"rate": CONTROLS["rate"], "steps": CONTROLS["steps"]}
    assert len(explore(draw, question=ASK, alt=say, **controls).states) == 6


@pytest.mark.parametrize("question", ["", "Move the slider.", "Why? Because."])
def test_a_live_figure_asks(question):
    with pytest.raises(ValueError) as error:
        explore(draw, question=question, alt=say, rate=CONTROLS["rate"])
    assert str(error.value) == f"`question` must end with a question mark, got {question!r}"


def test_too_many_bytes_are_refused(monkeypatch):
    size = sum(len(png(draw(steps=steps))) for steps in (1, 2, 3))
    monkeypatch.setattr(EXPLORE, "MAX_BYTES", size)
    explore(draw, question=ASK, alt=say, steps=CONTROLS["steps"])
    monkeypatch.setattr(EXPLORE, "MAX_BYTES", size - 1)
    with pytest.raises(ValueError) as error:
        explore(draw, question=ASK, alt=say, steps=CONTROLS["steps"])
    assert str(error.value).startswith(
        f"the pictures of `explore` may take {size - 1:,} bytes, got {size:,} in 3 states: draw"
    )


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda figure: 1 / 0, "ZeroDivisionError('division by zero')"),
        (lambda figure: None, "AttributeError("),
        (lambda figure: figure.text(0, 0, "$\\nothing$") and figure, "ValueError("),
    ],
)
def test_a_draw_that_fails_names_the_state_and_leaves_no_figure(fault, reason):
    def failing(steps, kind):
        figure = draw(steps=steps, kind=kind)
        return fault(figure) if (steps, kind) == (2, "b") else figure

    with pytest.raises(RuntimeError) as error:
        explore(failing, question=ASK, alt=say, steps=CONTROLS["steps"], kind=CONTROLS["kind"])
    start = "`draw` failed in the state {'steps': 2, 'kind': 'b'}: "
    assert str(error.value).startswith(start + reason)
    assert error.value.__cause__ is not None
