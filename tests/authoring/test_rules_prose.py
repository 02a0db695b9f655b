"""Plain Markdown, and numbers in prose that an output shows."""

import pytest
from chapter_cases import CHAPTER, add, assert_accepted, assert_named, good, say, stream
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lmlab.authoring.execute import clean
from lmlab.authoring.hygiene import check_cells

# fmt: off
BROKEN = [  # rule, what breaks it, part of the message
    ("style 3.6", say("```{note}\nText\n```"), "{note}"),
    ("style 3.6", say(":::{tip}\nText\n:::"), "{tip}"),
    ("style 3.6", say("See {cite}`vaswani2017`."), "{cite}"),
    ("style 3.7", say("It reads `97.8 %`."), "`97.8 %`"),
    ("style 3.7", say("It has `101,771` parameters."), "`101,771`"),
    ("style 3.7", say("It ends at `0.975 ± 0.004`."), "± 0.004"),
    ("style 3.7", say("The seed is `444.4`, the width `555`."), "`444.4`"),
    ("style 3.7", say("The view says `888.8`."), "`888.8`"),
]
ACCEPTED = [  # what looks like a breakage and is none
    add("Markdown('## no heading')", new_output("execute_result", {"text/markdown": "## no"})),
    say("Write `d_model`, `10**3`, `2D`, `0xff`, `{x}` or `(1, 2)`; a fence:\n\n~~~\n`99`\n~~~"),
]
NUMBERS = [  # in prose, printed, does it stand
    ("0.975", "0.9748", True), ("0.975", "0.9743", False), ("0.975", "97.5 %", True),
    ("97.5 %", "0.9751", True), ("97.5%", "97.52", True), ("97.5 %", "0.9761", False),
    ("101,770", "101770", True), ("101770", "101,770", True), ("101,770", "1,770", False),
    ("1,234.5 MB", "1234.51", True), ("12 epochs", "11.8", True), ("3", "2.9", False),
    ("3", "3.0", True), ("3", "conv3 0.3 v13", False), ("-0.5", "0.5", False),
    ("−0.5", "-0.5", True), ("0.5", "x-0.5", True), ("1e-3", "0.001", True),
    ("≈ 6e-8", "6.1e-08", True), ("< 0.25", "0.3", False), ("± 0.005", "(± 0.005)", True),
    ("0.25 ± 0.5", "0.25 only", False), ("28x", "28.4", True), ("5 %", "0.06", False),
    ("2.50", "2.496", True), ("2.50", "2.49", False), ("30", "<td>30</td>", True),
    ("−0.5", "0.5", False), ("-0.5", "−0.5", True), ("5 %", "0.0478", True),
    ("72", "#0072B2", False),
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


@pytest.mark.parametrize(("prose", "printed", "stands"), NUMBERS)
def test_number_in_prose(prose, printed, stands):
    cells = [
        new_markdown_cell(f"It is `{prose}`."),
        new_code_cell("f()", execution_count=1, outputs=[stream(printed)]),
    ]
    messages = check_cells(clean(new_notebook(cells=cells)), "a.ipynb", "template")
    assert [message.split(":")[0] for message in messages] == ([] if stands else ["style 3.7"])


def test_number_in_html_and_rich_outputs():
    outputs = {
        "text/html": '<style>p {width: 11.5}</style><td class="c22.5">33.5</td>',
        "text/plain": "44.5",
    }
    for number, stands in (("11.5", False), ("22.5", False), ("33.5", True), ("44.5", True)):
        notebook = good()
        add("table", new_output("display_data", outputs))(notebook)
        say(f"It is `{number}`.")(notebook)
        assert (check_cells(notebook, CHAPTER) == []) is stands
