"""Lab 1: the solution, the empty release and wrong answers each get what they should."""

import ast
import math

import pytest
from lab_cases import LabCase, needs_sandbox

LAB = LabCase(
    "01_audit",
    {"task-1": 4, "task-2": 3, "task-3": 3, "task-4": 4, "task-5": 4, "task-6": 4},
    given=["logs", "own-logs"],
    shown=["rerun"],
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = LAB.full | {"task-1": 2.5, "task-2": 1.71, "task-3": 1.5, "task-4": 2.4, "task-5": 3.64}
COPIED |= {"task-6": 2.67}


@pytest.mark.parametrize("task", LAB.full)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, LAB.full[task])


@pytest.mark.parametrize("task", LAB.full)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    LAB.check_solution(task, COPIED[task], "grace")


START = "order = np.random.default_rng(seed).permutation(len(x))"
WRONG = {
    "cut to a whole number": ("task-1", [("range(max(0, near - 1), min(n, near + 2) + 1)",
                                          "[near]")], 3, "the whole k next to it"),
    "digits forgotten": ("task-1", [("digits = len(printed.split(\".\")[1])", "digits = 4")],
                         3, "part of the text"),
    "by a tolerance": ("task-1", [("return any(", "return abs(float(printed) * n - round("
                                   "float(printed) * n)) < 0.1\n    return any(")], 3, "1/7"),
    "computed": ("task-1", [("my_lines = ", "my_lines = 0 + ")], 2.5, "in digits"),
    "any line": ("task-2", [("if all(", "if any(")], 2.14, "the smallest"),
    "from two on": ("task-2", [("range(1, largest + 1)", "range(2, largest + 1)")], 2.57, "begins"),
    "n over all": ("task-3", [("len({f\"{k / n:.{digits}f}\" for k in range(n + 1)} "
                               "- {f\"{1:.{digits}f}\"})", "n")], 2.25, "print alike"),
    "more than k": ("task-4", [("range(k, n + 1)", "range(k + 1, n + 1)")], 1.6, "itself counts"),
    "floats": ("task-4", [("range(k, n + 1))) - n", "range(k, n + 1)) / 2**n) - 0")],
               3.2, "floats end"),
    "natural": ("task-4", [("math.log10(sum", "math.log(sum")], 1.6, "base 10"),
    "scaled before": ("task-5", [(START, f"{START}\n    x = (x - x.mean(0)) / x.std(0)"),
                                 ("x[train].mean(axis=0), x[train].std(axis=0)", "0, 1")],
                      3.64, "standardised"),
    "each half by itself": ("task-5", [("(x[val] - mean) / std", "(x[val] - x[val].mean(0)) / "
                                        "x[val].std(0)")], 3.27, "would leak"),
    "drawn twice": ("task-5", [("order[len(x) // 2 :]", "np.random.default_rng(seed + 1)"
                                ".permutation(len(x))[len(x) // 2 :]")], 2.91, "shuffle once"),
    "in place": ("task-5", [(START, f"{START}\n    x -= x[order[: len(x) // 2]].mean(0)")],
                 3.64, "x stays"),
    "no seed": ("task-5", [("default_rng(seed)", "default_rng(0)")], 3.64, "another seed"),
    "floats that are cut": ("task-6", [("k * 10**digits // n == wanted", "int(k / n * 10**digits) "
                                        "== wanted")], 2.67, "seven cases"),
    "rounded only": ("task-6", [("found.add(\"cut\")", "pass")], 1.33, "once cut"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    LAB.check_wrong(*WRONG[name])


def test_notebook_and_checks_make_the_same_logs():
    names = LAB.names_after(LAB.given, student="ada")
    logs = CHECKS.own_logs("ada")
    assert [n for n, _ in logs] == [names["own_n"], names["hidden_n"], names["cut_n"]]
    assert [log for _, log in logs] == [names["own_log"], names["hidden_log"], names["cut_log"]]


@pytest.mark.parametrize("student", [f"s{number}" for number in range(40)])
def test_every_student_has_a_log_worth_an_audit(student):
    (n, own), (_, hidden), (m, cut) = CHECKS.own_logs(student)
    assert 2 <= 10 - sum(CHECKS.possible(own, n)) <= 8
    assert 1 <= 10 - sum(CHECKS.possible(cut, m)) <= 9
    assert sum(all(CHECKS.possible(hidden, size)) for size in range(1, 451)) <= 3
    assert all("cut" in CHECKS.ways(line, m) for line in cut)


def test_the_numbers_of_the_errata():
    assert 10 - sum(CHECKS.possible(CHECKS.DOCUMENT, 500)) == 6
    assert CHECKS.log10_chance(437, 500) == pytest.approx(-69.5, abs=0.05)
    assert math.isclose(CHECKS.log10_chance(1, 1), math.log10(0.5))


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    assert "the public checks pass" in LAB.public_checks(task, LAB.solution[task])


def test_hidden_cells_hold_no_expected_value():
    texts = {ast.unparse(node) for node in LAB.hidden_comparisons()}
    made = {"_x[:, 0] > 20"}  # the labels of the rerun
    assert {text for text in texts if not text.startswith("np.std(")} == made


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    LAB.check_whole_path(place, hidden="comb", seconds=30)
