"""Rebuild a submission on the release notebook: only the answers are taken over.

Answers are found by grade_id, cell id, marker (`# task-1`), the names that the cell defines, and
position, in this order. An answer may stand in several cells: split, in a new cell below its stub,
or with a helper beside it. Everything that was put back is written down.
"""

import ast
import builtins
import copy
import re
from dataclasses import dataclass, field

from lmlab.labs.reading import grade_id, is_answer, text_of

__all__ = ["Repaired", "answers", "rebuild"]

LONGEST_ANSWER = 100_000  # characters
STUDENT = re.compile(r"^STUDENT\s*=\s*(.*?)\s*$", re.MULTILINE)
MARKER = re.compile(r"^\s*(?:#+|\*\*|<!--)\s*(?:Answer to\s+)?([a-z]+-\d+[a-z]?)\b", re.IGNORECASE)


@dataclass
class Repaired:
    """The answers by grade_id; what was put back, in words; the id that the student wrote."""

    answers: dict[str, str]
    notes: list[str] = field(default_factory=list)
    typed: str | None = None
    pictures: dict[str, dict] = field(default_factory=dict)  # pasted into answers in words


def answers(cells: list[dict], release: dict) -> Repaired:
    """Find the answers of the release notebook among the cells of a submission."""
    wanted = [cell for cell in release["cells"] if is_answer(cell)]
    found, used = {}, set()
    for way in (_by_grade_id, _by_cell_id, _by_marker, _by_names):
        for cell in wanted:
            name = grade_id(cell)
            if name in found:
                continue
            hits = [i for i, c in enumerate(cells) if i not in used and way(c, cell)]
            if hits:
                best = _best([(i, cells[i]) for i in hits], cell)
                used |= set(hits) if way is _by_grade_id else {best}
                found[name] = (best, way, len(hits))
    _by_position(cells, release, found, used)
    parts = {
        grade_id(cell): _parts(cells, found[grade_id(cell)][0], cell, release, used)
        for cell in wanted
        if grade_id(cell) in found
    }
    used |= {index for indices in parts.values() for index in indices}
    repaired = Repaired({}, _notes(cells, release, found, used))
    for cell in wanted:
        name = grade_id(cell)
        indices = parts.get(name) or ([found[name][0]] if name in found else [])
        source = "\n\n".join(cells[i]["source"] for i in indices) if indices else text_of(cell)
        if len(indices) > 1:
            repaired.notes.append(f"{name}: {len(indices)} cells were taken together")
        pictures = {k: v for i in indices for k, v in cells[i]["attachments"].items()}
        if pictures:
            repaired.pictures[name] = pictures
        if len(source) > LONGEST_ANSWER:
            repaired.notes.append(f"{name}: longer than {LONGEST_ANSWER:,} characters, not taken")
            source = text_of(cell)
        repaired.answers[name] = source
    repaired.typed = _typed(cells)
    return repaired


def rebuild(
    base: dict, answers: dict[str, str], student: str, pictures: dict[str, dict] | None = None
) -> dict:
    """Put the answers into a copy of the base notebook, and the true id into `STUDENT = …`."""
    notebook = copy.deepcopy(base)
    for cell in notebook["cells"]:
        if is_answer(cell) and grade_id(cell) in answers:
            cell["source"] = answers[grade_id(cell)]
            if cell["cell_type"] == "markdown" and grade_id(cell) in (pictures or {}):
                cell["attachments"] = pictures[grade_id(cell)]
        elif cell["cell_type"] == "code" and not grade_id(cell):
            cell["source"] = STUDENT.sub(lambda _: f"STUDENT = {student!r}", text_of(cell))
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def _by_grade_id(cell: dict, wanted: dict) -> bool:
    return cell["grade_id"] == grade_id(wanted)


def _by_cell_id(cell: dict, wanted: dict) -> bool:
    return bool(wanted.get("id")) and wanted["id"] in cell["ids"]


def _by_marker(cell: dict, wanted: dict) -> bool:
    marker = MARKER.match(cell["source"])
    return bool(marker) and marker[1].lower() == grade_id(wanted)


def _by_names(cell: dict, wanted: dict) -> bool:
    names = _names(text_of(wanted)) if wanted["cell_type"] == "code" else set()
    return bool(names) and cell["kind"] == "code" and names <= _names(cell["source"])


def _best(hits: list[tuple[int, dict]], wanted: dict) -> int:
    """Of several cells: one that defines what is asked for, is changed, and stands last."""
    stub = text_of(wanted).strip()
    names = _names(stub) if wanted["cell_type"] == "code" else set()

    def worth(hit: tuple[int, dict]) -> tuple:
        index, cell = hit
        return names <= _names(cell["source"]), cell["source"].strip() != stub, index

    return max(hits, key=worth)[0]


def _by_position(cells: list[dict], release: dict, found: dict, used: set[int]) -> None:
    """An answer not found yet is the one cell left between the same two given cells."""
    given = {}
    for index, cell in enumerate(cells):
        given.setdefault(cell["source"].strip(), index)
    base = release["cells"]
    for place, cell in enumerate(base):
        name = grade_id(cell)
        if not is_answer(cell) or name in found:
            continue
        before = [given.get(text_of(c).strip()) for c in base[:place] if not is_answer(c)]
        after = [given.get(text_of(c).strip()) for c in base[place + 1 :] if not is_answer(c)]
        low = next((i for i in reversed(before) if i is not None), None)
        high = next((i for i in after if i is not None), None)
        if low is None or high is None or base[place - 1 : place] == []:
            continue
        free = [i for i in range(low + 1, high) if i not in used and cells[i]["source"].strip()]
        left = [i for i in free if cells[i]["kind"] == cell["cell_type"]]
        if len(left) == 1:
            found[name] = (left[0], _by_position, 1)
            used.add(left[0])


def _parts(cells: list[dict], best: int, wanted: dict, release: dict, used: set[int]) -> list[int]:
    """The cells in which one answer stands, in their order: mostly the best one alone."""
    above, below = (_beside(cells, best, step, release, used) for step in (-1, 1))
    is_stub = cells[best]["source"].strip() == text_of(wanted).strip()
    if wanted["cell_type"] != "code":
        return below if is_stub and below else [best]
    names = _names(text_of(wanted))
    halves = [i for i, c in enumerate(cells) if c["grade_id"] == grade_id(wanted)]
    sources = [cells[i]["source"] for i in halves]
    if best in halves and len(halves) > 1 and _is_split(sources, names):
        return halves
    if is_stub or not names <= _names(cells[best]["source"]):
        parts = ([] if is_stub else [best]) + below
        if parts and names <= _names("\n".join(cells[i]["source"] for i in parts)):
            return parts
    if is_stub:  # the answer may stand anywhere else
        given = {text_of(cell).strip() for cell in release["cells"]}
        free = [i for i in range(len(cells)) if i not in used and not cells[i]["grade_id"]]
        free = [i for i in free if cells[i]["source"].strip() not in given]
        free = [i for i in free if _by_marker(cells[i], wanted) or _by_names(cells[i], wanted)]
        return free[-1:] or [best]
    known = {n for c in release["cells"] if c["cell_type"] == "code" for n in _names(text_of(c))}
    missing = _loads(cells[best]["source"]) - known - _names(cells[best]["source"])
    missing -= set(dir(builtins))
    helpers = [i for i in (*above, *below) if _names(cells[i]["source"]) & missing]
    return sorted([best, *helpers])


def _is_split(halves: list[str], names: set[str]) -> bool:
    """Whether cells are the pieces of one: together they are code that defines what is asked."""
    if not all(map(_parses, halves)):
        return _parses("\n".join(halves)) and names <= _names("\n".join(halves))
    return not any(names <= _names(half) for half in halves) and names <= _names("\n".join(halves))


def _beside(cells: list[dict], start: int, step: int, release: dict, used: set[int]) -> list[int]:
    """The student's own cells next to an answer, up to the next cell that was given."""
    given = {text_of(cell).strip() for cell in release["cells"] if not is_answer(cell)}
    found, index, name = [], start + step, cells[start]["grade_id"]
    while 0 <= index < len(cells):
        cell = cells[index]
        source = cell["source"].strip()
        is_own = cell["kind"] == cells[start]["kind"] and source not in given
        marker = MARKER.match(cell["source"])
        is_own = is_own and not cell["grade_id"] and (not marker or marker[1].lower() == name)
        if not is_own or index in used or STUDENT.search(source):
            break
        found += [index] if source else []
        index += step
    return sorted(found)


def _notes(cells: list[dict], release: dict, found: dict, used: set[int]) -> list[str]:
    """What was put back, or left out, in words."""
    notes, given = [], set()
    ways = {_by_cell_id: "cell id", _by_marker: "marker", _by_names: "the names it defines"}
    sources = {cell["source"].strip() for cell in cells}
    for cell in release["cells"]:
        text, name = text_of(cell).strip(), grade_id(cell)
        if not is_answer(cell):
            given.add(text)
            if name and text and text not in sources:
                notes.append(f"{name}: a cell that is not an answer was changed, and put back")
        elif name not in found:
            notes.append(f"{name}: the answer cell is missing; the empty one was put back")
        else:
            _, way, number = found[name]
            if way is not _by_grade_id:
                notes.append(f"{name}: found by {ways.get(way, 'its position')}")
            if number > 1:
                notes.append(f"{name}: {number} cells claim to be the answer, one was taken")
    extra = [
        index for index, cell in enumerate(cells)
        if index not in used and cell["kind"] == "code" and cell["source"].strip()
        and cell["source"].strip() not in given and not STUDENT.search(cell["source"])
        and not cell["grade_id"].endswith("-test")
    ]  # fmt: skip
    if extra:
        notes.append(f"{len(extra)} code cells outside the answers were not taken over")
    return notes


def _names(source: str) -> set[str]:
    """The names that code defines at its top level; nothing if it does not parse."""
    tree = _tree(source)
    if tree is None:
        return set(re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE))
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(part.asname or part.name).split(".")[0] for part in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.For | ast.With):
            names |= {n.id for n in ast.walk(node) if _is_store(n)}
    return names


def _is_store(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _loads(source: str) -> set[str]:
    """The names that code reads and does not set anywhere itself; nothing if it does not parse."""
    nodes = list(ast.walk(_tree(source) or ast.Module([], [])))
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = {n.id for n in nodes if _is_store(n)} | {n.arg for n in nodes if isinstance(n, ast.arg)}
    return read - own


def _tree(source: str) -> ast.Module | None:
    """Code without its magics as a tree; None if it does not parse."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parses(source: str) -> bool:
    return _tree(source) is not None


def _typed(cells: list[dict]) -> str | None:
    """The id that the student wrote into the first cell."""
    for cell in cells:
        if cell["kind"] == "code" and (line := STUDENT.search(cell["source"])):
            try:
                return str(ast.literal_eval(line[1].split("#")[0].strip()))
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                return line[1][:80]
    return None
