"""What is checked of a file and of the whole book; the rules have a test module a group."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
from chapter_cases import CHAPTER, edit, good, stream
from nbformat.v4 import new_code_cell, new_notebook

from lmlab.authoring.execute import clean
from lmlab.authoring.hygiene import check_all, check_cells, check_notebook, main
from lmlab.authoring.sweeps import WITHOUT_CLAIMS

ROOT = Path(__file__).resolve().parents[2]


def test_good_notebook_passes():
    assert check_cells(good(), CHAPTER) == []


def test_message_names_file_cell_and_action():
    notebook = good()
    edit("title", "digit?**", "digit.**")(notebook)
    assert check_cells(notebook, CHAPTER) == [
        f"style 2.1: {CHAPTER}, cell 1 (# Handwritten digits): "
        "no bold question under the title; write one"
    ]


def test_check_changes_nothing():
    notebook = good()
    before = copy.deepcopy(notebook)
    check_cells(notebook, CHAPTER)
    assert notebook == before


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A repository with one good chapter in its table of contents, and a template."""
    monkeypatch.setitem(WITHOUT_CLAIMS, CHAPTER, "its claims are not tested here")
    path = tmp_path / CHAPTER
    path.parent.mkdir(parents=True)
    nbformat.write(good(), path)
    template = new_notebook(cells=[new_code_cell("x = 3", execution_count=1)])
    nbformat.write(clean(template), tmp_path / "notebooks" / "template.ipynb")
    toc = (
        f"root: book/index\nparts:\n  - chapters:\n      - file: {CHAPTER.removesuffix('.ipynb')}\n"
    )
    (tmp_path / "_toc.yml").write_text(toc)
    return tmp_path


def test_good_book_passes(book, capsys):
    copies = book / "notebooks" / ".ipynb_checkpoints"
    copies.mkdir()
    (copies / "template-checkpoint.ipynb").write_text("{}")
    assert check_all(book) == []
    assert main([str(book), str(book / CHAPTER)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("entry", ["notebooks/4_innovation/9_new_2", "notebooks/9_new", "9_new"])
def test_chapter_must_be_in_the_contents(book, entry):
    (book / "_toc.yml").write_text(f"root: book/index\nchapters:\n- file: {entry}\n")
    assert check_all(book) == [f"style 7.4: {CHAPTER}: not in _toc.yml; add it"]
    (book / "_toc.yml").write_text(f"root: book/index\nchapters:\n- file: '{CHAPTER}'\n")
    assert check_all(book) == []


def test_template_must_not_be_in_the_contents(book):
    with (book / "_toc.yml").open("a") as toc:
        toc.write("      - file: notebooks/template\n")
    assert check_all(book) == ["style 7.4: notebooks/template.ipynb: in _toc.yml; remove it"]


def test_template_keeps_the_rules_on_cells(book):
    broken = new_notebook(cells=[new_code_cell("f(x);", execution_count=2)])
    nbformat.write(clean(broken), book / "notebooks" / "template.ipynb")
    assert [message.split(":")[0] for message in check_all(book)] == ["style 3.4", "style 7.4"]


def lab_cells():
    """A given cell with an import of its own, and the hidden test of a task."""
    given = new_code_cell("import numpy as np\n\nprint(np.ones(2))", execution_count=1)
    given.outputs = [stream("[1. 1.]\n")]
    test = new_code_cell("from lmlab.labs import report", execution_count=2)
    test.metadata = {"nbgrader": {"grade": True}}
    return [given, test]


def test_a_lab_keeps_the_rules_on_code_and_is_executed(book):
    path = book / "labs" / "01_one" / "lab.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(clean(new_notebook(cells=lab_cells())), path)
    assert check_all(book) == []
    broken = new_notebook(cells=lab_cells())
    broken.cells[0].source += ";"
    broken.cells[1].execution_count = None
    nbformat.write(clean(broken), path)
    assert [message.split(":")[0] for message in check_all(book)] == ["style 3.4", "style 7.4"]


ODD_CELL = {"cell_type": "markdown", "source": "", "metadata": {}, "id": "a", "outputs": []}
ODD = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [ODD_CELL]}


@pytest.mark.parametrize("text", ["{", "[]", '{"nbformat": 4}', json.dumps(ODD)])
def test_damaged_file(book, text):
    (book / CHAPTER).write_text(text)
    (message,) = check_all(book)
    assert message.startswith(f"style 7.4: {CHAPTER}: no valid notebook")


def test_empty_notebook(book):
    nbformat.write(new_notebook(), book / CHAPTER)
    (message,) = check_all(book)
    assert message.startswith(f"style 7.4: {CHAPTER}: no valid notebook")


def test_main_prints_and_fails(book, capsys):
    (book / "_toc.yml").write_text("root: book/index\n")
    assert main([str(book / CHAPTER)]) == 1
    assert capsys.readouterr().out == f"style 7.4: {CHAPTER}: not in _toc.yml; add it\n"


def test_wrong_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`path` must be a notebook file, got .*no\.ipynb"):
        check_notebook(tmp_path / "no.ipynb")
    with pytest.raises(ValueError, match=r"`root` must hold the folder notebooks, got "):
        check_all(tmp_path)


def test_the_book_keeps_its_rules():
    assert check_all(ROOT) == []
