"""What goes back: the list of grades as CSV, and a page of feedback for each student."""

import csv
import io
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lmlab.labs.collect import Student
from lmlab.labs.course import Course, Lab, read_json, write_text
from lmlab.labs.gradebook import Row, rows
from lmlab.labs.page import render, render_class
from lmlab.labs.reading import grade_id, is_answer, is_graded, text_of
from lmlab.labs.sharing import shared

__all__ = ["Lateness", "cell_text", "write_feedback", "write_grades", "write_summary"]

RUBRIC = re.compile(r"^## Task (\d+)[^\n]*\n(.*?)(?=^## |\Z)", re.M | re.S)


@dataclass(frozen=True)
class Lateness:
    """What lateness costs: `per_day` percent of the points for each day begun, `most` in all."""

    per_day: float = 0.0
    most: float = 100.0

    def after(self, row: Row) -> float | None:
        """The total of a student after lateness, None while a task has no points."""
        if row.total is None:
            return None
        cost = min(self.most, self.per_day * math.ceil(row.seconds_late / 86_400))
        return round(row.total * (1 - cost / 100), 2)


def write_grades(
    course: Course, lab: str, roster: list[Student], lateness: Lateness | None = None
) -> list[Path]:
    """Write `grades/<lab>.csv`: a line per student, a column per task; and two to upload.

    A task without points is an empty field: a zero is written only where a zero was earned.
    `<lab>-moodle.csv` and `<lab>-canvas.csv` have those whose total is known.
    """
    lateness, found = lateness or Lateness(), rows(course, lab, roster)
    tasks = list(found[0].points) if found else []
    titles = [task.removesuffix("-test") for task in tasks]
    lines = [["student", "name", "status", "total", *titles, "hours late", "notes"]]
    lines[0] += ["attempts", "after lateness"]
    for row in found:
        points = ["" if row.points[task] is None else row.points[task] for task in tasks]
        late = f"{row.seconds_late / 3600:.2f}" if row.seconds_late else ""
        total, after = ("" if v is None else v for v in (row.total, lateness.after(row)))
        texts = [cell_text(text) for text in (course.id_of(row.student), row.name, row.status)]
        notes = cell_text("; ".join(row.notes))
        lines.append([*texts, total, *points, late, notes, row.attempts or "", after])
    known = [
        (cell_text(course.id_of(row.student)), cell_text(row.name), lateness.after(row))
        for row in found
        if row.total is not None
    ]
    canvas = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", lab]]
    canvas += [[name, "", student, "", "", after] for student, name, after in known]
    moodle = [["ID number", "Full name", lab], *(list(line) for line in known)]
    folder = course.root / "grades"
    return [
        _table(folder / f"{lab}.csv", lines, "\ufeff"),  # by this mark Excel knows that it is UTF-8
        _table(folder / f"{lab}-moodle.csv", moodle),
        _table(folder / f"{lab}-canvas.csv", canvas),
    ]


def _table(path: Path, lines: list[list], mark: str = "") -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    write_text(path, mark + text.getvalue())
    return path


def cell_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula, in one line."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def write_feedback(course: Course, lab: Lab) -> tuple[list[Path], list[str]]:
    """Write `feedback/<student>/<lab>/<lab>.html` for all who are graded, without hidden tests.

    Returns:
        The pages, and a line for each that could not be written; none stops the others.
    """
    pages, failed = [], []
    for row in rows(course, lab.name, []):
        status = read_json(course.status(lab.name, row.student)) or {}
        if not status.get("recorded"):
            continue
        path = course.notebook("autograded", lab.name, row.student)
        target = course.notebook("feedback", lab.name, row.student).with_suffix(".html")
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            write_text(target, render(notebook, _about(notebook, course, lab, row, status)))
        except Exception as error:  # what a student wrote can be anything
            failed.append(f"{row.student}: no page ({type(error).__name__}: {error})")
        else:
            pages.append(target)
    return pages, failed


def _about(notebook: dict, course: Course, lab: Lab, row: Row, status: dict) -> dict:
    """What a page says beside the cells of the notebook."""
    graded = [cell for cell in notebook["cells"] if is_graded(cell)]
    of = {grade_id(cell): float(cell["metadata"]["nbgrader"]["points"]) for cell in graded}
    names = {name: name.removesuffix("-test") for name in of}
    tasks = {
        name: {
            "title": names[name].replace("-", " ").capitalize(),
            "points": row.points.get(name),
            "of": of[name],
            "said": (status["tasks"].get(name) or {}).get("said", []),
        }
        for name in of
    }
    texts = "\n".join(text_of(cell) for cell in notebook["cells"] if cell["cell_type"] != "code")
    title = re.search(r"^# (.+)$", texts, re.M)
    readme = lab.folder / "README.md"
    readme = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    by_hand = {grade_id(cell) for cell in graded if is_answer(cell)}
    rubric = {f"task-{number}": text.strip() for number, text in RUBRIC.findall(readme)}
    return {
        "title": title[1] if title else lab.name,
        "student": course.id_of(row.student),
        "tasks": tasks,
        "total": row.total,
        "of": sum(of.values()),
        "late": row.seconds_late / 3600,
        "notes": row.notes,
        "rubric": {name: text for name, text in rubric.items() if name in by_hand},
        "comments": row.comments,
    }


def write_summary(course: Course, lab: Lab, roster: list[Student]) -> Path:
    """Write `grades/<lab>.html`: how the class did, what fell most, who shares what."""
    found = rows(course, lab.name, roster)
    graded = [row for row in found if any(p is not None for p in row.points.values())]
    statuses = {r.student: read_json(course.status(lab.name, r.student)) or {} for r in graded}
    of = {name: task["of"] for s in statuses.values() for name, task in s.get("tasks", {}).items()}
    tasks = [_of_class(name, of[name], graded, statuses) for name in of]
    judged = [sum(row.points.get(name) or 0 for name in of) for row in graded]
    full = sum(of.values())
    tenths = [min(9, int(10 * points / full)) for points in judged] if full else []
    seconds = sorted(status.get("seconds", 0) for status in statuses.values())
    about = {
        "title": lab.name,
        "states": Counter(row.status.split(":")[0] for row in found),
        "bars": [
            {"from": full * i / 10, "to": full * (i + 1) / 10, "number": tenths.count(i)}
            for i in range(10)
        ],
        "tasks": tasks,
        "seconds": (seconds[len(seconds) // 2], seconds[-1]) if seconds else None,
        "late": sum(row.seconds_late > 0 for row in found),
        "shared": [
            (one.task, one.what, [course.id_of(student) for student in one.students])
            for one in shared(course, lab.name, [row.student for row in graded])
        ],
    }
    path = course.root / "grades" / f"{lab.name}.html"
    write_text(path, render_class(about))
    return path


def _of_class(name: str, of: float, graded: list[Row], statuses: dict[str, dict]) -> dict:
    """How a class did in one task."""
    points = [row.points[name] for row in graded if row.points.get(name) is not None]
    said = Counter(
        line.removeprefix("does not hold: ")
        for status in statuses.values()
        for line in set(status.get("tasks", {}).get(name, {}).get("said", ()))
        if not line.startswith("holds: ")
    )
    return {
        "title": name.removesuffix("-test").replace("-", " ").capitalize(),
        "of": of,
        "mean": sum(points) / len(points) if points else None,
        "full": sum(p >= of for p in points),
        "none": sum(p == 0 for p in points),
        "said": said.most_common(3),
    }
