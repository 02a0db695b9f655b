"""What every chapter adds a line to is still whole after many hands."""

import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
from pybtex.database import parse_file

from lmlab.authoring.tools import chapters_in

ROOT = Path(__file__).resolve().parent.parent


def test_the_bibliography_can_be_read_and_names_each_work_once():
    entries = parse_file(ROOT / "book" / "references.bib").entries
    bare = [key for key, entry in entries.items() if not {"title", "year"} <= {*entry.fields}]
    assert len(entries) > 50 and bare == []


def letters(name):
    """A name without accents, braces and spaces, in small letters."""
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", name).lower())


def years_of(entry):
    """Its year, and those that its note gives, for a preprint or an earlier edition."""
    note = entry.fields.get("note", "")
    return {entry.fields["year"], *re.findall(r"\b(?:19|20)\d\d\b", note)}


@pytest.mark.parametrize(("code", "about"), chapters_in(ROOT).items())
def test_the_bibliography_holds_every_source_of_a_chapter(code, about):
    """`Vaswani and others (2017)` is an entry of that year with that author."""
    entries = parse_file(ROOT / "book" / "references.bib").entries.values()
    sources = re.search(r"^\*\*Sources:?\*\*(.*)", about["text"], re.MULTILINE | re.DOTALL)[1]
    named = re.findall(r"([^();]+) \((\d{4})\)", sources)
    assert len(named) > 2 or "(" not in sources
    missing = []
    for words, year in named:
        authors = {
            letters(person.last_names[0])
            for entry in entries
            if year in years_of(entry)
            for person in entry.persons["author"]
        }
        said = {letters(word) for word in words.split()}
        firm = letters("".join(words.split(" ")[-2:]))  # J.P. Morgan
        if not said & authors and not (len(firm) > 6 and any(firm in each for each in authors)):
            missing.append(f"{words.strip()} ({year})")
    assert missing == []


def test_nothing_of_a_merge_is_left():
    """No mark of two versions, in any file that git knows."""
    mark = r"^(<{7}|>{7}|\|{7}) "
    found = subprocess.run(["git", "grep", "-nE", mark], cwd=ROOT, capture_output=True, text=True)
    if found.returncode > 1:
        pytest.skip("a copy without git")
    assert found.stdout == ""
