"""What earns points: one line of JSON from the hidden cell, compared in the grader's process."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lmlab.labs import (
    entry,
    holds,
    if_written,
    near,
    own_number,
    report,
    variant,
    written_number,
)
from lmlab.labs.checking import number_in_digits
from lmlab.labs.course import CourseError
from lmlab.labs.judge import PREFIX, judge
from lmlab.labs.release import check_source
from lmlab.labs.reporting import GRADER
from lmlab.labs.reports import cell_text
from lmlab.labs.sandbox import Limits


def stdout(text):
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def two_checks(out, student):
    return [near("a", out["a"], 1.0), near("b", out["b"], [1, 2], worth=3)]


def test_points_in_parts_by_worth():
    line = 'LABOUT:{"a": 1, "b": [1, 3]}\n'
    verdict = judge(two_checks, stdout(f"noise\n{line}noise"), "eve")
    assert verdict.part == 0.25
    assert verdict.said == ("holds: a", "does not hold: b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        'LABOUT:{"a": 1, "b": [1, 2]}\nLABOUT:{"a": 1, "b": [1, 2]}\n',
        ' LABOUT:{"a": 1, "b": [1, 2]}',
        "LABOUT:{",
        "LABOUT:[]",
        "LABOUT:7",
        "LABOUT:null",
        'LABOUT:{"a": 1}',
        "LABOUT:" + "[" * 100_000,
        'LABOUT:{"a": NaN, "b": [NaN, Infinity]}',
        'LABOUT:{"a": 1e999, "b": "12"}',
        'LABOUT:{"a": true, "b": [[1], [2]]}',
        'LABOUT:{"a": {"error": "x"}, "b": {"error": "x"}}',
    ],
)
def test_nothing_else_earns_points(text):
    assert judge(two_checks, stdout(text), "eve").part == 0


def test_an_error_or_the_wrong_stream_earns_nothing():
    line = 'LABOUT:{"a": 1, "b": [1, 2]}'
    error = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": []}
    assert judge(two_checks, stdout(line), "eve").part == 1
    assert judge(two_checks, [*stdout(line), error], "eve").part == 0
    stderr = [stdout(line)[0] | {"name": "stderr"}]
    assert judge(two_checks, stderr, "eve").part == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("TypeError: 'NoneType' object is not callable", "'NoneType' object is not callable"),
        ("IndexError: list index out of range", "list index out of range"),
        ("ValueError: shapes (3,2) and (3,) not aligned: 2 (dim 1) != 3 (dim 0)", "(dim 0)"),
        ("ValueError: cmVwb3J0KHNtYWxsPWxhbWJkYTogZG91Ymxl", "your code raised ValueError"),
        ("TypeError: 'cmVwb3J0' object is not callable", "your code raised TypeError"),
        ("cmVwb3J0KHNtYWxs: x", "an error of its own"),
    ],
)
def test_no_message_tells_what_the_test_is(error, said):
    def task(out):
        return [holds("so", False)]

    printed = f"{PREFIX}{json.dumps({'a': {'error': error}})}\n"
    verdict = judge(task, [{"output_type": "stream", "name": "stdout", "text": printed}], "s1")
    assert verdict.said[-1].endswith(said) and "cmVw" not in verdict.said[-1]
    name, _, text = error.partition(": ")
    stopped = judge(task, [{"output_type": "error", "ename": name, "evalue": text}], "s1")
    assert stopped.said[0].endswith(said) and "cmVw" not in stopped.said[0]


def test_the_source_of_the_answer_is_known_where_asked_for():
    def with_source(out, student, source):
        return [holds("written", source == "x = 1")]

    assert judge(with_source, stdout("LABOUT:{}"), "eve", "x = 1").part == 1


def test_report_keeps_one_mistake_from_the_others(capsys, monkeypatch):
    monkeypatch.setenv(GRADER, "1")
    report(good=lambda: np.arange(3) / 2, bad=lambda: 1 / 0, odd=lambda: object())
    line = capsys.readouterr().out.strip()
    printed = json.loads(line.removeprefix("LABOUT:"))
    assert printed["good"] == [0.0, 0.5, 1.0]
    assert printed["bad"] == {"error": "ZeroDivisionError: division by zero"}
    assert "error" in printed["odd"]


def test_an_author_sees_shapes_and_errors_but_no_values(capsys, monkeypatch):
    monkeypatch.delenv(GRADER, raising=False)
    report(
        table=lambda: np.ones((2, 3)), one=lambda: 0.25, few=lambda: [1, 2], bad=lambda: 1 / 0,
        none=lambda: [], named=lambda: {"a": 1},
    )  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "table: 2 × 3 float",
        "one: float",
        "few: 2 int",
        "bad: raised ZeroDivisionError: division by zero",
        "none: 0 NoneType",
        "named: keys a",
    ]


@pytest.mark.parametrize(
    ("received", "expected", "ok"),
    [
        (1.0 + 1e-7, 1.0, True),
        (1.001, 1.0, False),
        ([1, [2, 3]], [1, [2, 3]], True),
        ([1, 2], [[1, 2]], False),
        ([1, 2, 3], [1, 2], False),
        ("1", 1, False),
        (True, 1, False),
        (float("nan"), float("nan"), False),
        (None, 0, False),
        (np.float32(2), 2, True),
    ],
)
def test_near(received, expected, ok):
    assert near("x", received, expected).ok is ok


def test_near_by_a_part_of_the_expected_value():
    assert near("x", 0.0102, 0.01, rel=0.03).ok
    assert not near("x", 0.0104, 0.01, rel=0.03).ok


@pytest.mark.parametrize(
    ("source", "ok"),
    [
        ("x = 0.5", True),
        ("x = -3", True),
        ("x = f(1)", False),
        ("x = 1 + 1", False),
        ("y = 1", False),
        ("x = 1\nx = f(x)", False),
        ("x = (", False),
        ("x: float = 0.5", True),
        ("a, x = 4.5, 75", True),
        ("a, x = f(1)", False),
        ("%matplotlib inline\nx = 0.5", True),
        ("x = 0.0\nx += f(1)", False),
        ("x = y = 2", True),
    ],
)
def test_a_number_that_is_written(source, ok):
    assert written_number(source, "x") is ok


@pytest.mark.parametrize(("source", "ok"), [("x = 0.5", True), ("x = f(1)", False)])
def test_a_number_counts_only_if_it_is_written(source, ok):
    right, wrong = near("x", 0.5, 0.5, worth=3), near("x", 0.5, 0.4, worth=3)
    assert if_written(source, "x", right).ok is ok
    assert not if_written(source, "x", wrong).ok
    assert if_written(source, "x", right).worth == 3


@pytest.mark.parametrize(
    ("value", "cells", "ok"),
    [
        (0.5, [], True),
        (np.float64(0.5), ["", "x = 0.5"], True),
        (0.5, ["x = f(1)", "x = 0.5", "print(x)"], True),
        (0.5, ["x = 0.5", "x = f(1)"], False),
        (0.5, ["x=f(1)"], False),
        (0.5, ["x=0.5", "y = x == 1"], True),
        (True, [], False),
        ("0.5", ["x = '0.5'"], False),
    ],
)
def test_the_public_check_of_a_number_in_digits(value, cells, ok):
    assert number_in_digits({"x": value, "In": cells}, "x").ok is ok


def test_variants_differ_and_stay():
    assert variant("lab", "Ada ").integers(10**9) == variant("lab", "ada").integers(10**9)
    draws = {int(variant("lab", f"s{n}").integers(10**9)) for n in range(100)}
    assert len(draws) == 100
    assert variant("02_explode", "ada").integers(10**6) == 102706
    with pytest.raises(ValueError, match="`STUDENT` must be your id"):
        variant("lab", "your-id")


@pytest.mark.parametrize(
    ("source", "value", "tol", "ok"),
    [
        ("x = 250.4", 250.4, 0.5, True),
        ("x = 250.4", 250.9, 0.5, True),
        ("x = 250.4", 251.1, 0.5, False),  # the tolerance is in the units of the number
        ("x = 0.004", 0.004, 6e-5, False),
        ("x = 250.5", 250.5, 0.0, False),
        ("x = 500 / 2", 250.4, 0.5, False),  # not in digits
    ],
)
def test_an_own_number_is_near_and_in_digits(source, value, tol, ok):
    said = own_number("x", value, 250.4, source, tol=tol, worth=2)
    assert (said.ok, said.worth) == (ok, 2)


def test_an_entry_that_is_not_there_is_none():
    assert entry([1, 2], 1) == 2
    assert entry([1, 2], 2) is None and entry("12", 0) is None and entry(None, 0) is None


def test_the_students_import_is_light():
    code = "import sys, lmlab.labs; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "nbgrader", "nbformat", "jupyter_client", "tensorflow", "psutil", "zmq"}
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\t=1", "'=1"),
     ("a\n=b", "a =b"), ("Ada", "Ada"), ("", "")],
)  # fmt: skip
def test_no_text_is_a_formula(text, safe):
    assert cell_text(text) == safe


SETUP = {"cell_type": "code", "id": "s", "metadata": {}, "source": 'STUDENT = "teacher"',
         "outputs": [], "execution_count": None}  # fmt: skip


def test_a_source_that_breaks_the_cell_format_is_refused(tmp_path):
    from lmlab.labs.course import Lab

    good = {"nbgrader": {"grade_id": "task-1", "solution": True, "grade": False, "locked": False,
                         "task": False, "schema_version": 3}}  # fmt: skip
    cell = {"cell_type": "code", "id": "a", "metadata": good, "source": "x = 1",
            "outputs": [], "execution_count": None}  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [SETUP, cell]}
    (tmp_path / "lab.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "checks.py").write_text("")
    with pytest.raises(CourseError, match="must begin with the marker `# task-1`"):
        check_source(Lab(tmp_path))
    cell["source"] = "# task-1\nx = 1"
    test = {**good["nbgrader"], "grade_id": "task-1-test", "solution": False, "grade": True,
            "points": 1, "locked": True}  # fmt: skip
    hidden = "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"
    notebook["cells"].append(cell | {"id": "b", "metadata": {"nbgrader": test}, "source": hidden})
    (tmp_path / "lab.ipynb").write_text(json.dumps(notebook))
    with pytest.raises(CourseError, match=r"checks.py must have a function task_1"):
        check_source(Lab(tmp_path))
    (tmp_path / "lab.ipynb").write_text(json.dumps(notebook | {"cells": [cell]}))
    with pytest.raises(CourseError, match='must set STUDENT = "teacher"'):
        check_source(Lab(tmp_path))


def test_what_nbgrader_refuses_is_said(tmp_path):
    from lmlab.labs.course import Course, Lab
    from lmlab.labs.release import release

    metadata = {"nbgrader": {"grade_id": "task-1", "solution": True, "grade": False,
                             "locked": False, "task": False, "schema_version": 3}}  # fmt: skip
    cell = {"cell_type": "code", "id": "a", "metadata": metadata, "outputs": [],
            "execution_count": None, "source": "# task-1\n### BEGIN SOLUTION\nx = 1"}  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [SETUP, cell]}
    lab = tmp_path / "03_open"
    lab.mkdir()
    (lab / "lab.ipynb").write_text(json.dumps(notebook))
    (lab / "checks.py").write_text("")
    with pytest.raises(CourseError, match=r"no end solution statement found"):
        release(Course.at(tmp_path / "course"), Lab.at(lab))


def test_limits_of_a_student():
    assert Limits().cell_seconds < Limits().seconds
