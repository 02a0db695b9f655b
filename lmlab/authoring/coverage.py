"""Write book/coverage.md: what the book covers, and the cell that checks each claim.

book/coverage.yml says what has to be covered. A notebook says in its metadata what it covers:

    "lmlab": {"chapter": "4K", "document": "D4", "sections": ["D4.5.2"],
              "covers": {"S77": "<cell id>", "D4.5.2-1": "<cell id>"}}

Only notebooks that _toc.yml lists count. The pages in `PAGES` answer an item with the target
`(D4.9.1-1)=`, and under `nothing` book/coverage.yml gives the reason why an item has nothing to
check. With `--check`, nothing is written: exit status 1 if the page is stale or a notebook or a
page names what is not there.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"questions": "Questions", "tools": "Tools", "outlook": "Outlook"}  # book/*.md: its name
INTRO = """\
# Coverage

% Written by lmlab/authoring/coverage.py from book/coverage.yml and the notebooks. Do not edit.

The five documents speak of {} systems, from the dense network to decision support, in {} numbered
items: definitions, formulas, listings, claims, sources. `D4.5.2-1` is the first item in section 5.2
of document 4. This page says what the book does with them so far. A system has one home chapter,
and counts as *checked* once a cell there fails whenever the claim is false. An item is *checked* by
a chapter; *answered* on a page that says what is true, with its sources; or there is *nothing to
check* in it, with the reason. *Not yet* means that its chapter is planned and not written.

## Totals
"""


def toc_files(node: object) -> list[str]:
    """Return every `file:` below a node of _toc.yml, without its suffix."""
    if isinstance(node, list):
        return [name for part in node for name in toc_files(part)]
    pairs = node.items() if isinstance(node, dict) else []
    own = [value.removesuffix(".ipynb") for key, value in pairs if key == "file"]
    return own + [name for _, value in pairs for name in toc_files(value)]


def link_text(path: str, code: str, cells: list[dict], index: int) -> str:
    """Return a link to the chapter with the heading above a cell, and the line that checks."""
    above = ["".join(cell["source"]) for cell in cells[: index + 1] if cell["cell_type"] != "code"]
    headings = re.findall(r"^#+ +(.*)", "\n".join(above), re.MULTILINE)
    name = re.sub(r"([\[\]|])", r"\\\1", ", ".join([str(code), *headings[-1:]]))
    lines = [line.strip() for line in "".join(cells[index]["source"]).splitlines()]
    code_cell = cells[index]["cell_type"] == "code"
    lines = [line for line in lines if line not in ("", "@claim(") and code_cell]
    lines = [x for x in lines if re.match(r"assert\b|show\(", x)] + lines
    line = "".join(lines[:1]).replace("`", "'").replace("|", "\\|")
    line = line if len(line) <= 72 else f"{line[:71]}…"
    return f"[{name}](../{path}.ipynb)" + (f": `{line}`" if line else "")


def read_notebook(path: str, root: Path, plan: dict, sections: dict) -> dict[str, str]:
    """Return {id: link} for what one notebook covers; exit with a message if it cannot be true."""
    notebook = json.loads((root / f"{path}.ipynb").read_text(encoding="utf-8"))
    cells, meta = notebook["cells"], notebook["metadata"].get("lmlab", {})
    code, found, faults = meta.get("chapter"), {}, []
    if meta and plan["chapters"].get(code, {}).get("path") != path:
        faults.append(f"book/coverage.yml does not plan chapter {code!r} there")
    for section in meta.get("sections", []):
        if not any(f"{known}.".startswith(f"{section}.") for known in sections):
            faults.append(f"unknown section {section!r}")
    index_of = {cell.get("id"): index for index, cell in enumerate(cells)}
    for key, cell_id in meta.get("covers", {}).items():
        system = plan["systems"].get(key)
        if not system and not any(key in part["items"] for part in sections.values()):
            faults.append(f"unknown id {key!r}")
        elif cell_id not in index_of:
            faults.append(f"{key} names the cell {cell_id!r}, which is not there")
        elif system and system["home"] != code:
            faults.append(f"{key} is at home in {system['home']}, not in {code}")
        elif system and cells[index_of[cell_id]]["cell_type"] != "code":
            faults.append(f"{key} needs a code cell that checks it, {cell_id!r} is text")
        else:
            found[key] = link_text(path, code, cells, index_of[cell_id])
    if faults:
        sys.exit("\n".join(f"{path}.ipynb: {fault}" for fault in faults))
    return found


def read_answers(root: Path, plan: dict, items: set[str]) -> dict[str, str]:
    """Return {id: link or reason} for the items that no cell checks; exit if an id is unknown."""
    found, faults = {}, []
    for page, name in PAGES.items():
        path = root / "book" / f"{page}.md"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for key in re.findall(r"^\((D\d[\w.-]*)\)=$", text, re.MULTILINE):
            faults += [f"book/{page}.md: unknown item {key!r}"] * (key not in items)
            found[key] = f"{{ref}}`{name} <{key}>`"
    for key, reason in plan.get("nothing", {}).items():
        faults += [f"book/coverage.yml: unknown item {key!r}"] * (key not in items)
        found.setdefault(key, f"nothing to check: {reason}")
    if faults:
        sys.exit("\n".join(faults))
    return found


def render(root: Path) -> str:
    """Return the page as MyST Markdown."""
    plan = yaml.safe_load((root / "book" / "coverage.yml").read_text(encoding="utf-8"))
    toc = toc_files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    paths = [path for path in toc if (root / f"{path}.ipynb").is_file()]
    chapters, systems, documents = plan["chapters"], plan["systems"], plan["documents"]
    sections = {key: part for d in documents.values() for key, part in d["sections"].items()}
    answers = read_answers(root, plan, {key for part in sections.values() for key in part["items"]})
    checks = {}
    for path in paths:
        for key, link in read_notebook(path, root, plan, sections).items():
            checks.setdefault(key, []).append(link)

    def home(code: str, title: str = "") -> str:
        name, path = f"{code} {title}".strip(), chapters[code]["path"]
        return f"[{name}](../{path}.ipynb)" if path in paths else name

    def table(*rows: tuple) -> str:
        lines = [" | ".join(map(str, row)) for row in (rows[0], ["---"] * len(rows[0]), *rows[1:])]
        return "".join(f"| {line} |\n" for line in lines)

    def check(key: str) -> str:
        return "; ".join(checks.get(key, [answers.get(key, "not yet")]))

    def counts(keys: list[str]) -> list[int]:
        """Return how many are checked, answered, without anything to check, not yet, and all."""
        other = [answers[key] for key in keys if key in answers and key not in checks]
        nothing = sum(answer.startswith("nothing") for answer in other)
        found = [sum(key in checks for key in keys), len(other) - nothing, nothing]
        return [*found, len(keys) - sum(found), len(keys)]

    rows = [("Id", "System", "中文", "Home chapter", "Check")]
    for key, s in systems.items():
        chapter = home(s["home"], chapters[s["home"]]["title"])
        rows.append((key, s["title"], s.get("zh", ""), chapter, check(key)))
    totals, folds = [("Systems", *counts(list(systems)))], []
    for code, document in documents.items():
        items = [("Item", "What the document has", "Chapters", "Check")]
        for section, part in document["sections"].items():
            items.append((f"**{section}**", f"**{part['title']}**", "", ""))
            for key, text in part["items"].items():
                users = [s["home"] for s in systems.values() if {key, section} & set(s["ids"])]
                items.append((key, text, ", ".join(map(home, dict.fromkeys(users))), check(key)))
        keys = [key for part in document["sections"].values() for key in part["items"]]
        totals.append((f"Items of {code}", *counts(keys)))
        title = f"{code} {document['title']}: {sum(totals[-1][1:4])} of {len(keys)}"
        folds.append(f"```{{dropdown}} {title}\n\n{table(*items)}```\n")
    totals.append(("All items", *(sum(row[i] for row in totals[1:]) for i in range(1, 6))))
    intro = INTRO.format(len(systems), totals[-1][-1])
    heads = ("What", "Checked", "Answered", "Nothing to check", "Not yet", "Of")
    parts = [table(heads, *totals), "## Systems\n", table(*rows)]
    return "\n".join([intro, *parts, "## Items of the documents\n", *folds])


def write_page(target: Path, page: str, only_check: bool) -> None:
    """Write a generated page in one move if it changed; to check only, exit with a message."""
    if target.is_file() and target.read_text(encoding="utf-8") == page:
        return
    if only_check:
        sys.exit(f"book/{target.name} is stale: run `make notebooks`")
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    fresh.write_text(page, encoding="utf-8")
    os.replace(fresh, target)


def main(arguments: list[str], root: Path = ROOT) -> None:
    """Write the page if it changed, or with `--check` exit with a message."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if it is stale")
    only_check = parser.parse_args(arguments).check
    write_page(root / "book" / "coverage.md", render(root), only_check)


if __name__ == "__main__":
    main(sys.argv[1:])
