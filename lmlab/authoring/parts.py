"""Write a page for each part and the map of the book from book/coverage.yml and the notebooks.

`python -m lmlab.authoring.parts [--check]` writes `book/parts/*.md` and `book/map.md`, which the
front page includes. With `--check` it writes nothing and exits with status 1 if a page is stale.
"""

import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import nbformat
import yaml

from lmlab.authoring import tools
from lmlab.authoring.cells import prose_of
from lmlab.authoring.coverage import toc_files
from lmlab.authoring.rules_reading import minutes_of

ROOT = Path(__file__).resolve().parents[2]
NOTE = (
    "% Written by lmlab/authoring/parts.py from book/coverage.yml and the notebooks. Do not edit."
)
COLUMNS = {"Concepts": "C", "Mathematics": "M", "Code": "KPS", "Applications": "A"}


@dataclass(frozen=True)
class Chapter:
    """What the pages say of one chapter; `notebook` is None while it is only planned."""

    code: str
    path: str
    title: str
    notebook: nbformat.NotebookNode | None = None

    @property
    def number(self) -> str:
        """`4.3` for `notebooks/4_innovation/3_code`."""
        return ".".join(re.search(r"/(\d)_[^/]*/(\d+)_[^/]*$", self.path).groups())

    @property
    def name(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def minutes(self) -> int:
        """The minutes that the chapter states."""
        said = re.search(r"\*\*Time:?\*\*\D*(\d+)", self.notebook.cells[0].source)
        return int(said[1]) if said else 5 * round(minutes_of(self.notebook) / 5)

    @property
    def question(self) -> str:
        return re.search(r"\*\*(\S[^*]+[?？])\*\*", self.notebook.cells[0].source)[1]

    def needs(self, chapters: dict) -> list["Chapter"]:
        """The chapters that the line *You need* links to."""
        line = re.search(r"\*\*You need.*", self.notebook.cells[0].source)[0]
        links = re.findall(r"\]\(([^)#]+)\.ipynb", line)
        paths = [os.path.normpath(os.path.join(os.path.dirname(self.path), x)) for x in links]
        return [chapter for chapter in chapters.values() if chapter.path in paths]

    def link(self, up: str, heading: str = "") -> str:
        """A Markdown link from a page `up` steps below the root."""
        text = heading or self.name
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        return f"[{text}]({up}{self.path}.ipynb{'#' * bool(heading)}{anchor})"

    def section(self, heading: str) -> float:
        """Minutes of the section below a heading.

        Raises:
            ValueError: there is no such heading.
        """
        found = [
            (i, len(mark), text)
            for i, cell in enumerate(self.notebook.cells)
            for mark, text in re.findall(r"^(##+) +(.*?)[ \t]*$", prose_of(cell), re.M)
        ]
        at = next((k for k, (_, _, text) in enumerate(found) if text == heading), None)
        if at is None:
            raise ValueError(f"book/coverage.yml: {self.path} has no heading {heading!r}")
        start, depth, _ = found[at]
        ends = (i for i, level, _ in found[at + 1 :] if level <= depth and i > start)
        cells = self.notebook.cells[start : next(ends, None)]
        return minutes_of(SimpleNamespace(cells=cells))


def read_chapters(root: Path, plan: dict) -> dict[str, Chapter]:
    """All chapters of the plan by their codes, in the order of the book."""
    toc = toc_files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    chapters = {}
    for code, row in plan["chapters"].items():
        file = root / f"{row['path']}.ipynb"
        if row["path"] in toc and file.is_file():
            notebook = nbformat.read(file, as_version=4)
            title = re.search(r"^# +(.*)", notebook.cells[0].source, re.M)[1]
            chapters[code] = Chapter(code, row["path"], title, notebook)
        else:
            chapters[code] = Chapter(code, row["path"], row["title"])
    return chapters


def sign(path: dict) -> str:
    kind = "●▲■".index(path["sign"])
    return (
        f'<span class="path-{kind}" role="img" aria-label="{path["title"]}">{path["sign"]}</span>'
    )


def render_part(part: int, plan: dict, chapters: dict[str, Chapter]) -> str:
    """The page of a part, as MyST Markdown."""
    about, document = plan["parts"][part], plan["documents"][f"D{part}"]
    mine = [c for code, c in chapters.items() if plan["chapters"][code]["part"] == part]
    lines = [
        f"# {about['title']}", NOTE, f"**{about['asks']}**",
        f"This part follows document D{part}, *{document['title']}* ({document['zh']}): concepts, "
        "mathematics, code, applications. What the document says and what is true is in its "
        "chapters and in the [errata](../errata.md); [Coverage](../coverage.md) lists its items.",
    ]  # fmt: skip
    for chapter in (c for c in mine if c.notebook):
        homes = [s["title"] for s in plan["systems"].values() if s["home"] == chapter.code]
        needs = ", ".join(need.link("../../") for need in chapter.needs(chapters))
        facts = [
            f"{chapter.minutes} minutes",
            f"needs {needs}" if needs else "needs no other chapter",
        ]
        facts += [f"systems: {'; '.join(homes)}"] if homes else []
        lines += [f"## {chapter.link('../../')}", chapter.question, " · ".join(facts)]
    if planned := [f"- {c.name}" for c in mine if not c.notebook]:
        lines += ["## Planned", "\n".join(planned)]
    return "\n\n".join(lines) + "\n"


def render_map(plan: dict, chapters: dict[str, Chapter]) -> str:
    """The map of the book and the paths through it, for the front page."""
    written = [chapter for chapter in chapters.values() if chapter.notebook]
    hours = sum(chapter.minutes for chapter in written) / 60
    rows = ["* - Part\n" + "".join(f"  - {name}\n" for name in COLUMNS)]
    for part, about in plan["parts"].items():
        cells = [f"[{part} {about['title']}](parts/{about['folder']}.md)"]
        for kinds in COLUMNS.values():
            items = [c for c in chapters.values() if c.code[0] == str(part) and c.code[1] in kinds]
            cells.append("\n\n    ".join(_map_entry(c, plan["paths"]) for c in items))
        rows.append("* " + "".join(f"{'' if i == 0 else '  '}- {c}\n" for i, c in enumerate(cells)))
    table = "```{list-table}\n:class: book-map\n:header-rows: 1\n:stub-columns: 1\n\n"
    ways = [_way(path, chapters) for path in plan["paths"]]
    done = f"{len(written)} of {len(chapters)} chapters are written, {hours:.0f} hours of reading."
    return "\n\n".join([NOTE, *ways, f"{table}{''.join(rows)}```", done]) + "\n"


def _map_entry(chapter: Chapter, paths: list[dict]) -> str:
    if not chapter.notebook:
        return f'<span class="planned">{chapter.name}</span>'
    signs = " ".join(sign(path) for path in paths if chapter.code in path["steps"])
    return f"{chapter.link('../')} {chapter.minutes}&nbsp;min {signs}".strip()


def _way(path: dict, chapters: dict[str, Chapter]) -> str:
    """One path: its sign, its minutes, its steps."""
    minutes, steps = 0.0, []
    for code, headings in path["steps"].items():
        chapter = chapters[code]
        if not chapter.notebook:
            continue
        minutes += sum(map(chapter.section, headings)) if headings else chapter.minutes
        parts = [chapter.link("../", heading) for heading in headings or []]
        short = re.split("[:,]", chapter.name)[0]
        whole = f"[{short}](../{chapter.path}.ipynb)"
        steps.append(f"{chapter.number} {', '.join(parts)}" if parts else whole)
    long = f"{minutes / 60:.0f} hours" if minutes > 90 else f"{5 * round(minutes / 5)} minutes"
    return f"{sign(path)} **{path['title']}**, {long}: {' → '.join(steps)}."


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Every page that is written here, by its file."""
    plan = yaml.safe_load((root / "book" / "coverage.yml").read_text(encoding="utf-8"))
    chapters, book = read_chapters(root, plan), root / "book"
    found = {book / "map.md": render_map(plan, chapters)} | {
        book / "parts" / f"{about['folder']}.md": render_part(part, plan, chapters)
        for part, about in plan["parts"].items()
    }
    if (book / "tools.yml").is_file():
        found[book / "tools.md"] = tools.render(root)
    return found


def main(arguments: list[str], root: Path = ROOT) -> None:
    """Write the pages that changed, or with `--check` exit with a message."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if one is stale")
    only_check = parser.parse_args(arguments).check
    for target, page in pages(root).items():
        if target.is_file() and target.read_text(encoding="utf-8") == page:
            continue
        if only_check:
            name = target.relative_to(root)
            sys.exit(f"{name} is stale: run `python -m lmlab.authoring.parts`")
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        fresh.write_text(page, encoding="utf-8")
        os.replace(fresh, target)


if __name__ == "__main__":
    main(sys.argv[1:])
