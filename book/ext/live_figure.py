"""Live figures in the pages of the book, as plain HTML (`stored_figures.py` makes it).

Each widget that a notebook shows becomes HTML in its page. `{live-figure}` shows one on another
page too:

    ```{live-figure} notebooks/4_innovation/3_code.ipynb
    :cell: draw-a-digit
    ```

`cell` is the id or a tag of the code cell.
"""

import json
import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.render import WIDGET_STATE_MIMETYPE, WIDGET_VIEW_MIMETYPE
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored_figures import Place, Stored

FOLDER = "_live"  # in the built book: the files of all figures
VIEW = re.compile(rf'<script type="{re.escape(WIDGET_VIEW_MIMETYPE)}"([^>]*)>(.*?)</script>', re.S)


class LiveFigure(SphinxDirective):
    """Name one widget view of a stored notebook; `show_figures` puts the figure in its place."""

    required_arguments = 1
    option_spec: ClassVar = {"cell": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / self.arguments[0]
        self.env.note_dependency(str(path))
        notebook = json.loads(path.read_text("utf-8"))
        wanted = self.options["cell"]
        views = [
            output["data"][WIDGET_VIEW_MIMETYPE]
            for cell in notebook["cells"]
            if wanted in (cell.get("id"), *cell["metadata"].get("tags", []))
            for output in cell.get("outputs", [])
            if WIDGET_VIEW_MIMETYPE in output.get("data", {})
        ]
        if not views:
            raise self.error(f"{path}: no cell `{wanted}` that shows a widget")
        text = (
            f'<script type="{WIDGET_VIEW_MIMETYPE}" data-from="{self.arguments[0]}">'
            f"{json.dumps(views[0])}</script>"
        )
        return [nodes.raw("", f'<div class="live-figure">{text}</div>', format="html")]


def show_figures(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put HTML in place of each widget view of a page; nothing of ipywidgets stays."""
    if not doctree or app.builder.format != "html":
        return
    files = NbMetadataCollector.get_doc_data(app.env)[pagename].get("js_files", {})
    files.pop("ipywidgets_state", None)
    up = "../" * pagename.count("/")
    place = Place(Path(app.outdir) / FOLDER, f"{up}{FOLDER}/", pagename.replace("/", "-"))
    stored: dict[Path, Stored] = {}

    def html_of(match: re.Match) -> str:
        source = re.search(r'data-from="([^"]+)"', match[1])
        path = Path(app.srcdir) / source[1] if source else Path(app.env.doc2path(pagename))
        if path not in stored:
            notebook = json.loads(path.read_text("utf-8"))
            models = notebook["metadata"]["widgets"][WIDGET_STATE_MIMETYPE]["state"]
            stored[path] = Stored(models)
        return stored[path].render(json.loads(match[2])["model_id"], place)

    context["body"] = VIEW.sub(html_of, context["body"])
    if place.count:
        app.add_js_file("live.js", loading_method="defer")


def drop_stills(app: Sphinx, docname: str, source: list[str]) -> None:
    """Leave out the still pictures that stand beside live figures for viewers without widgets."""
    if '"image/png"' not in source[0] or WIDGET_VIEW_MIMETYPE not in source[0]:
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if WIDGET_VIEW_MIMETYPE in output.get("data", {}):
                output["data"].pop("image/png", None)
    source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict:
    app.connect("source-read", drop_stills)
    app.add_directive("live-figure", LiveFigure)
    app.connect("html-page-context", show_figures, priority=400)  # before myst-nb adds its scripts
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
