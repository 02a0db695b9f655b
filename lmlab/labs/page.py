"""The page of feedback of one student: one file without a script and without a request."""

import html
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from lmlab.labs.reading import grade_id, is_answer, is_graded, text_of

__all__ = ["formula", "render", "render_class", "words"]

PAGE, CLASS = (Path(__file__).with_name(f"{name}.html.j2") for name in ("page", "class"))
TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre",
    "code", "em", "strong", "b", "i", "del", "sub", "sup", "img", "div", "span", "table", "thead",
    "tbody", "tr", "th", "td",
}  # fmt: skip
MATH_TAGS = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mmultiscripts", "mprescripts", "mfrac", "msqrt", "mroot", "mtable",
    "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose", "none",
}  # fmt: skip
MATH_ATTRIBUTES = {
    "display", "accent", "accentunder", "stretchy", "fence", "form", "lspace", "rspace", "minsize",
    "maxsize", "mathvariant", "columnalign", "rowspacing", "columnspacing", "linethickness",
    "width", "notation", "displaystyle", "scriptlevel",
}  # fmt: skip
LONGEST_FORMULA = 2000  # characters
MARK = re.compile("\ue000(\\d+)\ue001")  # where a formula stands, while the text is made harmless
SOURCE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*\Z")


def formula(tex: str, *, display: bool = False) -> str:
    """A formula as MathML, which browsers draw themselves; TeX where it cannot be read.

    Args:
        tex: anything a student wrote between dollars.
        display: on a line of its own.

    Returns:
        HTML that holds elements and attributes of MathML only.
    """
    from latex2mathml.converter import convert_to_element

    try:
        if len(tex) > LONGEST_FORMULA:
            raise ValueError(f"longer than {LONGEST_FORMULA} characters")
        tree = convert_to_element(tex, display="block" if display else "inline")
        for element in tree.iter():
            if element.tag not in MATH_TAGS:
                raise ValueError(f"not of MathML: {element.tag}")
            element.text = html.unescape(element.text or "")
            kept = {name: text for name, text in element.items() if name in MATH_ATTRIBUTES}
            element.attrib.clear()
            element.attrib.update(kept)
        return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)
    except Exception:  # a formula can be wrong in any way, and nest as deep as it likes
        return f"<code>{html.escape(tex[:LONGEST_FORMULA])}</code>"


def words(source: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Markdown as HTML without scripts, links or requests; formulas as MathML.

    Args:
        source: of a cell.
        attachments: pictures by name, as in a notebook file.
    """
    import nh3
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    formulas: list[str] = []

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str, display: bool = False) -> str:
            formulas.append(formula(html.unescape(body).strip(), display=display))
            return f"\ue000{len(formulas) - 1}\ue001"

        def block_math(self, body: str) -> str:
            return self.inline_math(body, display=True)

        def latex_environment(self, name: str, body: str) -> str:
            return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    pictures = dict(attachments or {})
    renderer = Renderer(escape=False, attachments=pictures, exclude_anchor_links=True)
    text = re.sub("[\ue000\ue001]", "", source)
    try:
        made = MarkdownWithMath(renderer=renderer).render(text)
    except Exception:  # mistune takes anything but the most wicked texts
        made = f"<pre>{html.escape(text)}</pre>"
    safe = nh3.clean(
        made,
        tags=TAGS,
        attributes={"img": {"src", "alt"}, "ol": {"start"}},
        url_schemes={"data"},
        attribute_filter=lambda tag, name, value: (
            value if name != "src" or SOURCE.match(value) else None
        ),
    )
    return MARK.sub(lambda found: formulas[int(found[1])], safe)


def render(notebook: Mapping, about: Mapping) -> str:
    """The page.

    Args:
        notebook: the graded one.
        about: `title`, `student`, `tasks` (by grade_id: title, points or None, of, said), `total`
            or None, `of`, `late` in hours, `notes`, and Markdown by grade_id: `rubric`, `comments`.
    """
    cells = [_cell(cell, about) for cell in notebook["cells"]]
    return _filled(PAGE, about | {"cells": [cell for cell in cells if cell]})


def render_class(about: Mapping) -> str:
    """The page of a whole class, from what `write_summary` knows."""
    return _filled(CLASS, about)


def _filled(template: Path, about: Mapping) -> str:
    from jinja2 import Environment
    from nbconvert.filters import ansi2html

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"ansi": ansi2html, "words": words}
    return environment.from_string(template.read_text(encoding="utf-8")).render(**about)


def _cell(cell: Mapping, about: Mapping) -> dict | None:
    """What the template needs of a cell."""
    name = grade_id(cell)
    task = about["tasks"].get(name)
    if is_graded(cell) and not is_answer(cell):
        return {"kind": "test", "name": name, "task": task}
    if not text_of(cell).strip():
        return None
    return {
        "kind": "answer" if is_answer(cell) else "given",
        "name": name,
        "is_code": cell["cell_type"] == "code",
        "source": text_of(cell),
        "attachments": cell.get("attachments"),
        "outputs": [_output(output) for output in cell.get("outputs", ())],
        "task": task,
        "rubric": about["rubric"].get(name),
        "comment": about["comments"].get(name),
    }


def _output(output: Mapping) -> dict:
    """An output as text, or as a picture."""
    data = output.get("data", {})
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            return {"picture": f"data:{kind};base64,{data[kind]}"}
    lines = "\n".join(output.get("traceback", ()))
    return {"text": output.get("text") or lines or data.get("text/plain", "")}
