"""A notebook is executed, cleaned and written whole, so that a second run changes nothing."""

import copy
import json
import time

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lmlab.authoring.execute import (
    STATE,
    VIEW,
    clean,
    execute,
    main,
    record_compute,
    renumber_widgets,
    write,
)

# ids as ipywidgets makes them: random, 32 hexadecimal digits
BOX, STACK, KNOB, LINK, ORPHAN, STRAY, TEXT = (f"{i:x}" * 32 for i in range(9, 16))
ALT = "The loss falls from 2.3 to below 0.2."


def model(name, **state):
    return {"model_name": name, "model_module": "@jupyter-widgets/controls", "state": state}


def reference(model_id):
    return f"IPY_MODEL_{model_id}"


MODELS = {
    ORPHAN: model("LayoutModel"),
    STRAY: model("LinkModel", source=[reference(KNOB), "index"], target=[reference(ORPHAN), "v"]),
    LINK: model(
        "LinkModel", source=[reference(KNOB), "index"], target=[reference(STACK), "selected_index"]
    ),
    TEXT: model("HTMLModel", value="shown in the second cell"),
    STACK: model("StackModel", children=[], selected_index=0),
    KNOB: model("SelectionSliderModel", index=0, _options_labels=["1", "2"]),
    BOX: model("VBoxModel", children=[reference(KNOB), reference(STACK)]),
}


def view(model_id):
    data = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": model_id}}
    return new_output("display_data", data={"text/plain": "Explore"} | data)


def with_views(*model_ids):
    """A notebook that shows a widget in each of its cells, as an execution leaves it."""
    cells = [new_code_cell("show()", outputs=[view(model_id)]) for model_id in model_ids]
    stored = {STATE: {"state": copy.deepcopy(MODELS), "version_major": 2, "version_minor": 0}}
    return new_notebook(cells=cells, metadata={"widgets": stored})


def states(notebook):
    return notebook.metadata["widgets"][STATE]["state"]


def number(count):
    return f"{count:032x}"


def shown(notebook):
    return [cell.outputs[0].data[VIEW]["model_id"] for cell in notebook.cells]


def test_models_are_numbered_in_order_of_appearance_and_orphans_are_dropped():
    notebook = renumber_widgets(with_views(BOX, TEXT))
    found = states(notebook)
    assert list(found) == [number(count) for count in range(1, 6)]
    names = ["VBox", "SelectionSlider", "Stack", "HTML", "Link"]
    assert [found[number(i)]["model_name"] for i in range(1, 6)] == [f"{n}Model" for n in names]
    assert shown(notebook) == [number(1), number(4)]
    assert found[number(1)]["state"]["children"] == [reference(number(2)), reference(number(3))]
    assert found[number(5)]["state"] == {
        "source": [reference(number(2)), "index"],
        "target": [reference(number(3)), "selected_index"],
    }
    assert notebook.metadata["widgets"][STATE]["version_major"] == 2


def test_the_order_of_links_does_not_follow_their_random_ids():
    notebook = with_views(BOX)
    other = with_views(BOX)
    second = model("LinkModel", source=[reference(STACK), "a"], target=[reference(KNOB), "b"])
    states(notebook)[f"{1:032x}"] = second
    other.metadata["widgets"][STATE]["state"] = {f"{15 * 16**31:032x}": second} | states(other)
    assert states(renumber_widgets(notebook)) == states(renumber_widgets(other))
    assert list(states(notebook).values()) == list(states(other).values())


def test_numbered_models_are_numbered_anew_when_the_cells_change_places():
    notebook = renumber_widgets(with_views(BOX, TEXT))
    notebook.cells.reverse()
    assert states(renumber_widgets(notebook)) == states(renumber_widgets(with_views(TEXT, BOX)))
    assert shown(notebook) == [number(1), number(2)]


def test_two_views_of_one_widget_name_the_same_model():
    notebook = renumber_widgets(with_views(TEXT, TEXT))
    assert shown(notebook) == [number(1), number(1)]
    assert list(states(notebook)) == [number(1)]


def test_a_text_that_looks_like_a_model_is_left_alone():
    notebook = with_views(TEXT)
    states(notebook)[TEXT]["state"]["value"] = f"{TEXT} {reference('abc')}"
    assert states(renumber_widgets(notebook))[number(1)]["state"]["value"] == (
        f"{TEXT} {reference('abc')}"
    )


def test_of_a_layout_only_what_is_set_is_stored():
    notebook = with_views(TEXT)
    layout = {"_view_name": "LayoutView", "width": "600px", "height": None}
    style = {"_view_name": "StyleView", "button_width": "auto", "font_size": None}
    states(notebook)["abc"] = {"model_name": "LayoutModel", "state": layout}
    states(notebook)["def"] = {"model_name": "ToggleButtonsStyleModel", "state": style}
    kept = {"_view_name": "HTMLView", "index": None}  # None: nothing is chosen, no default
    states(notebook)[TEXT]["state"] = kept | {"layout": reference("abc"), "style": reference("def")}
    text, *rest = (states(renumber_widgets(notebook))[number(i)]["state"] for i in (1, 2, 3))
    assert rest == [{"width": "600px"}, {"button_width": "auto"}]
    assert text == kept | {"layout": reference(number(2)), "style": reference(number(3))}


def test_states_without_a_view_are_dropped():
    notebook = with_views()
    assert "widgets" not in renumber_widgets(notebook).metadata


@pytest.mark.parametrize("drop", ["the model", "all widgets"])
def test_a_view_without_state_is_an_error_that_says_what_to_do(drop):
    notebook = with_views(BOX, TEXT)
    if drop == "the model":
        del states(notebook)[TEXT]
    else:
        notebook.metadata.pop("widgets")
    missing = TEXT if drop == "the model" else BOX
    with pytest.raises(ValueError) as error:
        clean(notebook)
    assert str(error.value) == (
        f"the view of model {missing} has no stored state: run `make notebooks`, and do not save "
        "from JupyterLab without it"
    )


def picture(**metadata):
    return new_output(
        "display_data", data={"image/png": "iVBORw0KGgo="}, metadata={"image/png": metadata}
    )


def test_clean_copies_alt_and_width_to_the_cell():
    cells = [
        new_code_cell("show_figure()", outputs=[picture(alt=ALT, width=600)]),
        new_code_cell("plot()", outputs=[picture(width=300)]),
        new_code_cell("1 + 1", metadata={"mystnb": {"image": {"alt": "an older one"}}}),
    ]
    notebook = clean(new_notebook(cells=cells))
    assert [cell.metadata for cell in notebook.cells] == [
        {"mystnb": {"image": {"alt": ALT, "width": "600px"}}},
        {},
        {},
    ]
    assert notebook.cells[0].outputs == [picture(alt=ALT, width=600)]


def test_clean_keeps_what_the_book_needs_and_nothing_else():
    out = new_output("stream", name="stdout", text="2\n")
    kept = {"tags": ["nbval-ignore-output"], "lmlab": {"reason": "prints a time"}}
    code = new_code_cell("print(2)", outputs=[out], execution_count=7)
    code.metadata.update(kept | {"collapsed": True, "execution": {"iopub.status.busy": "now"}})
    text = new_markdown_cell("# Title", metadata={"editable": False, "tags": []})
    metadata = {
        "kernelspec": {"name": "venv", "display_name": "my kernel"},
        "language_info": {"name": "python", "version": "3.11.7"},
        "lmlab": {"minutes": 25},
        "toc": {},
    }
    before = new_notebook(cells=[text, code], metadata=metadata)
    notebook = clean(copy.deepcopy(before))
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {
            "name": "python", "file_extension": ".py", "mimetype": "text/x-python"
        },
        "lmlab": {"minutes": 25},
    }  # fmt: skip
    assert [cell.metadata for cell in notebook.cells] == [{}, kept]
    for cell, old in zip(notebook.cells, before.cells, strict=True):
        assert {**cell, "metadata": None} == {**old, "metadata": None}


def test_to_clean_twice_is_to_clean_once():
    notebook = with_views(BOX, TEXT)
    notebook.cells.append(new_code_cell("f()", outputs=[picture(alt=ALT, width=600)]))
    notebook.cells[0].metadata["tags"] = ["live"]
    once = clean(notebook)
    twice = clean(copy.deepcopy(once))
    assert twice == once
    assert nbformat.writes(twice) == nbformat.writes(once)


def test_write_replaces_the_file_or_leaves_it(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    write(new_notebook(cells=[new_markdown_cell("# A")]), path)
    before = path.read_bytes()
    assert nbformat.read(path, as_version=4).cells[0].source == "# A"

    def full(notebook, part):
        part.write_text("{")
        raise OSError("the disk is full")

    monkeypatch.setattr(nbformat, "write", full)
    with pytest.raises(OSError, match="the disk is full"):
        write(new_notebook(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


LIVE = """\
figure = explore(
    draw,
    question="Higher?",
    alt=lambda a, b: f"It rises to {'ABC'[a - 1]}, {'dotted' if b == 'x' else 'whole'}.",
    a=Slider("A", [1, 2, 3]),
    b=Choice("B", ["x", "y"]),
)
figure"""
CHAPTER = [
    "from matplotlib.figure import Figure\nfrom lmlab.figures import show_figure\n"
    "from lmlab.live import Choice, Slider, explore\n\n"
    "def draw(a, b='x'):\n"
    "    figure = Figure(figsize=(1, 1))\n"
    "    figure.subplots().plot([0, a], [0, 1], ':' if b == 'x' else '-')\n"
    "    return figure",
    LIVE,
    f"show_figure(draw(2), {ALT!r})",
]


@pytest.fixture
def table(tmp_path, monkeypatch):
    """The table of computing times of a book in the test's own folder."""
    monkeypatch.setattr("lmlab.authoring.execute.COMPUTE", tmp_path / "compute.json")
    return tmp_path / "compute.json"


def chapter(path, *sources):
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def test_a_second_execution_writes_the_same_bytes(tmp_path, table, capsys):
    path = chapter(tmp_path / "chapter.ipynb", *CHAPTER)
    assert main([str(path)]) == 0
    first = path.read_bytes()
    assert main([str(path)]) == 0
    assert path.read_bytes() == first
    assert sorted(tmp_path.iterdir()) == [path, table]

    notebook = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    setup, live, still = notebook.cells
    assert setup.outputs == []
    data = live.outputs[0].data
    assert data["text/plain"] == "Explore(a × b, 6 states)"
    models = list(states(notebook).values())
    assert data[VIEW]["model_id"] == number(1)
    kinds = [model["model_name"] for model in models]
    assert (kinds[0], kinds.count("LinkModel")) == ("VBoxModel", 4)
    values = [model["state"].get("value", "") for model in models]
    for state in ("A, dotted", "B, whole", "C, dotted"):
        assert sum(f"It rises to {state}." in value for value in values) == 1
    assert still.metadata["mystnb"]["image"] == {"alt": ALT, "width": "100px"}

    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["chapter.ipynb"] * 2
    (row,) = json.loads(table.read_text()).values()
    assert 0 < row["cpu_seconds"] < 60
    assert 30 < row["megabytes"] < 2000


BURN = """\
import subprocess, sys
code = '''import sys, time
while time.process_time() < 2: pass
print("worked", flush=True)
sys.stdin.read()'''
call = [sys.executable, "-c", code]
subprocess.run(call, input=b"", check=True)
going_on = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
going_on.stdout.readline()"""


def test_time_is_that_of_the_kernel_and_its_children_and_not_of_the_clock(tmp_path):
    """Two children of 2 s each, one that has ended and one that goes on; to wait costs nothing."""
    idle = chapter(tmp_path / "idle.ipynb", "import time; time.sleep(4)")
    busy = chapter(tmp_path / "busy.ipynb", BURN)
    rest, work = (execute(path)[1]["cpu_seconds"] for path in (idle, busy))
    assert 0 < rest < 3
    assert 3.5 < work - rest < 6


def test_a_notebook_that_fails_stays_as_it_was_and_the_others_go_on(tmp_path, table, capsys):
    bad = chapter(tmp_path / "bad.ipynb", "x = 1", "raise OSError('no such luck')", "x")
    slow = chapter(tmp_path / "slow.ipynb", "import time; time.sleep(600)")
    good = chapter(tmp_path / "good.ipynb", "import os; os.path.basename(os.getcwd())")
    before = bad.read_bytes(), slow.read_bytes()
    start = time.monotonic()
    paths = [bad, tmp_path / "none.ipynb", slow, good]
    assert main([*map(str, paths), "--timeout", "10"]) == 1
    assert time.monotonic() - start < 300
    assert (bad.read_bytes(), slow.read_bytes()) == before
    written = nbformat.read(good, as_version=4).cells[0].outputs[0]
    assert written.data["text/plain"] == repr(tmp_path.name)
    assert sorted(tmp_path.iterdir()) == sorted([bad, table, good, slow])

    out, err = capsys.readouterr()
    assert f"{tmp_path / 'none.ipynb'}: no such notebook; name one as in N=" in out
    assert f"{bad}: not written. CellExecutionError: " in err
    assert "no such luck" in err
    assert f"{slow}: not written. CellTimeoutError: " in err
    assert list(json.loads(table.read_text())) == ["good.ipynb"]


def test_the_table_holds_ceilings_that_most_runs_leave_alone(tmp_path, table):
    path = tmp_path / "part" / "one.ipynb"

    def record(seconds, megabytes):
        line = record_compute(path, {"cpu_seconds": seconds, "megabytes": megabytes})
        return line, *json.loads(table.read_text())["part/one.ipynb"].values()

    assert record(20.4, 400.4) == ("part/one.ipynb: 20 CPU s, 400 MB", 25, 450)
    assert record(25, 450) == ("part/one.ipynb: 25 CPU s, 450 MB", 25, 450)
    assert record(25.1, 449)[1:] == (30, 450)
    assert record(10, 451)[1:] == (30, 500)
    assert record(10, 200)[1:] == (30, 500)  # a step below half of each
    assert record(9.9, 200)[1:] == (10, 500)
    assert record(10, 199)[1:] == (10, 200)


def test_the_table_is_sorted_and_keeps_the_other_notebooks(tmp_path, table):
    used = {"cpu_seconds": 1.0, "megabytes": 100.0}
    for name in ("b", "a", "c"):
        record_compute(tmp_path / f"{name}.ipynb", used)
    text = table.read_text()
    assert list(json.loads(text)) == ["a.ipynb", "b.ipynb", "c.ipynb"]
    record_compute(tmp_path / "b.ipynb", used)
    assert table.read_text() == text
    assert text.endswith("}\n")


def test_a_notebook_outside_the_book_is_not_in_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr("lmlab.authoring.execute.COMPUTE", tmp_path / "notebooks" / "compute.json")
    path = tmp_path / "labs" / "one.ipynb"
    line = record_compute(path, {"cpu_seconds": 2.0, "megabytes": 80.0})
    assert line == f"{path}: 2 CPU s, 80 MB"
    assert list(tmp_path.iterdir()) == []


def test_the_longest_notebook_comes_first_and_one_never_measured_is_long(tmp_path, table, capsys):
    for name, seconds in (("a", 5), ("b", 80), ("c", 40)):
        record_compute(
            tmp_path / "1_one" / f"{name}.ipynb", {"cpu_seconds": seconds, "megabytes": 1}
        )
    paths = [f"notebooks/1_one/{name}.ipynb" for name in "abcd"]
    assert main([*paths, "--longest-first"]) == 0
    assert capsys.readouterr().out.split() == [paths[i] for i in (1, 3, 2, 0)]


def test_the_cell_format_of_labs_is_kept():
    cell = new_code_cell("f()", outputs=[new_output("stream", text="1\n")])
    cell.metadata = {"nbgrader": {"grade": True, "grade_id": "task-1-test"}, "collapsed": True}
    (cleaned,) = clean(new_notebook(cells=[cell])).cells
    assert cleaned.metadata == {"nbgrader": {"grade": True, "grade_id": "task-1-test"}}
    assert len(cleaned.outputs) == 1


def test_the_stored_run_is_a_proof(tmp_path):
    """`show` stores the band alone, and a number outside it stops the run."""
    source = "from lmlab.check import show\nvalue = {}\nshow('x', value, above=1)"
    path = tmp_path / "one.ipynb"
    for value, text in ((2, "x > 1\n"), (0, None)):
        nb = new_notebook(cells=[new_code_cell(source.format(value))])
        nbformat.write(nb, path)
        if text:
            assert execute(path)[0].cells[0].outputs[0]["text"] == text
        else:
            with pytest.raises(CellExecutionError, match="x: expected > 1, got 0"):
                execute(path)


@pytest.mark.parametrize(("tag", "folded"), [("hide-input", 1), ("hide-cell", 1), ("live", 0)])
def test_what_the_book_folds_is_folded_in_jupyterlab(tag, folded):
    notebook = clean(new_notebook(cells=[new_code_cell("x", metadata={"tags": [tag]})]))
    assert notebook.cells[0].metadata.get("jupyter", {}) == (
        {"source_hidden": True} if folded else {}
    )
