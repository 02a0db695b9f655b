"""The parts of a chapter: broken once, the rule is named."""

import pytest
from chapter_cases import (
    CHAPTER,
    EXERCISES,
    ITEMS,
    add,
    assert_accepted,
    assert_named,
    both,
    cell,
    drop,
    edit,
    finish,
    good,
    lines,
    put,
    say,
)

from lmlab.authoring.hygiene import check_cells

PROSE = "The words of the text say why. " * 300

# fmt: off
BROKEN = [  # rule, what breaks it, part of the message
    ("style 2.1", edit("title", "# Handwritten", "Handwritten"), "'# ' title"),
    ("style 2.1", edit("title", "# Handwritten", "# Digits\n\n# Handwritten"), "'# ' title"),
    ("style 2.1", edit("intuition", "## Intuition", "# Intuition"), "'# ' title"),
    ("style 2.1", edit("title", "digit?**", "digit.**"), "question"),
    ("style 2.1", edit("title", "**How does a network read a digit?**", "How?"), "question"),
    ("style 2.1", edit("title", "**You will be able to**", "You"), "able to"),
    ("style 2.1", edit("title", "[notation](../../book/notation.md)", "notation"), "You need"),
    ("style 2.1", edit("title", "5 minutes", "a while"), "Time"),
    ("style 2.1", edit("title", "**Mirrors** D4.5", "**Mirrors** D4"), "Mirrors"),
    ("style 2.6", edit("check", "## Check", "## Numbers"), "no heading"),
    ("style 2.7", drop("exercises"), "found []"),
    ("style 2.7", edit("exercises", "## Exercises", "## Tasks"), "found []"),
    ("style 2.7", edit("exercises", "### Exercise 3", "### Extra"), "found [1, 2]"),
    ("style 2.7", edit("exercises", "### Exercise 3", "### Exercise 4"), "found [1, 2, 4]"),
    ("style 2.7", edit("exercises", "<details><summary>Solution</summary>It diverges.</details>",
                       "It diverges."), "exercise 2"),
    ("style 2.8", drop("remember"), "What to remember"),
    ("style 2.8", edit("remember", "## What to remember", "## Summary"), "What to remember"),
    ("style 2.8", edit("remember", "**Sources**", "## More\n\n**Sources**"), "a section follows"),
    ("style 2.8", edit("remember", "- People", "People"), "list items"),
    ("style 2.8", edit("remember", "- People", "- a\n- b\n- c\n- People"), "list items"),
    ("style 2.8", edit("remember", "**logit**", "logit"), "bold"),
    ("style 2.8", edit("remember", "**Next**", "Then"), "**Next**"),
    ("style 2.8", edit("remember", "**Sources**", "See"), "**Sources**"),
    ("style 7.4", both(say(PROSE), edit("title", "5 minutes", "15 minutes")), "words of prose"),
    ("style 7.4", both(*[add(lines(20))] * 3), "words of prose"),
    ("design 2", put("metadata", "lmlab", "chapter", value="6K"), "lmlab.chapter"),
    ("design 2", put("metadata", "lmlab", "document", value="4"), "lmlab.document"),
    ("design 2", put("metadata", "lmlab", "sections", value=[]), "lmlab.sections"),
    ("design 2", put("metadata", "lmlab", "covers", value={}), "lmlab.covers"),
    ("design 2", put("metadata", "lmlab", "covers", "S12", value="gone"), "S12: 'gone'"),
    ("design 2", put("metadata", "lmlab", "covers", "S12", value="plain"), "S12: 'plain'"),
    ("design 2", put("metadata", "lmlab", "covers", "S12", value="check"), "S12: 'check'"),
]
ACCEPTED = [  # what looks like a breakage and is none
    edit("exercises", EXERCISES, ITEMS),
    edit("title", "- **You", "**You"),
    edit("title", "D4.5", "section 5 of\n  document D4"),
    edit("title", "digit?**", "digit？**"),
    edit("exercises", "## Exercises", "## Exercises  "),
    edit("remember", "**Sources**", "## Sources\n\n"),
    edit("remember", "**Next**", "## Next\n\n- one\n- two\n- three\n"),
    edit("check", "## Check", "## 4 Check: known numbers\n\n### Counts"),
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


def test_check_below_its_heading_is_needed():
    notebook = good()
    notebook.metadata.lmlab.covers = {"S77": "known"}
    known = [notebook.cells.pop(notebook.cells.index(cell(notebook, i))) for i in ("known", "band")]
    notebook.cells[2:2] = known
    edit("check", "; ± is a tolerance", "")(notebook)
    say("± is a tolerance.")(notebook)
    notebook.cells[2], notebook.cells[4] = notebook.cells[4], notebook.cells[2]
    messages = check_cells(finish(notebook), CHAPTER)
    assert len(messages) == 1
    assert messages[0].startswith(f"style 2.6: {CHAPTER}, cell 10 (## Check): no assert")
