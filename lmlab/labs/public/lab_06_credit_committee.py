"""Lab 6, *Credit committee*: the student's loans, files and costs, and the public checks.

The loans are the table of `lmlab.data.load_credit`, in another order, in the text file beside this
module. The bank's score was fitted on its first 1,454 rows; students draw from the others.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lmlab.labs.checking import Check, holds, near, number_in_digits

COLUMNS = ["seniority", "part_time", "freelance", "records", "income", "expenses"]
COLUMNS += ["assets", "debt", "owner", "amount", "price", "months"]
QUESTIONS = {  # what the form asks, and the columns that come of each answer
    "your work": ["seniority", "part_time", "freelance"],
    "earlier debts": ["records"],
    "your income": ["income"],
    "your expenses": ["expenses"],
    "what you own and owe": ["assets", "debt", "owner"],
    "the loan that you ask for": ["amount", "price", "months"],
}
# logistic regression on the bank's rows, one weight for each of COLUMNS, rounded
WEIGHTS = [-0.0795, 1.12, 0.481, 1.63, -0.00737, 0.0135]
WEIGHTS = np.array([*WEIGHTS, -4.61e-05, 0.000248, -0.508, 0.00205, -0.00111, -0.00345])
BIAS = -1.04
BANK = 1454  # rows of the table from which the bank made its score
COMMITTEE = 0.3  # from this probability of bad on the committee has refused so far


class File(NamedTuple):
    """Loans whose end is known."""

    x: np.ndarray  # (n, 12), as in COLUMNS
    p: np.ndarray  # (n,) the bank's probability of bad
    bad: np.ndarray  # (n,) 1 where it was not paid back
    amount: np.ndarray  # (n,) money asked for
    young: np.ndarray  # (n,) whether the applicant is below 30; no score reads it


class Costs(NamedTuple):
    """What a loan brings and costs."""

    margin: float  # of the amount, earned if it is paid back
    loss: float  # of the amount, lost if it is not
    fee: float  # money that every loan costs that is made


@cache
def _table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(4454, 12) columns without gaps, (4454,) bad, (4454,) age. No income given counts as 0."""
    with Path(__file__).with_suffix(".txt").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        line["part_time"] = line["job"] == "partime"
        line["freelance"] = line["job"] in ("freelance", "others")
    x = np.array([[float(line[name] or 0) for name in COLUMNS] for line in lines])
    bad, age = (np.array([int(line[name]) for line in lines]) for name in ("bad", "age"))
    return x, bad, age


def score(x: np.ndarray) -> np.ndarray:
    """The bank's probability of bad (n,) for rows (n, 12)."""
    return 1 / (1 + np.exp(-(BIAS + np.asarray(x) @ WEIGHTS)))


def _draw(rng: np.random.Generator, count: int) -> np.ndarray:
    """Rows of the table that the bank's score has not seen, each at most once."""
    return BANK + rng.permutation(len(_table()[1]) - BANK)[:count]


def own_loans(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lines of two branches: applicants (n,), x (n, 12), bad (n,).

    About a fifth of the applicants asked twice or more; each line of theirs has the same end.
    """
    x, bad, _ = _table()
    drawn = _draw(rng, int(rng.integers(900, 1100)))
    times = rng.choice([1, 2, 3], size=len(drawn), p=[0.78, 0.16, 0.06])
    rows = rng.permutation(np.repeat(drawn, times))
    again = x[rows] * np.where(np.isin(COLUMNS, ["amount", "expenses"]), 1, 0)
    moved = x[rows] + np.round(0.05 * again * rng.normal(size=again.shape))
    return rows + 10_000, moved, bad[rows]


def own_files(rng: np.random.Generator) -> tuple[File, File]:
    """(validation, test): 850 loans each, none in both."""
    x, bad, age = _table()
    drawn = _draw(rng, 1700)
    p, amount = score(x), x[:, COLUMNS.index("amount")]
    return tuple(File(x[r], p[r], bad[r], amount[r], age[r] < 30) for r in np.split(drawn, 2))


def own_vendor(rng: np.random.Generator) -> float:
    """How many times the vendor counted each bad loan."""
    return float(rng.choice([2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0]))


def offered(p: np.ndarray, weight: float) -> np.ndarray:
    """The score that the vendor offers: the bank's, its odds of bad `weight` times as high."""
    return weight * p / (1 - p + weight * p)


def own_costs(rng: np.random.Generator) -> Costs:
    """Margin, loss and fee of the student's bank."""
    margin, loss = rng.integers(13, 25) / 100, rng.integers(45, 66) / 100
    return Costs(float(margin), float(loss), float(rng.integers(12, 41)))


def own_amount(rng: np.random.Generator) -> int:
    """What one applicant asks for; a small loan, for which the fee counts."""
    return 10 * int(rng.integers(21, 60))


def old_lender(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What an old lender left: (by_rule, by_lot, bad), each (1500,).

    Its rule refused those with the highest risk; of these some were let in by lot. `bad` is nan
    where no loan was made.
    """
    by_rule, by_lot, bad = _old(rng)
    return by_rule, by_lot, np.where(by_rule | by_lot, bad, np.nan)


def what_came(rng: np.random.Generator) -> float:
    """The share of bad among all applicants of the old lender, as only an experiment can know."""
    return float(_old(rng)[2].mean())


def _old(rng):
    x, bad, _ = _table()
    rows = _draw(rng, 1500)
    risk = score(x[rows]) + 0.1 * rng.normal(size=len(rows))
    by_rule = risk < np.quantile(risk, rng.integers(50, 71) / 100)
    lot = rng.permutation(np.flatnonzero(~by_rule))[: int(rng.integers(60, 111))]
    return by_rule, np.isin(np.arange(len(rows)), lot), bad[rows]


def approved_mean(file: File) -> np.ndarray:
    """(12,) the mean row of those whom the committee has lent to so far."""
    return file.x[file.p < COMMITTEE].mean(axis=0)


def own_refused(rng: np.random.Generator, file: File) -> np.ndarray:
    """(12,) the row of a refused applicant with one question well ahead of the others."""
    places = [[COLUMNS.index(name) for name in names] for names in QUESTIONS.values()]
    each = (file.x - approved_mean(file)) * WEIGHTS
    summed = np.sort([each[:, place].sum(axis=1) for place in places], axis=0)
    clear = (summed[-1] > summed[-2] + 0.15) & (summed[-2] > 0.05)
    return file.x[rng.choice(np.flatnonzero(clear & (file.p > 0.35) & (file.p < 0.85)))]


def task_1(names: dict) -> list[Check]:
    """Five applicants with seven lines, and a score of one column."""
    applicants = np.array([7, 3, 7, 5, 9, 3, 1])
    parts = [np.asarray(part) for part in names["split"](applicants, 0)]
    people = [set(applicants[part].tolist()) for part in parts]
    x = np.array([[1.0], [2], [3], [4], [5], [6]])
    weights, bias = names["fit"](x, np.array([0, 0, 1, 0, 1, 1]))
    return [
        holds("three parts", len(parts) == 3, received=len(parts)),
        near("each line once", np.sort(np.concatenate(parts)), range(7)),
        near("applicants in each part: 5 // 2, 5 // 4, the rest", [*map(len, people)], [2, 1, 2]),
        holds("nobody is in two parts", len(set.union(*people)) == sum(map(len, people)),
              hint="shuffle the applicants, not the lines"),
        near("log-odds of x = 1 and x = 6", [bias + weights[0], bias + 6 * weights[0]],
             [-1.2725, 1.2725], tol=2e-3, hint="standardise, fit, and go back to raw units"),
        number_in_digits(names, "my_shared"),
        number_in_digits(names, "my_auc"),
    ]  # fmt: skip


def task_2(names: dict) -> list[Check]:
    """Four loans in two groups, a control that is sure, and odds that are three times too high."""
    p, bad = np.array([0.9, 0.1, 0.3, 0.5]), np.array([1, 0, 1, 0])
    return [
        near("two groups: 0.2 and 0.7 promised, 0.5 and 0.5 counted",
             names["gap"](p, bad, 2), 0.25, hint="sort by p first"),
        near("the control of loans that are surely good is 0",
             names["limit"](np.zeros(6), 2, 20, 0), 0.0),
        near("odds of 3 counted three times are odds of 1",
             names["corrected"](np.array([0.75, 0.5]), 3.0), [0.5, 0.25]),
        number_in_digits(names, "my_gap"),
        number_in_digits(names, "my_mended"),
    ]  # fmt: skip


def task_3(names: dict) -> list[Check]:
    """One loan at its cut-off, three applicants, and a search among them."""
    p, bad, amount = np.array([0.1, 0.2, 0.6]), np.array([0, 1, 0]), np.array([100.0, 200, 300])
    one = {"margin": 0.2, "loss": 0.5, "fee": 10.0}
    return [
        near("the amount 100: (20 - 10) / 70", names["cutoff"](100.0, **one), 1 / 7,
             hint="set the expected money of one loan to 0 and solve for p"),
        near("money of three, lend below 0.5", names["profit"](p, bad, amount, 0.5, **one),
             [10.0, -110.0, 0.0], hint="nothing is earned on a loan that is not made"),
        near("each with a cut-off of its own",
             names["profit"](p, bad, amount, np.array([0.05, 0.3, 0.7]), **one),
             [0.0, -110.0, 50.0]),
        near("the searched cut-off of the three", names["searched"](p, bad, amount, **one), 0.11,
             hint="the lowest of the cut-offs that earn most"),
        *(number_in_digits(names, name) for name in ("my_cut", "my_searched", "my_lead")),
    ]  # fmt: skip


def task_4(names: dict) -> list[Check]:
    """Two policies that differ by 1 everywhere."""
    one = np.array([5.0, -50, 20, 0, 3, 100])
    return [
        near("always 1 ahead: mean and both ends are 1", names["lead"](one, one - 1, 200, 0),
             [1.0, 1, 1], hint="resample the differences: both policies see the same loans"),
        near("turned round", names["lead"](one - 1, one, 200, 0), [-1.0, -1, -1]),
        *(number_in_digits(names, name) for name in ("my_profit", "my_low", "my_high")),
    ]  # fmt: skip


def task_5(names: dict) -> list[Check]:
    """Ten applicants: four by rule, two of the others by lot."""
    by_rule = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], bool)
    by_lot = np.array([0, 0, 0, 0, 1, 0, 0, 1, 0, 0], bool)
    bad = np.array([0, 1, 0, 0, 1, np.nan, np.nan, 0, np.nan, np.nan])
    rate, error = names["bad_rate"](by_rule, by_lot, bad)
    return [
        near("bad: 1 of the four, and half of the six", rate, 0.4,
             hint="the two of the lot stand for all six whom the rule refused"),
        near("its standard error", error, 0.6 * np.sqrt(0.25 / 2)),
        *(number_in_digits(names, name) for name in ("my_naive", "my_rate", "my_error")),
    ]  # fmt: skip


def task_6(names: dict) -> list[Check]:
    """Eight applicants, six of whom pay back."""
    refused = np.array([1, 0, 1, 0, 0, 1, 0, 1], bool)
    bad = np.array([0, 0, 1, 0, 0, 0, 0, 1])
    young = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
    gap, error = names["opportunity_gap"](refused, bad, young)
    return [
        near("1 of 2 young, 1 of 4 others", gap, 0.25, hint="of those who pay back, only"),
        near("its standard error", error, np.sqrt(0.25 / 2 + 0.1875 / 4)),
        number_in_digits(names, "my_opportunity"),
        number_in_digits(names, "my_opportunity_error"),
    ]  # fmt: skip


def task_7(names: dict) -> list[Check]:
    """Three columns, two questions."""
    weights, row, mean = np.array([2.0, -1, 1]), np.array([3.0, 1, 1]), np.array([1.0, 2, 4])
    asked = {"a": [0, 2], "b": [1]}
    said = names["reasons"](weights, row, mean, asked)
    return [
        near("contributions", names["contributions"](weights, row, mean), [4.0, 1, -3]),
        holds("two questions, each 1: both are reasons", sorted(said) == ["a", "b"], received=said),
        near("p when question b is answered as the mean",
             names["without"](weights, -3.0, row, mean, [1]), 1 / (1 + np.exp(-2.0)),
             hint="change the answers, then score again"),
        number_in_digits(names, "my_first"),
        number_in_digits(names, "my_after"),
    ]  # fmt: skip
