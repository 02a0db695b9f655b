"""A reader's sitting in JupyterLab: stored figures, a run of all cells, a save, the next day."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from browser import FLAGS, PATIENCE, find_chromium
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import sync_playwright

from lmlab.authoring.execute import KERNEL, STATE, VIEW, clean, execute

ROOT = Path(__file__).resolve().parent.parent
CELLS = (
    """\
import matplotlib.pyplot as plt

from lmlab.live import Number, Slider, explore, workbench


def draw(height):
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.bar([0], [height])
    return figure


def train(rate):
    for epoch in range(3):
        yield {"loss": rate / (epoch + 1)}""",
    """\
explore(draw, question="How high?", alt=lambda height: f"A bar up to {10 * height + 3}.",
        height=Slider("height", [1, 2, 3]))""",
    """\
workbench(train, question="Which rate?", alt="A curve.", metric="loss", start=[{"rate": 1.0}],
          rate=Number("rate", 1.0, 0.0, 2.0))""",
)
RED = """() => [...document.querySelectorAll('.jupyter-widgets-disconnected')].filter(
  (el) => getComputedStyle(el, '::before').content !== 'none').length"""
ASLEEP = """() => getComputedStyle(document.querySelector('.lmlab-workbench .lmlab-kernel-only'))
  .pointerEvents"""


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except OSError:
        return False


@contextmanager
def lab(folder, name="one.ipynb"):
    """JupyterLab in a folder, as `make lab` starts it; its address."""
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--port=0"]
    options += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}", "--port-retries=50"]
    home = {"HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    command = [sys.executable, ROOT / "tools" / "lab.py", folder / name, "--", *options]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_")}
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            command, env=clean | home, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
        try:
            deadline = time.time() + 90
            while not (found := [*folder.glob("run/jpserver-*.json")]) and time.time() < deadline:
                time.sleep(0.2)
            address = json.loads(found[0].read_text("utf-8"))["url"]
            while not answers(f"{address}api") and time.time() < deadline:
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(90)  # it stops its kernels first, on a busy machine long


def run(page, command):
    page.evaluate(f"() => void jupyterapp.commands.execute('{command}')")


@pytest.mark.book
def test_figures_survive_run_all_save_and_reopen(place):
    path = place / "one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in CELLS]), path)
    nbformat.write(clean(execute(path)[0]), path)
    stored = path.read_bytes()
    with sync_playwright() as playwright, lab(place) as address:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        # stored, nothing run: no red marks, and what needs a kernel says so
        page.goto(f"{address}lab/tree/one.ipynb?reset")
        page.wait_for_selector(".lmlab-explore img")
        note = page.locator(".lmlab-workbench .lmlab-page-only")
        note.wait_for()
        assert page.evaluate(RED) == 0
        assert page.evaluate(ASLEEP) == "none"
        # a key in a figure is no command to the notebook
        cells = page.locator(".jp-CodeCell").count()
        page.locator(".lmlab-explore .noUi-handle").focus()
        page.keyboard.press("b")
        assert page.locator(".jp-CodeCell").count() == cells == 3
        # run all, save
        run(page, "notebook:restart-run-all")
        page.locator(".jp-Dialog .jp-mod-accept").click()
        page.wait_for_selector(
            ".lmlab-workbench .lmlab-kernel-only:not(.jupyter-widgets-disconnected)"
        )
        assert page.evaluate(ASLEEP) == "auto"
        note.wait_for(state="hidden")
        run(page, "docmanager:save")
        deadline = time.time() + 90
        while path.read_bytes() == stored and time.time() < deadline:
            time.sleep(0.3)
        saved = nbformat.read(path, as_version=4)
        states = saved.metadata["widgets"][STATE]["state"]
        views = [o["data"][VIEW]["model_id"] for c in saved.cells for o in c.outputs if "data" in o]
        assert len(views) == 2 and set(views) <= set(states)
        # the next day
        run(page, "kernelmenu:shutdown")
        page.goto("about:blank")
        page.goto(f"{address}lab/tree/one.ipynb?reset")
        page.wait_for_selector(".lmlab-explore img")
        assert "model not found" not in page.inner_text(".jp-Notebook")
        browser.close()


@pytest.mark.book
def test_a_link_to_the_glossary_opens_it(place):
    """As the chapters write it: two folders up, then book/glossary.md."""
    path = place / "notebooks" / "1_part" / "one.ipynb"
    path.parent.mkdir(parents=True)
    link = "The words are in the [glossary](../../book/glossary.md)."
    one = new_notebook(cells=[new_markdown_cell(link)], metadata={"kernelspec": KERNEL})
    nbformat.write(one, path)
    (place / "book").mkdir()
    (place / "book" / "glossary.md").write_text("# Words of the book\n", "utf-8")
    with sync_playwright() as playwright, lab(place, path) as address:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}lab/tree/notebooks/1_part/one.ipynb?reset")
        # the link has this address from the moment on at which JupyterLab listens to it
        page.locator(".jp-RenderedMarkdown a[href*='files/book/glossary.md']").click()
        page.locator(".lm-TabBar-tabLabel", has_text="glossary.md").wait_for()
        page.get_by_text("Words of the book").locator("visible=true").first.wait_for()
        browser.close()


def git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def repository(tmp_path):
    """A repository with one stored notebook, set up as `make setup` does."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "jupyterlab_files.py", tmp_path / "tools")
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    nb = new_notebook(cells=[new_code_cell("x = 1\nx"), new_markdown_cell("é 中")])
    path = tmp_path / "one.ipynb"
    nbformat.write(nb, path)
    nbformat.write(clean(execute(path)[0]), path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "one.ipynb", ".gitattributes")
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import jupyterlab_files as tool
    finally:
        sys.path.remove(str(ROOT / "tools"))
    tool.configure_git(tmp_path)
    return path


def saved_by_jupyterlab(path, change):
    """What a save leaves: the kernel's description, other numbers, other outputs."""
    nb = nbformat.read(path, as_version=4)
    nb.metadata["language_info"] = {"name": "python", "codemirror_mode": {"name": "ipython"}}
    nb.cells[0].execution_count = 7
    nb.cells[0].outputs[0]["data"]["text/plain"] = "another"
    change(nb)
    nbformat.write(nb, path)


def test_what_a_reader_runs_and_saves_is_no_change_to_git(repository):
    saved_by_jupyterlab(repository, lambda nb: None)
    assert git(repository.parent, "diff", "--stat") == ""
    assert "another" in repository.read_text("utf-8")


def test_changed_code_is_a_change_and_its_output_is_not_kept(repository):
    def change(nb):
        nb.cells.append(new_code_cell("y = 2"))
        nb.cells[1].source = "other"

    saved_by_jupyterlab(repository, change)
    diff = git(repository.parent, "diff")
    assert '+    "y = 2"' in diff or '+   "source": [' in diff
    assert "another" not in diff and "codemirror" not in diff
    git(repository.parent, "add", "one.ipynb")
    kept = nbformat.reads(git(repository.parent, "show", ":one.ipynb"), as_version=4)
    assert [cell.source for cell in kept.cells] == ["x = 1\nx", "other", "y = 2"]
    assert kept.cells[0].outputs[0]["data"]["text/plain"] == "1"


def test_what_make_notebooks_writes_passes_unchanged(repository):
    nb = nbformat.read(repository, as_version=4)
    nb.cells[0].outputs[0]["data"]["text/plain"] = "new"
    nbformat.write(nb, repository)
    assert '"new"' in git(repository.parent, "diff")
