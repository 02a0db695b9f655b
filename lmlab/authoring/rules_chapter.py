"""House rules on the parts of a chapter and what it says about itself (style 2, design 2).

* Cell 1: the one `# ` title, a **question in bold?**, four lines (list items or not) that begin
  `**You will be able to**`, `**You need**` (a link), `**Time**` (`25 min`) and `**Mirrors**`
  (`D4.5` or `section 5 of D4`).
* A heading with the word *Check*, below it an `assert` or `show(` of computed values. *Exercises*:
  3-6 headings `Exercise 1` ... or list items `1.` ..., a `<details>` in each. Last *What to
  remember*: 3-5 list items, a **term**, then *Next* and *Sources*, each a heading or a line that
  begins `**Next**`, `**Sources**`.
* Notebook metadata `"lmlab": {"chapter": "4K", "document": "D4", "sections": ["D4.5"], "covers":
  {"S77": "id of a code cell with an assert or show("}}`.
"""

import re

from lmlab.authoring.cells import (
    Found,
    checks_in,
    count_lines,
    count_words,
    get,
    prose_of,
    section_of,
)

LABEL = r"^(?:[-*+] )?\*\*"
OPENING = {
    "You will be able to": (r"\w", "two to four verbs"),
    "You need": (r"\]\(", "links to what comes before"),
    "Time": (r"\d.*min", "the minutes on a laptop CPU"),
    "Mirrors": (r"\bD[1-5]\D*\d|\d[^*]*\bD[1-5]\b", "document and section, such as D4.5"),
}


def check_headings(nb) -> Found:
    """Rules 2.1 and 2.6."""
    opening = prose_of(nb.cells[0])
    titles = [
        i for i, cell in enumerate(nb.cells) for _ in re.findall(r"^# ", prose_of(cell), re.M)
    ]
    if titles != [0]:
        yield "style 2.1", 0, "the first cell, and no other, must hold one '# ' title; write it"
    if not re.search(r"\*\*(?=\S)[^*]+[?？]\*\*", opening):
        yield "style 2.1", 0, "no bold question under the title; write one"
    for label, (pattern, what) in OPENING.items():
        line = re.search(rf"{LABEL}{label}:?\*\*(.*?)(?={LABEL}|\Z)", opening, re.M | re.S)
        if not line or not re.search(pattern, line[1]):
            yield "style 2.1", 0, f"no line that begins '**{label}**' and gives {what}; write it"
    at, _, _, cells = section_of(nb, r".*\bChecks?\b.*")
    if at is None:
        yield "style 2.6", None, "no heading with the word Check; add it, and a known number below"
    elif not any(any(checks_in(cell)) for cell in cells):
        yield "style 2.6", at, "no assert and no show( of a computed value below; add one"


def check_ending(nb) -> Found:
    """Rules 2.7 and 2.8."""
    at, text, _, _ = section_of(nb, "Exercises")
    seen = re.sub(r"<details.*?</details>", lambda m: " " * len(m[0]), text, flags=re.S)
    starts = list(re.finditer(r"^#+ Exercise (\d+)", seen, re.M))
    starts = starts or list(re.finditer(r"^(\d+)[.)] ", seen, re.M))
    numbers = [int(start[1]) for start in starts]
    if not 3 <= len(numbers) <= 6 or numbers != list(range(1, len(numbers) + 1)):
        yield "style 2.7", at, f"below Exercises write three to six, from 1; found {numbers}"
    for start, end in zip(starts, [*(s.start() for s in starts[1:]), None], strict=False):
        if not re.search(r"<details.*</details>", text[start.start() : end], re.S):
            yield "style 2.7", at, f"exercise {start[1]} has no solution; fold one in <details>"
    at, _, after, _ = section_of(nb, "What to remember")
    if re.search(r"^#+ (?!Next\b|Sources\b)", after, re.M):
        yield "style 2.8", at, "a section follows that is not Next or Sources; move it up"
    own = re.split(rf"{LABEL}(?:Next|Sources)\b|^#", after, flags=re.M)[0]
    if not 3 <= len(re.findall(r"^[-*+] ", own, re.M)) <= 5:
        yield "style 2.8", at, "below 'What to remember' write three to five list items"
    if not re.search(r"\*\*[^*]+\*\*", own):
        yield "style 2.8", at, "no new term in bold below 'What to remember'; mark one"
    for word in ("Next", "Sources"):
        if not re.search(rf"(?:^#+ |{LABEL}){word}\b", after, re.M):
            yield "style 2.8", at, f"no heading and no line '**{word}**' at the end; add it"


def check_coverage(nb) -> Found:
    """Design 2 (the metadata of a chapter) and rule 7.4 (prose per line of code)."""
    about = get(nb.metadata, "lmlab") or {}
    for key, pattern in (("chapter", "[1-5](?:[CMKPS]|A[1-9])"), ("document", "D[1-5]")):
        if not re.fullmatch(pattern, str(about.get(key))):
            yield "design 2", None, f"metadata lmlab.{key} must match {pattern}; set it"
    for key, kind in (("sections", list), ("covers", dict)):
        if not isinstance(about.get(key), kind) or not about[key]:
            yield "design 2", None, f"metadata lmlab.{key} must be a filled {kind.__name__}; set it"
    proofs = {cell.id for cell in nb.cells if any(checks_in(cell))}
    for row, cell in dict(about.get("covers") or {}).items():
        if cell not in proofs:
            yield "design 2", None, f"{row}: {cell!r} is no cell with an assert or show(; name one"
    ratio = count_words(nb) / max(count_lines(nb), 1)
    if not 5 <= ratio <= 22:
        yield "style 7.4", None, f"{ratio:.1f} words of prose per line of code; keep 5 to 22"
