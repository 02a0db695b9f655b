"""The page book/tools.md: what the documents recommend, whether it exists, and its state today.

book/tools.yml holds the rows and says what each field means. A row finds its chapters itself:
`{code}` and `{text}` in `used` become links to the chapters whose code or text has the row's
pattern. `lmlab.authoring.parts` writes the page, with those of the parts.
"""

import json
import re
from pathlib import Path

import yaml

from lmlab.authoring.coverage import toc_files

VERDICTS = {
    "right": "exists under this name and author",
    "corrected": "exists, named wrongly",
    "not found": "no such work found",
    "not confirmed": "not confirmed",
}
STATES = {
    "kept": "kept",
    "slow": "kept, with few releases",
    "ended": "ended",
    "work": "a printed work",
    "unknown": "state not confirmed",
}
INTRO = """\
# Tools, books and papers

% Written by lmlab/authoring/parts.py from book/tools.yml. Do not edit.

The five documents recommend tools, books, courses, sites and papers. This page says of each what
it is, whether it exists under the name and the author that are printed, in which state it was on
the day of the look-up, and where this book uses it. Versions are those of the package registries.
Where only public texts could be searched, the page says so, and what could not be settled is called
*not confirmed*, with what was tried.

Some titles seem to exist only in reading lists. One of them stands in ten public texts of the same
kind, under seven different sets of authors: nobody has the paper, and everybody passes it on.

"""


def chapters_in(root: Path) -> dict[str, dict[str, str]]:
    """Return {code: its path, all its code, all its text} for the table of contents."""
    found = {}
    for path in toc_files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))):
        if (root / f"{path}.ipynb").is_file():
            notebook = json.loads((root / f"{path}.ipynb").read_text(encoding="utf-8"))
            about = {"path": path, "code": "", "text": ""}
            for cell in notebook["cells"]:
                kind = "code" if cell["cell_type"] == "code" else "text"
                about[kind] += "".join(cell["source"]) + "\n"
            found[notebook["metadata"]["lmlab"]["chapter"]] = about
    return found


def users(chapters: dict, row: dict, kind: str) -> str:
    """Return links to the chapters that a row's pattern finds, or their number if it is large."""
    if kind == "plan":
        found = [row["plan"]] if row["plan"] in chapters else []
        missing = f"not yet: it belongs to chapter {row['plan']}, which is not written"
    else:
        found = [code for code, about in chapters.items() if re.search(row[kind], about[kind])]
        missing = "no chapter so far"
    if len(found) > 8:
        return f"{len(found)} of {len(chapters)} chapters"
    links = ", ".join(f"[{code}](../{chapters[code]['path']}.ipynb)" for code in found)
    return f"chapter{'s' * (len(found) > 1)} {links}" if found else missing


def places(items: list[str]) -> str:
    """`D4.7.2.3-1` is section 7.2.3 of D4."""
    found: dict[str, list[str]] = {}
    for item in items:
        document, _, section = re.sub(r"-\d+$", "", item).partition(".")
        found.setdefault(document, []).append(section)
    return ", ".join(f"{key} ({', '.join(dict.fromkeys(where))})" for key, where in found.items())


def render_row(chapters: dict, row: dict, targets: list[str]) -> str:
    """Return the section of one row, with the targets of the items that it answers."""
    kinds = [kind for kind in ("code", "text", "plan") if kind in row]
    used = row["used"].format(**{kind: users(chapters, row, kind) for kind in kinds})
    used = used[0].upper() + used[1:]
    lines = [f"({item})=" for item in targets] + [f"### {row['name']}", ""]
    lines += [f"*{places(row['items'])} · {VERDICTS[row['verdict']]} · {STATES[row['state']]}*", ""]
    if "printed" in row:
        lines += [f"**Printed.** {row['printed']}", ""]
    lines += [f"**What it is.** {row['what']}", ""]
    if "today" in row:
        lines += [f"**Today.** {row['today']}", ""]
    lines += [f"**In this book.** {used}", ""]
    sources = [f"[{s['what']}]({s['link']})" if "link" in s else s["what"] for s in row["sources"]]
    dates = sorted({f"{s['date']:%Y-%m-%d}" for s in row["sources"]})
    return "\n".join([*lines, f"*Source: {'; '.join(sources)} ({', '.join(dates)}).*", ""])


def render(root: Path) -> str:
    """Return the page as MyST Markdown; an item leads to the first row or group that names it."""
    groups = yaml.safe_load((root / "book" / "tools.yml").read_text(encoding="utf-8"))["groups"]
    plan = yaml.safe_load((root / "book" / "coverage.yml").read_text(encoding="utf-8"))
    own = {key for key, section in plan["answered_by"].items() if section == "tools"}
    chapters, seen = chapters_in(root), set()

    def fresh(items: list[str]) -> list[str]:
        new = [i for i in items if re.sub(r"-\d+$", "", i) in own and i not in seen]
        seen.update(new)
        return new

    head = ("What", "Right", "Named wrongly", "Not found", "Not confirmed", "All")
    table = [head, ["---"] * len(head)]
    parts = []
    for group in groups:
        verdicts = [row["verdict"] for row in group["rows"]]
        table.append((group["title"], *(verdicts.count(v) for v in VERDICTS), len(verdicts)))
        targets = "".join(f"({item})=\n" for item in fresh(group.get("items", [])))
        parts.append(f"{targets}## {group['title']}\n")
        parts += [render_row(chapters, row, fresh(row["items"])) for row in group["rows"]]
    totals = [sum(line[i] for line in table[2:]) for i in range(1, len(head))]
    table.append(("**All**", *totals))
    lines = "".join(f"| {' | '.join(map(str, line))} |\n" for line in table)
    return INTRO + lines + "\n" + "\n".join(parts)
