"""What goes back: the list of grades as CSV, and a page of feedback for each student."""

import csv
import io
import json
import re
from pathlib import Path

from lmlab.labs.collect import Student
from lmlab.labs.course import Course, Lab, read_json, write_text
from lmlab.labs.gradebook import Row, rows
from lmlab.labs.page import render
from lmlab.labs.reading import grade_id, is_answer, is_graded, text_of

__all__ = ["cell_text", "write_feedback", "write_grades"]

RUBRIC = re.compile(r"^## Task (\d+)[^\n]*\n(.*?)(?=^## |\Z)", re.M | re.S)


def write_grades(course: Course, lab: str, roster: list[Student]) -> Path:
    """Write `grades/<lab>.csv`: a line per student, a column per task.

    A task without points is an empty field: a zero is written only where a zero was earned.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    found = rows(course, lab, roster)
    tasks = list(found[0].points) if found else []
    titles = [task.removesuffix("-test") for task in tasks]
    writer.writerow(["student", "name", "status", "total", *titles, "hours late", "notes"])
    for row in found:
        points = ["" if row.points[task] is None else row.points[task] for task in tasks]
        late = f"{row.seconds_late / 3600:.2f}" if row.seconds_late else ""
        total = "" if row.total is None else row.total
        texts = [cell_text(text) for text in (course.id_of(row.student), row.name, row.status)]
        writer.writerow([*texts, total, *points, late, cell_text("; ".join(row.notes))])
    path = course.root / "grades" / f"{lab}.csv"
    write_text(path, "\ufeff" + table.getvalue())  # by this mark Excel knows that it is UTF-8
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
