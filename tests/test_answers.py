"""The pages that answer the documents say only what stands in a chapter, and leave nothing out."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml

from lmlab.authoring.rules_prose import SPAN, stands, stored_numbers
from lmlab.authoring.tools import chapters_in

ROOT = Path(__file__).resolve().parent.parent
PLAN = yaml.safe_load((ROOT / "book" / "coverage.yml").read_text(encoding="utf-8"))
PAGES = ["questions", "tools", "outlook"]
LINK = r"\]\((?P<path>[\w./]+\.(?:ipynb|md))(?:#(?P<anchor>[\w-]+))?\)"


@cache
def notebook(path):
    return nbformat.read(path, as_version=4)


@cache
def anchors_of(path):
    """The headings of a chapter or a page, as a link names them."""
    texts = [path.read_text(encoding="utf-8")] if path.suffix == ".md" else []
    if path.suffix == ".ipynb":
        cells = notebook(path).cells
        texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    heads = re.findall(r"^#+ +(.*)$", "\n".join(texts), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def sections_of(name):
    """Each `###` section of a page: the items that lead to it, its title and its text."""
    text = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
    pattern = r"((?:^\(D\S+\)=\n)*)^### ([^\n]+)\n(.*?)(?=^\(D\S+\)=|^##|\Z)"
    found = re.finditer(pattern, text, re.MULTILINE | re.DOTALL)
    return [(re.findall(r"\((D\S+)\)=", each[1]), each[2], each[3]) for each in found]


def params(*names):
    return [
        pytest.param(text, id=f"{name}: {title}")
        for name in names
        for _, title, text in sections_of(name)
    ]


def sentences(text):
    bare = re.sub(r"\[[^\]]*\]\([^)]*\)", "", text, flags=re.DOTALL)
    return len(re.findall(r"[.!?](?=[*]?(?:\s|$))", bare))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_answers_all_its_items_and_no_others(name):
    """Each item of the sections that book/coverage.yml gives to the page, once."""
    sections = {k: part for d in PLAN["documents"].values() for k, part in d["sections"].items()}
    asked = [
        key
        for section, page in PLAN["answered_by"].items()
        for key in (sections[section]["items"] if page == name else [])
    ]
    text = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\((D\S+)\)=$", text, re.MULTILINE)) == sorted(asked)


@pytest.mark.parametrize("text", params(*PAGES))
def test_links_lead_to_a_heading(text):
    for link in re.finditer(LINK, text):
        path = (ROOT / "book" / link["path"]).resolve()
        assert path.is_file(), link["path"]
        assert link["anchor"] in {None, *anchors_of(path)}, link[0]


@pytest.mark.parametrize("text", params("questions", "outlook"))
def test_numbers_stand_in_a_linked_chapter(text):
    """A number in code font is in a stored output of a chapter that the same answer links to."""
    paths = {(ROOT / "book" / link["path"]).resolve() for link in re.finditer(LINK, text)}
    found = set().union(*(stored_numbers(notebook(p)) for p in paths if p.suffix == ".ipynb"))
    for code in re.findall(r"(?<!\})`([^`]+)`", text):
        span = SPAN.fullmatch(code.replace("−", "-"))
        for number in filter(None, span.groups() if span else ()):
            assert stands(number, "%" in code, found), f"`{code}` is in no linked chapter"


@pytest.mark.parametrize("text", params("questions", "outlook"))
def test_a_chapter_said_to_be_missing_is_missing(text):
    """`chapter 2A3 is not written` must go when the chapter comes."""
    said = re.findall(r"[Cc]hapters?\s+([1-5][CMKPSA]\d?)\b[^.]*not\s+written", text)
    assert [code for code in said if code in chapters_in(ROOT)] == []


@pytest.mark.parametrize("text", params("questions"))
def test_an_answer_is_short_and_proved(text):
    """Three to eight sentences and a chapter; what is wrong in the documents stands apart."""
    own, _, theirs = re.sub(r"^\*Asked in.*$", "", text, flags=re.M).partition("**The documents.**")
    assert 3 <= sentences(own) <= 8
    assert sentences(theirs) <= 5
    assert "ipynb#" in own
