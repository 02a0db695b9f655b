"""The page of backends says what was run, and a chapter that gets worse is an error."""

import json
from pathlib import Path

import pytest

from lmlab.authoring import backends

ROOT = Path(__file__).resolve().parents[2]
STORED = json.loads((ROOT / "notebooks" / "backends.json").read_text("utf-8"))


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository in which JAX was run on two chapters."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "book").mkdir()
    rows = {"1_a/1_x": "passed", "1_a/2_y": "`tf.function`"}
    rows = {name: {"jax": said, "version": "0.1"} for name, said in rows.items()}
    (tmp_path / "notebooks" / "backends.json").write_text(json.dumps(rows), "utf-8")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(backends, "version", lambda name: "0.2")
    return tmp_path


def test_without_names_the_chapters_that_passed_are_run_again(repository, monkeypatch):
    seen = []
    monkeypatch.setattr(backends, "run", lambda path: seen.append(path.stem) or "passed")
    assert backends.main([], repository) == 0
    assert seen == ["1_x"]
    page = (repository / "book" / "backends.md").read_text("utf-8")
    assert "1_x.ipynb) | passed | passed, 0.2 |" in page
    assert "2_y.ipynb) | passed | needs TensorFlow, 0.1 | `tf.function` |" in page


def test_a_chapter_that_passed_and_fails_now_is_an_error_and_not_stored(repository, monkeypatch):
    stored = repository / "notebooks" / "backends.json"
    before = stored.read_text("utf-8")
    monkeypatch.setattr(backends, "run", lambda path: "AssertionError")
    assert backends.main([], repository) == 1
    assert stored.read_text("utf-8") == before


def test_the_backend_must_be_chosen(repository, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND")
    with pytest.raises(SystemExit, match="make test-backends"):
        backends.main([], repository)


def test_the_stored_page_is_fresh_and_four_chapters_pass_on_jax():
    page = (ROOT / "book" / "backends.md").read_text("utf-8")
    assert page == backends.render(STORED)
    assert sum(row["jax"] == "passed" for row in STORED.values()) >= 4
    assert [c for c in STORED if not (ROOT / "notebooks" / f"{c}.ipynb").is_file()] == []
