"""`{live-figure}`: show a live figure of a notebook on another page too.

    ```{live-figure} notebooks/4_innovation/3_code.ipynb
    :cell: draw-a-digit
    ```

`cell` is the id or a tag of the code cell. The widget's stored state travels with it, so that the
figure answers here as it does in its chapter.
"""

import json
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.render import WIDGET_STATE_MIMETYPE, WIDGET_VIEW_MIMETYPE
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def needed_models(state: dict, root: str) -> dict:
    """The part of a widget state that the model `root` refers to, itself included."""
    found, queue = {}, [root]
    while queue:
        model_id = queue.pop()
        if model_id in found or model_id not in state:
            continue
        found[model_id] = state[model_id]
        text = json.dumps(state[model_id]["state"])
        queue += [part.split('"')[0] for part in text.split('"IPY_MODEL_')[1:]]
    # links name their widgets, not the other way round
    for model_id, model in state.items():
        ends = [model["state"].get(end) for end in ("source", "target")]
        if all(ends) and all(end[0].removeprefix("IPY_MODEL_") in found for end in ends):
            found[model_id] = model
    return found


class LiveFigure(SphinxDirective):
    """Copy one widget view, with the state it needs, out of a stored notebook."""

    required_arguments = 1
    option_spec: ClassVar = {"cell": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / self.arguments[0]
        self.env.note_dependency(str(path))
        notebook = json.loads(path.read_text())
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
        stored = notebook["metadata"]["widgets"][WIDGET_STATE_MIMETYPE]
        state = {**stored, "state": needed_models(stored["state"], views[0]["model_id"])}
        scripts = "".join(
            f'<script type="{mime}">{_script_json(data)}</script>'
            for mime, data in ((WIDGET_STATE_MIMETYPE, state), (WIDGET_VIEW_MIMETYPE, views[0]))
        )
        for name, kwargs in self.config.nb_ipywidgets_js.items():
            NbMetadataCollector.add_js_file(self.env, self.env.docname, name, name, kwargs)
        return [nodes.raw("", f'<div class="live-figure">{scripts}</div>', format="html")]


def _script_json(data: dict) -> str:
    return json.dumps(data).replace("</", "<\\/")  # no tag may end inside a script


def setup(app: Sphinx) -> dict:
    app.add_directive("live-figure", LiveFigure)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
