"""Reading what students hand in, and rebuilding it on the release."""

import json
import os

import pytest

from lmlab.labs.reading import Unreadable, find_files, read_cells, text_of
from lmlab.labs.repair import answers, rebuild
from lmlab.labs.worker import disarmed


def cell(source, grade_id=None, kind="code", **data):
    metadata = {}
    if grade_id:
        solution = not grade_id.endswith("-test")
        metadata = {"nbgrader": {"grade_id": grade_id, "solution": solution, "grade": not solution}}
    return {"cell_type": kind, "metadata": metadata, "source": source, **data}


RELEASE = {
    "nbformat": 4,
    "cells": [
        cell('STUDENT = "your-id"  # first', id="setup"),
        cell("# Task 1", kind="markdown"),
        cell("# task-1\ndef f(x):\n    ...", "task-1", id="a1"),
        cell("f(1)", "task-1-test"),
        cell("# Task 2", kind="markdown"),
        cell("**Answer to task-2**\n\nYour answer.", "task-2", kind="markdown", id="a2"),
        cell("the end", kind="markdown"),
    ],
}


def submit(tmp_path, cells, **notebook):
    path = tmp_path / "lab.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": cells, **notebook}), encoding="utf-8")
    return read_cells(path)[0]


def repaired(tmp_path, cells):
    return answers(submit(tmp_path, cells), RELEASE)


def test_an_untouched_release_has_nothing_to_note(tmp_path):
    found = repaired(tmp_path, RELEASE["cells"])
    assert found.notes == []
    assert found.typed == "your-id"
    assert found.answers["task-1"] == text_of(RELEASE["cells"][2])


@pytest.mark.parametrize(
    ("answer", "way"),
    [
        (cell("def f(x): return 1", id="a1"), "cell id"),
        (cell("def f(x): return 1") | {"metadata": {"id": "a1"}}, "cell id"),
        (cell("# task-1\nf = lambda x: 1"), "marker"),
        (cell("g = 2\ndef f(x): return 1"), "names"),
        (cell("f = 3 +"), "position"),
    ],
)
def test_an_answer_without_grade_id_is_found(tmp_path, answer, way):
    cells = [*RELEASE["cells"][:2], answer, *RELEASE["cells"][3:]]
    found = repaired(tmp_path, cells)
    assert found.answers["task-1"] == answer["source"]
    assert any(way in note for note in found.notes)


def test_of_two_cells_the_changed_one_that_defines_the_name_counts(tmp_path):
    right = cell("# task-1\ndef f(x):\n    return 1", "task-1")
    other = cell("print('only a trial')", "task-1")
    found = repaired(tmp_path, [right, RELEASE["cells"][2], other])
    assert found.answers["task-1"] == right["source"]
    assert "task-1: 3 cells claim to be the answer, one was taken" in found.notes


STUB = RELEASE["cells"][2]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([STUB, cell("def f(x):\n    return 1")], "def f(x):\n    return 1"),
        ([STUB, cell("# task-1\nf = abs")], "# task-1\nf = abs"),
        (
            [STUB, cell("half = 2"), cell("def f(x): return half")],
            "half = 2\n\ndef f(x): return half",
        ),
        (
            [cell("# task-1\ndef f(x):\n    y = x", "task-1"), cell("    return y", "task-1")],
            "# task-1\ndef f(x):\n    y = x\n\n    return y",
        ),
        (
            [cell("def g(x): return 1"), cell("# task-1\nf = lambda x: g(x)", "task-1")],
            "def g(x): return 1\n\n# task-1\nf = lambda x: g(x)",
        ),
        ([cell("# task-1\nf = abs", "task-1"), cell("f = None")], "# task-1\nf = abs"),
    ],
)
def test_an_answer_in_several_cells(tmp_path, written, expected):
    cells = [*RELEASE["cells"][:2], *written, *RELEASE["cells"][3:]]
    assert repaired(tmp_path, cells).answers["task-1"] == expected


def test_an_answer_at_the_end_of_the_notebook(tmp_path):
    late = cell("# task-1\ndef f(x):\n    return 1")
    assert repaired(tmp_path, [*RELEASE["cells"], late]).answers["task-1"] == late["source"]


def test_words_below_the_form_and_a_pasted_picture(tmp_path):
    words = cell("Since ![](attachment:a.png) so", kind="markdown")
    words["attachments"] = {"a.png": {"image/png": "iVBO"}, "b.html": {"text/html": "<b>"}}
    cells = [*RELEASE["cells"][:6], words, *RELEASE["cells"][6:]]
    found = repaired(tmp_path, cells)
    assert found.answers["task-2"] == words["source"]
    built = rebuild(RELEASE, found.answers, "s1", found.pictures)
    assert built["cells"][5]["attachments"] == {"a.png": {"image/png": "iVBO"}}


@pytest.mark.parametrize(
    "text",
    [
        "![a](data:image/png;base64,iVBO)",
        '<img width="3" src="data:image/png;base64,iVBO" alt="x">',
    ],
)
def test_a_picture_within_the_text_becomes_an_attachment(tmp_path, text):
    answer = cell(f"**Answer to task-2** {text} end", "task-2", kind="markdown")
    found = repaired(tmp_path, [*RELEASE["cells"][:5], answer, RELEASE["cells"][6]])
    assert found.answers["task-2"].endswith("(attachment:picture-1) end")
    assert found.pictures["task-2"] == {"picture-1": {"image/png": "iVBO"}}


def test_other_data_within_a_text_are_no_picture(tmp_path):
    text = "**Answer to task-2** ![a](data:image/svg+xml;base64,iVBO) <img src=x>"
    answer = cell(text, "task-2", kind="markdown")
    found = repaired(tmp_path, [*RELEASE["cells"][:5], answer, RELEASE["cells"][6]])
    assert found.pictures == {}


def test_a_missing_answer_is_put_back_empty(tmp_path):
    found = repaired(tmp_path, [c for c in RELEASE["cells"] if c.get("id") != "a2"])
    assert found.answers["task-2"] == text_of(RELEASE["cells"][5])
    assert "task-2: the answer cell is missing; the empty one was put back" in found.notes


def test_only_answers_are_taken_over(tmp_path):
    cells = [dict(c) for c in RELEASE["cells"]]
    cells[2] = cell("# task-1\nf = abs", "task-1")
    cells[3] = cell("True", "task-1-test")
    cells.append(cell("f = None"))
    found = repaired(tmp_path, cells)
    built = rebuild(RELEASE, found.answers, "o'neil")
    assert text_of(built["cells"][3]) == "f(1)"
    assert len(built["cells"]) == len(RELEASE["cells"])
    assert text_of(built["cells"][0]) == 'STUDENT = "o\'neil"'
    assert any("put back" in note for note in found.notes)
    assert any("1 code cells outside" in note for note in found.notes)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"\0" * 100, "empty"),
        (b"[" * 5_000_001, "more than 5,000,000 values"),
        (b"%PDF-1.4", "not a notebook"),
        (b"[1, 2]", "JSON list"),
        (b"[" * 100_000, "not a notebook"),
        (b'{"cells": {}}', "no cells"),
        (b'{"cells": [null, 1, {"source": {}}]}', "no cells"),
        (b'{"worksheets": [7, {"cells": null}]}', "no cells"),
    ],
)
def test_what_is_no_notebook_is_unreadable(tmp_path, raw, says):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(raw)
    with pytest.raises(Unreadable, match=says):
        read_cells(path)


def test_links_and_pipes_are_never_opened(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text('{"cells": [{"source": "x"}]}')
    folder = tmp_path / "eve"
    folder.mkdir()
    (folder / "lab.ipynb").symlink_to(secret)
    os.mkfifo(folder / "pipe.ipynb")
    with pytest.raises(Unreadable, match="not a plain file"):
        find_files(folder, "lab.ipynb")
    with pytest.raises(OSError):
        read_cells(folder / "lab.ipynb")
    (tmp_path / "all").symlink_to(tmp_path)
    with pytest.raises(Unreadable, match="link"):
        find_files(tmp_path / "all", "secret.ipynb")


def test_the_file_with_the_right_name_is_taken(tmp_path):
    for name in ("draft.ipynb", "lab.ipynb", ".ipynb_checkpoints/lab.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    paths, notes = find_files(tmp_path, "lab.ipynb")
    assert paths[0] == tmp_path / "lab.ipynb" and len(paths) == 2 and notes == []
    os.utime(paths[0], (10, 10))
    assert find_files(tmp_path, "lab.ipynb")[0][1] == tmp_path / "lab.ipynb"


def test_lone_surrogates_do_not_stop_the_writer(tmp_path):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = \\"\\ud800\\""}]}'
    )
    assert read_cells(path)[0][0]["source"] == 'x = "?"'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](attachment:a.png)", "![x](attachment:a.png)"),
        ('![x](attachment:a.png "title")', '![x](attachment:a.png "title")'),
        ("![x [y]](attachment:a.png)", "![x [y]](attachment:a.png)"),
        ("![x [y]](attachment:gone.png)", "![x [y]] (a picture that is missing)"),
        ("![x]( attachment:gone.png)", "![x] (a picture that is missing)"),
        ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
        ("[x]: http://a.org", "[x] : http:&#47;/a.org"),
        ("a <b>", "a &lt;b>"),
    ],
)
def test_only_pictures_that_came_along_stay_links(text, shown):
    assert disarmed(text, {"a.png"}) == shown
