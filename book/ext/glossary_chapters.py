"""In the glossary, a link to the chapter that defines a word."""

from pathlib import Path

from sphinx.application import Sphinx

from lmlab.authoring.glossary import with_links

PAGE = "book/glossary"


def link(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        source[0] = with_links(Path(app.srcdir), source[0])


def outdated(app: Sphinx, env, added: set, changed: set, removed: set) -> list[str]:
    """The glossary, when a chapter changed."""
    is_new = any(name.startswith("notebooks/") for name in added | changed | removed)
    return [PAGE] if is_new and PAGE in env.found_docs else []


def setup(app: Sphinx) -> dict:
    app.connect("source-read", link)
    app.connect("env-get-outdated", outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
