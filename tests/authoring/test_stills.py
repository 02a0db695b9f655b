"""A still picture beside each live figure, where no widgets are shown."""

import base64
import copy
import io
import json
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from traitlets.config import Config

from lmlab.authoring import stills
from lmlab.authoring.execute import VIEW, clean
from lmlab.authoring.stills import HINT, STRIP, add_stills

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def chapter():
    """A chapter with live figures, a playground and a workbench."""
    return add_stills(nbformat.read(ROOT / "notebooks/1_ecosystem/2_math.ipynb", as_version=4))


def views(notebook):
    """What is stored beside each widget."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in outputs if VIEW in output.get("data", {})]


def test_each_live_figure_has_its_first_picture_with_its_text_and_a_hint(chapter):
    shown = views(chapter)
    figures = [o for o in shown if o.data["text/plain"].startswith("Explore")]
    assert len(figures) > 3
    for output in figures:
        about = output.metadata["image/png"]
        assert about["alt"].endswith(HINT) and len(about["alt"]) > len(HINT) + 20
        picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
        assert picture.width == about["width"] and picture.height > 2 * STRIP
        assert len(output.data["image/png"]) < 40_000
    assert all("image/png" not in o.data for o in shown if "Playground" in o.data["text/plain"])


def test_a_second_time_changes_nothing_and_the_house_rule_agrees(chapter):
    assert add_stills(copy.deepcopy(chapter)) == chapter
    assert clean(copy.deepcopy(chapter)) == chapter


def test_nbconvert_shows_the_pictures_with_their_texts(chapter):
    from nbconvert import HTMLExporter

    settings = ROOT / "lmlab/jupyterlab/jupyter_nbconvert_config.json"
    exporter = HTMLExporter(config=Config(json.loads(settings.read_text("utf-8"))))
    soup = BeautifulSoup(exporter.from_notebook_node(chapter)[0], "html.parser")
    texts = [image.get("alt", "") for image in soup.select("img")]
    assert sum(text.endswith(HINT) for text in texts) == sum(
        "image/png" in output.data for output in views(chapter)
    )
    assert "Explore(" not in soup.get_text()


def test_stored_notebooks_get_their_pictures_from_the_command_line(tmp_path, chapter):
    path = tmp_path / "one.ipynb"
    bare = copy.deepcopy(chapter)
    for output in views(bare):
        output.data.pop("image/png", None)
        output.metadata = {}
    nbformat.write(bare, path)
    stills.main([str(path)])
    assert nbformat.read(path, as_version=4) == chapter
