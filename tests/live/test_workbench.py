"""A workbench trains with the values of its controls and survives anything."""

import base64
import html
import math
import re
import sys
import threading

import pytest
from live_cases import ALT, ASK, NUMBER, WRONG, Page, draw

from lmlab.live import Choice, Slider, workbench


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
        self.bench._thread.join(90)
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
    assert repr(desk.bench) == "Workbench(rate, epochs; 1 run)"
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
        assert self.go_on.wait(90)
        for _ in range(1, epochs):
            yield {"loss": 0.5}


def test_stop_ends_the_run_after_the_epoch_under_way():
    gate = Gate()
    desk = Desk(gate, epochs=Slider("Epochs", [9, 10]))
    desk.train.click()
    assert gate.reached.wait(90)
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
            clicked.wait(90)
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
    assert gate.reached.wait(90)
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
    assert gate.reached.wait(90)
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
    bench._thread.join(90)
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


def test_the_cell_run_again_ends_the_run_of_the_workbench_before_it():
    gate = Gate()
    desk = Desk(gate, epochs=Slider("Epochs", [9, 10]))
    desk.train.click()
    assert gate.reached.wait(90)
    threading.Timer(0.2, gate.go_on.set).start()
    again = Desk()
    assert not desk.bench._thread.is_alive()
    assert desk.bench.runs[0]["ended"] == "was stopped after epoch 2"
    again.works()


def test_the_legend_names_what_differs_and_epochs_are_whole(monkeypatch):
    module = sys.modules["lmlab.live.workbench"]

    figures = []
    monkeypatch.setattr(module, "png", lambda figure: figures.append(figure) or b"")
    start = [{"rate": rate, "epochs": 3} for rate in (0.1, 0.5)]
    Desk(start=start[:1])
    assert figures[-1].legends == []
    Desk(start=start)
    (legend,) = figures[-1].legends
    assert [text.get_text() for text in legend.get_texts()] == ["Rate 0.1", "Rate 0.5"]
    figures[-1].draw_without_rendering()
    assert all(tick % 1 == 0 for tick in figures[-1].axes[0].get_xticks())
