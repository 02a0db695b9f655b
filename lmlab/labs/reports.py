"""What goes back: the list of grades as CSV, and a page of feedback for each student."""

import csv
import io
import re
from pathlib import Path

from lmlab.labs.collect import Student
from lmlab.labs.course import Course, Lab, read_json, write_text
from lmlab.labs.gradebook import rows
from lmlab.labs.reading import is_answer, is_graded

__all__ = ["cell_text", "write_feedback", "write_grades"]

REMOTE = re.compile(r'<script src="https?://[^"]*">\s*</script>')  # the template's MathJax
HIDDEN = re.compile(r"^.*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS.*?$\n?", re.M | re.S)


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
        texts = [cell_text(text) for text in (row.student, row.name, row.status)]
        writer.writerow([*texts, total, *points, late, cell_text("; ".join(row.notes))])
    path = course.root / "grades" / f"{lab}.csv"
    write_text(path, "\ufeff" + table.getvalue())  # by this mark Excel knows that it is UTF-8
    return path


def cell_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula, in one line."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def write_feedback(course: Course, lab: Lab) -> list[Path]:
    """Write `feedback/<student>/<lab>/<lab>.html` for all who are graded, without hidden tests."""
    secret = _secret_lines(lab, course)
    exporter, pages = _exporter(), []
    for path in sorted((course.root / "status" / lab.name).glob("*.json")):
        status = read_json(path) or {}
        if status.get("recorded"):
            page = _page(course, lab.name, status["student"], exporter, secret)
            target = course.notebook("feedback", lab.name, status["student"]).with_suffix(".html")
            write_text(target, page)
            pages.append(target)
    return pages


def _secret_lines(lab: Lab, course: Course) -> set[str]:
    """The lines of the hidden tests that the release does not show."""
    import nbformat

    cells = nbformat.read(lab.source, as_version=4).cells
    hidden = "\n".join(found for cell in cells for found in HIDDEN.findall(cell.source))
    release = course.notebook("release", lab.name).read_text(encoding="utf-8")
    lines = {line.strip() for line in hidden.splitlines()}
    return {line for line in lines if len(line) >= 12 and line not in release}


def _exporter():
    """nbgrader's page, with HTML of students made harmless and no request to another host."""
    import nbgrader
    from nbconvert.exporters import HTMLExporter
    from traitlets.config import Config

    templates = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    config = Config()
    config.HTMLExporter.template_name = "feedback"
    config.HTMLExporter.extra_template_basedirs = [str(templates)]
    css = templates.parent / "static" / "node_modules" / "bootstrap" / "dist" / "css"
    config.HTMLExporter.extra_template_paths = [str(css)]
    config.HTMLExporter.sanitize_html = True
    return HTMLExporter(config=config)


def _page(course: Course, lab: str, student: str, exporter, secret: set[str]) -> str:
    import logging

    import nbformat
    from nbgrader.preprocessors import GetGrades

    notebook = nbformat.read(course.notebook("autograded", lab, student), as_version=4)
    for cell in notebook.cells:
        if is_graded(cell) and not is_answer(cell):
            cell.source = HIDDEN.sub("# the tests are not shown\n", cell.source)
            cell.outputs = [output for output in cell.outputs if output.output_type == "stream"]
        elif cell.cell_type == "code":
            cell.outputs = [_harmless(output, secret) for output in cell.outputs]
    names = {"notebook": lab, "assignment": lab, "student": student, "db_url": course.db_url}
    resources = {"nbgrader": names, "unique_key": lab, "metadata": {"name": lab}}
    step = GetGrades()
    step.log.setLevel(logging.ERROR)
    notebook, resources = step.preprocess(notebook, resources)
    return REMOTE.sub("", exporter.from_notebook_node(notebook, resources)[0])


def _harmless(output, secret: set[str]):
    """An output as it is, unless it repeats a line of a hidden test."""
    text = str(output)
    plain = re.sub(r"\\x1b\[[0-9;]*m|\x1b\[[0-9;]*m", "", text)
    if not any(line in plain for line in secret):
        return output
    from nbformat.v4 import new_output

    return new_output("stream", name="stderr", text="[not shown: it repeats a hidden test]\n")
