"""The rules on outputs and the record of a run: broken once, the rule is named."""

import nbformat
import pytest
from chapter_cases import (
    CHAPTER,
    IGNORED,
    INTUITION,
    KNOB,
    add,
    assert_accepted,
    assert_named,
    both,
    cell,
    edit,
    figure,
    good,
    put,
    rename_models,
    stream,
)
from nbformat.v4 import new_output

from lmlab.authoring.execute import STATE
from lmlab.authoring.hygiene import check_cells

STATES = ("metadata", "widgets", STATE, "state")
ORPHAN = {"model_name": "M", "state": {}}
ERROR = new_output("error", ename="E", evalue="v", traceback=[])

# fmt: off
BROKEN = [  # rule, what breaks it, part of the message
    ("style 3.4", add("model", stream("<Model at 0x7f01a2b3>\n")), "address"),
    ("style 3.4", add("path", stream("'/home/ada/data'")), "path"),
    ("style 3.4", add("path", stream(r"C:\data")), "path"),
    ("style 3.4", add("fit(model)", stream("2024-05-01 10:11:12 ready\n")), "time of day"),
    ("style 3.4", add("fit(model)", stream("10/10 ━━━━━\n")), "progress"),
    ("style 3.4", add("fit(model)", stream("98.1it/s")), "progress"),
    ("style 3.4", add("fit(model)", stream("a\rb")), "progress"),
    ("style 3.4", add("fit(model)", stream("12ms/step")), "progress"),
    ("style 3.4", add("fit(model)", stream("warning", "stderr")), "stderr"),
    ("style 5.4", add("draw(x)", figure("A falling loss")), "'A falling loss'"),
    ("style 5.4", add("draw(x)", figure("Image of a curve that falls and falls")), "'Image of"),
    ("style 5.4", add("draw(x)", figure("The plot of a curve that falls")), "'The plot of"),
    ("style 5.4", add("draw(x)", figure("Figure 3: a curve that falls")), "'Figure 3"),
    ("style 5.4", add("draw(x)", figure()), "another figure"),
    ("style 7.3", put("@clock", "metadata", "lmlab", value={}), "give the reason"),
    ("style 7.3", put("@clock", "metadata", "lmlab", value={"reason": "clock"}), "the reason"),
    ("style 7.3", add("x", **IGNORED), "2 of 8"),
    ("style 7.3", both(*[add("f(x)")] * 4, add("x", **IGNORED)), "2 of 12"),
    ("style 7.3", add("# NBVAL_IGNORE_OUTPUT\nprint(x)"), "remove the other"),
    ("style 7.3", add("#NBVAL_SKIP\nprint(x)"), "remove the other"),
    ("style 7.3", add("f(x)", tags=["nbval-skip"]), "remove the other"),
    ("style 7.3", add("f(x)", tags=["raises-exception"]), "remove the other"),
    ("style 7.4", put("@band", "execution_count", value=9), "count 9, not 7"),
    ("style 7.4", put("@band", "execution_count", value=None), "count None, not 7"),
    ("style 7.4", add("f(x)", ERROR), "error is stored"),
    ("style 8.2", both(put(*STATES, value={}), edit("intuition", KNOB, "")), "no stored state"),
    ("style 8.2", put(*STATES, f"{5:032x}", value=ORPHAN), "make notebooks"),
    ("style 8.2", rename_models({2: 7}), "make notebooks"),
    ("style 8.2", rename_models({2: 9, 3: 2, 9: 3}), "make notebooks"),
    ("style 8.2", put("@plain", "metadata", "execution", value={"iopub": 1}), "make notebooks"),
]
ACCEPTED = [  # what looks like a breakage and is none
    add("table", stream("2020-01-01 10:00:00"), lmlab={"exact": "dates of the data"}),
    add("rate", stream("12 Mbit/s, colour #0072B2, and/or/home")),
    add("draw(x)", figure("The loss rises again after epoch four.")),
]
# fmt: on


@pytest.mark.parametrize(
    ("rule", "change", "part"), BROKEN, ids=[f"{rule} {part}" for rule, _, part in BROKEN]
)
def test_broken_rule_is_named(rule, change, part):
    assert_named(rule, change, part)


@pytest.mark.parametrize("change", ACCEPTED)
def test_no_false_alarm(change):
    assert_accepted(change)


def test_figure_text_must_be_repeated_in_the_cell():
    notebook = good()
    del cell(notebook, "figure").metadata["mystnb"]
    messages = check_cells(notebook, CHAPTER)
    assert [message.split(":")[0] for message in messages] == ["style 5.4", "style 8.2"]
    assert messages[0].endswith("cell 4 (draw(losses)): the cell does not repeat the alt text; "
                                "run `make notebooks`")  # fmt: skip


def test_figure_without_alt_text():
    notebook = good()
    cell(notebook, "figure").outputs[0].metadata = nbformat.from_dict({})
    del cell(notebook, "figure").metadata["mystnb"]
    cell(notebook, "intuition").source = INTUITION.replace("`≈ 2.3 nats`", "2.3")
    assert [m.split(":")[0] for m in check_cells(notebook, CHAPTER)] == ["style 5.4"]
