"""What a chapter may cost: its length, its file, its time and memory."""

import json
from pathlib import Path

import nbformat
import pytest
from chapter_cases import cell, code, good, lines, say

from lmlab.authoring.cells import count_lines, count_words
from lmlab.authoring.rules_size import APPLICATION, CORE, OVER, check_size, limits_of

ROOT = Path(__file__).resolve().parents[2]
BIG, SMALL = "4K", "4A2"
TABLE = {"cpu_seconds": 20, "megabytes": 500}


@pytest.fixture
def check(tmp_path):
    """The function that stores a chapter and what was measured of it, and checks its size."""

    def check(notebook, name="4_innovation/9_new", row=TABLE):
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        table = tmp_path / "notebooks" / "compute.json"
        table.write_text(json.dumps({f"{name}.ipynb": row}))
        return [f"{rule}: {text}" for rule, _, text in check_size(notebook, path)]

    return check


def chapter(kind, **limits):
    """A good chapter of a kind, with limits of its own."""
    notebook = good()
    notebook.metadata.lmlab.chapter = kind
    if limits:
        notebook.metadata.lmlab.limits = limits
    return notebook


def grow(notebook, unit, size):
    """Make a chapter have so many words, lines, cells or (roughly) bytes."""
    if unit == "words":
        say("word " * (size - count_words(notebook)))(notebook)
    elif unit == "lines":
        notebook.cells.insert(6, code("long", lines(size - count_lines(notebook))))
    elif unit == "cells":
        notebook.cells += [code(f"c{i}", "f()") for i in range(size - 7)]
    else:
        cell(notebook, "figure").outputs[0].data["image/png"] = "A" * size
    return notebook


@pytest.mark.parametrize(("kind", "limits"), [(BIG, CORE), (SMALL, APPLICATION)])
@pytest.mark.parametrize("unit", ["words", "lines", "cells"])
def test_a_chapter_is_as_long_as_its_kind_may_be(check, kind, limits, unit):
    assert check(grow(chapter(kind), unit, limits[unit])) == []
    (message,) = check(grow(chapter(kind), unit, limits[unit] + 1))
    assert message.startswith(f"style 2: {limits[unit] + 1:,} {unit} ")
    assert message.endswith(f"; at most {limits[unit]:,}")


@pytest.mark.parametrize(("kind", "most"), [(BIG, 2_500_000), (SMALL, 1_500_000)])
def test_a_file_is_as_large_as_its_kind_may_be(check, kind, most):
    assert check(grow(chapter(kind), "bytes", most - 20_000)) == []
    (message,) = check(grow(chapter(kind), "bytes", most))
    assert message.startswith("style 7.4: ")
    assert message.endswith(f"bytes in the file; draw fewer or smaller pictures; at most {most:,}")


@pytest.mark.parametrize(("kind", "most"), [(BIG, 78), (SMALL, 45), ("5P", 78), ("1A1", 45)])
def test_time_may_be_a_third_over_its_limit_on_a_busy_machine(check, kind, most):
    assert check(chapter(kind), row=TABLE | {"cpu_seconds": most}) == []
    (message,) = check(chapter(kind), row=TABLE | {"cpu_seconds": most + 1})
    limit = limits_of(chapter(kind))["cpu_seconds"]
    assert message == (
        f"design 8.6: {most + 1} cpu_seconds measured; make it lighter; at most {limit}"
    )


def test_memory_has_one_limit_and_a_chapter_may_ask_for_more(check):
    row = {"cpu_seconds": 100, "megabytes": 1501}
    over = [message.split()[2] for message in check(chapter(BIG), row=row)]
    assert over == ["100", "1,501"]
    assert check(chapter(BIG, cpu_seconds=100, megabytes=1600), row=row) == []


@pytest.mark.parametrize("row", [{}, {"cpu_seconds": 20}, {"seconds": 20, "megabytes": 500}])
def test_a_chapter_is_measured(check, row):
    messages = check(good(), row=row)
    assert messages == ["design 8.6: time and memory are not measured; run `make notebooks`"]


def test_the_list_of_larger_chapters_only_shrinks(check):
    name = "1_ecosystem/2_math"
    assert OVER[name] == {"lines"}
    assert check(grow(chapter(BIG), "lines", 451), name) == []
    (message,) = check(chapter(BIG), name)
    assert " lines are few enough; strike them from OVER in lmlab." in message
    assert all((ROOT / "notebooks" / f"{name}.ipynb").is_file() for name in OVER)
