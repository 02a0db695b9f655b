"""What a teacher gets: lateness, uploads, who shares what, a page about the class."""

import json

import pytest

from lmlab.labs.checking import numbers_in
from lmlab.labs.course import Course
from lmlab.labs.gradebook import Row
from lmlab.labs.page import render_class
from lmlab.labs.reports import Lateness
from lmlab.labs.sharing import shared

LONG = """# task-1
def gradient(x, y, w, b):
    error = w * x + b - y
    dw = 2 * (error * x).mean()
    db = 2 * error.mean()
    return dw, db
my_limit = {number}
"""


def row(points, hours=0.0):
    return Row("s1", "", "graded", points, seconds_late=3600 * hours)


@pytest.mark.parametrize(
    ("hours", "expected"), [(0, 20), (0.01, 18), (24, 18), (25, 16), (24 * 9, 10)]
)
def test_lateness_costs_a_part_for_each_day_begun_up_to_a_limit(hours, expected):
    found = row({"task-1": 12.0, "task-2": 8.0}, hours)
    assert Lateness(per_day=10, most=50).after(found) == expected
    assert Lateness().after(found) == 20


def test_without_a_total_lateness_gives_no_points():
    assert Lateness(10).after(row({"task-1": 3.0, "task-2": None}, 30)) is None


def handed_in(course, **sources):
    for student, source in sources.items():
        metadata = {"nbgrader": {"grade_id": "task-1", "solution": True}}
        cell = {"cell_type": "code", "metadata": metadata, "source": source}
        path = course.notebook("submitted", "lab", student)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"cells": [cell]}))
    return [(one.what, one.students) for one in shared(course, "lab", list(sources))]


@pytest.fixture
def course(tmp_path):
    return Course.at(tmp_path / "course")


def test_own_numbers_that_two_have_are_listed(course):
    found = handed_in(course, a="my_limit = 0.0312", b="my_limit = 0.03120", c="my_limit = 0.0318")
    assert found == [("my_limit = 0.0312", ("a", "b"))]


def test_a_number_of_few_digits_can_be_chance(course):
    assert handed_in(course, a="my_steps = 24", b="my_steps = 24", c="my_p = 0.5") == []


def test_the_same_code_under_other_names_is_listed(course):
    renamed = LONG.replace("error", "e").replace("dw", "slope").replace("# task-1", "# mine")
    other = LONG.replace("2 * error.mean()", "sum(error) * 2 / len(error)")
    found = handed_in(
        course,
        a=LONG.format(number=0.123),
        b=renamed.format(number=0.456).replace("0.456", "0.123"),
        c=other.format(number=0.789),
    )
    assert ("the same code", ("a", "b")) in found and len(found) == 2


def test_what_most_write_is_the_obvious_way(course):
    sources = {f"s{i}": LONG.format(number=0.5) for i in range(8)}
    assert handed_in(course, **sources) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1.5\nb = -2", {"a": 1.5, "b": -2}),
        ("a: float = 3\na = 4", {"a": 4}),
        ("a, b = 1, x", {"a": 1}),
        ("a = x + 1", {}),
        ("a = (", {}),
    ],
)
def test_numbers_in_an_answer(source, expected):
    assert numbers_in(source) == expected


def test_the_page_of_a_class_shows_names_as_text():
    task = {"title": "Task 1", "of": 4.0, "mean": None, "full": 0, "none": 2, "said": [("<b>", 2)]}
    text = render_class(
        {
            "title": "lab",
            "states": {"graded": 2},
            "bars": [{"from": 0, "to": 1, "number": 2}],
            "tasks": [task],
            "seconds": (3.2, 8.9),
            "late": 1,
            "shared": [("task-1", "my_x = 0.123", ["<i>a", "b"])],
        }
    )
    assert "&lt;b&gt;" in text and "&lt;i&gt;a, b" in text and "2 graded; 1 late." in text
    assert "<script" not in text and "http:" not in text
