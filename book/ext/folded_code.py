"""Folded cells in the page: one thin line for neighbours, in place of a stack of bold boxes.

Cells with the tag `hide-cell`, or with `hide-input` and no output, that stand before a cell with
`hide-input` share its line; it opens with the keyboard, and a print shows what is inside.
"""

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class Folded(nodes.container):
    """Folded code; `label` is what its line says."""


def visit(self, node: Folded) -> None:
    self.body.append(f'<details class="folded-code"><summary>{node["label"]}</summary>\n')


def depart(self, node: Folded) -> None:
    self.body.append("</details>\n")


def is_cell(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def runs(parent: nodes.Element) -> Iterator[list[nodes.container]]:
    """Neighbouring folded cells, each run up to the first of them that shows an output."""
    run = []
    for child in [*parent.children, None]:
        mode = child.get("hide_mode") if is_cell(child) else None
        if mode in ("all", "input"):
            run.append(child)
        is_silent = mode == "all" or (mode == "input" and len(child.children) == 1)
        if run and not is_silent:
            yield run
            run = []


class FoldCode(SphinxPostTransform):
    """Before myst-nb's `HideInputCells` (199), which then finds nothing left to hide."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs) -> None:
        cells = self.document.findall(lambda node: is_cell(node) and "hide_mode" in node)
        for parent in {id(cell.parent): cell.parent for cell in cells}.values():
            for run in [*runs(parent)]:
                fold(parent, run)


def fold(parent: nodes.Element, cells: list[nodes.container]) -> None:
    """Put the code of some cells, and what `hide-cell` hides with it, behind one line."""
    last = cells[-1]
    outputs = last.children[1:] if last["hide_mode"] == "input" else []
    pictures = [
        p for out in outputs for kind in (nodes.image, nodes.raw) for p in out.findall(kind)
    ]
    box = Folded(label="code of this figure" if pictures else "code")
    parent.insert(parent.index(cells[0]), box)
    for cell in cells:
        if cell is last and outputs:
            box += [part for part in cell.children if part not in outputs]
        else:
            parent.remove(cell)
            box += cell
            del cell["hide_mode"]
    if outputs:
        last.children = outputs
        del last["hide_mode"]


def setup(app: Sphinx) -> dict:
    app.add_node(Folded, html=(visit, depart))
    app.add_post_transform(FoldCode)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
