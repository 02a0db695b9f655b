"""Lab 2: the solution, the empty release and wrong answers each get what they should."""

import ast
import contextlib
import csv
import io
import json
import shutil
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from lmlab.labs import sandbox
from lmlab.labs.__main__ import main
from lmlab.labs.course import Lab
from lmlab.labs.judge import function_for, judge, load_checks
from lmlab.labs.reading import grade_id, is_answer, text_of
from lmlab.labs.repair import rebuild
from lmlab.labs.running import tasks_of
from lmlab.labs.sandbox import Limits

LAB = Lab.at(Path(__file__).parent.parent / "labs" / "02_explode")
SOURCE = json.loads(LAB.source.read_text(encoding="utf-8"))
CHECKS = load_checks(LAB)
FULL = {"task-1": 3, "task-2": 3, "task-3": 4, "task-4": 4, "task-5": 3, "task-6": 3}
SOLUTION = {grade_id(c): text_of(c) for c in SOURCE["cells"] if is_answer(c)}


def changed(task, *pairs):
    """The solution of a task with pieces of its code replaced."""
    text = SOLUTION[task]
    for old, new in pairs:
        assert old in text, (task, old)
        text = text.replace(old, new)
    return text


def points_of(task, answer, student="teacher"):
    """Run the given cells, one answer and its tests in this process; the points and the words."""
    notebook = rebuild(SOURCE, {task: answer}, student)
    (found,) = [t for t in tasks_of(notebook) if t.name == f"{task}-test"]
    given = [i for i in range(found.test) if not text_of(notebook["cells"][i]).startswith("#")]
    names, said = {"__name__": "__main__"}, io.StringIO()
    for index in [*given, *found.answers, found.test]:
        cell = notebook["cells"][index]
        if cell["cell_type"] != "code" or "check(" in text_of(cell) or is_shown(cell):
            continue
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.suppress(NotImplementedError):
            exec(text_of(cell), names)
    outputs = [{"output_type": "stream", "name": "stdout", "text": said.getvalue()}]
    verdict = judge(function_for(CHECKS, found.name), outputs, student, answer)
    return round(FULL[task] * verdict.part, 2), "\n".join(verdict.said)


def is_shown(cell):
    """Given cells that run a student's answers."""
    return grade_id(cell) in ("sign-run", "edge-run")


@pytest.mark.parametrize("task", FULL)
def test_the_solution_gets_full_points(task):
    assert points_of(task, SOLUTION[task])[0] == FULL[task]


@pytest.mark.parametrize("task", FULL)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    points, _ = points_of(task, SOLUTION[task], "ada")
    assert points == {"task-3": 2.29, "task-4": 1.71}.get(task, FULL[task])


LIMIT = 2 / CHECKS.curvatures(CHECKS.own_data("teacher")[0])[-1]
WRONG = {
    "sign": ("task-1", [("w * x + b - y", "y - w * x - b")], 0, "sign is turned round"),
    "factor": ("task-1", [("2 * np.mean(error", "np.mean(error")], 0, "factor 2"),
    "sum": ("task-1", [("np.mean", "np.sum")], 0, "compare with"),
    "exchanged": ("task-1", [("return 2 * np.mean(error * x), 2 * np.mean(error)",
                              "return 2 * np.mean(error), 2 * np.mean(error * x)")], 0, "exchang"),
    "instrument": ("task-1", [("error = w * x + b - y", "return numeric_gradient(x, y, w, b)")],
                   0, "not callable"),
    "b after w": ("task-2", [("w, b = w - alpha * dw, b - alpha * db",
                              "w = w - alpha * dw; b = b - alpha * gradient(x, y, w, b)[1]")],
                  1.5, "both slopes"),
    "first loss": ("task-2", [("losses = [np.mean((y - (w * x + b)) ** 2)]", "losses = []")],
                   1.5, "from the start"),
    "uphill": ("task-2", [("w - alpha * dw, b - alpha * db", "w + alpha * dw, b + alpha * db")],
               0.75, "does not hold"),
    "one over": ("task-3", [("return 2 /", "return 1 /")], 1.71, "largest eigenvalue"),
    "no mean": ("task-3", [("np.mean(x)]", "0 * np.mean(x)]"), ("[np.mean(x),", "[0,")], 2.29,
                "largest eigenvalue"),
    "computed": ("task-3", [(f"{LIMIT:.4g}", "step_limit(x)")], 2.29, "in digits"),
    "five percent off": ("task-3", [(f"{LIMIT:.4g}", f"{1.05 * LIMIT:.4g}")], 2.29, "your id"),
    "signed": ("task-4", [("np.max(np.abs(1 - alpha * np.linalg.eigvalsh(curvature)))",
                           "1 - alpha * np.linalg.eigvalsh(curvature)[-1]")], 2.29, "larger of"),
    "steep only": ("task-4", [("eigvalsh(curvature)", "eigvalsh(curvature)[-1]")], 3.43, "shrinks"),
    "one step late": ("task-4", [("my_steps = ", "my_steps = 1 + ")], 2.86, "in digits"),
    "n - 1": ("task-5", [("np.std(x)", "np.std(x, ddof=1)")], 1.2, "np.std"),
    "intercept": ("task-5", [("b_z - w_z * mean / std", "b_z - w_z * mean")], 2.4, "collect"),
    "not taken back": ("task-6", [("w / std, b - w * mean / std", "w, b")], 0, "standardised"),
    "not standardised": ("task-6", [("(x - mean) / std", "x"), ("0.2", "0.02"),
                                    ("w / std, b - w * mean / std", "w, b")], 0, "standardised"),
    "too few steps": ("task-6", [("range(100)", "range(5)")], 0, "standardised"),
    "raises": ("task-6", [("mean, std =", "mean, std, more =")], 0, "your code raised ValueError"),
    "other form": ("task-5", [("return (x - mean) / std, mean, std", "return (x - mean) / std")],
                   1.2, "mean and std"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    task, pairs, points, says = WRONG[name]
    received, said = points_of(task, changed(task, *pairs))
    assert received == pytest.approx(points, abs=0.006), said
    assert says in said


def test_notebook_and_checks_make_the_same_data():
    (cell,) = [c for c in SOURCE["cells"] if grade_id(c) == "data"]
    names = {"LAB": "02_explode", "STUDENT": "ada"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(text_of(cell), names)
    for received, expected in zip(names["own_data"]("Ada "), CHECKS.own_data("ada"), strict=True):
        assert np.array_equal(received, expected)
    assert np.array_equal(names["x_doc"], CHECKS.document_data()[0])


def test_the_numbers_of_the_errata():
    values = CHECKS.curvatures(CHECKS.document_data()[0])
    assert values == pytest.approx([0.5294, 62.801], abs=1e-3)
    w, b, losses = CHECKS.walk(*CHECKS.EXAMPLE, 0.05, 1)
    assert (w, b, losses[1]) == pytest.approx((1.13333, 0.5, 5.48852), abs=1e-5)


def check_in_notebook(capsys, task, answer):
    """What the public checks print in a notebook with one answer."""
    names = {"LAB": "02_explode", "STUDENT": "teacher"}
    cells = {grade_id(c) or text_of(c): text_of(c) for c in SOURCE["cells"]}
    exec(cells["data"] + "\n" + cells["tools"] + "\n" + answer, names)
    capsys.readouterr()
    exec(f'check("{task}")', names)
    return capsys.readouterr().out


@pytest.mark.parametrize("task", FULL)
def test_public_checks_pass_with_the_solution(capsys, task):
    assert "the public checks pass" in check_in_notebook(capsys, task, SOLUTION[task])


def test_public_checks_say_what_was_expected_and_what_came(capsys):
    wrong = changed("task-1", ("w * x + b - y", "y - w * x - b"))
    said = check_in_notebook(capsys, "task-1", wrong)
    assert "expected [-22.6667, -10]" in said and "received [22.6667, 10]" in said
    assert "not yet. gradient is not defined" in check_in_notebook(capsys, "task-1", "")
    raising = "def gradient(x, y, w, b):\n    raise NotImplementedError"
    assert "still raises" in check_in_notebook(capsys, "task-1", raising)
    assert "ZeroDivisionError" in check_in_notebook(
        capsys, "task-1", "def gradient(x, y, w, b):\n    return 1 / 0"
    )


def test_public_checks_see_a_number_that_is_computed(capsys):
    cell = "my_limit = step_limit(x)"
    said = check_in_notebook(capsys, "task-3", f"{SOLUTION['task-3']}\nIn = ['', {cell!r}]")
    assert "NOT     my_limit is written in digits" in said


def test_a_task_that_is_not_there(capsys):
    with pytest.raises(ValueError, match=r"must be one of task-1, .*task-6, got 'task-9'"):
        check_in_notebook(capsys, "task-9", "")


def test_hidden_cells_hold_no_expected_value():
    """Only inputs: no number of the solution's results stands in a test cell."""
    for cell in SOURCE["cells"]:
        if grade_id(cell).endswith("-test"):
            tree = ast.parse(text_of(cell))
            assert not [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]


@pytest.mark.skipif(bool(sandbox.fault()), reason=f"no sandbox: {sandbox.fault()}")
def test_solution_and_release_through_the_whole_path():
    matplotlib.use("agg")
    place = Path(tempfile.mkdtemp(prefix="le-", dir="/tmp"))
    try:
        course = place / "course"
        assert main(["release", str(LAB.folder), "--course", str(course)]) == 0
        release = course / "release" / LAB.name / f"{LAB.name}.ipynb"
        text = release.read_text()
        assert "BEGIN" not in text and "report(" not in text and "eigvalsh" not in text
        for student, source in {"teacher": LAB.source, "idle": release}.items():
            (place / "in" / student).mkdir(parents=True)
            shutil.copy(source, place / "in" / student / release.name)
        assert main(["collect", str(LAB.folder), str(place / "in"), "--course", str(course)]) == 0
        assert main(["grade", str(LAB.folder), "--course", str(course)]) == 0
        assert main(["grades", str(LAB.folder), "--course", str(course)]) == 0
        with (course / "grades" / f"{LAB.name}.csv").open(newline="") as file:
            rows = {row["student"]: row for row in csv.DictReader(file)}
        assert {t: float(rows["teacher"][t]) for t in FULL} == FULL
        assert rows["teacher"]["status"] == "needs hand grading"
        assert rows["teacher"]["task-7"] == ""
        assert rows["idle"]["total"] == "0.0" and rows["idle"]["status"] == "graded"
        status = json.loads((course / "status" / LAB.name / "teacher.json").read_text())
        assert status["seconds"] < 20 and status["kernel_mib"] < Limits().megabytes
    finally:
        shutil.rmtree(place)
