"""Judges of lab 1: what the hidden cells print, against values that never enter a kernel."""

import math

import numpy as np

from lmlab.labs import holds, near, own_number, variant

LAB = "01_audit"
DOCUMENT = ["0.8370", "0.8570", "0.8630", "0.8660", "0.8690"]
DOCUMENT += ["0.8700", "0.8710", "0.8720", "0.8730", "0.8740"]


def own_logs(student):
    """As in the notebook: (samples, lines) of the own, the hidden and the cut log."""
    rng = variant(LAB, student)
    sizes = own_n, hidden_n, cut_n = [int(n) for n in rng.integers(150, 400, size=3)]
    own = [f"{k / own_n:.4f}" for k in climbing(rng, own_n)]
    for line in rng.choice(10, size=int(rng.integers(3, 8)), replace=False):
        own[line] = f"{float(own[line]) + rng.choice([-0.0009, 0.0009]):.4f}"
    hidden = [f"{k / hidden_n:.4f}" for k in climbing(rng, hidden_n)]
    cut = [f"0.{k * 10_000 // cut_n:04d}" for k in climbing(rng, cut_n)]
    return list(zip(sizes, (own, hidden, cut), strict=True))


def climbing(rng, n):
    """As in the notebook."""
    return np.sort(rng.integers(int(0.72 * n), int(0.95 * n), size=10))


def ways(printed, n):
    """The ways of printing under which a number is possible, by all counts."""
    digits, wanted = len(printed.split(".")[1]), int(printed.replace(".", ""))
    found = {"cut" for k in range(n + 1) if k * 10**digits // n == wanted}
    return found | {"rounded" for k in range(n + 1) if f"{k / n:.{digits}f}" == printed}


def possible(log, n):
    return ["rounded" in ways(line, n) for line in log]


def _numbers(log, n):
    """The sum of the numbers, from 1 on, of the lines that cannot be rounded from any count."""
    return sum(number for number, ok in enumerate(possible(log, n), 1) if not ok)


def log10_chance(k, n):
    return math.log10(sum(math.comb(n, j) for j in range(k, n + 1))) - n * math.log10(2)


def same(label, received, expected, **more):
    """Compare lists of anything, without showing the expected one."""
    return holds(label, received == expected, **more)


def task_1(out, student, source):
    n, log = own_logs(student)[0]
    hint = "k/n printed with as many digits as the text has, for the whole k next to it"
    return [
        same(
            "the document's ten lines for 500", out["document"], possible(DOCUMENT, 500), hint=hint
        ),
        same("the same for 1000", out["thousand"], [True] * 10, hint=hint),
        same("two digits and one", out["small"], [True, False, True, True], hint=hint),
        same(
            "1/7 with one to four digits",
            out["digits"],
            [True, True, True, True, False, False],
            hint="the number of digits is part of the text: 0.1430 is not 0.143",
        ),
        same("the lines of your log", out["own"], possible(log, n), hint=hint),
        own_number("my_lines", out["mine"], _numbers(log, n), source, worth=3),
    ]


def task_2(out, student, source):
    _, log = own_logs(student)[1]
    sizes = [n for n in range(1, 451) if all(possible(log, n))]
    return [
        same("the document's ten lines below 2,000", out["document"], [1000]),
        same("thirds", out["thirds"], [3, 6, 9, 12], hint="every line has to be possible"),
        same("everything right", out["one"], [1, 2, 3, 4], hint="n begins at 1"),
        near("the smallest for your hidden log", out["own"], sizes[0]),
        own_number("my_size", out["mine"], sizes[0], source, worth=3),
    ]


def task_3(out, student, source):
    n, _ = own_logs(student)[0]
    rate = len({f"{k / n:.3f}" for k in range(n)}) / 1000
    hint = "different printed numbers below 1, divided by 10^d; two counts may print alike"
    return [
        near("five rates", out["rates"], [0.05, 0.0114, 1.0, 0.3, 1.0], rel=1e-3, hint=hint),
        near("the rate of your n with three digits", out["own"], rate, rel=1e-3, hint=hint),
        own_number("my_escape", out["mine"], rate**3, source, tol=6e-5, worth=2),
    ]


def task_4(out, student, source):
    n, log = own_logs(student)[0]
    own = log10_chance(round(float(max(log)) * n), n)
    small = [log10_chance(k, n) for k, n in ((437, 500), (60, 100), (1, 1), (0, 10), (10, 10))]
    hint = "at least k: k itself counts; logarithm to base 10"
    return [
        near("five small cases", out["small"], small, tol=1e-6, hint=hint),
        near(
            "4370 of 5000",
            out["large"],
            log10_chance(4370, 5000),
            tol=1e-6,
            hint="floats end near 1e-308: add logarithms, or whole numbers",
        ),
        near("the best line of your log", out["own"], own, tol=1e-6, hint=hint),
        own_number("my_log10", out["mine"], own, source, tol=0.006, worth=2),
    ]


def task_5(out, student, source):
    n, _ = own_logs(student)[0]
    trained, asked = np.array(out["trained"], float), np.array(out["asked"], float)
    return [
        near("20 rows to train, 21 to validate", out["sizes"], [20, 21]),
        holds(
            "no row is in both halves", out["rows"] == 41, hint="shuffle once, cut once", worth=2
        ),
        near("the training half is standardised", trained, [0, 0, 1, 1], hint="mean 0, std 1"),
        holds(
            "the validation half is standardised with the numbers of the other",
            asked.shape == (4,) and np.abs(asked - [0, 0, 1, 1]).min() > 1e-6,
            hint="its own mean and std would leak the validation rows",
            worth=2,
        ),
        holds("x stays as it was", out["changed"] == 0.0),
        near("the same seed, the same number", out["again"], 0.0),
        holds("another seed, another split", out["other"] is True),
        near("what a model that knows by heart gets", out["accuracy"], _known_by_heart(), tol=1e-6),
        own_number("my_half_width", out["mine"], 1.96 * math.sqrt(0.25 / n), source, tol=6e-5),
    ]


def _known_by_heart():
    """The share of ones in the validation half of the hidden test."""
    x = np.random.default_rng(5).normal(3, 2, size=(41, 2)) ** 3
    order = np.random.default_rng(4).permutation(41)
    return float(np.mean(x[order[20:], 0] > 20))


def task_6(out, student, source):
    n, log = own_logs(student)[2]
    cases = ("0.6666", 3), ("0.6667", 3), ("0.50", 2), ("0.837", 500), ("0.29", 100)
    cases += ("1.0", 4), ("0.999", 3)
    hint = "every whole k from 0 to n, once rounded, once cut"
    return [
        same(
            "seven cases", out["cases"], [sorted(ways(p, n)) for p, n in cases], hint=hint, worth=2
        ),
        same("the document's lines", out["document"], [len(ways(p, 500)) for p in DOCUMENT]),
        same(
            "your cut log is honest",
            ["cut" in found for found in out["own"]],
            [True] * 10,
            hint="29/100 is 0.29, also when cut",
        ),
        own_number("my_accused", out["mine"], _numbers(log, n), source, worth=2),
    ]
