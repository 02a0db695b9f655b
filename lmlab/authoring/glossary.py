"""Which chapter defines a word of book/glossary.md: where it stands in bold at a chapter's end.

An entry is `term, another name (中文)`. A word in bold below *What to remember* belongs to an entry
if it is one of its names, the start or the end of one ("bubble" of "pipeline bubble"), or another
form of it ("saturated" of "saturation"). `book/ext/glossary_chapters.py` adds the links.
"""

import json
import re
from pathlib import Path

import yaml

from lmlab.authoring.coverage import toc_files

ENTRY = re.compile(r"^(?P<names>[^\s`|#(][^|(]*) \((?P<chinese>.*)\)$", re.MULTILINE)


def entries(page: str) -> dict[str, str]:
    """Return {the names of an entry, as written: its Chinese term}."""
    block = page[page.index("```{glossary}") : page.index("\n```\n", page.index("```{glossary}"))]
    return {found["names"]: found["chinese"] for found in ENTRY.finditer(block)}


def plain(word: str) -> str:
    """Return a word in small letters, singular, and as a noun where it is a participle."""
    words = word.lower().strip(" .:").split()
    words = [re.sub(r"ies$", "y", w) for w in words]
    words = [w if len(w) < 4 or w.endswith("ss") else w.removesuffix("s") for w in words]
    return re.sub(r"ated\b", "ation", " ".join(words))


def entry_of(word: str, page_entries: dict[str, str]) -> str | None:
    """Return the entry that a word belongs to: by name, else by the start or the end of a name."""
    names = [(plain(name), entry) for entry in page_entries for name in entry.split(", ")]
    wanted = plain(word)
    for pattern in (
        rf"{re.escape(wanted)}$",
        rf"{re.escape(wanted)} ",
        rf".* {re.escape(wanted)}$",
    ):
        for name, entry in names:
            if re.match(pattern, name):
                return entry
    return None


def remembered(notebook: dict) -> list[str]:
    """Return what is in bold in the list below *What to remember*."""
    text = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]
    last = "\n\n".join(text).rpartition("## What to remember")[2]
    own = re.split(r"^\*\*(?:Next|Sources)\b", last, flags=re.MULTILINE)[0]
    return re.findall(r"\*\*([^*]+)\*\*", own)


def chapters(root: Path) -> dict[str, list[str]]:
    """Return {path: the words that the chapter defines} in the order of the table of contents."""
    toc = toc_files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    paths = [path for path in toc if (root / f"{path}.ipynb").is_file()]
    read = {p: json.loads((root / f"{p}.ipynb").read_text(encoding="utf-8")) for p in paths}
    return {path: remembered(notebook) for path, notebook in read.items()}


def homes(root: Path, page: str) -> dict[str, str]:
    """Return {names of an entry: path of the first chapter that defines it}."""
    known, found = entries(page), {}
    for path, words in chapters(root).items():
        for word in words:
            if entry := entry_of(word, known):
                found.setdefault(entry, path)
    return found


def with_links(root: Path, page: str) -> str:
    """Return the page with a link to the chapter at the end of each entry that has one."""
    codes = yaml.safe_load((root / "book" / "coverage.yml").read_text(encoding="utf-8"))["chapters"]
    code_of = {about["path"]: code for code, about in codes.items()}
    for names, path in homes(root, page).items():
        start = re.search(rf"^{re.escape(names)} \(.*\)\n", page, re.MULTILINE).end()
        end = re.compile(r"\n(?=\n|```)").search(page, start).start()
        link = f" → [{code_of[path]}](../{path}.ipynb#what-to-remember)"
        page = page[:end] + link + page[end:]
    return page
