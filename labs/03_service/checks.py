"""Judges of lab 3: what the hidden cells print, against values that never enter a kernel."""

import math
import re

import numpy as np

from lmlab.labs import entry, holds, near, own_number, variant
from lmlab.labs.public.lab_03_service import (
    COLUMNS,
    MISSING,
    USUAL,
    clinic,
    halves,
    make_answers,
    make_stream,
    own_line_of,
    quiet_edges,
    raw_table,
    reference_scores,
)
from lmlab.monitor import psi

LAB = "03_service"
ILL = {"m": 1, "malignant": 1, "b": 0, "benign": 0}


def own(student, what):
    """The generator of a student for one of the tables, as in the notebook."""
    return variant(f"{LAB} {what}", student)


def number(text):
    return math.nan if text in MISSING else float(text.replace(",", "."))


def cleaned(lines):
    """By the five rules: {patient: (values, ill)}."""
    kept = [line for line in lines if line["diagnosis"].strip().lower() in ILL]
    found = {}
    for line in kept:
        values = [number(line[name]) for name in COLUMNS]
        found[line["patient"]] = (
            [values[0] * (10 if line["unit"] == "cm" else 1), *values[1:]],
            ILL[line["diagnosis"].strip().lower()],
        )
    return found


def task_1(out, student, source):
    found = cleaned(raw_table(own(student, "raw")))
    x = np.array([values for values, _ in found.values()])
    ill, radius = sum(ill for _, ill in found.values()), float(np.nanmean(x[:, 0]))
    return [
        holds("names sorted as texts", out["twice"][0] == ["P1", "P2"] and
              out["cm"][0] == ["P10", "P6"], hint="P10 comes before P6 as a text"),
        near("the last line of a patient counts", out["twice"][1:], [[12, 13], [0, 0]],
             hint="the last of the lines that have a diagnosis"),
        holds("strange diagnoses are dropped, and blanks are none", out["strange"] ==
              [["P3"], [10.0], [1]], hint="rule 1 comes before rule 2"),
        holds("three gaps, each of its kind", out["missing"] == [True, True, False, False, True],
              hint='"", "NA" and "-999", also in centimetres'),
        near("a decimal comma", out["comma"], 0.125),
        near("millimetres, in one column only", out["cm"][1], [[17.5, 20], [17.5, 17.5]],
             hint="the unit belongs to the radius"),
        near("patients of your table, and the ill among them", out["own"],
             [len(found), len(found), ill], worth=2),
        near("gaps of your table", out["gaps"], np.isnan(x).sum(axis=0)),
        near("mean radius of your table", out["radius"], radius, tol=1e-6),
        own_number("my_patients", entry(out["mine"], 0), len(found), source, worth=2),
        own_number("my_radius", entry(out["mine"], 1), radius, source, tol=6e-4, worth=2),
    ]  # fmt: skip


def task_2(out, student, source):
    train, _, test, _ = clinic(own(student, "clinic"))
    median = np.nanmedian(train, axis=0)
    known = np.where(np.isnan(train), median, train)[:, 0]
    first = median[0] if math.isnan(test[0, 0]) else test[0, 0]
    first = float((first - known.mean()) / known.std())
    filled = np.array([[1, 5, 2], [3, 5, 4], [3, 5, 4], [20, 5, 9]], float)
    mean, std = filled.mean(axis=0), np.array([filled[:, 0].std(), 1, filled[:, 2].std()])
    rows = (np.array([[3, 6, 4], [8, 5, 0]]) - mean) / std
    return [
        near("two rows with two gaps", out["rows"], rows, hint="median of train, then mean and "
             "standard deviation of the filled train; a column that never changes: by 1", worth=2),
        near("one row alone is prepared alike", out["one"], rows[:1],
             hint="nothing of the rows flows in"),
        near("the training half itself", out["itself"], [[0, 0, 0], [1, 0, 1]], tol=1e-9),
        holds("neither argument changes", isinstance(out["rows"], list)
              and out["changed"] == [0.0, 0.0] and out["gaps"] == [2, 2],
              hint="np.where makes a new array"),
        own_number("my_first", out["mine"], first, source, tol=6e-4, worth=3),
    ]  # fmt: skip


def task_3(out, student, source):
    n, other = len(clinic(own(student, "clinic"))[2]), len(halves(11)[2])
    trained = out["layers"] and set(out["layers"]) <= {"Dense", "Dropout", "InputLayer"}
    return [
        near("an answer for each patient", out["shape"], [other, 1]),
        holds("between 0 and 1, and not all the same", out["bounds"] == [True, True, True],
              hint="a sigmoid at the end"),
        holds("a chain of Dense layers", trained, hint="the export of the service reads these"),
        holds("right 93 times of 100, two halves", min(out["first"], out["second"]) >= 0.93,
              hint="more epochs, a higher rate", worth=3),
        holds("the same seed, the same model", out["again"] <= 1e-5, hint="set_random_seed"),
        holds("it learned from y", out["coin"] < 0.8, hint="coin flips teach nothing"),
        own_number("my_half_width", out["mine"], 1.96 * math.sqrt(0.97 * 0.03 / n), source,
                    tol=6e-5, worth=2),
    ]  # fmt: skip


def task_4(out, student, source):
    x = halves(11, scaled=False)[0].copy()
    x[3, 1] = np.nan
    line = own_line_of(own(student, "line"))
    values = np.array([number(line[name]) for name in COLUMNS])
    silent = float(reference_scores(values))
    right = float(reference_scores(values * [10, 1, 1, 1, 1]))
    gap = float(reference_scores(np.array([math.nan, math.nan, *values[2:]])))
    rest = [None if math.isnan(v) else v for v in values[2:]]
    return [
        near("low ends", out["low"], 0.8 * np.nanmin(x, axis=0), hint="known values only"),
        near("high ends", out["high"], 1.2 * np.nanmax(x, axis=0), hint="known values only"),
        holds("names and gaps of the columns", out["names"] == [COLUMNS, [True] * 5]),
        holds("a row in millimetres stays", out["row"] == [16.5, *rest],
              hint="ten times only where the unit is cm"),
        holds("gaps are None", out["gaps"] == [True, True], hint="JSON knows no NaN"),
        near("the score of your line", out["own"], right, tol=1e-4,
             hint="the same cleaning as in training", worth=2),
        near("a line without radius and texture", out["other"], gap, tol=1e-4),
        holds("the careful service answers, and refuses a forgotten unit",
              entry(out["careful"], 1) == "refused" and out["careful"][0] != "refused",
              hint="the status, not the text of the answer"),
        own_number("my_score", entry(out["mine"], 0), right, source, tol=1.5e-4, worth=2),
        own_number("my_silent", entry(out["mine"], 1), silent, source, tol=1.5e-4, worth=2),
    ]  # fmt: skip


def quiet_limit(bins, window, rate, seed):
    draws = np.random.default_rng(seed).multinomial(window, np.full(bins, 1 / bins), 20_000)
    return float(np.quantile(psi(np.full(bins, 1 / bins), draws), 1 - rate))


def first_alarm(student):
    windows = make_stream(own(student, "stream")).reshape(-1, 100)
    edges, limit = quiet_edges(10), quiet_limit(10, 100, 0.01, 0)
    counts = [np.bincount(np.searchsorted(edges, w), minlength=10) for w in windows]
    return 100 * (1 + int(np.argmax(psi(np.full(10, 0.1), np.array(counts)) > limit)))


def task_5(out, student, source):
    limits = [quiet_limit(10, 100, 0.01, 0), quiet_limit(10, 100, 0.1, 0)]
    limits += [quiet_limit(4, 50, 0.01, 3)]
    cases = [([0.1, 0.4, 0.5], [20, 30, 50]), ([0.5, 0.5], [0, 9]), ([0.5, 0.5], [4, 4])]
    alarm = first_alarm(student)
    return [
        near("PSI of three counts", out["psi"], [float(psi(p, np.array(n))) for p, n in cases],
             tol=1e-6, hint="0.5 is added to each count, before the shares"),
        near("three thresholds", out["limits"], limits, rel=0.06,
             hint="the quantile at 1 - rate of simulated quiet windows", worth=2),
        holds("a quiet stream: no alarm", out["quiet"] is True),
        near("a late change", out["late"], 300, hint="windows one after the other, their ends"),
        holds("a rest that fills no window is left alone", out["rest"] is True),
        near("your stream", out["own"], alarm, worth=2),
        holds("the index is your own", isinstance(out["psi"], list)
              and not re.search(r"lmlab\s*\.\s*monitor|ScoreWatch", source),
              hint="it was asked for, the package has it too"),
        own_number("my_alarm", out["mine"], alarm, source, worth=2),
    ]  # fmt: skip


def label_alarm(right, delay, window, usual):
    """All records by their definition, without a loop over what is known."""
    limit = usual - 2.33 * math.sqrt(usual * (1 - usual) / window)
    sums = np.concatenate([[0], np.cumsum(right)])
    shares = (sums[window:] - sums[:-window]) / window  # the window that ends at k + window - 1
    low = np.flatnonzero(shares < limit - 1e-12) + window - 1 + delay
    return int(low[0]) if len(low) and low[0] < len(right) else None


def task_6(out, student, source):
    alarm = label_alarm(make_answers(own(student, "labels")), 300, 100, USUAL)
    fall = np.repeat([True, False, True], [60, 40, 60])
    return [
        near("answers that fall at record 60, delay 10", out["fall"],
             label_alarm(fall, 10, 20, 0.9), hint="answer i is known when record i + delay has "
             "come; count from 0", worth=2),
        near("without a delay", out["now"], label_alarm(fall, 0, 20, 0.9)),
        near("wrong from the start", out["wrong"], 26, hint="the first full window"),
        holds("never wrong: no alarm", out["never"] is True),
        holds("labels that come after the end: no alarm", out["late"] is True),
        near("your answers", out["own"], alarm),
        own_number("my_label_alarm", out["mine"], alarm, source, worth=3),
    ]  # fmt: skip
