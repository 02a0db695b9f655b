"""Lab 6: the solution, the empty release and wrong answers each get what they should."""

import ast
import json

import numpy as np
import pytest
from lab_cases import LabCase, needs_sandbox

from lmlab.labs.public import lab_06_credit_committee as made

LAB = LabCase(
    "06_credit_committee",
    {"task-1": 4, "task-2": 4, "task-3": 4, "task-4": 3, "task-5": 3, "task-6": 2, "task-7": 2},
    given=["loans", "files", "costs", "old", "committee", "refused"],
    shown=[],
    by_hand="task-8",
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = {"task-1": 2.77, "task-2": 2.67, "task-3": 2.46, "task-4": 1.75, "task-5": 1.8}
COPIED |= {"task-6": 1.17, "task-7": 1.47}


@pytest.mark.parametrize("task", LAB.full)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, LAB.full[task])


@pytest.mark.parametrize("task", LAB.full)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    said = LAB.check_solution(task, COPIED[task], "ada")
    assert "is it the number for your id" in said


PEOPLE = "people = np.random.default_rng(seed).permutation(np.unique(applicants))"
PARTS = "parts = np.split(people, [half, half + quarter])"
WRONG = {
    "lines shuffled": ("task-1", [(PEOPLE, "people = np.random.default_rng(seed).permutation("
                                   "len(applicants))"),
                                  ("[np.flatnonzero(np.isin(applicants, part)) for part in parts]",
                                   "parts")], 2.77, "the applicants, not the lines"),
    "no seed": ("task-1", [("default_rng(seed)", "default_rng(0)")], 3.69, "the parts of seed 7"),
    "thirds": ("task-1", [("len(people) // 2, len(people) // 4",
                           "len(people) // 3, len(people) // 3")], 3.38, "applicants in each"),
    "not standardised": ("task-1", [("mean, std = x.mean(axis=0), x.std(axis=0)",
                                     "mean, std = x.mean(axis=0) * 0, x.std(axis=0) * 0 + 1")],
                         3.69, "unit of a column"),
    "not in raw units": ("task-1", [("model.coef_[0] / std", "model.coef_[0]")], 2.77,
                         "raw units"),
    "a constant column": ("task-1", [("np.where(std > 0, std, 1)", "std + 0")], 3.69,
                          "never changes"),
    "not sorted": ("task-2", [('np.argsort(p, kind="stable")', "np.arange(len(p))")], 3.0,
                   "sort by p"),
    "no absolute value": ("task-2", [("abs(p[part].mean() - bad[part].mean())",
                                      "p[part].mean() - bad[part].mean()")], 2.33, "absolute"),
    "control from the ends": ("task-2", [("rng.random(len(p)) < p",
                                          "rng.random(len(p)) < p.mean()")], 3.33,
                              "draw ends from p"),
    "the mean for a limit": ("task-2", [("np.quantile(kept, 0.95)", "np.mean(kept)")], 3.0,
                             "0.95 quantile"),
    "p divided": ("task-2", [("p / (p + weight * (1 - p))", "p / weight")], 3.67, "the odds"),
    "a library's curve": ("task-2", [("parts = np.array_split",
                                      "from sklearn.calibration import calibration_curve\n    "
                                      "parts = np.array_split")], 3.67, "your own"),
    "the chapter's cut-off": ("task-3", [("(margin - fee / amount)", "margin")], 2.77,
                              "the fee is in it"),
    "costs turned round": ("task-3", [("(margin - fee / amount)", "(loss - fee / amount)")], 2.46,
                           "does not hold"),
    "fee of the refused": ("task-3", [("np.where(p < cut, made, 0.0)",
                                       "np.where(p < cut, made, -fee)")], 3.38,
                           "only where a loan"),
    "fee forgotten": ("task-3", [("np.where(bad == 1, -loss, margin) - fee",
                                  "np.where(bad == 1, -loss, margin)")], 3.38, "the fee"),
    "most loans right": ("task-3", [("profit(p, bad, amount, c, margin, loss, fee).sum()",
                                     "((p < c) == (bad == 0)).mean()")], 3.69, "sum of the money"),
    "unpaired": ("task-4", [("more[rows].mean(axis=1)", "one[rows].mean(axis=1) - other[rows[::-1]]"
                             ".mean(axis=1)")], 2.25, "resample the differences"),
    "spread of the loans": ("task-4", [("more[rows].mean(axis=1)", "more")], 2.0, "the resampled"),
    "without a seed": ("task-4", [("default_rng(seed)", "default_rng()")], 2.75, "same seed"),
    "90 %": ("task-4", [("[0.025, 0.975]", "[0.05, 0.95]")], 2.0, "0.025"),
    "the loans that were made": ("task-5", [("(bad[by_rule].sum() + refused * drawn) / len(bad)",
                                             "np.nanmean(bad)")], 2.1, "stand for all"),
    "the lot beside itself": ("task-5", [("np.sum(~by_rule)", "np.sum(~by_rule & ~by_lot)")], 1.2,
                              "themselves among them"),
    "error of the lot": ("task-5", [("refused / len(bad) * np.sqrt", "np.sqrt")], 2.4,
                         "a share of all"),
    "of the group": ("task-6", [("refused[(bad == 0) & (young == group)]",
                                 "refused[young == group]")], 1.0, "the denominator"),
    "of the refused": ("task-6", [("refused[(bad == 0) & (young == group)]",
                                   "(bad == 0)[refused & (young == group)]")], 0.83,
                       "the denominator"),
    "others minus young": ("task-6", [("a.mean() - b.mean()", "b.mean() - a.mean()")], 1.33,
                           "young minus the others"),
    "one group's error": ("task-6", [("for part in (a, b)", "for part in (a,)")], 1.67,
                          "standard error"),
    "weights alone": ("task-7", [("weights * (rows - reference)", "weights * rows")], 1.6,
                      "distance from the reference"),
    "as probabilities": ("task-7", [("return weights * (rows - reference)",
                                     "return 1 / (1 + np.exp(-weights * (rows - reference)))")],
                         1.2, "log-odds do"),
    "smallest first": ("task-7", [("reverse=True", "reverse=False")], 1.6, "largest first"),
    "what helps her, too": ("task-7", [(" if sums[q] > 0", "")], 1.6, "none that lowers"),
    "row changed": ("task-7", [("row = row.copy()", "pass")], 1.73, "copy it first"),
    "answers set to zero": ("task-7", [("reference[columns]", "0")], 1.73, "then score"),
    "from shap": ("task-7", [("return weights * (rows - reference)",
                              "import shap\n    return weights * (rows - reference)")], 1.87,
                  "nothing to sample"),
    "computed": ("task-7", [("my_first = ", "my_first = 0 + ")], 1.73, "in digits"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    LAB.check_wrong(*WRONG[name])


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    assert "the public checks pass" in LAB.public_checks(task, LAB.solution[task])


def test_public_checks_say_what_was_expected_and_what_came():
    chapter = LAB.changed("task-3", ("(margin - fee / amount)", "margin"))
    said = LAB.public_checks("task-3", chapter)
    assert "expected 0.142857" in said and "received 0.285714" in said
    assert "not yet. split is not defined" in LAB.public_checks("task-1")


def own_numbers(student):
    """The numbers that a student must find, as the judges have them."""
    (val, test), costs = CHECKS.own_files(CHECKS.own(student, "files")), costs_of(student)
    (ours, half), (money, other) = (CHECKS.policies(file, costs) for file in (val, test))
    weight = CHECKS.own_vendor(CHECKS.own(student, "vendor"))
    by_rule, by_lot, bad = made.old_lender(CHECKS.own(student, "old"))
    vendor = CHECKS.gap(made.offered(val.p, weight), val.bad, 10)
    return {
        "shared": CHECKS.shared(made.own_loans(CHECKS.own(student, "loans"))[0]),
        "auc": CHECKS.own_auc(student),
        "gap": vendor,
        "mended": CHECKS.gap(val.p, val.bad, 10),
        "cut": float(CHECKS.cutoff(made.own_amount(CHECKS.own(student, "amount")), *costs)),
        "searched": CHECKS.searched(val.p, val.bad, val.amount, *costs),
        "lead": float(np.mean(ours - half)),
        "profit": float(np.mean(money)),
        "interval": CHECKS.lead(money, other, 2000, 0)[1:],
        "everybody": float(np.mean(CHECKS.profit(test.p, test.bad, test.amount, 2, *costs))),
        "naive": float(np.nanmean(bad)),
        "rate": CHECKS.bad_rate(by_rule, by_lot, bad),
        "truth": made.what_came(CHECKS.own(student, "old")),
        "opportunity": CHECKS.opportunity(test.p >= made.COMMITTEE, test.bad, test.young),
        "reason": CHECKS.own_reason(student),
    }


def costs_of(student):
    return made.own_costs(CHECKS.own(student, "costs"))


@pytest.mark.parametrize("student", [f"s{number}" for number in range(40)])
def test_every_student_has_a_case_worth_a_committee(student):
    own = own_numbers(student)
    assert own["shared"] > 50 and 0.7 < own["auc"] < 0.95
    assert own["mended"] < 0.07 < 0.12 < own["gap"]
    assert -0.05 < own["cut"] < 0.35 and 0.1 < own["searched"] < 0.4
    assert own["profit"] > max(0, own["everybody"])  # ahead of nobody and of everybody
    assert own["lead"] > 5 and own["interval"][0] > 0  # and of 0.5, beyond its interval
    rate, error = own["rate"]
    assert abs(rate - own["truth"]) < 3 * error < own["truth"] - own["naive"]
    assert own["opportunity"][0] > 0.03 and 0.02 < own["opportunity"][1] < 0.06
    first, after = own["reason"]
    assert first > 0.15 and 0.01 < after < 0.8


def test_no_two_students_have_the_same_numbers():
    drawn = [own_numbers(f"s{number}") for number in range(40)]
    for name in ("gap", "lead", "profit", "rate", "opportunity", "reason"):
        texts = {json.dumps(np.round(own[name], 4).tolist()) for own in drawn}
        assert len(texts) == 40, name
    assert len({own["naive"] for own in drawn}) > 35  # to four decimals some may be alike
    assert len({costs_of(f"s{number}") for number in range(40)}) > 35


def test_the_files_of_a_student_do_not_overlap_and_are_new_to_the_score():
    val, test = made.own_files(CHECKS.own("ada", "files"))
    x = made._table()[0]
    assert len(x) == 4454 and not np.isnan(x).any()
    bank = {row.tobytes() for row in x[: made.BANK]}
    rows = [row.tobytes() for row in np.concatenate([val.x, test.x])]
    assert len(set(rows)) >= len(rows) - 2  # two rows of the table repeat others
    assert len(bank.intersection(rows)) <= 2


def test_the_bank_s_weights_are_those_of_its_rows():
    x, bad, _ = made._table()
    weights, bias = CHECKS.fitted(x[: made.BANK], bad[: made.BANK])
    assert np.allclose(weights, made.WEIGHTS, rtol=0.01) and abs(bias - made.BIAS) < 0.01


def test_the_judge_s_auc_and_contributions_agree_with_libraries():
    from sklearn.metrics import roc_auc_score

    file = made.own_files(CHECKS.own("ada", "files"))[0]
    assert CHECKS.ranked(file.p, file.bad) == pytest.approx(roc_auc_score(file.bad, file.p))
    from lmlab.models import rankings

    promised, counted, _ = rankings.in_groups(file.p, file.bad, 10)
    assert CHECKS.gap(file.p, file.bad, 10) == pytest.approx(np.abs(promised - counted).mean())


def test_hidden_cells_hold_no_expected_value():
    texts = {ast.unparse(node) for node in LAB.hidden_comparisons()}
    drawn = {text for text in texts if "_rng.random" in text or "default_rng" in text}
    made_of = {"_x[:, 0] - 0.5 * _x[:, 1] + np.random.default_rng(2).normal(size=200) > 0"}
    against = {"gap(values, ends, 10) > limit(_p, 10, 400, 0)"}  # of the student, both sides
    assert texts - drawn <= made_of | against


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    LAB.check_whole_path(place, hidden="np.isin(applicants", seconds=60)
