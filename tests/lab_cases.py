"""A lab with its solution: what an answer is worth, and what the public checks say of it."""

import ast
import contextlib
import csv
import io
import json
import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from lmlab.labs import sandbox
from lmlab.labs.__main__ import main
from lmlab.labs.course import Lab
from lmlab.labs.judge import function_for, judge, load_checks
from lmlab.labs.reading import grade_id, is_answer, text_of
from lmlab.labs.repair import rebuild
from lmlab.labs.reporting import GRADER
from lmlab.labs.running import tasks_of
from lmlab.labs.sandbox import Limits

LABS = Path(__file__).parent.parent / "labs"
needs_sandbox = pytest.mark.skipif(bool(sandbox.fault()), reason=f"no sandbox: {sandbox.fault()}")


def grades(course, lab):
    """The list of grades of a lab: the row of each student."""
    with (course / "grades" / f"{lab}.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


class LabCase:
    """A lab, its judges and its solution.

    Args:
        name: its folder.
        full: the points of each task that is graded by a judge.
        given: grade_ids of the given cells that the public checks need.
        shown: grade_ids of the given cells that run a student's answers.
        by_hand: the task in words.
    """

    def __init__(self, name, full, given, shown, by_hand="task-7"):
        self.by_hand = by_hand
        self.lab, self.full, self.given, self.shown = Lab.at(LABS / name), full, given, shown
        self.source = json.loads(self.lab.source.read_text(encoding="utf-8"))
        self.checks = load_checks(self.lab)
        self.solution = {grade_id(c): text_of(c) for c in self.source["cells"] if is_answer(c)}

    def changed(self, task, *pairs):
        """The solution of a task with pieces of its code replaced."""
        text = self.solution[task]
        for old, new in pairs:
            assert old in text, (task, old)
            text = text.replace(old, new)
        return text

    def judged(self, task, printed, student="teacher", answer=""):
        """The points for what the hidden cell of a task printed, and the words."""
        outputs = [{"output_type": "stream", "name": "stdout", "text": printed}]
        verdict = judge(function_for(self.checks, f"{task}-test"), outputs, student, answer)
        return self.full[task] * verdict.part, "\n".join(verdict.said)

    def points_of(self, task, answer, student="teacher"):
        """Run the given cells, one answer and its tests in this process; the points and words."""
        notebook = rebuild(self.source, {task: answer}, student)
        (found,) = [t for t in tasks_of(notebook) if t.name == f"{task}-test"]
        given = [i for i in range(found.test) if not text_of(notebook["cells"][i]).startswith("#")]
        names, said = {"__name__": "__main__"}, io.StringIO()
        for index in [*given, *found.answers, found.test]:
            cell = notebook["cells"][index]
            is_left_out = "check(" in text_of(cell) or grade_id(cell) in self.shown
            if cell["cell_type"] != "code" or is_left_out:
                continue
            said = io.StringIO()
            graded = patch.dict(os.environ, {GRADER: "1"})
            with graded, contextlib.redirect_stdout(said), contextlib.suppress(NotImplementedError):
                exec(text_of(cell), names)
        points, words = self.judged(task, said.getvalue(), student, answer)
        return round(points, 2), words

    def check_solution(self, task, points, student="teacher"):
        """The solution, handed in by a student, gets exactly these points; returns the words."""
        received, said = self.points_of(task, self.solution[task], student)
        assert received == points, said
        return said

    def check_wrong(self, task, pairs, points, says):
        """A solution with pieces replaced gets these points, and is told why."""
        received, said = self.points_of(task, self.changed(task, *pairs))
        assert received == pytest.approx(points, abs=0.006), said
        assert says in said

    def texts(self, names):
        """The code of the cells with these grade_ids."""
        return [text_of(c) for c in self.source["cells"] if grade_id(c) in names]

    def names_after(self, given, *answers, student="teacher"):
        """What a notebook holds after some given cells and some answers."""
        names = {"LAB": self.lab.name, "STUDENT": student}
        with contextlib.redirect_stdout(io.StringIO()):
            for text in (*self.texts(given), *answers):
                exec(text, names)
        return names

    def public_checks(self, task, *answers):
        """What the public checks of a task print in a notebook with some answers."""
        names, said = self.names_after(self.given, *answers), io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(f'check("{task}")', names)
        return said.getvalue()

    def hidden_comparisons(self):
        """The comparisons in the test cells, as nodes: there may be some of inputs only."""
        cells = [text_of(c) for c in self.source["cells"] if grade_id(c).endswith("-test")]
        assert len(cells) == len(self.full)
        nodes = [node for text in cells for node in ast.walk(ast.parse(text))]
        return [node for node in nodes if isinstance(node, ast.Compare)]

    def check_whole_path(self, place, *options, hidden, seconds):
        """Release, collect and grade: the solution gets full points, the release none.

        Args:
            place: an empty folder with a short path.
            options: of `grade`.
            hidden: a piece of the solution that no student may see.
            seconds: the longest that grading the solution may take.
        """
        name, course = self.lab.name, place / "course"

        def run(command, *more):
            assert main([command, str(self.lab.folder), *more, "--course", str(course)]) == 0

        run("release")
        release = course / "release" / name / f"{name}.ipynb"
        text = release.read_text()
        assert "BEGIN" not in text and "report(" not in text and hidden not in text
        assert r"STUDENT = \"your-id\"" in text and r"\"teacher\"" not in text
        assert not any(cell.get("outputs") for cell in json.loads(text)["cells"])
        for student, source in {"teacher": self.lab.source, "idle": release}.items():
            (place / "in" / student).mkdir(parents=True)
            shutil.copy(source, place / "in" / student / release.name)
        run("collect", str(place / "in"))
        run("grade", *options)
        run("grades")
        rows = grades(course, name)
        assert {task: float(rows["teacher"][task]) for task in self.full} == self.full
        assert rows["teacher"]["status"] == "needs hand grading"
        assert rows["teacher"][self.by_hand] == ""
        assert rows["idle"]["total"] == "0.0" and rows["idle"]["status"] == "graded"
        status = json.loads((course / "status" / name / "teacher.json").read_text())
        assert status["seconds"] < seconds and status["kernel_mib"] < Limits().megabytes
