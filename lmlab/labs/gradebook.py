"""What goes into nbgrader's gradebook and what comes out: points, hand grading, lateness."""

import contextlib
import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lmlab.labs.collect import Student, arrival, attempts
from lmlab.labs.course import Course, read_json, write_text
from lmlab.labs.reading import grade_id, is_answer, is_graded

__all__ = ["Row", "opened", "record", "rows"]


@dataclass
class Row:
    """One student in the list of grades. Points are None where there are none, never 0."""

    student: str
    name: str
    status: str
    points: dict[str, float | None] = field(default_factory=dict)
    seconds_late: float = 0.0
    attempts: int = 0
    notes: list[str] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)  # of the teacher, by the answer

    @property
    def total(self) -> float | None:
        """The sum, once all tasks have points."""
        if not self.points or None in self.points.values():
            return None
        return round(sum(self.points.values()), 2)


@contextlib.contextmanager
def opened(course: Course) -> Iterator:
    """nbgrader's gradebook; the tables are made on the first call.

    nbgrader then runs `alembic`, which stands beside the Python of this environment.
    """
    from nbgrader.api import Gradebook

    path, programs = os.environ.get("PATH", ""), Path(sys.executable).parent
    os.environ["PATH"] = f"{programs}{os.pathsep}{path}"
    try:
        gradebook = Gradebook(course.db_url)
    finally:
        os.environ["PATH"] = path
    with gradebook:
        yield gradebook


def record(course: Course, lab: str, student: str) -> None:
    """Enter a graded submission into the gradebook, once.

    Points given by hand stay; a new answer in words has to be read again.
    """
    path = course.status(lab, student)
    status = read_json(path)
    if not status or status.get("state") != "graded" or status.get("recorded"):
        return
    import nbformat
    from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades

    notebook = nbformat.read(course.notebook("autograded", lab, student), as_version=4)
    answers = {grade_id(cell): cell.source for cell in notebook.cells if is_answer(cell)}
    marked = path.with_suffix(".answers")  # those that the points belong to
    before = read_json(marked) or {}
    arrived = datetime.fromtimestamp(arrival(course, lab, student), UTC).replace(tzinfo=None)
    with warnings.catch_warnings(), opened(course) as gradebook:
        warnings.simplefilter("ignore")  # of SQLAlchemy 2.1 about nbgrader's queries
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(lab, student, timestamp=arrived)
        judged = {
            name for name, text in answers.items()
            if before.get(name) == text and _is_judged(gradebook, name, lab, student)
        }  # fmt: skip
    names = {"notebook": lab, "assignment": lab, "student": student, "db_url": course.db_url}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in (SaveAutoGrades(), AssignLatePenalties()):
            step.log.setLevel(logging.ERROR)
            step.preprocess(notebook, {"nbgrader": names})
        if judged:  # nbgrader asks for each of them again
            with opened(course) as gradebook:
                for name in judged:
                    gradebook.find_grade(name, lab, lab, student).needs_manual_grade = False
                gradebook.db.commit()
    write_text(marked, json.dumps(answers))
    write_text(path, json.dumps(status | {"recorded": True}, indent=1))


def _is_judged(gradebook, name: str, lab: str, student: str) -> bool:
    """Whether a teacher has given points for an answer."""
    from nbgrader.api import MissingEntry

    try:
        grade = gradebook.find_grade(name, lab, lab, student)
    except MissingEntry:
        return False
    return grade.manual_score is not None and not grade.needs_manual_grade


def rows(course: Course, lab: str, roster: list[Student]) -> list[Row]:
    """The list of grades: everyone in the class list, and everyone who handed something in."""
    names = {student.folder: student.name for student in roster}
    folder = course.collected(lab)
    handed_in = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    found = []
    with opened(course) as gradebook:
        tasks = _tasks(course, lab)
        due = gradebook.find_assignment(lab).duedate
        for student in sorted(handed_in | set(names)):
            row = Row(student, names.get(student, ""), "missing", dict.fromkeys(tasks))
            if student in handed_in:
                _fill(row, course, lab, gradebook)
                row.attempts = len(attempts(course, lab, student))
                arrived = datetime.fromtimestamp(arrival(course, lab, student), UTC)
                if due is not None:
                    late = (arrived.replace(tzinfo=None) - due).total_seconds()
                    row.seconds_late = max(0.0, late)
            found.append(row)
    return found


def _tasks(course: Course, lab: str) -> list[str]:
    """The graded cells in the order of the notebook."""
    text = course.notebook("release", lab).read_text(encoding="utf-8")
    return [grade_id(cell) for cell in json.loads(text)["cells"] if is_graded(cell)]


def _fill(row: Row, course: Course, lab: str, gradebook) -> None:
    """Status and points of one who handed something in."""
    status = read_json(course.status(lab, row.student)) or {}
    state, row.notes = status.get("state"), status.get("notes", [])
    if state != "graded" or not status.get("recorded"):
        reasons = {"unreadable": "unreadable: ", "failed": "failed: "}
        row.status = reasons.get(state, "not graded yet") + status.get("reason", "")
        return
    found = gradebook.find_submission_notebook(lab, lab, row.student)
    row.comments = {comment.name: comment.comment for comment in found.comments if comment.comment}
    row.status = "graded"
    for grade in found.grades:
        row.points[grade.name] = None if grade.needs_manual_grade else grade.score
        if grade.needs_manual_grade:
            row.status = "needs hand grading"
