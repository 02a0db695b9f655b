"""Claims that are run over a grid: the claim, what the kernel does with it, and its ledger.

A chapter's run computes the base setting and shows what the ledger holds. In the kernel of a sweep
(`lmlab.authoring.sweeps`) every setting that the ledger does not hold yet is computed, and kept at
once. A run in a ledger is `[settings, number]`, or `[settings, "what went wrong"]`.
"""

import inspect
import itertools
import json
import math
import os
import signal
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from lmlab.check import band, judge

__all__ = ["SWEEP", "Claim", "ledger_of", "load", "meet", "save"]

LUCK = {("seed",), ("split",)}  # axes that only repeat
SWEEP = "LMLAB_SWEEP"  # set in the kernel of a sweep


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
        failed = [settings for settings, _, held in verdicts if not held]
        axes = [names for names, rows in self.axes.items() if len(rows) > 1]
        if not failed:
            return ""
        if len(axes) == 1:
            values = [_word(_at(settings, axes[0])) for settings in failed]
            return f"Fails at {', '.join(axes[0])} {', '.join(values)}."
        if len(failed) <= 3:
            return f"Fails at {'; at '.join(map(self.say, failed))}."
        places = []
        for names in [names for names in axes if names not in LUCK] or axes:
            for row in self.axes[names]:
                here = [held for settings, _, held in verdicts if _at(settings, names) == row]
                place = self.say(dict(zip(names, row, strict=True)))
                places.append((sum(here) / max(len(here), 1), f"{sum(here)} of {len(here)}", place))
        places.sort(key=lambda place: place[0])  # stable: the order of the axes
        weak = [f"{place} (holds in {count})" for share, count, place in places if share < 0.5][:3]
        if weak:
            return f"Fails mostly at {', '.join(weak)}."
        return f"Weakest at {places[0][2]} (holds in {places[0][1]})."

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
        return "\n".join(filter(None, ["".join(parts) + ".", self.where(verdicts)]))

    def heading(self) -> str:
        """The lines that a chapter prints where the base setting holds."""
        here = f"Here, with {self.say(self.base)}: {self.text}."
        return _lines(f"Claim: {self.sentence}.\n{here}")

    def printed(self, verdicts: list) -> str:
        """All that a chapter prints."""
        return f"{self.heading()}\n{_lines(self.summary(verdicts))}"

    def say(self, settings: dict) -> str:
        """A setting in words: the axes of the grid, and only those."""
        names = [name for axis in self.axes for name in axis if name in settings]
        return ", ".join(f"{name} {_word(settings[name])}" for name in names)


def _lines(text: str) -> str:
    """A text in lines that a page shows without scrolling."""
    lines = text.splitlines()
    return "\n".join(textwrap.fill(line, 88, subsequent_indent="  ") for line in lines)


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


def _at(settings: dict, names: tuple) -> tuple:
    """The values of a setting on an axis."""
    return tuple(settings[name] for name in names)


def _word(value) -> str:
    if isinstance(value, tuple):
        words = ", ".join(map(_word, value))
        return f"({words})" if len(value) > 1 else words
    return f"{value:g}" if isinstance(value, float) else str(value)


def _key(settings: dict) -> str:
    return json.dumps(settings, sort_keys=True)


# What runs in the kernel


def meet(claim: Claim, function: Callable) -> None:
    """Show a claim at its base setting, or in the kernel of a sweep run its grid.

    Raises:
        AssertionError: in a proof, the base setting fails, raises an error or gives no finite
            number.
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
    failed = isinstance(value, str)
    got = value if failed else f"{value:.5g}"
    expected, holds = f"{claim.text} with {said}", not failed and claim.holds(value)
    print(judge(claim.sentence, claim.heading(), expected, got, holds))
    verdicts = claim.verdicts(_stored(Path.cwd()))
    print(_lines(claim.summary(verdicts)))
    if verdicts:
        _strip(claim, verdicts)


def _stored(folder: Path) -> dict:
    """All ledgers of the chapters in a folder; the names of claims are unique there."""
    ledgers = sorted(ledger_of(folder / "any.ipynb").parent.glob("*.json"))
    return {name: entry for path in ledgers for name, entry in load(path).items()}


def _run_grid(claim: Claim, function: Callable, ledger: str, marks: dict, seconds: float) -> None:
    """Compute what the ledger does not hold yet, and keep it after each setting."""
    if claim.name not in marks:
        raise ValueError(f"{claim.name}: `@claim` must stand over a function at the top of a cell")
    path, (uses, terms) = Path(ledger), marks[claim.name]
    entries = load(path)
    entry = entries.get(claim.name, {})
    known = {_key(s): v for s, v in entry.get("runs", ())} if entry.get("uses") == uses else {}
    new = {"uses": uses, "terms": terms, "bounds": claim.bounds, "base": claim.base,
           "grid": [[names, rows] for names, rows in claim.axes.items()]}  # fmt: skip

    def keep() -> None:
        runs = [[s, known[_key(s)]] for s in claim.settings if _key(s) in known]
        save(path, entries | {claim.name: new | {"runs": runs}})

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
    print(f"{claim.name}: {message}{claim.summary(claim.verdicts(load(path)))}")


def _strip(claim: Claim, verdicts: list) -> None:
    """Show a cell for each setting: does the claim hold there?"""
    import matplotlib.pyplot as plt

    from lmlab.figures import BLUE, ORANGE, show_figure

    # the shortest axis goes down, the others to the right, seeds last
    axes = sorted(claim.axes, key=lambda names: (names in LUCK, len(claim.axes[names])))
    down, right = (axes[:1], axes[1:]) if len(axes) > 1 else ([], axes)
    rows, columns = (
        list(itertools.product(*(claim.axes[names] for names in part))) for part in (down, right)
    )
    last, long = claim.axes[right[-1]], max(len(_word(row[-1])) for row in columns)
    size = min(0.3, 5.2 / len(columns))  # inches
    wide = min(max(size, 0.06 + 0.08 * long), 5.2 / len(columns))
    heads = [", ".join(map(_word, row[:-1])) for row in columns[:: len(last)]]
    # where a heading has no room beside the next, the next ones stand higher, in turn
    levels = math.ceil(0.065 * max(map(len, heads)) / (len(last) * wide))
    high = 0.55 + size * len(rows) + (0.09 + 0.11 * levels) * (len(right) > 1)
    figure, ax = plt.subplots(figsize=(6.0, high))
    for settings, value, held in verdicts:
        y, x = (
            lines.index(tuple(_at(settings, names) for names in part))
            for part, lines in ((down, rows), (right, columns))
        )
        sign = "!" if isinstance(value, str) else "✓" if held else "×"
        ax.add_patch(plt.Rectangle((x, y), 0.94, 0.94, color=BLUE if held else ORANGE))
        ax.text(x + 0.47, y + 0.47, sign, color="white" if held else "black", ha="center",
                va="center_baseline", fontsize=32 * size)  # fmt: skip
    ax.set(xlim=(0, max(len(columns), 5.2 / wide)), ylim=(len(rows), 0))
    ticks = range(0, len(columns), math.ceil((0.06 + 0.08 * long) / wide - 0.01))
    ax.set_xticks([x + 0.47 for x in ticks], [_word(columns[x][-1]) for x in ticks])
    ax.set_yticks(
        [y + 0.47 for y in range(len(rows))], [", ".join(map(_word, row)) for row in rows]
    )
    ax.set_xlabel(" × ".join(", ".join(names) for names in right), loc="left")
    ax.set_ylabel(", ".join(name for names in down for name in names))
    for k, head in enumerate(heads if len(right) > 1 else []):
        ax.annotate(head, (k * len(last), 0), xytext=(0, 2 + 8 * (k % levels)),
                    textcoords="offset points", fontsize=8)  # fmt: skip
    ax.grid(False)
    ax.tick_params(length=0, labelsize=8)
    ax.spines[:].set_visible(False)
    show_figure(
        figure, alt=f"{claim.sentence}. {' '.join(claim.summary(verdicts).split())}", colours=16
    )


# Ledgers


def ledger_of(path: Path) -> Path:
    """The ledger of a notebook."""
    path = Path(path).resolve()
    top = next((up for up in path.parents if up.name == "notebooks"), path.parent)
    return top / "claims" / path.relative_to(top).with_suffix(".json")


def load(path: Path) -> dict:
    """The entries of a ledger, by the name of the claim; none if there is no file.

    Raises:
        ValueError: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: no ledger ({error}); delete it and run `make sweeps`") from None


def save(path: Path, entries: dict) -> None:
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
