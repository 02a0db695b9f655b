"""The page of backends says what was run, and a chapter that gets worse is an error."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lmlab.authoring import backends

ROOT = Path(__file__).resolve().parents[2]
STORED = json.loads((ROOT / "notebooks" / "backends.json").read_text("utf-8"))
NEEDS = "TensorFlow only"  # in the line *Time* of a chapter that passed nowhere else


def passed(version):
    return {"result": "passed", "version": version}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Two chapters and a lab that were run, a chapter without Keras and one not yet run."""
    stopped = {"result": "`tf.function`", "version": "0.1"}
    rows = {
        "1_a/1_x": {"jax": passed("0.1"), "torch": stopped},
        "1_a/2_y": {"jax": stopped, "torch": stopped},
        "labs/8_z": {"jax": passed("0.1"), "torch": passed("0.1")},
    }
    (tmp_path / "book").mkdir()
    for name in (*rows, "1_a/3_plain", "1_a/4_new"):
        path = backends.path_of(name, tmp_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        code = "1 + 1" if name == "1_a/3_plain" else "keras = start_keras(seed=0)"
        nbformat.write(new_notebook(cells=[new_code_cell(code)]), path)
    (tmp_path / "notebooks" / "backends.json").write_text(json.dumps(rows), "utf-8")
    monkeypatch.setattr(backends, "version", lambda name: "0.2+cpu")
    monkeypatch.setattr(backends, "find_spec", lambda name: name)
    return tmp_path


def runs(monkeypatch, said="passed"):
    """What is run from here on, as chapter and backend; each run ends in the same way."""
    seen = []

    def run(path, backend):
        seen.append((backends.name_of(path, path.parents[2]), backend))
        return said, 1.0

    monkeypatch.setattr(backends, "run", run)
    return seen


def test_without_names_what_passed_and_what_is_new_is_run_on_both_backends(repository, monkeypatch):
    seen = runs(monkeypatch)
    assert backends.main([], repository) == 0
    both = [(name, b) for name in ("1_a/4_new", "labs/8_z") for b in ("jax", "torch")]
    assert seen == [("1_a/1_x", "jax"), *both]
    page = (repository / "book" / "backends.md").read_text("utf-8").splitlines()[-5:]
    assert [row.partition(" | ")[2] for row in page] == [
        "passed | passed, 0.2 | stopped, 0.1 | PyTorch: `tf.function` |",
        "passed | stopped, 0.1 | stopped, 0.1 | JAX: `tf.function`; PyTorch: `tf.function` |",
        "passed | no Keras | no Keras |  |",
        "passed | passed, 0.2 | passed, 0.2 |  |",
        "passed | passed, 0.2 | passed, 0.2 |  |",
    ]
    assert page[0].startswith("| [1_a/1_x](../notebooks/1_a/1_x.ipynb) |")
    assert page[-1].startswith("| [labs/8_z](labs.md) |")


def test_a_chapter_that_is_named_is_run_though_it_failed(repository, monkeypatch):
    seen = runs(monkeypatch)
    assert backends.main([str(backends.path_of("1_a/2_y", repository))], repository) == 0
    assert seen == [("1_a/2_y", "jax"), ("1_a/2_y", "torch")]


def test_a_chapter_that_passed_and_fails_now_is_an_error_and_not_stored(repository, monkeypatch):
    stored = repository / "notebooks" / "backends.json"
    before = json.loads(stored.read_text("utf-8"))
    runs(monkeypatch, "`AssertionError`")
    assert backends.main([], repository) == 1
    after = json.loads(stored.read_text("utf-8"))
    assert {name: after[name] for name in before} == before
    assert after["1_a/4_new"]["torch"] == {"result": "`AssertionError`", "version": "0.2"}


def test_a_backend_that_is_not_installed_is_named(repository, monkeypatch):
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="jax is not installed here: `make test-backends`"):
        backends.main([], repository)


def test_a_chapter_that_stops_or_has_no_end_is_told_in_a_line(tmp_path, monkeypatch):
    from nbclient.exceptions import DeadKernelError

    def execute(path, timeout):
        raise fault

    monkeypatch.setattr(backends, "execute", execute)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    fault = ValueError("In [3]\n\x1b[31mAssertionError\x1b[0m: `a|b`\nnotes of Keras")
    assert backends.run(tmp_path, "jax")[0] == "`AssertionError: a/b`"
    fault = DeadKernelError("Kernel died")
    assert backends.run(tmp_path, "jax")[0].startswith("more than 180 CPU seconds")


def test_the_stored_page_is_fresh_and_chapters_pass_on_both():
    page = (ROOT / "book" / "backends.md").read_text("utf-8")
    assert page == backends.render(STORED)
    for backend in backends.BACKENDS:
        assert sum(row.get(backend, {}).get("result") == "passed" for row in STORED.values()) >= 4


@pytest.mark.parametrize("name", STORED)
def test_a_chapter_that_needs_tensorflow_says_so(name):
    path = backends.path_of(name, ROOT)
    results = {run["result"] for run in STORED[name].values()}
    assert backends.uses_keras(path) == (results != {backends.NO_KERAS})
    if not name.startswith("labs/"):
        first = nbformat.read(path, as_version=4).cells[0].source
        time = re.search(r"\*\*Time\*\*.*", first)[0]
        assert (NEEDS in time) == (not results & {"passed", backends.NO_KERAS})
