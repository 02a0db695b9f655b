"""The pages that answer the documents say only what stands in a chapter, and leave nothing out."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml

from lmlab.authoring.rules_prose import SPAN, stands, stored_numbers

ROOT = Path(__file__).resolve().parent.parent
PLAN = yaml.safe_load((ROOT / "book" / "coverage.yml").read_text(encoding="utf-8"))
ASKED = ["D1.10", "D2.9", "D3.9", "D4.9.1", "D4.9.2", "D5.9"]
PAGES = [name for name in ("questions",) if (ROOT / "book" / f"{name}.md").is_file()]
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


SECTIONS = [
    pytest.param(items, text, id=f"{name}: {title}")
    for name in PAGES
    for items, title, text in sections_of(name)
]


def sentences(text):
    bare = re.sub(r"\[[^\]]*\]\([^)]*\)", "", text, flags=re.DOTALL)
    return len(re.findall(r"[.!?](?=[*]?(?:\s|$))", bare))


def test_every_question_of_the_documents_is_answered():
    asked = [
        key
        for document in PLAN["documents"].values()
        for section, part in document["sections"].items()
        if section in ASKED
        for key in part["items"]
    ]
    answered = [key for items, _, _ in sections_of("questions") for key in items]
    assert sorted(answered) == sorted(asked)


@pytest.mark.parametrize(("items", "text"), SECTIONS)
def test_links_lead_to_a_heading(items, text):
    for link in re.finditer(LINK, text):
        path = (ROOT / "book" / link["path"]).resolve()
        assert path.is_file(), link["path"]
        assert link["anchor"] in {None, *anchors_of(path)}, link[0]


@pytest.mark.parametrize(("items", "text"), SECTIONS)
def test_numbers_stand_in_a_linked_chapter(items, text):
    """A number in code font is in a stored output of a chapter that the same answer links to."""
    paths = {(ROOT / "book" / link["path"]).resolve() for link in re.finditer(LINK, text)}
    found = set().union(*(stored_numbers(notebook(p)) for p in paths if p.suffix == ".ipynb"))
    for code in re.findall(r"`([^`]+)`", text):
        span = SPAN.fullmatch(code.replace("−", "-"))
        for number in filter(None, span.groups() if span else ()):
            assert stands(number, "%" in code, found), f"`{code}` is in no linked chapter"


@pytest.mark.parametrize(("items", "text"), SECTIONS)
def test_an_answer_is_short_and_proved(items, text):
    """Three to eight sentences and a chapter; what is wrong in the documents stands apart."""
    own, _, theirs = re.sub(r"^\*Asked in.*$", "", text, flags=re.M).partition("**The documents.**")
    assert 3 <= sentences(own) <= 8
    assert sentences(theirs) <= 5
    assert "ipynb#" in own
