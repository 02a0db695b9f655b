"""Lab 3: the solution, the empty release and wrong answers each get what they should."""

import ast

import numpy as np
import pytest
from lab_cases import LabCase, needs_sandbox

from lmlab.labs.public import lab_03_service as made

LAB = LabCase(
    "03_service",
    {"task-1": 5, "task-2": 3, "task-3": 4, "task-4": 4, "task-5": 4, "task-6": 3},
    given=["tables", "keras", "service", "stream", "labels"],
    shown=[],
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = LAB.full | {"task-1": 3.57, "task-2": 1.88, "task-3": 3.2, "task-4": 2.77, "task-5": 3.27}
COPIED |= {"task-6": 2.1}


@pytest.mark.parametrize("task", LAB.full)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, LAB.full[task])


@pytest.mark.parametrize("task", LAB.full)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    LAB.check_solution(task, COPIED[task], "grace")


IN_CM = 'values[0] *= 10 if line["unit"] == "cm" else 1'
PREPARED = "(np.where(np.isnan(rows), median, rows) - mean) / np.where(std > 0, std, 1)"
LIMIT = "limit = usual - 2.33 * np.sqrt(usual * (1 - usual) / window)"
WRONG = {
    "unit forgotten": ("task-1", [(IN_CM, "pass")], 4.29, "belongs to the radius"),
    "unit of all": ("task-1", [(IN_CM, "values = [v * (10 if line[\"unit\"] == \"cm\" else 1) "
                                       "for v in values]")], 4.29, "belongs to the radius"),
    "first line": ("task-1", [("last[line[\"patient\"]] = values, said[diagnosis]",
                               "last.setdefault(line[\"patient\"], (values, said[diagnosis]))")],
                   3.93, "the last of the lines"),
    "by number": ("task-1", [("sorted(last)", "sorted(last, key=lambda p: int(p[1:]))")], 4.29,
                  "as a text"),
    "commas kept out": ("task-1", [("float(text.replace(\",\", \".\"))",
                                    "np.nan if \",\" in text else float(text)")], 3.21, "comma"),
    "scaled alone": ("task-2", [(PREPARED, "(np.where(np.isnan(rows), median, rows) - "
                                           "np.nanmean(rows, 0)) / np.nanstd(rows, 0)")],
                     1.5, "train"),
    "mean for median": ("task-2", [("nanmedian", "nanmean")], 1.88, "median of train"),
    "never changing": ("task-2", [("np.where(std > 0, std, 1)", "std")], 1.5, "never changes"),
    "in place": ("task-2", [("filled = np.where(np.isnan(train), median, train)",
                             "train[np.isnan(train)] = np.take(median, "
                             "np.nonzero(np.isnan(train))[1]); filled = train")], 2.62, "changes"),
    "always benign": ("task-3", [("epochs=30", "epochs=0")], 2.8, "more epochs"),
    "no seed": ("task-3", [("keras.utils.set_random_seed(seed)", "pass")], 3.6, "set_random_seed"),
    "labels from elsewhere": ("task-3", [("model.fit(x, y,", "y = np.asarray(x).mean(1) > 0; "
                                          "model.fit(x, y,")], 2.4, "coin flips"),
    "unit at the door": ("task-4", [("10 if line[\"unit\"] == \"cm\" else 1", "1")], 3.08,
                         "cleaning"),
    "nan in a row": ("task-4", [("if n in found else None", "if n in found else float('nan')")],
                     3.38, "NaN"),
    "text for a status": ("task-4", [("if answer.status_code == 200 else \"refused\"", "")],
                          3.69, "the status"),
    "gaps in ranges": ("task-4", [("np.nanmin", "np.min"), ("np.nanmax", "np.max")], 3.08, "known"),
    "no half": ("task-5", [("+ 0.5", "+ 1e-9")], 2.91, "0.5 is added"),
    "rule of thumb": ("task-5", [("return np.quantile(psi(equal, quiet), 1 - rate)", "return 0.2")],
                      3.27, "quantile"),
    "from the package": ("task-5", [("counts = np.asarray(counts, float) + 0.5",
                                     "from lmlab.monitor import psi as p; "
                                     "return p(expected, counts)")], 3.64, "package"),
    "start of the window": ("task-5", [("return end", "return end - window")], 2.91, "their ends"),
    "no delay": ("task-6", [("newest = now - delay + 1", "newest = now + 1")], 2.1,
                 "record i + delay"),
    "one later": ("task-6", [("newest = now - delay + 1", "newest = now - delay")], 1.5,
                  "record i + delay"),
    "half the usual": ("task-6", [(LIMIT, "limit = usual / 2")], 1.8, "your answers"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    LAB.check_wrong(*WRONG[name])


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    assert "the public checks pass" in LAB.public_checks(task, LAB.solution[task])


@pytest.mark.parametrize("student", [f"s{number}" for number in range(20)])
def test_every_student_has_tables_worth_the_work(student):
    raw = made.raw_table(CHECKS.own(student, "raw"))
    found = CHECKS.cleaned(raw)
    x = np.array([values for values, _ in found.values()])
    assert 300 < len(found) < len(raw) and np.nanmin(x[:, 0]) > 5
    assert len({line["unit"] for line in raw}) == 2 and np.isnan(x).any(axis=0).all()
    line = made.own_line_of(CHECKS.own(student, "line"))
    values = np.array([CHECKS.number(line[name]) for name in made.COLUMNS])
    right, silent = (made.reference_scores(values * [k, 1, 1, 1, 1]) for k in (10, 1))
    assert 0.1 < right < 0.9 and right - silent > 0.05 and silent > 5e-4
    assert CHECKS.first_alarm(student) in range(800, 1701, 100)
    answers = made.make_answers(CHECKS.own(student, "labels"))
    assert CHECKS.label_alarm(answers, 300, 100, made.USUAL) > 800


def test_the_watch_on_scores_cannot_see_renamed_findings():
    """The claim of task 6: the same patients, other names; no score moves."""
    x, ill = made._patients()
    said = made.reference_scores(x) > 0.5
    renamed = np.where(x[:, 4] < np.median(x[ill == 1, 4]), 0, ill)
    assert np.mean(said == ill) == pytest.approx(made.USUAL, abs=0.005)
    assert np.mean(said == renamed) < made.USUAL - 0.05


def test_a_drawn_label_alarm_agrees_with_its_definition():
    right = made.make_answers(CHECKS.own("ada", "labels"))
    limit = 0.9 - 2.33 * np.sqrt(0.9 * 0.1 / 40)
    by_hand = [t for t in range(59, len(right)) if right[t - 59 : t - 19].mean() < limit]
    assert CHECKS.label_alarm(right, 20, 40, 0.9) == by_hand[0]


def test_hidden_cells_hold_no_expected_value():
    texts = {ast.unparse(node) for node in LAB.hidden_comparisons()}
    allowed = {"name != 'texture'", "_said[:, 0] > 0.5", "_said.min() >= 0", "_said.max() <= 1"}
    allowed |= {"len(set(_said[:, 0])) > 9", "(_said[:, 0] > 0.5) == _halves[0][3]"}
    strange = {text for text in texts - allowed if "is None" not in text and "_halves" not in text}
    assert strange <= {text for text in texts if text.endswith("> 0.5")}


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    LAB.check_whole_path(place, hidden="np.nanmedian", seconds=120)
