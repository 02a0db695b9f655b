"""A mistake costs only the task in which it was made."""

import pytest
from lab_cases import needs_sandbox

from lmlab.labs.judge import Verdict
from lmlab.labs.running import run_notebook, tasks_of
from lmlab.labs.sandbox import Limits

pytestmark = needs_sandbox


def cell(source, grade_id="", needs=()):
    metadata = {}
    if grade_id:
        test = grade_id.endswith("-test")
        metadata = {"nbgrader": {"grade_id": grade_id, "solution": not test, "grade": test}}
        metadata["lmlab"] = {"needs": list(needs)}
    return {"cell_type": "code", "metadata": metadata, "source": source}


def notebook(first, second, needs=()):
    return {
        "cells": [
            cell("base = 1"),
            cell(first, "task-1"),
            cell("print(f())", "task-1-test"),
            cell("def half():\n    return base / 2", "task-2"),
            cell("print(half())", "task-2-test"),
            cell(second, "task-3"),
            cell("print(g())", "task-3-test", needs),
        ]
    }


def run(book, **limits):
    def judge(name, outputs):
        expected = {"task-1-test": "1\n", "task-2-test": "0.5\n", "task-3-test": "2\n"}[name]
        ok = any(output.get("text") == expected for output in outputs)
        return Verdict(float(ok), ())

    answered = {"task-1", "task-2", "task-3"}
    limits = Limits(**{"cell_seconds": 5, "megabytes": 500} | limits)
    outcome = run_notebook(book, answered, judge, limits, sandboxed=True)
    return [outcome.verdicts[f"task-{n}-test"].part for n in (1, 2, 3)], outcome


F, G = "def f():\n    return base\n", "def g():\n    return f() + 1\n"


def test_tasks_and_their_answers():
    tasks = tasks_of(notebook(F, G, ["task-1"]))
    assert [task.answers for task in tasks] == [(1,), (3,), (5,)]
    assert tasks[2].needs == ("task-1",)


def test_all_right_in_one_kernel():
    parts, outcome = run(notebook(F, G))
    assert parts == [1, 1, 1] and outcome.notes == []


@pytest.mark.parametrize(
    "slip", ["base = None", "import os; os._exit(1)", "def f(): return 7\nbase = 'x'"]
)
def test_a_slip_in_the_first_answer_does_not_cost_the_second(slip):
    parts, outcome = run(notebook(f"{slip}\n", "def g():\n    return base + 1\n"))
    assert parts == [0, 1, 1]
    assert not outcome.late


def test_an_answer_that_is_needed_comes_along():
    spoil = "def half():\n    return base / 2\nbase_was, base = base, None\n"
    for needs, part in ((["task-1"], 1), ([], 0)):
        book = notebook(F, G, needs)
        book["cells"][3]["source"] = spoil
        assert run(book)[0][2] == part


def test_time_that_another_answer_took_is_no_zero():
    """The first leaves `base` spoilt and does not end; the second is right, if it runs alone."""
    spoil = "base = None\nwhile True:\n    pass\n"
    parts, outcome = run(notebook(spoil, "def g():\n    return base + 1\n"), seconds=9)
    assert parts[2] < 1 and outcome.late
    parts, outcome = run(notebook(spoil, "def g():\n    return base + 1\n"), cell_seconds=1)
    assert parts[2] == 1 and not outcome.late


def test_too_little_time_is_said_and_is_no_zero():
    _, outcome = run(notebook("import time; time.sleep(4)\n" + F, G), seconds=2)
    assert outcome.late
