"""The page of feedback: shown as it was meant, and nothing in it runs or asks another host."""

import re

import pytest

from lmlab.labs.page import formula, render, words


def test_a_formula_is_mathml():
    assert formula(r"\frac{a}{2}") == (
        '<math display="inline"><mrow><mfrac><mrow><mi>a</mi></mrow><mrow><mn>2</mn></mrow></mfrac>'
        "</mrow></math>"
    )
    assert 'display="block"' in words("$$x < y$$") and "&lt;" in words("$$x < y$$")


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(http://a.org)}{x}",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        "{" * 3000,
        "x" * 5000,
        "\\",
        "\\begin{pmatrix}",
    ],
)
def test_no_formula_holds_anything_else(tex):
    for text in (formula(tex), words(f"${tex}$"), words(f"$${tex}$$")):
        tags = set(re.findall(r"<\s*/?\s*(\w+)", text))
        assert tags <= {"math", "mrow", "mi", "mo", "mn", "mtext", "mtable", "code", "p"}, text
        assert not re.search(r"<[^>]*(href|style|on\w+)=", text), text


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a < b and `1 < 2`", "a &lt; b and <code>1 &lt; 2</code>"),
        ("| a |\n|---|\n| 1 |", "<td>1</td>"),
        ("- [ ] to do", "<li>to do</li>"),
        ("[words](javascript:alert(1))", ">words</p>"),
        ("[words](http://example.org)", "words"),
        ("![x](http://example.org/t.png)", '<img alt="x">'),
        ("<img src=http://example.org/t.png onerror=alert(1)>", "<img>"),
        ("<script>alert(1)</script>so", "so"),
        ("<iframe src=http://example.org></iframe>so", "so"),
        ("![x](data:text/html;base64,PHNjcmlwdD4=)", '<img alt="x">'),
    ],
)
def test_words_as_they_were_meant_and_inert(source, shown):
    text = words(source)
    assert shown in text
    assert not re.search(r"<(script|iframe|a)\b|onerror|javascript:|src=\"?http", text)


def test_a_pasted_picture_is_shown_and_a_missing_one_stops_nothing():
    picture = {"a.png": {"image/png": "iVBO"}}
    assert 'src="data:image/png;base64,iVBO"' in words("![](attachment:a.png)", picture)
    assert "attachment:b.png" in words("![](attachment:b.png)", picture)


def test_what_is_not_read_yet_is_no_zero():
    task = {"title": "Task 1", "points": None, "of": 4.0, "said": []}
    cell = {
        "cell_type": "markdown",
        "metadata": {"nbgrader": {"grade_id": "task-1", "solution": True, "grade": True}},
        "source": ["**Answer**", " so"],
    }
    about = {"title": "T", "student": "<b>", "tasks": {"task-1": task}, "total": None, "of": 4.0}
    about |= {"late": 0.0, "notes": ["<i>"], "rubric": {"task-1": "One each."}, "comments": {}}
    text = render({"cells": [cell]}, about)
    assert "not read yet" in text and "0.0" not in text and "One each." in text
    assert "&lt;b&gt;" in text and "&lt;i&gt;" in text and "<strong>Answer</strong> so" in text
    about["tasks"]["task-1"]["points"], about["total"] = 3.5, 3.5
    about["comments"] = {"task-1": "Well *said*"}
    text = render({"cells": [cell]}, about)
    assert "3.5 of 4 points" in text and "Well <em>said</em>" in text
