"""What every chapter adds a line to is still whole after many hands."""

import subprocess
from pathlib import Path

import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parent.parent


def test_the_bibliography_can_be_read_and_names_each_work_once():
    entries = parse_file(ROOT / "book" / "references.bib").entries
    bare = [key for key, entry in entries.items() if not {"title", "year"} <= {*entry.fields}]
    assert len(entries) > 50 and bare == []


def test_nothing_of_a_merge_is_left():
    """No mark of two versions, in any file that git knows."""
    mark = r"^(<{7}|>{7}|\|{7}) "
    found = subprocess.run(["git", "grep", "-nE", mark], cwd=ROOT, capture_output=True, text=True)
    if found.returncode > 1:
        pytest.skip("a copy without git")
    assert found.stdout == ""
