"""Claims that are run over a grid: the ledger, the sweep, the rule of words, the page *Claims*.

    python -m lmlab.authoring.claims sweep notebooks/5_business/5_scaling.ipynb …
    python -m lmlab.authoring.claims page [--check]

A sweep runs a notebook up to its last claim, in a kernel of its own, and computes every setting
that the ledger `notebooks/claims/<part>/<chapter>.json` does not hold yet. The ledger is written
after each setting, so a killed sweep goes on where it was. A run is `[settings, number]`, or
`[settings, "what went wrong"]`.
"""

import argparse
import ast
import inspect
import itertools
import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from lmlab.authoring.fingerprint import fingerprint, parse
from lmlab.check import band

__all__ = ["Claim", "check_claims", "find", "meet", "needed", "render"]

ROOT = Path(__file__).resolve().parents[2]
SWEEP = "LMLAB_SWEEP"  # set in the kernel of a sweep
SECONDS = 600  # for one grid
LEAST = 2  # claims of a chapter
WITHOUT_CLAIMS = {  # the list may only shrink
    f"notebooks/{path}.ipynb": "written before chapters had claims with a grid"
    for path in (
        "1_ecosystem/1_concepts", "1_ecosystem/2_math", "1_ecosystem/3_code",
        "1_ecosystem/4_finance", "4_innovation/3_code", "5_business/1_concepts",
        "5_business/2_math", "5_business/3_code", "5_business/4_pretrained",
        "5_business/5_scaling",
    )
}  # fmt: skip
WORDS = {  # how much of the grid a word needs, the strongest first
    r"always|every|never|all": (1.0, "all of"),
    r"(?<!at )(?<!the )most|mostly|usually|more often than not": (0.5, "more than half of"),
    r"some|sometimes|can": (0.0, "a setting of"),
}


class _Over(BaseException):
    """The time of a grid is over. Not an Exception, which a claim's function may catch."""


@dataclass
class Claim:
    """A claim, apart from its function.

    Attributes:
        name: name of the function.
        sentence: the claim in words.
        bounds: arguments of `lmlab.check.band`.
        base: the setting of the chapter's run.
        grid: values for each axis, as `lmlab.check.claim` takes them.
        settings: every setting of the grid.
    """

    name: str
    sentence: str
    bounds: dict[str, float]
    base: dict
    grid: dict

    def __post_init__(self):
        self.sentence = self.sentence.strip().removesuffix(".")
        self.text, self.holds = band(**self.bounds)
        self.axes = {}
        for axis, values in self.grid.items():
            names = (axis,) if isinstance(axis, str) else tuple(axis)
            rows = list(values) if isinstance(values, Iterable) else []
            rows = [value if len(names) > 1 else (value,) for value in rows]
            if not rows or any(not isinstance(r, tuple) or len(r) != len(names) for r in rows):
                what = f"tuples of {len(names)}" if len(names) > 1 else "values"
                raise ValueError(f"`grid` must list {what} on the axis {axis!r}, got {values!r}")
            self.axes[names] = [tuple(map(_plain, row)) for row in rows]
        self.base = {name: _plain(value) for name, value in self.base.items()}
        self.settings = [
            self.base | {k: v for names, row in zip(self.axes, rows, strict=True)
                         for k, v in zip(names, row, strict=True)}
            for rows in itertools.product(*self.axes.values())
        ]  # fmt: skip
        if len({_key(settings) for settings in self.settings}) < len(self.settings):
            raise ValueError(f"`grid` must name each setting once, got {self.grid!r}")
        long = sum(len(rows) > 1 for rows in self.axes.values())
        if long < 2 and len(self.settings) < 5:
            count = len(self.settings) if self.axes else 0
            raise ValueError(f"`grid` must have two axes, or five settings on one; got {count}")

    def call(self, function: Callable, settings: dict) -> float | str:
        """The number of one setting, or what went wrong."""
        try:
            value = float(function(**settings))
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:200]
        return float(f"{value:.5g}") if math.isfinite(value) else str(value)

    def verdicts(self, ledger: dict) -> list[tuple[dict, float | str, bool]]:
        """Setting, value and verdict of each setting of the grid that the ledger holds."""
        runs = {
            _key(settings): value for settings, value in ledger.get(self.name, {"runs": []})["runs"]
        }
        return [
            (settings, value, not isinstance(value, str) and self.holds(value))
            for settings in self.settings
            if (value := runs.get(_key(settings))) is not None
        ]

    def share(self, verdicts: list) -> str:
        """Over how much of the grid it holds."""
        held, total = sum(v for *_, v in verdicts), len(verdicts)
        percent = min(round(100 * held / total), 99 + held // total)
        return f"{held} of {total} settings ({percent} %)"

    def where(self, verdicts: list) -> str:
        """Where it fails, in a sentence; empty if it does not."""
        failed = [self.say(settings) for settings, _, held in verdicts if not held]
        if len(failed) <= 3:
            return f"Fails at {'; at '.join(failed)}." if failed else ""
        places = []
        for axis, names in enumerate(self.axes):
            for row in self.axes[names]:
                here = [held for settings, _, held in verdicts
                        if tuple(settings[name] for name in names) == row]  # fmt: skip
                if here and len(self.axes[names]) > 1:
                    place = self.say(dict(zip(names, row, strict=True)))
                    places.append(
                        (
                            sum(here) / len(here),
                            axis,
                            f"{place} (holds in {sum(here)} of {len(here)})",
                        )
                    )
        places.sort(key=lambda place: place[:2])
        weak = [text for share, _, text in places if share < 0.5][:3]
        return f"Fails mostly at {', '.join(weak)}." if weak else f"Weakest at {places[0][2]}."

    def summary(self, verdicts: list) -> str:
        """The lines under a claim that say what its grid says."""
        if not verdicts:
            return "Not run over its grid yet: `make sweeps` does it."
        numbers = [value for _, value, _ in verdicts if not isinstance(value, str)]
        odd = len(verdicts) - len(numbers)
        parts = [
            f"On its grid: holds in {self.share(verdicts)}",
            f"; values {min(numbers):.3g} to {max(numbers):.3g}, median {median(numbers):.3g}"
            if numbers else "",
            f"; {odd} gave no number" if odd else "",
            f"; {len(self.settings) - len(verdicts)} not run yet"
            if len(verdicts) < len(self.settings) else "",
        ]  # fmt: skip
        return " ".join(["".join(parts) + ".", self.where(verdicts)]).strip()

    def say(self, settings: dict) -> str:
        """A setting in words: the axes of the grid, and only those."""
        names = [name for axis in self.axes for name in axis if name in settings]
        return ", ".join(f"{name} {_word(settings[name])}" for name in names)


def _plain(value):
    """A value as JSON can hold it."""
    value = value.item() if hasattr(value, "item") and not getattr(value, "ndim", 0) else value
    value = list(map(_plain, value)) if isinstance(value, list | tuple | range) else value
    try:
        json.dumps(value)
    except TypeError:
        raise ValueError(
            f"a setting must be a number, a text, True, False, None or a tuple, got {value!r}"
        ) from None
    return tuple(value) if isinstance(value, list) else value


def _word(value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_word, value))})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _key(settings: dict) -> str:
    return json.dumps(settings, sort_keys=True)


# What runs in the kernel


def meet(claim: Claim, function: Callable) -> None:
    """Show a claim at its base setting, or in the kernel of a sweep run its grid.

    Raises:
        AssertionError: the base setting fails, raises an error or gives no finite number.
        ValueError: base, grid and the arguments of the function do not fit.
    """
    arguments = inspect.signature(function).parameters
    for what, names in (("base", claim.base), ("grid", [n for axis in claim.axes for n in axis])):
        if unknown := [name for name in names if name not in arguments]:
            expected = f"{function.__name__}({', '.join(arguments)})"
            raise ValueError(
                f"`{what}` must name arguments of {expected}, got {', '.join(unknown)}"
            )
    empty = inspect.Parameter.empty
    missing = [n for n, a in arguments.items() if a.default is empty and n not in claim.base]
    if missing:
        raise ValueError(f"`base` must give every argument, got none for {', '.join(missing)}")
    if job := os.environ.get(SWEEP):
        return _run_grid(claim, function, **json.loads(job))
    value, said = claim.call(function, claim.base), claim.say(claim.base)
    if isinstance(value, str) or not claim.holds(value):
        got = value if isinstance(value, str) else f"{value:.5g}"
        raise AssertionError(f"{claim.sentence}: expected {claim.text} with {said}, got {got}")
    print(f"Claim: {claim.sentence}.\nHere, with {said}: {claim.text}.")
    verdicts = claim.verdicts(_stored(Path.cwd()))
    print(claim.summary(verdicts))
    if verdicts:
        _strip(claim, verdicts)


def _stored(folder: Path) -> dict:
    """All ledgers of the chapters in a folder; the names of claims are unique there."""
    ledgers = sorted(ledger_of(folder / "any.ipynb").parent.glob("*.json"))
    return {name: entry for path in ledgers for name, entry in _load(path).items()}


def _run_grid(claim: Claim, function: Callable, ledger: str, marks: dict, seconds: float) -> None:
    """Compute what the ledger does not hold yet, and keep it after each setting."""
    if claim.name not in marks:
        raise ValueError(f"{claim.name}: `@claim` must stand over a function at the top of a cell")
    path, (uses, terms) = Path(ledger), marks[claim.name]
    entries = _load(path)
    entry = entries.get(claim.name, {})
    known = {_key(s): v for s, v in entry.get("runs", ())} if entry.get("uses") == uses else {}
    new = {"uses": uses, "terms": terms, "bounds": claim.bounds, "base": claim.base,
           "grid": [[names, rows] for names, rows in claim.axes.items()]}  # fmt: skip

    def keep() -> None:
        runs = [[s, known[_key(s)]] for s in claim.settings if _key(s) in known]
        _save(path, entries | {claim.name: new | {"runs": runs}})

    def stop(*_) -> None:
        raise _Over

    before, message = signal.signal(signal.SIGALRM, stop), ""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        for settings in claim.settings:
            if _key(settings) not in known:
                known[_key(settings)] = claim.call(function, settings)
                keep()
    except _Over:
        message = f"stopped after {seconds:g} s: make the grid smaller or the function faster; "
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    keep()
    print(f"{claim.name}: {message}{claim.summary(claim.verdicts(_load(path)))}")


def _strip(claim: Claim, verdicts: list) -> None:
    """Show a cell for each setting: does the claim hold there?"""
    import matplotlib.pyplot as plt
    import numpy as np

    from lmlab.figures import BLUE, ORANGE, show_figure

    # one axis goes down, the others to the right, seeds last
    axes = sorted(claim.axes, key=lambda names: (names == ("seed",), len(claim.axes[names])))
    down, right = (axes[:1], axes[1:]) if len(axes) > 1 else ([], axes)
    rows, columns = (
        list(itertools.product(*(claim.axes[names] for names in part))) for part in (down, right)
    )
    place = {}
    for settings, value, held in verdicts:
        spot = [
            tuple(tuple(settings[n] for n in names) for names in part) for part in (down, right)
        ]
        place[rows.index(spot[0]), columns.index(spot[1])] = (value, held)
    size = min(0.3, 5.2 / len(columns))
    figure, ax = plt.subplots(figsize=(6.0, 0.55 + size * len(rows) + 0.2 * (len(right) > 1)))
    for (y, x), (value, held) in place.items():
        sign = "!" if isinstance(value, str) else "✓" if held else "×"
        ax.add_patch(plt.Rectangle((x, y), 0.94, 0.94, color=BLUE if held else ORANGE))
        ax.text(x + 0.47, y + 0.47, sign, color="white" if held else "black", ha="center",
                va="center_baseline", fontsize=32 * size)  # fmt: skip

    def label(part: list, row: tuple) -> str:
        return ", ".join(_word(value) for values in row for value in values)

    last = len(claim.axes[right[-1]])
    step = max(1, math.ceil(last * size and 0.25 / size)) if size < 0.25 else 1
    ax.set(xlim=(0, 5.2 / size if len(columns) * size < 5.2 else len(columns)), ylim=(len(rows), 0))
    ticks = range(0, len(columns), step)
    ax.set_xticks([x + 0.47 for x in ticks], [label(right, columns[x][-1:]) for x in ticks])
    ax.set_yticks(np.arange(len(rows)) + 0.47, [label(down, row) for row in rows])
    ax.set_xlabel(" × ".join(", ".join(names) for names in right), loc="left")
    if down:
        ax.set_ylabel(", ".join(down[0]))
    if len(right) > 1:
        for x in range(0, len(columns), last):
            ax.text(x, -0.15, label(right, columns[x][:-1]), fontsize=8)
    ax.grid(False)
    ax.tick_params(length=0, labelsize=8)
    ax.spines[:].set_visible(False)
    show_figure(figure, alt=f"{claim.sentence}. {claim.summary(verdicts)}", colours=16)


# Ledgers


def ledger_of(path: Path) -> Path:
    """The ledger of a notebook."""
    path = Path(path).resolve()
    top = next((up for up in path.parents if up.name == "notebooks"), path.parent)
    return top / "claims" / path.relative_to(top).with_suffix(".json")


def _load(path: Path) -> dict:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: no ledger ({error}); delete it and run `make sweeps`") from None


def _save(path: Path, entries: dict) -> None:
    """Write a ledger in one move, a line for each run; nothing if it is as it was."""
    blocks = []
    for name, entry in entries.items():
        head = [f"  {json.dumps(key)}: {json.dumps(entry[key])}" for key in entry if key != "runs"]
        runs = ",\n".join(f"   {json.dumps(run)}" for run in entry["runs"])
        blocks.append(
            f' "{name}": {{\n' + ",\n".join([*head, f'  "runs": [\n{runs}\n  ]']) + "\n }"
        )
    text = "{\n" + ",\n".join(blocks) + "\n}\n"
    if path.is_file() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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
            calls = [d for d in getattr(node, "decorator_list", []) if _is_claim(d)]
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


def _is_claim(node: ast.AST) -> bool:
    func = getattr(node, "func", None)
    return getattr(func, "attr", getattr(func, "id", "")) == "claim"


# Rules


def needed(sentence: str) -> tuple[float, str]:
    """The share of its grid that a sentence needs (more than it, if below 0.8), in words."""
    text = re.sub(r"\bnot (?:always|every|all)\b", "sometimes", sentence.lower())
    found = (need for words, need in WORDS.items() if re.search(rf"\b(?:{words})\b", text))
    return next(found, (0.8, "80 % of"))


def check_claims(nb, path: Path, name: str, kind: str) -> Iterator[tuple[str, int | None, str]]:
    """Rule 9.1: rule, position of the cell, what to do."""
    ledger, found = _load(ledger_of(path)), find(nb)
    run = f"run `make sweeps N={name}`"
    if kind == "chapter" and (len(found) >= LEAST) == (name in WITHOUT_CLAIMS):
        action = "remove it from WITHOUT_CLAIMS" if found else f"register {LEAST} or more"
        yield "style 9.1", None, f"{len(found)} claims with a grid; {action}"
    others = [p for p in ledger_of(path).parent.glob("*.json") if p != ledger_of(path)]
    taken = [c.name for c in found] + [name for other in others for name in _load(other)]
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
            if claim.summary(verdicts) not in outputs:
                yield (
                    "style 9.1",
                    here.cell,
                    "the output shows another ledger; run `make notebooks`",
                )


# The page


PAGE = """\
# Claims

% Written by lmlab/authoring/claims.py from the notebooks and notebooks/claims. Do not edit.

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

    from lmlab.authoring.coverage import toc_files

    rows = []
    toc = toc_files(yaml.safe_load((root / "_toc.yml").read_text("utf-8")))
    for path in (root / f"{name}.ipynb" for name in toc):
        nb = nbformat.read(path, as_version=4) if path.is_file() else None
        ledger = _load(ledger_of(path)) if nb else {}
        for here in find(nb) if nb else ():
            if claim := here.stored(ledger):
                verdicts = claim.verdicts(ledger)
                share = sum(held for *_, held in verdicts) / max(len(verdicts), 1)
                link = path.relative_to(root).as_posix()
                chapter = f"[{nb.metadata.get('lmlab', {}).get('chapter', path.stem)}](../{link})"
                text = claim.share(verdicts) if verdicts else "not run yet"
                cells = (claim.sentence, chapter, text, claim.where(verdicts) or "nowhere on it")
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
    found, entries = find(nb), _load(ledger)
    if all(here.complete(entries) for here in found) and len(entries) == len(found):
        return True
    if found:
        marks = {here.name: [here.uses, here.terms] for here in found}
        job = json.dumps({"ledger": str(ledger), "marks": marks, "seconds": seconds})
        client = NotebookClient(
            nb,
            timeout_func=lambda cell: CELL_TIMEOUT + 2 * seconds * cell.source.count("claim("),
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        with client.setup_kernel(env=os.environ | {SWEEP: job}):
            for i, cell in enumerate(nb.cells[: found[-1].cell + 1]):
                client.execute_cell(cell, i)
                if i in {here.cell for here in found}:
                    text = "".join(output.get("text", "") for output in cell.outputs)
                    print(f"{path.stem}: {text}", end="", flush=True)
    entries = _load(ledger)
    kept = {here.name: entries[here.name] for here in found if here.name in entries}
    _save(ledger, kept) if kept else ledger.unlink(missing_ok=True)
    return all(here.complete(kept) for here in found)


def main(arguments: list[str] | None = None) -> int:
    """Run grids or write the page; 1 if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m lmlab.authoring.claims")
    commands = parser.add_subparsers(dest="command", required=True)
    grids = commands.add_parser("sweep", help="run the grids whose ledger is stale")
    grids.add_argument("paths", nargs="+", type=Path)
    grids.add_argument("--seconds", type=float, default=SECONDS, help="for one grid")
    page = commands.add_parser("page", help="write book/claims.md")
    page.add_argument("--check", action="store_true", help="write nothing, fail if it is stale")
    page.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args(arguments)
    if options.command == "page":
        target, text = options.root / "book" / "claims.md", render(options.root)
        if target.is_file() and target.read_text("utf-8") == text:
            return 0
        if options.check:
            print("book/claims.md is stale: run `python -m lmlab.authoring.claims page`")
            return 1
        target.write_text(text, "utf-8")
        return 0
    if len(options.paths) > 1:  # a process for each notebook, two at a time
        call = [sys.executable, "-m", "lmlab.authoring.claims", "sweep", "--seconds"]
        call.append(str(options.seconds))
        with ThreadPoolExecutor(2) as pool:
            codes = list(
                pool.map(lambda p: subprocess.run([*call, str(p)]).returncode, options.paths)
            )
        return max(codes)
    (path,) = options.paths
    try:
        done = sweep(path, options.seconds)
    except Exception as error:
        done, text = False, f"{type(error).__name__}: {error}"
        print(f"{path}: {text}\n{path}: stopped; what was computed is kept", file=sys.stderr)
    if not done:
        print(f"{path}: the ledger is not complete", file=sys.stderr)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
