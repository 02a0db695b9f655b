"""What the house rules read in a stored notebook: its code cells, prose, sections and outputs."""

import ast
import re
from collections.abc import Iterator

import nbformat

from lmlab.authoring.execute import VIEW
from lmlab.authoring.fingerprint import called, parse

Found = Iterator[tuple[str, int | None, str]]  # rule, position of the cell from 0, what to do


def code_cells(nb) -> list[tuple[int, nbformat.NotebookNode]]:
    return [(i, cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]


def get(node, *keys: str):
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def has_reason(cell, key: str) -> bool:
    return len(str(get(cell.metadata, "lmlab", key) or "").split()) >= 3


def is_ignored(cell) -> bool:
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def checks_in(cell) -> list[bool]:
    """For every `assert`, `show` and `@claim` of a cell: is it about something computed?"""
    claims = []
    for node in ast.walk(parse(cell.source if cell.cell_type == "code" else "")):
        claims += [True for d in getattr(node, "decorator_list", ()) if called(d) == "claim"]
        if isinstance(node, ast.Assert) or (called(node) == "show" and node.args):
            value = node.test if isinstance(node, ast.Assert) else node.args[-1]
            computed = any(isinstance(part, ast.Name) for part in ast.walk(value))
            claims.append(computed and not isinstance(value, ast.Tuple))
    return claims


def prose_of(cell) -> str:
    """Markdown without its fenced blocks; empty for code."""
    fence = r"^[ >]*(`{3,}|~{3,}).*?(?:^[ >]*\1[`~]*[ \t]*$|\Z)"
    markdown = cell.source if cell.cell_type == "markdown" else ""
    return re.sub(fence, "", markdown, flags=re.M | re.S)


def plain(html: str) -> str:
    """HTML without tags; alt texts stay."""
    html = re.sub(r"<style.*?</style>", "", html, flags=re.S)
    return re.sub(r"<[^>]*?\salt=\"([^\"]*)\"[^>]*>|</?\w[^>]*>", r" \1 ", html)


def texts_of(cell) -> str:
    """What the text outputs of a code cell say; the view of a widget says nothing."""
    texts = [output.get("text", "") for output in cell.outputs]
    for data in (output.get("data", {}) for output in cell.outputs):
        kinds = [mime for mime in data if mime.startswith("text/") and VIEW not in data]
        texts += [plain(data[mime]) if mime == "text/html" else data[mime] for mime in kinds]
    return "\n".join(texts)


def section_of(nb, title: str) -> tuple[int | None, str, str, list]:
    """Position of a heading, the text below it, all text to the end, the cells below it."""
    flat = "\n\f\n".join(map(prose_of, nb.cells))
    head = re.search(rf"^(#+) {title}[ \t]*$", flat, re.M)
    if not head:
        return None, "", "", []
    after = flat[head.end() :]
    text = after[: re.search(rf"^#{{1,{len(head[1])}}} |\Z", after, re.M).start()]
    first = flat.count("\f", 0, head.start())
    return first, text, after, nb.cells[first : first + text.count("\f") + 1]


def count_words(nb, with_solutions: bool = True) -> int:
    """Words of prose; formulas, tags and addresses are none."""
    noise = r"\$\$.*?\$\$|\$[^$\n]+\$|<[^>]+>|\]\([^)]*\)"
    noise = noise if with_solutions else rf"<details.*?</details>|{noise}"
    prose = re.sub(noise, " ", "\n".join(map(prose_of, nb.cells)), flags=re.S)
    return len(re.findall(r"[^\W\d_][\w'’-]*", prose))


def count_lines(nb) -> int:
    """Lines of code that are not empty, without the texts of asserts."""
    return sum(lines_of(cell.source) for _, cell in code_cells(nb))


def lines_of(source: str) -> int:
    """Lines that are not empty; what an `assert` says when it fails is none to be read."""
    texts = 0
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Assert) and node.msg:
            tested = node.test.end_lineno - node.test.lineno
            texts += node.end_lineno - node.lineno - tested
    return sum(bool(line.strip()) for line in source.splitlines()) - texts
