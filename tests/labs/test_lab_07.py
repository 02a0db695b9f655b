"""Lab 7: the solution, the empty release and wrong answers each get what they should."""

import ast
import json

import numpy as np
import pytest
from lab_cases import LabCase, needs_sandbox

LAB = LabCase(
    "07_backpropagation",
    {"task-1": 3, "task-2": 2, "task-3": 5, "task-4": 4, "task-5": 3, "task-6": 5},
    given=["data"],
    shown=["witness-run", "train-run", "printed-run"],
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = {"task-1": 2, "task-2": 1.33, "task-3": 2.5, "task-4": 2.4, "task-5": 1.8, "task-6": 3.95}


@pytest.mark.parametrize("task", LAB.full)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, LAB.full[task])


@pytest.mark.parametrize("task", LAB.full)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    said = LAB.check_solution(task, COPIED[task], "ada")
    assert "is it the number for your id" in said


NUMERIC = """\
    def value(layers):
        a = X
        for number, (W, b) in enumerate(layers, 1):
            z = a @ W.T + b
            a = np.maximum(0, z)
        p = 1 / (1 + np.exp(-z[:, 0]))
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))

    layers = [(W.astype(float), b.astype(float)) for W, b in layers]
    slopes = [(np.zeros_like(W), np.zeros_like(b)) for W, b in layers]
    for pair, found in zip(layers, slopes):
        for part, slope in zip(pair, found):
            for place in np.ndindex(part.shape):
                kept = part[place]
                part[place] = kept + 1e-5
                up = value(layers)
                part[place] = kept - 1e-5
                slope[place] = (up - value(layers)) / 2e-5
                part[place] = kept
    return value(layers), slopes
"""
START = '"""The mean loss over the rows of X, and its slopes: loss, [(dW, db), …]."""\n'
WRONG = {
    "ReLU everywhere": ("task-1", [("if is_last", "if False")], 1.0, "a begins with x"),
    "no x": ("task-1", [("return z, a", "return z, a[1:]")], 1.0, "a begins with x"),
    "turned": ("task-1", [("W @ a[-1]", "W.T @ a[-1]")], 1.0, "raised ValueError"),
    "computed": ("task-1", [("my_p = 0.7646", "my_p = 1 / (1 + np.exp(-my_logit))")], 2.5,
                 "in digits"),
    "the document's loss": ("task-2", [(" - (1 - y) * np.log(1 - p)", "")], 1.0, "y = 0"),
    "sum": ("task-2", [("np.mean", "np.sum")], 1.33, "the mean of four"),
    "two decimals": ("task-2", [("0.2684", "0.27")], 1.33, "four decimals"),
    "sign": ("task-3", [("p - y", "y - p")], 2.5, "sign is turned round"),
    "p (1 - p)": ("task-3", [("p - y", "(p - y) * p * (1 - p)")], 2.5, "once too often"),
    "no ReLU": ("task-3", [(" * (below > 0)", "")], 3.5, "slope of ReLU is missing"),
    "last first": ("task-3", [("return found", "return found[::-1]")], 3.5, "does not hold"),
    "turned delta": ("task-4", [("np.outer(d, below)", "np.outer(below, d)")], 1.6,
                     "rows belong to neurons"),
    "as printed": ("task-4", [("np.outer(d, below)", "(d * below).T")], 1.6, "could not be"),
    "uphill": ("task-5", [("W - eta", "W + eta"), ("b - eta", "b + eta")], 2.4, "minus eta"),
    "in place": ("task-5", [("pairs = zip", "for (W, b), (dW, db) in zip(layers, slopes):\n"
                             "        W -= eta * dW\n        b -= eta * db\n    return layers\n"
                             "    pairs = zip")], 2.4, "no -="),
    "no biases": ("task-5", [("b - eta * db", "b")], 2.4, "every number"),
    "sum over the rows": ("task-6", [(" / len(y)", "")], 2.63, "sum over the rows"),
    "off neurons learn": ("task-6", [(" * (z[number - 1] > 0)", "")], 3.16, "ReLU is missing"),
    "first layer only": ("task-6", [("reversed(range(len(layers)))", "[0]")], 2.63, "witness"),
    "finite differences": ("task-6", [(START, START + NUMERIC)], 4.21, "not the answer"),
    "the instrument": ("task-6", [(START, START + "    return numeric_slopes(0, layers)\n")], 1.05,
                       "not callable"),
    "nothing": ("task-6", [(START, START + "    return None\n")], 1.05, "does not hold"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    LAB.check_wrong(*WRONG[name])


def test_notebook_and_checks_make_the_same_data():
    names = LAB.names_after(["data", "patients"], student="ada")
    for function in ("own_example", "own_patients"):
        received, expected = (f("Ada ") for f in (names[function], getattr(CHECKS, function)))
        assert json.dumps(CHECKS.plain(received)) == json.dumps(CHECKS.plain(expected))


def test_every_own_network_has_one_neuron_that_is_off_and_nothing_near_an_edge():
    for number in range(100):
        layers, x, y = CHECKS.own_example(f"s{number}")
        z, a = CHECKS.forward(layers, x)
        assert sorted(z[0] > 0) == [False, True] and min(z[1]) > 0.05 and y in (0, 1)
        assert np.min(np.abs(z[0])) > 0.05 and 0.1 < a[-1][0] < 0.9


def test_the_numbers_of_the_errata():
    x = CHECKS.DOCUMENT_X[None]
    value, slopes = CHECKS.backward(CHECKS.DOCUMENT, x, np.array([1]))
    assert value == pytest.approx(0.704612, abs=1e-6)
    assert slopes[1][0][0] == pytest.approx([-0.116311, -0.255378], abs=1e-6)
    after = CHECKS.step(CHECKS.DOCUMENT, slopes, 0.5)
    p = CHECKS.forward(after, x)[1][-1]
    assert (p[0, 0], CHECKS.loss(p, 1)) == pytest.approx((0.647619, 0.434453), abs=1e-6)


def test_the_judge_agrees_with_keras():
    keras = pytest.importorskip("keras")
    layers, X, y = CHECKS.own_patients("ada")
    dense = keras.layers.Dense
    twin = keras.Sequential([keras.Input((10,)), dense(5, "relu"), dense(1, "sigmoid")])
    twin.set_weights([part for W, b in layers for part in (W.T, b)])
    twin.compile(keras.optimizers.SGD(0.3), "binary_crossentropy")
    value = twin.train_on_batch(X, y.astype("float32")[:, None])
    wanted, slopes = CHECKS.backward(layers, X, y)
    assert float(value) == pytest.approx(wanted, abs=1e-5)
    after = CHECKS.step(layers, slopes, 0.3)
    for got, part in zip(twin.get_weights(), (p for W, b in after for p in (W.T, b)), strict=True):
        assert np.allclose(got, part, atol=1e-5)


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    assert "the public checks pass" in LAB.public_checks(task, LAB.solution[task])


def test_public_checks_say_what_was_expected_and_what_came():
    said = LAB.public_checks("task-3", LAB.changed("task-3", ("p - y", "y - p")))
    assert "expected [-0.5057]" in said and "received [0.5057]" in said
    said = LAB.public_checks("task-6", LAB.changed("task-6", (" / len(y)", "")))
    assert "the mean over the rows?" in said
    assert "not yet. forward is not defined" in LAB.public_checks("task-1")


def test_hidden_cells_hold_no_expected_value():
    assert all(isinstance(node.ops[0], ast.In) for node in LAB.hidden_comparisons())


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    LAB.check_whole_path(place, hidden="0.7646", seconds=120)
