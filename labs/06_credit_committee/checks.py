"""Judges of lab 6: what the hidden cells print, against values that never enter a kernel."""

import math
import re

import numpy as np

from lmlab.labs import entry, holds, near, own_number, variant
from lmlab.labs.public.lab_06_credit_committee import (
    BIAS,
    COLUMNS,
    COMMITTEE,
    QUESTIONS,
    WEIGHTS,
    approved_mean,
    offered,
    old_lender,
    own_amount,
    own_costs,
    own_files,
    own_loans,
    own_refused,
    own_vendor,
)

LAB = "06_credit_committee"
GRID = np.arange(0.02, 0.98, 0.01)


def own(student, what):
    """The generator of a student for one of the data, as in the notebook."""
    return variant(f"{LAB} {what}", student)


def parts_of(people, seed):
    """Three lists of applicants: a half, a quarter, the rest."""
    order = np.random.default_rng(seed).permutation(np.unique(people))
    half, quarter = len(order) // 2, len(order) // 4
    return order[:half], order[half : half + quarter], order[half + quarter :]


def fitted(x, y):
    """(weights, bias) in raw units, by sklearn on standardised columns."""
    from sklearn.linear_model import LogisticRegression

    mean, std = x.mean(axis=0), x.std(axis=0)
    std = np.where(std > 0, std, 1)
    model = LogisticRegression(max_iter=1000).fit((x - mean) / std, y)
    weights = model.coef_[0] / std
    return weights, model.intercept_[0] - weights @ mean


def ranked(values, bad):
    """AUC by counting pairs: a bad one above a good one; half for a tie."""
    high, low = values[bad == 1][:, None], values[bad == 0][None]
    return float(np.mean((high > low) + 0.5 * (high == low)))


def shared(people):
    """Applicants in two or three parts if lines are shuffled, with seed 0."""
    order = np.random.default_rng(0).permutation(len(people))
    cuts = [len(order) // 2, len(order) // 2 + len(order) // 4]
    sets = [set(people[part].tolist()) for part in np.split(order, cuts)]
    return sum(sum(who in each for each in sets) > 1 for who in np.unique(people).tolist())


def own_auc(student):
    people, x, bad = own_loans(own(student, "loans"))
    train, val, _ = (np.isin(people, part) for part in parts_of(people, 0))
    weights, _ = fitted(x[train], bad[train])
    return ranked(x[val] @ weights, bad[val])


def task_1(out, student, source):
    people = np.repeat(np.arange(40), np.arange(40) % 3 + 1)[::-1]
    lines = [sorted(np.flatnonzero(np.isin(people, p)).tolist()) for p in parts_of(people, 7)]
    sets, rows = out["people"], [row for part in out["split"] for row in part]
    x = np.random.default_rng(1).normal(size=(200, 3))
    y = (x[:, 0] - 0.5 * x[:, 1] + np.random.default_rng(2).normal(size=200) > 0).astype(int)
    weights, bias = fitted(x, y)
    return [
        holds("nobody is in two parts", len({p for s in sets for p in s}) == sum(map(len, sets)),
              hint="shuffle the applicants, not the lines", worth=2),
        holds("each line once", sorted(rows) == list(range(len(people)))),
        near("applicants in each part", [len(part) for part in sets], [20, 10, 10]),
        holds("the parts of seed 7", [sorted(part) for part in out["split"]] == lines,
              hint="permutation of the sorted applicants, with default_rng(seed)"),
        near("log-odds of five rows", out["fit"], x[:5] @ weights + bias, tol=0.01,
             hint="standardise, fit, and go back to raw units", worth=2),
        near("the unit of a column does not matter", out["unit"], x[:5] @ weights + bias, tol=0.01,
             hint="the penalty sees the scale: standardise by the rows that train"),
        near("a column that never changes", out["constant"], x[:5] @ weights + bias, tol=0.01,
             hint="divide it by 1"),
        own_number("my_shared", entry(out["mine"], 0), shared(own_loans(own(student, "loans"))[0]),
                    source, worth=2),
        own_number("my_auc", entry(out["mine"], 1), own_auc(student), source, tol=2e-3, worth=2),
    ]  # fmt: skip


def gap(p, bad, groups):
    order = np.argsort(p, kind="stable")
    parts = np.array_split(order, groups)
    return float(np.mean([abs(np.mean(p[part] - bad[part])) for part in parts]))


def limit(p, groups, draws, seed):
    rng = np.random.default_rng(seed)
    return float(np.quantile([gap(p, rng.random(len(p)) < p, groups) for _ in range(draws)], 0.95))


def task_2(out, student, source):
    file = own_files(own(student, "files"))[0]
    weight = own_vendor(own(student, "vendor"))
    p = np.random.default_rng(3).uniform(size=300)
    bad = (np.random.default_rng(4).random(300) < p**2).astype(int)
    limits = [limit(p, 10, 400, 0), limit(p[:60], 5, 400, 1)]
    loud = [gap(1 - p, bad, 10), gap(np.sqrt(p), bad, 10)]
    control = np.random.default_rng(5).random(300) < p
    return [
        near("three gaps", out["gaps"], [gap(p, bad, 10), gap(p, bad, 4), gap(p[:63], bad[:63], 8)],
             hint="sort by p, equal groups, the mean of absolute differences", worth=2),
        near("p promised too high, and turned round", out["loud"], loud,
             hint="absolute value in each group, then the mean"),
        near("two limits", out["limits"], limits, rel=0.06,
             hint="draw ends from p itself; the 0.95 quantile of their gaps", worth=2),
        holds("a true promise is under the limit, a false one above", out["rings"] ==
              [gap(p, control, 10) > limits[0], True], hint="the control draws with p"),
        near("odds divided", out["corrected"], [1 / 11, 0.5, 0.0], tol=1e-9,
             hint="the odds p / (1 - p), not p"),
        holds("the measure is your own", isinstance(out["gaps"], list) and not
              re.search(r"calibration_curve|in_groups", source), hint="it was asked for"),
        own_number("my_gap", entry(out["mine"], 0), gap(offered(file.p, weight), file.bad, 10),
                    source, tol=6e-4, worth=2),
        own_number("my_mended", entry(out["mine"], 1), gap(file.p, file.bad, 10), source,
                    tol=6e-4, worth=2),
    ]  # fmt: skip


def cutoff(amount, margin, loss, fee):
    return (margin - fee / amount) / (margin + loss)


def profit(p, bad, amount, cut, margin, loss, fee):
    return np.where(p < cut, amount * np.where(bad == 1, -loss, margin) - fee, 0.0)


def searched(p, bad, amount, margin, loss, fee):
    money = [profit(p, bad, amount, cut, margin, loss, fee).sum() for cut in GRID]
    return float(GRID[np.argmax(np.round(money, 6))])


def policies(file, costs):
    """Money (n,) with a cut-off for each amount, and with 0.5."""
    given = file.p, file.bad, file.amount
    return [profit(*given, cut, *costs) for cut in (cutoff(file.amount, *costs), 0.5)]


def task_3(out, student, source):
    file, costs = own_files(own(student, "files"))[0], own_costs(own(student, "costs"))
    p, bad, amount = small_file()
    cut = cutoff(own_amount(own(student, "amount")), *costs)
    best = searched(file.p, file.bad, file.amount, *costs)
    ours, half = policies(file, costs)
    amounts = np.array([50.0, 200, 1e6])
    return [
        near("cut-offs of three amounts", out["cuts"], cutoff(amounts, 0.15, 0.6, 20.0),
             hint="the expected money of one loan is 0 there, the fee is in it", worth=3),
        near("at the cut-off a loan earns 0", out["zero"], 0.0, tol=1e-9,
             hint="the expected money, with the fee"),
        near("without a fee", out["free"], 2 / 7, hint="margin / (margin + loss)"),
        near("money with one cut-off", out["one"], profit(p, bad, amount, 0.4, 0.2, 0.5, 9.0),
             hint="refused from the cut-off on; the fee only where a loan is made"),
        near("money with a cut-off each", out["each"],
             profit(p, bad, amount, cutoff(amount, 0.2, 0.5, 9.0), 0.2, 0.5, 9.0)),
        near("two searches", out["searched"],
             [searched(p, bad, amount, 0.2, 0.5, 9.0), searched(p, bad, amount, 0.1, 0.9, 1.0)],
             hint="the grid of the text, the sum of the money, the lowest of the best"),
        own_number("my_cut", entry(out["mine"], 0), cut, source, tol=6e-5, worth=2),
        own_number("my_searched", entry(out["mine"], 1), best, source, tol=1e-3),
        own_number("my_lead", entry(out["mine"], 2), float(np.mean(ours - half)), source,
                    tol=6e-3, worth=2),
    ]  # fmt: skip


def small_file():
    """The forty applications of the hidden cell."""
    rng = np.random.default_rng(6)
    p = rng.uniform(size=40).round(3)
    bad = (rng.random(40) < p).astype(int)
    return p, bad, rng.integers(1, 20, 40) * 50.0


def lead(one, other, draws, seed):
    rows = np.random.default_rng(seed).integers(0, len(one), (draws, len(one)))
    means = (one - other)[rows].mean(axis=1)
    return [float(np.mean(one - other)), *np.quantile(means, [0.025, 0.975]).tolist()]


def task_4(out, student, source):
    file, costs = own_files(own(student, "files"))[1], own_costs(own(student, "costs"))
    ours, half = policies(file, costs)
    _, low, high = lead(ours, half, 2000, 0)
    rng = np.random.default_rng(8)
    same = rng.normal(0, 100, 90)
    other = same - 1 + rng.normal(0, 3, 90)
    skewed = np.repeat([0.0, 100.0], [18, 2])
    wanted = [lead(same, other, 2000, 1), lead(skewed, np.zeros(20), 2000, 2)]
    width, slack = wanted[0][2] - wanted[0][1], 0.06
    hint = "both policies see the same loans: resample the differences"
    ends = [entry(out["pair"], place) for place in (1, 2)]
    ends = [end / width if isinstance(end, float) else math.nan for end in ends]
    return [
        near("the mean lead", [entry(out["pair"], 0), entry(out["skewed"], 0)],
             [wanted[0][0], 10.0]),
        near("both ends, two policies that move together", ends,
             [wanted[0][1] / width, wanted[0][2] / width], tol=slack, hint=hint, worth=3),
        near("both ends, rare large values", [entry(out["skewed"], place) for place in (1, 2)],
             wanted[1][1:], tol=0.02,
             hint="quantiles 0.025 and 0.975 of the resampled means"),
        near("the same seed, the same interval", out["again"], [0.0] * 3, tol=1e-12,
             hint="default_rng(seed)"),
        holds("the bootstrap is your own", isinstance(out["pair"], list) and not
              re.search(r"bootstrap\s*\(|import\s+bootstrap", source), hint="it was asked for"),
        own_number("my_profit", entry(out["mine"], 0), float(np.mean(ours)), source, tol=6e-3),
        own_number("my_low", entry(out["mine"], 1), low, source, tol=0.04 * (high - low), worth=2),
        own_number("my_high", entry(out["mine"], 2), high, source, tol=0.04 * (high - low),
                    worth=2),
    ]  # fmt: skip


def bad_rate(by_rule, by_lot, bad):
    refused, seen = np.sum(~by_rule), bad[by_lot].mean()
    rate = (bad[by_rule].sum() + refused * seen) / len(bad)
    return float(rate), float(refused / len(bad) * math.sqrt(seen * (1 - seen) / by_lot.sum()))


def task_5(out, student, source):
    by_rule, by_lot, bad = old_lender(own(student, "old"))
    rate, error = bad_rate(by_rule, by_lot, bad)
    rng = np.random.default_rng(9)
    rule = rng.random(60) < 0.6
    lot = ~rule & (rng.random(60) < 0.4)
    ends = np.where(rule | lot, (rng.random(60) < np.where(rule, 0.2, 0.7)).astype(float), np.nan)
    return [
        near("the rate of sixty", out["rate"], bad_rate(rule, lot, ends)[0], hint="those of the "
             "lot stand for all whom the rule refused, themselves among them", worth=3),
        near("its standard error", out["error"], bad_rate(rule, lot, ends)[1],
             hint="only the lot is a sample, and it stands for a share of all", worth=2),
        near("nobody by rule: the mean of the lot", out["all"], [0.25, math.sqrt(0.1875 / 4)],
             hint="then the lot stands for everybody"),
        own_number("my_naive", entry(out["mine"], 0), float(np.nanmean(bad)), source, tol=6e-5),
        own_number("my_rate", entry(out["mine"], 1), rate, source, tol=6e-5, worth=2),
        own_number("my_error", entry(out["mine"], 2), error, source, tol=6e-5),
    ]  # fmt: skip


def opportunity(refused, bad, young):
    shares = [refused[(bad == 0) & (young == group)] for group in (True, False)]
    error = math.sqrt(sum(s.mean() * (1 - s.mean()) / len(s) for s in shares))
    return float(shares[0].mean() - shares[1].mean()), error


def task_6(out, student, source):
    file = own_files(own(student, "files"))[1]
    value, error = opportunity(file.p >= COMMITTEE, file.bad, file.young)
    rng = np.random.default_rng(10)
    refused, bad, young = (rng.random(80) < share for share in (0.4, 0.3, 0.35))
    wanted = opportunity(refused, bad.astype(int), young)
    return [
        near("the gap of eighty", entry(out["gap"], 0), wanted[0], hint="the denominator: those of "
             "the group who pay back, refused or not", worth=3),
        near("its standard error", entry(out["gap"], 1), wanted[1], worth=2),
        near("the groups changed over", out["turned"], -wanted[0], hint="young minus the others"),
        near("nobody refused", out["nobody"], [0.0, 0.0]),
        own_number("my_opportunity", entry(out["mine"], 0), value, source, tol=6e-5, worth=3),
        own_number("my_opportunity_error", entry(out["mine"], 1), error, source, tol=6e-5,
                    worth=2),
    ]  # fmt: skip


def own_reason(student):
    """The student's refused applicant: contribution of the first reason, p without it."""
    file = own_files(own(student, "files"))[1]
    row, mean = own_refused(own(student, "refused"), file), approved_mean(file)
    each = WEIGHTS * (row - mean)
    sums = {q: each[[COLUMNS.index(n) for n in names]].sum() for q, names in QUESTIONS.items()}
    first = max(sums.values())
    return float(first), float(1 / (1 + np.exp(-(BIAS + row @ WEIGHTS - first))))


def task_7(out, student, source):
    first, after = own_reason(student)
    weights, rows, mean = np.array([1.5, -2, 0.5, 1]), np.arange(12.0).reshape(3, 4), np.full(4, 3)
    wanted = weights * (rows - mean)
    return [
        near("contributions of three rows", out["each"], wanted,
             hint="in log-odds: weight × distance from the reference", worth=2),
        near("they add up to the distance in log-odds", out["sum"], [0.0] * 3, tol=1e-8,
             hint="probabilities do not add up, log-odds do"),
        holds("reasons, the largest first", out["reasons"] == ["c", "a"],
              hint="sum the columns of a question first; what lowers the risk is no reason",
              worth=2),
        holds("three at most", out["many"] == ["d", "c", "b"], hint="the largest first"),
        holds("none that lowers the risk", out["none"] == [], received=out["none"]),
        near("scored again", out["without"], 1 / (1 + math.exp(1.5)),
             hint="set the columns to the reference, then score"),
        near("the log-odds fall by what the reason contributed", out["fall"], 2.0, tol=1e-8),
        holds("the row stays as it was", out["kept"] == [1.0, 2.0], hint="copy it first"),
        holds("the contributions are your own", isinstance(out["each"], list) and not
              re.search(r"\bshap\b", source), hint="for a sum there is nothing to sample"),
        own_number("my_first", entry(out["mine"], 0), first, source, tol=6e-4, worth=2),
        own_number("my_after", entry(out["mine"], 1), after, source, tol=6e-5, worth=2),
    ]  # fmt: skip
