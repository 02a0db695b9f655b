"""Mermaid diagrams drawn by the book's own copy of mermaid.min.js.

The classic script works from `file://`, where a browser refuses the module that
sphinxcontrib-mermaid loads.
"""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Mermaid(SphinxDirective):
    """A fenced `mermaid` block; `:alt:` says what the diagram shows."""

    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        alt = nodes.Text(self.options.get("alt", "Diagram")).astext()
        text = "\n".join(self.content).replace("&", "&amp;").replace("<", "&lt;")
        html = f'<pre class="mermaid" role="img" aria-label="{alt}">{text}</pre>'
        self.env.metadata[self.env.docname]["mermaid"] = True
        return [nodes.raw("", html, format="html")]


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load mermaid on the pages that hold a diagram."""
    if app.env.metadata.get(pagename, {}).get("mermaid"):
        app.add_js_file("lib/mermaid/mermaid.min.js", priority=400)
        app.add_js_file(
            None,
            body="mermaid.initialize({startOnLoad: true, theme: 'neutral'});",
            priority=401,
        )


def setup(app: Sphinx) -> dict:
    app.add_directive("mermaid", Mermaid)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
