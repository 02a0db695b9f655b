"""The pages of the parts and the map of the book say what the plan and the notebooks say."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lmlab.authoring import parts

ROOT = Path(__file__).resolve().parents[2]
TITLE = "# {}\n\n**Why?**\n\n**You need** {}.\n\n**Time** about {} minutes to read."
LAYERS, CODE = "notebooks/1_ecosystem/2_math", "notebooks/1_ecosystem/3_code"


def chapter(title, needs="Python", minutes=40, *cells):
    opening = new_markdown_cell(TITLE.format(title, needs, minutes), id="title")
    return new_notebook(cells=[opening, *cells])


@pytest.fixture
def book(tmp_path):
    """A book of two chapters, the second of which needs the first; the plan is the real one."""
    (tmp_path / "book").mkdir()
    plan = yaml.safe_load((ROOT / "book" / "coverage.yml").read_text("utf-8"))
    plan["paths"] = [
        {"title": "All", "sign": "▲", "steps": {"1M": None, "2M": None, "1K": None}},
        {"title": "A part", "sign": "●", "steps": {"1K": ["Half: an answer"]}},
    ]
    (tmp_path / "book" / "coverage.yml").write_text(yaml.safe_dump(plan, sort_keys=False), "utf-8")
    toc = {"root": "book/index", "parts": [{"chapters": [{"file": LAYERS}, {"file": CODE}]}]}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))
    long = [
        new_markdown_cell("## Half: an answer\n\n" + "word " * 896, id="a"),
        new_code_cell("x = 1\n" * 60, id="b"),
        new_markdown_cell("### Below\n\n" + "word " * 899, id="c"),
        new_markdown_cell("## Other\n\n" + "word " * 900, id="d"),
    ]
    (tmp_path / CODE).parent.mkdir(parents=True)
    nbformat.write(chapter("Layers, and shapes", minutes=50), tmp_path / f"{LAYERS}.ipynb")
    code = chapter("A classifier", "[layers](2_math.ipynb) and [words](../x.md)", 40, *long)
    nbformat.write(code, tmp_path / f"{CODE}.ipynb")
    parts.main([], tmp_path)
    return tmp_path


def test_a_part_lists_its_chapters_and_what_they_need(book):
    page = (book / "book" / "parts" / "1_ecosystem.md").read_text("utf-8")
    assert page.startswith("# Ecosystem\n")
    assert f"## [1.2 Layers, and shapes](../../{LAYERS}.ipynb)\n\nWhy?\n\n50 minutes" in page
    assert f"needs [1.2 Layers, and shapes](../../{LAYERS}.ipynb) · systems: Decision tree" in page
    assert page.count("needs no other chapter") == 1
    assert "\n- 1.1 Five components" in page and "\n- 1.2 " not in page
    assert len([*(book / "book" / "parts").iterdir()]) == 5


def test_the_map_counts_minutes_and_marks_the_paths(book):
    page = (book / "book" / "map.md").read_text("utf-8")
    assert "**All**, 90 minutes: [1.2 Layers]" in page and "→ [1.3 A classifier]" in page
    # 897 + 1 + 899 words, and 60 lines: 10 + 5 minutes
    assert "**A part**, 15 minutes: 1.3 [Half: an answer]" in page
    assert f"(../{CODE}.ipynb#half-an-answer)" in page
    (entry,) = [
        line for line in page.splitlines() if "[1.3 A classifier](" in line and "-" in line[:5]
    ]
    assert "40&nbsp;min" in entry and "▲" in entry and "●" in entry
    assert '<span class="planned">2.1 Life cycle' in page
    assert "2 of 44 chapters are written, 2 hours of reading." in page


def test_a_heading_that_is_gone_is_named(book):
    shutil.copy(book / f"{LAYERS}.ipynb", book / f"{CODE}.ipynb")
    with pytest.raises(ValueError, match="3_code has no heading 'Half: an answer'"):
        parts.main([], book)


def test_a_stale_page_is_named(book):
    parts.main(["--check"], book)
    page = book / "book" / "parts" / "1_ecosystem.md"
    page.write_text(page.read_text("utf-8") + "more\n", "utf-8")
    with pytest.raises(SystemExit) as stop:
        parts.main(["--check"], book)
    assert "1_ecosystem.md is stale: run `python -m lmlab.authoring.parts`" in str(stop.value)


def test_a_course_counts_with_the_minutes_of_its_chapters():
    plan = yaml.safe_load((ROOT / "book" / "coverage.yml").read_text("utf-8"))
    minutes = {c.path: c.minutes for c in parts.read_chapters(ROOT, plan).values() if c.notebook}
    teach = (ROOT / "book" / "teach.md").read_text("utf-8")
    said = dict(re.findall(r"\(\.\./(notebooks/\S+)\.ipynb\) \| (\d+) \|", teach))
    assert len(said) >= 9
    assert {path: int(count) for path, count in said.items()} == {p: minutes[p] for p in said}


def test_the_pages_of_the_book_are_fresh():
    parts.main(["--check"], ROOT)
