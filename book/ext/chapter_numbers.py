"""Numbers of chapters and parts, in titles, side bar and links: `notebooks/4_…/3_code` is 4.3.

A notebook keeps its plain title. Links whose text names a chapter by its code, such as 4K, say its
number in the page.
"""

import re
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

CODE = re.compile(r"\b[1-5](?:[CMKPS]|A[1-9])\b")


def number_of(docname: str) -> str:
    """`4.3` for a chapter, `4` for the page of a part, else nothing."""
    found = re.fullmatch(r"(?:notebooks/(\d)_\w+/(\d+)|book/parts/(\d))_\w+", docname)
    return ".".join(filter(None, found.groups())) if found else ""


def number(app: Sphinx, doctree: nodes.document) -> None:
    """Before Sphinx collects the titles (priority 500)."""
    if prefix := number_of(app.env.docname):
        title = next(doctree.findall(nodes.title))
        title.insert(0, nodes.Text(f"{prefix} "))
    codes = app.env.chapter_numbers
    for link in doctree.findall(lambda n: isinstance(n, addnodes.pending_xref | nodes.reference)):
        for text in [*link.findall(nodes.Text)]:
            said = CODE.sub(lambda code: codes.get(code[0], code[0]), text)
            text.parent.replace(text, nodes.Text(said))


def read_plan(app: Sphinx) -> None:
    plan = yaml.safe_load(Path(app.srcdir, "book", "coverage.yml").read_text(encoding="utf-8"))
    rows = plan["chapters"].items()
    app.env.chapter_numbers = {code: number_of(chapter["path"]) for code, chapter in rows}


def setup(app: Sphinx) -> dict:
    app.connect("builder-inited", read_plan)
    app.connect("doctree-read", number, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
