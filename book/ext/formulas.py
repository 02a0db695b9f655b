"""Formulas drawn when the book is built, by MathJax under node.

They stand in the page without a script, with MathML beside them for screen readers. The styles of
all glyphs go to `_static/formulas.css`.
"""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from lmlab.data.archives import node_command

HERE = Path(__file__).parent
MATHJAX = HERE.parent.parent / "node_modules" / "mathjax"
FAULT = re.compile(r'<mjx-merror[^>]* data-mjx-error="([^"]*)"')
logger = logging.getLogger(__name__)


@cache
def _mathjax() -> subprocess.Popen:
    command = [*node_command(), str(HERE / "formulas.cjs"), str(MATHJAX)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")


@cache
def _ask(wish: str) -> str:
    process = _mathjax()
    process.stdin.write(wish + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def draw(tex: str, display: bool = False) -> str:
    """The HTML of a formula.

    Raises:
        ValueError: MathJax does not understand it.
    """
    html = _ask(json.dumps({"tex": tex, "display": display}))
    if fault := FAULT.search(html):
        raise ValueError(f"{fault[1]} in the formula {tex}")
    return html


def _draw(node: nodes.Element, tex: str, display: bool) -> str:
    try:
        return draw(tex, display)
    except ValueError as error:
        logger.warning(str(error), location=node)
        return ""


def visit_inline(translator, node: nodes.math) -> None:
    """One formula in a line of text."""
    html = _draw(node, node.astext(), False)
    size = "wide " * (html.count("<mjx-c ") > 16)  # may not fit into a line of a phone
    start = translator.starttag(node, "span", "", CLASS=f"math {size}notranslate nohighlight")
    translator.body.append(f"{start}{html}</span>")
    raise nodes.SkipNode


def visit_block(translator, node: nodes.math_block) -> None:
    """One formula by itself, with its number where it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    tex = node.astext()
    if not node["nowrap"]:
        parts = [part for part in tex.split("\n\n") if part.strip()]
        lines = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
        tex = r"\\".join(lines)
        if len(lines) > 1:
            tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    translator.body.append(f"{_draw(node, tex, True)}</div>\n")
    raise nodes.SkipNode


def write_styles(app: Sphinx, error: Exception | None) -> None:
    """Write the styles of all glyphs."""
    if not error and app.builder.format == "html":
        (Path(app.outdir) / "_static/formulas.css").write_text(_ask('"css"'), "utf-8")


def setup(app: Sphinx) -> dict:
    app.add_html_math_renderer("build", (visit_inline, None), (visit_block, None))
    app.connect("build-finished", write_styles, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
