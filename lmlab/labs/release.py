"""Make the students' notebook of a lab and enter the lab into the gradebook, with nbgrader."""

import io
import logging
from datetime import datetime

import nbformat
from nbgrader import utils
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from lmlab.labs.course import Course, CourseError, Lab, write_text
from lmlab.labs.gradebook import opened
from lmlab.labs.judge import function_for, load_checks
from lmlab.labs.reading import grade_id, is_answer, is_graded, text_of
from lmlab.labs.repair import MARKER
from lmlab.labs.running import tasks_of

__all__ = ["check_source", "release"]

CONFIG = """\
# Written by `python -m lmlab.labs release`: for nbgrader's own commands and its Formgrader.
c = get_config()
c.CourseDirectory.db_url = {url!r}
c.CourseDirectory.course_id = "default_course"
"""


def release(course: Course, lab: Lab, due: str | None = None) -> dict[str, float]:
    """Write `release/<lab>/<lab>.ipynb` and enter the lab with its points into the gradebook.

    Args:
        course: where.
        lab: the source.
        due: such as "2026-11-21 23:59 UTC"; None leaves what is known.

    Returns:
        The points of each graded cell.

    Raises:
        CourseError: the source breaks a rule of the cell format.
    """
    points = check_source(lab)
    source = course.notebook("source", lab.name)
    write_text(source, _without_id(lab))
    _generate(course, lab)
    with opened(course) as gradebook:
        if due is not None:
            gradebook.update_or_create_assignment(lab.name, duedate=_time(due))
    write_text(course.root / "nbgrader_config.py", CONFIG.format(url=course.db_url))
    return points


def _without_id(lab: Lab) -> str:
    """The source as text, with the form of an id in place of the teacher's."""
    notebook = nbformat.read(lab.source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace('STUDENT = "teacher"', 'STUDENT = "your-id"')
    return nbformat.writes(notebook)


def _generate(course: Course, lab: Lab) -> None:
    """nbgrader's own step: solutions and hidden tests out, cells and points into the gradebook."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.db_url = course.db_url
    config.CourseDirectory.course_id = "default_course"  # as Gradebook has it; PostgreSQL insists
    config.CourseDirectory.assignment_id = lab.name
    config.ClearSolutions.code_stub = {"python": "# your answer\nraise NotImplementedError"}
    config.ClearSolutions.text_stub = "Your answer."
    converter = GenerateAssignment(
        coursedir=CourseDirectory(config=config), config=config, force=True
    )
    said = io.StringIO()
    converter.log.setLevel(logging.ERROR)
    converter.log.addHandler(handler := logging.StreamHandler(said))
    try:
        with opened(course):  # makes the tables
            converter.start()
    except NbGraderException:
        raise CourseError(f"nbgrader refused {lab.source}:\n{said.getvalue()[-2000:]}") from None
    finally:
        converter.log.removeHandler(handler)


def check_source(lab: Lab) -> dict[str, float]:
    """Check the cell format of a lab; return the points of each graded cell.

    Raises:
        CourseError: the message names the cell and what is expected.
    """
    notebook = nbformat.read(lab.source, as_version=4)
    nbformat.validate(notebook)
    checks, points, seen = load_checks(lab), {}, set()
    if not any('STUDENT = "teacher"' in text_of(cell) for cell in notebook.cells):
        raise CourseError(f'{lab.source.name}: a cell must set STUDENT = "teacher"')
    for index, cell in enumerate(notebook.cells):
        name, where = grade_id(cell), f"{lab.source.name}, cell {index + 1}"
        if name in seen and name:
            raise CourseError(f"{where}: the grade_id {name!r} is taken")
        seen.add(name)
        if is_answer(cell):
            marker = MARKER.match(text_of(cell))
            if not marker or marker[1] != name:
                raise CourseError(f"{where}: the first line must begin with the marker `# {name}`")
        elif is_graded(cell):
            if "### BEGIN HIDDEN TESTS" not in cell.source:
                raise CourseError(f"{where}: a test cell must hold ### BEGIN HIDDEN TESTS")
            function_for(checks, name)
        if is_graded(cell):
            points[name] = float(cell.metadata.nbgrader.points)
    for task in tasks_of(notebook):
        if not task.answers:
            raise CourseError(f"{task.name}: no answer cell stands before the test cell")
    return points


def _time(text: str) -> datetime:
    try:
        return utils.parse_utc(text)
    except Exception:
        raise CourseError(f"`due` must be like '2026-11-21 23:59 UTC', got {text!r}") from None
