"""Numbers of chapters and parts, in titles, side bar and links: `notebooks/4_…/3_code` is 4.3.

A notebook keeps its plain title. Where a link, the words "chapter 4K" or the page *Coverage* name a
chapter by its code, the page says its number.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx


def number_of(docname: str) -> str:
    """`4.3` for a chapter, `4` for the page of a part, else nothing."""
    found = re.fullmatch(r"(?:notebooks/(\d)_\w+/(\d+)|book/parts/(\d))_\w+", docname)
    return ".".join(filter(None, found.groups())) if found else ""


def number(app: Sphinx, doctree: nodes.document) -> None:
    """Before Sphinx collects the titles (priority 500)."""
    if prefix := number_of(app.env.docname):
        title = next(doctree.findall(nodes.title))
        title.insert(0, nodes.Text(f"{prefix} "))
    codes, links = app.env.chapter_numbers, addnodes.pending_xref | nodes.reference
    code = r"[1-5](?:[CMKPS]|A[1-9])\b"
    for text in [*doctree.findall(nodes.Text)]:
        above = {type(node) for node in ancestors(text)}
        if above & {nodes.literal, nodes.literal_block}:
            continue
        is_named = app.env.docname == "book/coverage" or any(issubclass(t, links) for t in above)
        pattern = rf"\b{code}" if is_named else rf"(?<=[Cc]hapter ){code}"
        said = re.sub(pattern, lambda found: codes.get(found[0], found[0]), text)
        if said != text:
            text.parent.replace(text, nodes.Text(said))


def ancestors(node: nodes.Node) -> Iterator[nodes.Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def read_plan(app: Sphinx) -> None:
    plan = yaml.safe_load(Path(app.srcdir, "book", "coverage.yml").read_text(encoding="utf-8"))
    rows = plan["chapters"].items()
    app.env.chapter_numbers = {code: number_of(chapter["path"]) for code, chapter in rows}


def outdated(app: Sphinx, env, added: set, changed: set, removed: set) -> list[str]:
    """Every page when the contents change: each shows them, and names its neighbours."""
    contents = Path(app.srcdir, "_toc.yml").read_text(encoding="utf-8")
    before, env.contents = getattr(env, "contents", contents), contents
    return [] if before == contents else [*env.found_docs]


def setup(app: Sphinx) -> dict:
    app.connect("builder-inited", read_plan)
    app.connect("env-get-outdated", outdated)
    app.connect("doctree-read", number, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
