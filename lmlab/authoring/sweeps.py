"""Sweeps: run the grids of a notebook's claims; the rules for claims; the page *Claims*.

    python -m lmlab.authoring.sweeps notebooks/5_business/5_scaling.ipynb …
    python -m lmlab.authoring.sweeps --page [--check]

A sweep runs a notebook up to its last claim, in a kernel of its own. The ledger,
`notebooks/claims/<part>/<chapter>.json`, is written after each setting, so a killed sweep goes on
where it was. Whether a ledger is stale is read from the source: nothing is run.
"""

import argparse
import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lmlab.authoring.claims import SWEEP, Claim, ledger_of, load, save
from lmlab.authoring.coverage import toc_files, write_page
from lmlab.authoring.fingerprint import called, fingerprint, parse
from lmlab.check import PROOF

__all__ = ["check_claims", "find", "needed", "render", "sweep"]

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600  # for one grid
LEAST = 2  # claims of a chapter
WITHOUT_CLAIMS: dict[str, str] = {}  # chapters that have none, each with its reason
WORDS = {  # how much of the grid a word needs, the strongest first
    r"always|every|never|all": (1.0, "all of"),
    r"(?<!at )(?<!the )most|mostly|usually|more often than not": (0.5, "more than half of"),
    r"some|sometimes|can": (0.0, "a setting of"),
}


@dataclass
class Found:
    """A claim as it stands in a notebook: its cell, name and sentence, and its fingerprints."""

    cell: int
    name: str
    sentence: str | None
    uses: str
    terms: str

    def stored(self, ledger: dict) -> Claim | None:
        """The claim with the grid of the ledger; None if the ledger is stale."""
        entry = ledger.get(self.name, {})
        if [entry.get("uses"), entry.get("terms")] != [self.uses, self.terms]:
            return None
        grid = {tuple(names): [tuple(row) if len(names) > 1 else row[0] for row in rows]
                for names, rows in entry["grid"]}  # fmt: skip
        return Claim(self.name, self.sentence or "", entry["bounds"], entry["base"], grid)

    def complete(self, ledger: dict) -> bool:
        """Whether the ledger is of this claim and holds all its settings."""
        claim = self.stored(ledger)
        return claim is not None and len(claim.verdicts(ledger)) == len(claim.settings)


def find(nb) -> list[Found]:
    """The claims of a notebook, from its source alone."""
    found, above = [], []
    for i, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        nodes = parse(cell.source).body
        for j, node in enumerate(nodes):
            calls = [d for d in getattr(node, "decorator_list", []) if called(d) == "claim"]
            if calls:
                before = [*above, *map(ast.unparse, nodes[:j])]
                keywords = {word.arg: word.value for word in calls[0].keywords}
                words = [*calls[0].args[:1], *filter(None, [keywords.pop("sentence", None)])]
                literal = words and isinstance(words[0], ast.Constant)
                node.decorator_list.remove(calls[0])
                terms = [ast.keyword(name, value) for name, value in sorted(keywords.items())]
                terms = [ast.Call(ast.Name("terms", ast.Load()), [], terms)]
                found.append(Found(
                    i, node.name, words[0].value if literal else None,
                    fingerprint(before, [node]), fingerprint(before, terms),
                ))  # fmt: skip
        above.append(cell.source)
    return found


# Rules


def needed(sentence: str) -> tuple[float, str]:
    """The share of its grid that a sentence needs (more than it, if below 0.8), in words."""
    text = re.sub(r"\bnot (?:always|every|all)\b", "sometimes", sentence.lower())
    found = (need for words, need in WORDS.items() if re.search(rf"\b(?:{words})\b", text))
    return next(found, (0.8, "80 % of"))


def check_claims(nb, path: Path, name: str, kind: str) -> Iterator[tuple[str, int | None, str]]:
    """Rule 9.1: rule, position of the cell, what to do."""
    try:
        ledger, found = load(ledger_of(path)), find(nb)
    except ValueError as error:
        yield "style 9.1", None, str(error)
        return
    run = f"run `make sweeps N={name}`"
    if kind == "chapter" and (len(found) >= LEAST) == (name in WITHOUT_CLAIMS):
        enough = len(found) >= LEAST
        action = "remove it from WITHOUT_CLAIMS" if enough else f"register {LEAST} or more"
        yield "style 9.1", None, f"claims with a grid: {len(found)}; {action}"
    others = [p for p in ledger_of(path).parent.glob("*.json") if p != ledger_of(path)]
    taken = [c.name for c in found] + [name for other in others for name in load(other)]
    if gone := set(ledger) - {claim.name for claim in found}:
        yield "style 9.1", None, f"the ledger holds {', '.join(sorted(gone))}, no claim now; {run}"
    for here in found:
        if taken.count(here.name) > 1:
            yield "style 9.1", here.cell, f"the part has another claim {here.name}; rename it"
        if here.sentence is None:
            yield "style 9.1", here.cell, "the sentence must be a literal text, the first argument"
        elif (claim := here.stored(ledger)) is None:
            yield "style 9.1", here.cell, f"the ledger of {here.name} is stale; {run}"
        elif not here.complete(ledger):
            count = f"{len(claim.verdicts(ledger))} of {len(claim.settings)}"
            yield "style 9.1", here.cell, f"the ledger holds {count} settings; {run}"
        else:
            verdicts = claim.verdicts(ledger)
            share, text = sum(v for *_, v in verdicts) / len(verdicts), claim.share(verdicts)
            least, words = needed(here.sentence)
            if share < least or (least < 0.8 and share == least):
                action = "say it in part, or mend the claim"
                yield (
                    "style 9.1",
                    here.cell,
                    f"the sentence needs {words} its grid, {text} hold; {action}",
                )
            outputs = "".join(o.get("text", "") for o in nb.cells[here.cell].outputs)
            if claim.printed(verdicts) not in outputs:
                yield (
                    "style 9.1",
                    here.cell,
                    "the output shows another ledger; run `make notebooks`",
                )


# The page


PAGE = """\
# Claims

% Written by lmlab/authoring/sweeps.py from the notebooks and notebooks/claims. Do not edit.

A claim that carries a chapter is a function of settings: seed, learning rate, size, budget. It was
run over a grid of them. This page says over how much of its grid each claim holds, the most fragile
first. {} A sentence without a quantifier has to hold in 80 of 100 settings; with *always*, *every*,
*never* or *all* in each; with *most*, *usually* or *more often than not* in more than half; with
*some* or *can* in at least one. A test compares. A grid is what was tried, not all that there is.

"""


def render(root: Path = ROOT) -> str:
    """The page of all claims as Markdown, the most fragile first."""
    import nbformat
    import yaml

    rows = []
    toc = toc_files(yaml.safe_load((root / "_toc.yml").read_text("utf-8")))
    for path in (root / f"{name}.ipynb" for name in toc):
        nb = nbformat.read(path, as_version=4) if path.is_file() else None
        ledger = load(ledger_of(path)) if nb else {}
        for here in find(nb) if nb else ():
            if claim := here.stored(ledger):
                verdicts = claim.verdicts(ledger)
                share = sum(held for *_, held in verdicts) / max(len(verdicts), 1)
                link = path.relative_to(root).as_posix()
                chapter = f"[{nb.metadata.get('lmlab', {}).get('chapter', path.stem)}](../{link})"
                text = claim.share(verdicts).replace(" %", "\u00a0%") if verdicts else "not run yet"
                cells = (claim.sentence, chapter, text, claim.where(verdicts))
                rows.append((share, link, [cell.replace("|", "\\|") for cell in cells]))
    rows.sort(key=lambda row: row[:2])
    head = ["Claim", "Chapter", "Holds in", "Where it fails"]
    table = [head, ["---"] * 4, *(cells for *_, cells in rows)]
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    whole = sum(share == 1 for share, *_ in rows)
    return PAGE.format(f"Of {len(rows)} claims, {whole} hold in all of it.") + lines


# Commands


def sweep(path: Path, seconds: float = SECONDS) -> bool:
    """Run the grids of a notebook; whether its ledger is complete then."""
    import nbformat
    from nbclient import NotebookClient

    from lmlab.authoring.execute import CELL_TIMEOUT

    nb, ledger = nbformat.read(path, as_version=4), ledger_of(path)
    found, entries = find(nb), load(ledger)
    if all(here.complete(entries) for here in found) and len(entries) == len(found):
        return True
    if found:
        marks = {here.name: [here.uses, here.terms] for here in found}
        job = json.dumps({"ledger": str(ledger), "marks": marks, "seconds": seconds})
        client = NotebookClient(
            nb,
            startup_timeout=240,
            timeout_func=lambda cell: CELL_TIMEOUT + 2 * seconds * cell.source.count("claim("),
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        with client.setup_kernel(env=os.environ | {SWEEP: job, PROOF: "1"}):
            for i, cell in enumerate(nb.cells[: found[-1].cell + 1]):
                client.execute_cell(cell, i)
                if i in {here.cell for here in found}:
                    text = "".join(output.get("text", "") for output in cell.outputs)
                    print(f"{path.stem}: {text}", end="", flush=True)
    entries = load(ledger)
    kept = {here.name: entries[here.name] for here in found if here.name in entries}
    save(ledger, kept) if kept else ledger.unlink(missing_ok=True)
    return all(here.complete(kept) for here in found)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run grids or write the page; 1 if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m lmlab.authoring.sweeps")
    parser.add_argument("paths", nargs="*", type=Path, help="run the grids of these notebooks")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for one grid")
    parser.add_argument("--page", action="store_true", help="write book/claims.md")
    parser.add_argument("--check", action="store_true", help="write no page, fail if it is stale")
    options = parser.parse_args(arguments)
    if options.page or options.check:
        write_page(root / "book" / "claims.md", render(root), options.check)
    if len(options.paths) > 1:  # a process for each notebook, two at a time
        call = [sys.executable, "-m", "lmlab.authoring.sweeps", f"--seconds={options.seconds}"]
        with ThreadPoolExecutor(2) as pool:
            runs = pool.map(lambda path: subprocess.run([*call, str(path)]), options.paths)
            return max([run.returncode for run in runs])
    done = True
    for path in options.paths:
        try:
            done = sweep(path, options.seconds)
        except Exception as error:
            done = False
            print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
        if not done:
            print(f"{path}: the ledger is not complete; what was computed is kept", file=sys.stderr)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
