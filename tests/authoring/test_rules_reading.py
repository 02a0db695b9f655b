"""What a reader meets on the way: broken once, the rule is named."""

import pytest
from chapter_cases import CHAPTER, add, assert_accepted, assert_named, both, edit, good, lines, say

from lmlab.authoring.hygiene import check_cells
from lmlab.authoring.rules_reading import minutes_of

WORDS = "The words of the text say why. "


def guess(answer, keys="abc", extra=""):
    """A breakage: one more live figure with a guess."""
    predict = ", ".join(f"{key!r}: 'Look.'" for key in keys)
    return add(f"explore(draw, predict={{{predict}}}, answer={answer!r}{extra})")


BROKEN = [  # rule, what breaks it, part of the message
    ("style 9.9", both(*map(guess, "aaab")), "3 of 4 right answers stand at place 1"),
    ("style 9.9", both(*map(guess, "ccc")), "3 of 3 right answers stand at place 3"),
    ("style 9.9", guess("d"), "the right one of it as `answer`"),
    ("style 9.9", guess(None), "the right one of it as `answer`"),
    ("style 9.9", add("explore(draw, predict=options, answer='a')"), "write `predict` out"),
    ("style 9.9", add("explore(draw, predict={'a': 'Look.'})"), "the right one of it as `answer`"),
    ("style 9.11", edit("title", "5 minutes", "25 minutes"), "2 minutes to read"),
    ("style 9.11", edit("title", "5 minutes", "5 to 10 minutes"), "10 stated; write about 5"),
    ("style 9.11", both(say(WORDS * 100), *[add(lines(20))] * 5), "write about 15 minutes"),
    ("style 3.10", edit("check", "; ± is a tolerance", ""), "± is a tolerance"),
    ("style 3.10", both(edit("check", "; ± is a tolerance", ""),
                        edit("remember", "score", "score; ± is a tolerance")), "first ±"),
]  # fmt: skip
ACCEPTED = [
    both(*map(guess, "abc")),
    both(*map(guess, "aabba")),
    both(*map(guess, "aa")),
    add("explore(draw, alt=say)"),
    both(edit("check", "; ± is a tolerance", ""), say("A tolerance is written ±.")),
]


@pytest.mark.parametrize(("rule", "change", "part"), BROKEN)
def test_broken_rule_is_named(rule, change, part):
    assert_named(rule, change, part)


@pytest.mark.parametrize("change", ACCEPTED)
def test_no_false_alarm(change):
    assert_accepted(change)


def test_minutes_count_what_is_read():
    notebook = good()
    start = minutes_of(notebook)
    say("One two three four five six. " * 30)(notebook)
    assert minutes_of(notebook) == pytest.approx(start + 1)
    add("\n".join(["x = f(x)"] * 12))(notebook)
    assert minutes_of(notebook) == pytest.approx(start + 2)
    add("\n".join(["x = f(x)"] * 12), tags=["hide-cell"])(notebook)
    edit("exercises", "It falls.", "It falls. " * 99)(notebook)
    say("$a b c$ and [here](a/long/address)")(notebook)
    assert minutes_of(notebook) == pytest.approx(start + 2 + 2 / 180)
    assert check_cells(notebook, CHAPTER) == []
