"""Public checks of lab 1, *Audit a training log*: known cases, and that the numbers are there."""

from lmlab.labs.checking import Check, holds, near, number_in_digits


def task_1(names: dict) -> list[Check]:
    """The document's log, and the number of digits."""
    possible = names["is_possible"]
    impossible = sum(not possible(line, 500) for line in names["DOCUMENT"])
    return [
        near("impossible lines of the document for 500", impossible, 6),
        holds("0.67 is possible for 3", possible("0.67", 3)),
        holds("0.67 is impossible for 2", not possible("0.67", 2)),
        number_in_digits(names, "my_lines"),
    ]


def task_2(names: dict) -> list[Check]:
    """The document's only size, and a log of two lines."""
    sizes = names["sizes_that_fit"]
    return [
        holds(
            "the document's log fits one size below 2,000", len(sizes(names["DOCUMENT"], 1999)) == 1
        ),
        near("sizes up to 8 for 0.5 and 0.25", sizes(["0.50", "0.25"], 8), [4, 8]),
        number_in_digits(names, "my_size"),
    ]


def task_3(names: dict) -> list[Check]:
    """Two rates that can be counted."""
    rate = names["pass_rate"]
    return [
        near("500 samples, four digits", rate(500, 4), 0.05, rel=1e-3),
        near("20,000 samples, four digits", rate(20_000, 4), 1.0, rel=1e-3),
        number_in_digits(names, "my_escape"),
    ]


def task_4(names: dict) -> list[Check]:
    """One coin by hand, and the document's accuracy."""
    chance = names["log10_chance"]
    return [
        near("two heads of two: a quarter", chance(2, 2), -0.602060, tol=1e-5),
        near("437 of 500", chance(437, 500), -69.5, tol=0.05),
        number_in_digits(names, "my_log10"),
    ]


def task_5(names: dict) -> list[Check]:
    """A model that always says 1, and that x stays as it was."""
    import numpy as np

    class Yes:
        def fit(self, x, y):
            self.rows = len(x)

        def predict(self, x):
            return np.ones(len(x), int)

    x, model = np.arange(20.0).reshape(10, 2), Yes()
    accuracy = names["validation_accuracy"](model, x, np.array([0, 1] * 5), 1)
    return [
        near("rows to train on, of ten", model.rows, 5),
        holds("the accuracy is a share", 0 <= accuracy <= 1, received=accuracy),
        near("x stays as it was", x, np.arange(20.0).reshape(10, 2)),
        number_in_digits(names, "my_half_width"),
    ]


def task_6(names: dict) -> list[Check]:
    """The four cases of the text."""
    ways = names["ways"]
    return [
        holds("0.6666 for 3 is cut", ways("0.6666", 3) == {"cut"}, received=ways("0.6666", 3)),
        holds("0.6667 for 3 is rounded", ways("0.6667", 3) == {"rounded"}),
        holds("0.50 for 2 is both", ways("0.50", 2) == {"cut", "rounded"}),
        holds("0.837 for 500 is neither", ways("0.837", 500) == set()),
        number_in_digits(names, "my_accused"),
    ]
