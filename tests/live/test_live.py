"""Live figures show the right picture in a page without a kernel; a workbench survives anything."""

import base64
import html
import itertools
import math
import re
import threading
from importlib import import_module

import matplotlib as mpl
import pytest
from ipywidgets import embed

mpl.use("Agg")
import matplotlib.pyplot as plt

from lmlab.figures import png
from lmlab.live import Choice, Number, Slider, counted, explore, workbench

EXPLORE = import_module("lmlab.live.explore")  # the module, not the function
ASK = "Which one is higher?"
ALT = "The bar grows with the rate."
CONTROLS = {
    "rate": Slider("Learning rate", [0.001, 0.1], unit="/step"),
    "steps": Slider("Steps", [1, 2, 3], start=2),
    "kind": Choice("Kind", ["a", "b"], start="b"),
}


@pytest.fixture(autouse=True)
def small_figures():
    """Small, quick pictures; no test may leave a figure open."""
    plt.close("all")
    with mpl.rc_context({"figure.figsize": (1, 0.8), "savefig.dpi": 40}):
        yield
    assert plt.get_fignums() == []


def draw(rate=0.5, steps=1, kind="a"):
    """A picture that is another one for each state."""
    figure, ax = plt.subplots()
    ax.set_axis_off()
    ax.set(xlim=(0, 5), ylim=(0, 1))
    ax.bar([1], [0.2 + rate * 5])
    ax.bar([3], [0.2 * steps], color="red" if kind == "a" else "black")
    return figure


def say(**state):
    """A text of its own for each state."""
    return f"It is {str(state).encode().hex()}."


class Page:
    """A widget as a page without a kernel has it: stored models, and links between them."""

    def __init__(self, widget):
        models = embed.dependency_state(widget, drop_defaults=False)
        self.models = {name: model["state"] for name, model in models.items()}
        self.root = widget.model_id
        self.links = [
            tuple((end[0].removeprefix("IPY_MODEL_"), end[1]) for end in (s["source"], s["target"]))
            for s in self.models.values()
            if s["_model_name"] == "LinkModel"
        ]
        for source, target in self.links:
            assert self.models[target[0]][target[1]] == self.models[source[0]][source[1]]

    def move(self, knob, index):
        """What the reader does: a control gets another index, and the links pass it on."""
        self.models[knob.model_id]["index"] = index
        for source, (target, name) in self.links:
            if source == (knob.model_id, "index"):
                self.models[target][name] = index

    def seen(self, model=None):
        """The HTML texts that show now, from top to bottom."""
        state = self.models[model or self.root]
        children = [child.removeprefix("IPY_MODEL_") for child in state.get("children", [])]
        if state["_model_name"] == "StackModel":
            index = state["selected_index"]
            children = [] if index is None else children[index : index + 1]
        inside = [text for child in children for text in self.seen(child)]
        return [state["value"]] if state["_model_name"] == "HTMLModel" else inside

    def picture(self):
        """Alternative text and bytes of the one picture that shows now."""
        (found,) = re.findall(r'<img .*alt="(.*?)".*base64,(.*?)">', "".join(self.seen()))
        return html.unescape(found[0]), base64.b64decode(found[1])


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


def test_one_alt_for_all_states_is_preceded_by_the_state():
    figure = explore(draw, question=ASK, alt=ALT, rate=CONTROLS["rate"], kind=CONTROLS["kind"])
    page = Page(figure)
    page.move(figure.controls["rate"], 1)
    assert page.picture()[0] == f"Learning rate 0.1 /step, Kind b: {ALT}"


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
        predict={"x": text, "y": "no"}, rate=CONTROLS["rate"],
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
    figure = explore(draw, question=ASK, alt=ALT, rate=CONTROLS["rate"])
    assert 'width="100"' in Page(figure).seen()[-1]


def guess(figure):
    """The buttons of the prediction."""
    return figure.children[1].children[0]


def test_a_prediction_is_answered_and_none_is_chosen_at_first():
    replies = {"up": "No, it falls.", "down": "Yes.", "neither": "It falls."}
    figure = explore(draw, question=ASK, alt=ALT, predict=replies, rate=CONTROLS["rate"])
    page = Page(figure)
    assert guess(figure).options == tuple(replies)
    assert guess(figure).index is None
    assert len(page.seen()) == 2  # question and picture
    for index, reply in enumerate(replies.values()):
        page.move(guess(figure), index)
        assert page.seen()[1] == f'<p class="lmlab-reply">{reply}</p>'
        assert len(page.seen()) == 3


def test_the_question_stands_first_and_without_a_prediction_nothing_follows_it():
    figure = explore(draw, question=ASK, alt=ALT, rate=CONTROLS["rate"])
    assert Page(figure).seen()[0] == f'<p class="lmlab-question">{ASK}</p>'
    assert list(figure.children[1].children) == list(figure.controls.values())


def test_a_live_figure_shows_as_text_without_an_address():
    figure = explore(draw, question=ASK, alt=ALT, rate=CONTROLS["rate"], kind=CONTROLS["kind"])
    assert repr(figure) == "Explore(rate × kind, 4 states)"
    assert figure._repr_mimebundle_()["text/plain"] == repr(figure)


BOTH = "must be a Slider or a Choice with at least 2 values, got "
NUMBER = Number("Rate", 0.1, 0, 1)


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
        explore(lambda **state: pytest.fail("was drawn"), question=ASK, alt=ALT, **controls)
    assert str(error.value) == message


def test_the_largest_number_of_states_is_allowed(monkeypatch):
    monkeypatch.setattr(EXPLORE, "MAX_STATES", 6)
    controls = {"rate": CONTROLS["rate"], "steps": CONTROLS["steps"]}
    assert len(explore(draw, question=ASK, alt=ALT, **controls).states) == 6


@pytest.mark.parametrize("question", ["", "Move the slider.", "Why? Because."])
def test_a_live_figure_asks(question):
    with pytest.raises(ValueError) as error:
        explore(draw, question=question, alt=ALT, rate=CONTROLS["rate"])
    assert str(error.value) == f"`question` must end with a question mark, got {question!r}"


@pytest.mark.parametrize("kind", [Slider, Choice])
def test_a_start_that_is_no_value_is_refused(kind):
    with pytest.raises(ValueError) as error:
        explore(draw, question=ASK, alt=ALT, rate=kind("R", [0.1, 0.2], start=0.3))
    assert str(error.value) == "`start` must be one of [0.1, 0.2], got 0.3"


def test_too_many_bytes_are_refused(monkeypatch):
    size = sum(len(png(draw(steps=steps))) for steps in (1, 2, 3))
    monkeypatch.setattr(EXPLORE, "MAX_BYTES", size)
    explore(draw, question=ASK, alt=ALT, steps=CONTROLS["steps"])
    monkeypatch.setattr(EXPLORE, "MAX_BYTES", size - 1)
    with pytest.raises(ValueError) as error:
        explore(draw, question=ASK, alt=ALT, steps=CONTROLS["steps"])
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
        explore(failing, question=ASK, alt=ALT, steps=CONTROLS["steps"], kind=CONTROLS["kind"])
    start = "`draw` failed in the state {'steps': 2, 'kind': 'b'}: "
    assert str(error.value).startswith(start + reason)
    assert error.value.__cause__ is not None


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


WRONG = ["-0.1", "1.01", "nan", "inf", "-inf", "", "much", "0,5", "1e999", "0x1"]


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


class Desk:
    """A workbench with names for its parts, and a training that is told how to go."""

    def __init__(self, train=None, **options):
        self.trained = []
        options = {"rate": NUMBER, "epochs": Slider("Epochs", [2, 3])} | options
        self.bench = workbench(
            train or self.falling, question=ASK, alt=ALT, metric="loss", **options
        )
        _, knobs, buttons, self.message, self.picture, self.table = self.bench.children
        self.rate, *_ = knobs.children
        self.train, self.stop, self.clear, self.bar = buttons.children

    def falling(self, rate, epochs):
        self.trained.append(rate)
        for epoch in range(1, epochs + 1):
            yield {"loss": rate / epoch, "accuracy": 0.5}

    def wait(self):
        self.bench._thread.join(20)
        assert not self.bench._thread.is_alive()

    def said(self):
        return html.unescape(re.sub("<.*?>", "", self.message.value))

    def rows(self):
        return re.findall("<tr><td>(.*?)</td><td>(.*?)</td></tr>", self.table.value)

    def is_ready(self):
        return not self.train.disabled and self.stop.disabled

    def works(self):
        """Another run, with a good value, must come to its end."""
        assert self.is_ready()
        self.rate.value, self.bench.knobs["epochs"].index = "0.5", 0
        self.train.click()
        self.wait()
        assert self.rows()[-1] == ("Rate 0.5, Epochs 2", "finished")
        assert (self.said(), self.is_ready()) == ("", True)


def test_a_workbench_starts_empty_and_trains_with_the_values_of_its_controls():
    desk = Desk()
    assert (desk.said(), desk.rows(), desk.trained) == ("", [], [])
    assert repr(desk.bench) == "Workbench(rate, epochs; 0 runs)"
    empty = desk.picture.value
    assert f'alt="{ALT}"' in empty
    desk.rate.value = "0.25"
    desk.bench.knobs["epochs"].index = 1
    desk.train.click()
    desk.wait()
    assert desk.trained == [0.25]
    (run,) = desk.bench.runs
    assert [metrics["loss"] for metrics in run["history"]] == [0.25, 0.125, 0.25 / 3]
    assert (desk.bar.value, desk.bar.max) == (3, 3)
    assert desk.rows() == [("Rate 0.25, Epochs 3", "finished")]
    assert desk.picture.value != empty
    assert repr(desk.bench) == "Workbench(rate, epochs; 1 runs)"
    desk.works()


def test_stored_runs_show_without_a_kernel():
    desk = Desk(start=[{"rate": 0.1, "epochs": 2}, {"rate": 0.9, "epochs": 3}])
    text = "".join(Page(desk.bench).seen())
    assert "<td>Rate 0.1, Epochs 2</td><td>finished</td>" in text
    assert "<td>Rate 0.9, Epochs 3</td><td>finished</td>" in text
    assert "These are stored runs." in text and "make lab" in text
    (source,) = re.findall('base64,(.*?)"', text)
    assert base64.b64decode(source).startswith(b"\x89PNG")
    assert desk.is_ready()


def test_a_bad_value_ends_in_words_and_trains_nothing():
    desk = Desk()
    for text in WRONG:
        desk.rate.value = text
        desk.train.click()
        assert desk.said() == f"`Rate` expects a number from 0 to 1, got {text!r}"
        assert (desk.trained, desk.bench.runs, desk.rows()) == ([], [], [])
    desk.works()
    assert desk.trained == [0.5]


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_run_that_diverges_ends_in_a_message(loss):
    def train(rate, epochs):
        yield {"loss": 1.0}
        yield {"loss": 0.5 if rate == 0.5 else loss}
        assert rate == 0.5, "trained on"

    desk = Desk(train)
    desk.train.click()
    desk.wait()
    ended = "diverged in epoch 2: the loss is no longer a number"
    assert desk.said() == f"The run with Rate 0.1, Epochs 2 {ended}."
    assert desk.rows() == [("Rate 0.1, Epochs 2", ended)]
    assert desk.bench.runs[0]["history"] == [{"loss": 1.0}]
    desk.works()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda: 1 / 0, "failed: division by zero"),
        (lambda: {"loss": "low"}, "failed: must be real number, not str"),
        (lambda: None, "failed: 'NoneType' object has no attribute 'values'"),
        (lambda: {"accuracy": 0.5}, "failed: it yields accuracy, not loss"),
    ],
)
def test_an_error_in_the_training_ends_in_a_message(fault, reason):
    def train(rate, epochs):
        yield {"loss": 1.0}
        yield {"loss": 0.5} if rate == 0.5 else fault()

    desk = Desk(train)
    desk.train.click()
    desk.wait()
    assert desk.said() == f"The run with Rate 0.1, Epochs 2 {reason}."
    assert desk.bench.runs[0]["ended"] == reason
    desk.works()


def test_epochs_that_are_no_number_end_in_a_message():
    desk = Desk(epochs=Choice("Epochs", ["few", "many"]))
    desk.train.click()
    desk.wait()
    assert desk.said().startswith("The run with Rate 0.1, Epochs few failed: invalid literal")
    assert desk.is_ready()


class Gate:
    """A training that waits before each epoch after the first until it is let on."""

    def __init__(self):
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, rate, epochs):
        yield {"loss": 1.0}
        self.reached.set()
        assert self.go_on.wait(20)
        for _ in range(1, epochs):
            yield {"loss": 0.5}


def test_stop_ends_the_run_after_the_epoch_under_way():
    gate = Gate()
    desk = Desk(gate, epochs=Slider("Epochs", [9, 10]))
    desk.train.click()
    assert gate.reached.wait(20)
    assert (desk.train.disabled, desk.stop.disabled) == (True, False)
    assert desk.bar.value == 1
    assert desk.rows() == [("Rate 0.1, Epochs 9", "running")]
    desk.stop.click()
    gate.go_on.set()
    desk.wait()
    assert desk.said() == "The run with Rate 0.1, Epochs 9 was stopped after epoch 2."
    assert len(desk.bench.runs[0]["history"]) == 2
    assert desk.is_ready()
    desk.train.click()
    desk.wait()
    assert desk.rows()[-1] == ("Rate 0.1, Epochs 9", "finished")


def test_stop_is_heard_before_the_thread_has_begun(monkeypatch):
    clicked = threading.Event()

    class Late(threading.Thread):
        def run(self):
            clicked.wait(20)
            super().run()

    desk = Desk()
    monkeypatch.setattr(threading, "Thread", Late)
    desk.train.click()
    desk.stop.click()
    clicked.set()
    desk.wait()
    assert desk.said() == "The run with Rate 0.1, Epochs 2 was stopped after epoch 1."
    desk.works()


def test_a_second_train_while_one_runs_only_says_so():
    gate = Gate()
    desk = Desk(gate)
    desk.train.click()
    assert gate.reached.wait(20)
    desk.train.click()
    assert desk.said() == "A run is under way. Stop it first."
    assert len(desk.bench.runs) == 1
    gate.go_on.set()
    desk.wait()
    assert desk.rows() == [("Rate 0.1, Epochs 2", "finished")]
    desk.works()


def test_clear_forgets_all_runs_but_the_one_under_way():
    gate = Gate()
    gate.go_on.set()
    desk = Desk(gate, start=[{"rate": 0.2, "epochs": 2}])
    gate.go_on.clear()
    gate.reached.clear()
    desk.train.click()
    assert gate.reached.wait(20)
    assert len(desk.rows()) == 2
    desk.clear.click()
    assert desk.rows() == [("Rate 0.1, Epochs 2", "running")]
    gate.go_on.set()
    desk.wait()
    desk.rate.value = "2"
    desk.train.click()
    assert desk.said() != ""
    desk.clear.click()
    assert (desk.bench.runs, desk.rows(), desk.said()) == ([], [], "")
    assert desk.picture.value == Desk().picture.value
    desk.works()


def test_only_the_last_runs_are_kept():
    desk = Desk(keep=3, start=[{"rate": rate / 10, "epochs": 2} for rate in range(5)])
    assert [name for name, _ in desk.rows()] == [f"Rate 0.{i}, Epochs 2" for i in (2, 3, 4)]
    desk.works()
    assert [run["values"]["rate"] for run in desk.bench.runs] == [0.3, 0.4, 0.5]


def test_names_and_endings_of_runs_may_hold_any_character():
    def train(kind):
        raise OSError("<b>no</b> & more")
        yield

    bench = workbench(
        train, question=ASK, alt=ALT, metric="loss", kind=Choice("Kind", ["<i>", "b"])
    )
    bench.start()
    bench._thread.join(20)
    *_, message, _, table = bench.children
    assert "<b>" not in message.value + table.value and "<i>" not in message.value + table.value
    assert "&lt;b&gt;no&lt;/b&gt; &amp; more" in message.value


def test_a_workbench_needs_controls_and_stored_runs_that_name_them():
    with pytest.raises(ValueError) as error:
        workbench(draw, question=ASK, alt=ALT, metric="loss")
    assert str(error.value) == "`workbench` expects at least one control, got none"
    with pytest.raises(ValueError) as error:
        Desk(start=[{"rate": 0.1}])
    assert str(error.value) == "`start` expects values for ['epochs', 'rate'], got ['rate']"
