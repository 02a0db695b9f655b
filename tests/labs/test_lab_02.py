"""Lab 2: the solution, the empty release and wrong answers each get what they should."""

import matplotlib
import numpy as np
import pytest
from lab_cases import LabCase, needs_sandbox

LAB = LabCase(
    "02_explode",
    {"task-1": 3, "task-2": 3, "task-3": 4, "task-4": 4, "task-5": 3, "task-6": 3},
    given=["data", "tools"],
    shown=["sign-run", "edge-run"],
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = LAB.full | {"task-3": 2.29, "task-4": 1.71}


@pytest.mark.parametrize("task", LAB.full)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, LAB.full[task])


@pytest.mark.parametrize("task", LAB.full)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    LAB.check_solution(task, COPIED[task], "ada")


LIMIT = 2 / CHECKS.curvatures(CHECKS.own_data("teacher")[0])[-1]
WRONG = {
    "sign": ("task-1", [("w * x + b - y", "y - w * x - b")], 0, "sign is turned round"),
    "factor": ("task-1", [("2 * np.mean(error", "np.mean(error")], 0, "factor 2"),
    "sum": ("task-1", [("np.mean", "np.sum")], 0, "compare with"),
    "exchanged": ("task-1", [("return 2 * np.mean(error * x), 2 * np.mean(error)",
                              "return 2 * np.mean(error), 2 * np.mean(error * x)")], 0, "exchang"),
    "instrument": ("task-1", [("error = w * x + b - y", "return numeric_gradient(x, y, w, b)")],
                   0, "not callable"),
    "measured": ("task-1", [
        ("error = w * x + b - y", "mse = lambda w, b: np.mean((y - w * x - b) ** 2)"),
        ("2 * np.mean(error * x)", "(mse(w + 1e-4, b) - mse(w - 1e-4, b)) / 2e-4"),
        ("2 * np.mean(error)", "(mse(w, b + 1e-4) - mse(w, b - 1e-4)) / 2e-4"),
    ], 2, "derived, or measured"),
    "polyfit": ("task-6", [("mean, std = np.mean(x), np.std(x)", "return np.polyfit(x, y, 1)")],
                1.88, "was asked for"),
    "normal equations": ("task-6", [
        ("mean, std = np.mean(x), np.std(x)",
         "A = np.stack([x, x**0], 1); return np.linalg.solve(A.T @ A, A.T @ y)"),
    ], 1.88, "was asked for"),
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
    LAB.check_wrong(*WRONG[name])


def test_notebook_and_checks_make_the_same_data():
    names = LAB.names_after(["data"], student="ada")
    for received, expected in zip(names["own_data"]("Ada "), CHECKS.own_data("ada"), strict=True):
        assert np.array_equal(received, expected)
    assert np.array_equal(names["x_doc"], CHECKS.document_data()[0])


def test_the_numbers_of_the_errata():
    values = CHECKS.curvatures(CHECKS.document_data()[0])
    assert values == pytest.approx([0.5294, 62.801], abs=1e-3)
    w, b, losses = CHECKS.walk(*CHECKS.EXAMPLE, 0.05, 1)
    assert (w, b, losses[1]) == pytest.approx((1.13333, 0.5, 5.48852), abs=1e-5)


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    assert "the public checks pass" in LAB.public_checks(task, LAB.solution[task])


def test_public_checks_say_what_was_expected_and_what_came():
    wrong = LAB.changed("task-1", ("w * x + b - y", "y - w * x - b"))
    said = LAB.public_checks("task-1", wrong)
    assert "expected [-22.6667, -10]" in said and "received [22.6667, 10]" in said
    assert "not yet. gradient is not defined" in LAB.public_checks("task-1")
    raising = "def gradient(x, y, w, b):\n    raise NotImplementedError"
    assert "still raises" in LAB.public_checks("task-1", raising)
    assert "ZeroDivisionError" in LAB.public_checks(
        "task-1", "def gradient(x, y, w, b):\n    return 1 / 0"
    )


def test_one_look_at_all_tasks_before_handing_in(capsys):
    names = LAB.names_after(LAB.given, LAB.solution["task-1"], LAB.solution["task-3"])
    names["descend"] = lambda *_: 1 / 0
    exec("check()", names)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "task-1: the public checks pass"
    assert said[1] == "task-2: your code raised ZeroDivisionError"
    assert said[2] == "task-3: the public checks pass"
    assert said[3] == "task-4: growth is missing: run the cell of your answer"


def test_public_checks_see_a_number_that_is_computed():
    cell = "my_limit = step_limit(x)"
    said = LAB.public_checks("task-3", f"{LAB.solution['task-3']}\nIn = ['', {cell!r}]")
    assert "NOT     my_limit is written in digits" in said


def test_a_task_that_is_not_there():
    with pytest.raises(ValueError, match=r"must be one of task-1, .*task-6, got 'task-9'"):
        LAB.public_checks("task-9")


def test_hidden_cells_hold_no_expected_value():
    assert not LAB.hidden_comparisons()


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    matplotlib.use("agg")
    LAB.check_whole_path(place, hidden="eigvalsh", seconds=20)
