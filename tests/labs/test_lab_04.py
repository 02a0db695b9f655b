"""Lab 4: the solution, the empty release and wrong answers each get what they should."""

import ast
import hashlib
import importlib.util
import json

import numpy as np
import pytest
from lab_cases import LABS, LabCase, needs_sandbox

from lmlab.labs.public import lab_04_shrink_it as made

LAB = LabCase(
    "04_shrink_it",
    {"task-1": 4, "task-2": 4, "task-3": 3, "task-4": 3, "task-5": 3, "task-6": 3, "task-7": 2},
    given=["network", "budget", "layer", "menu", "device"],
    shown=[],
    by_hand="task-8",
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = {"task-1": 3.0, "task-2": 2.93, "task-3": 2.14, "task-4": 1.8, "task-5": 2.14}
COPIED |= {"task-6": 1.71, "task-7": 1.33}


@pytest.mark.parametrize("task", LAB.full)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, LAB.full[task])


@pytest.mark.parametrize("task", LAB.full)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    said = LAB.check_solution(task, COPIED[task], "ada")
    assert "is it the number for your id" in said


LEVELS = "(2 ** (bits - 1) - 1)"
WRONG = {
    "cut, not rounded": ("task-1", [("np.rint(W / scale)", "np.trunc(W / scale)")], 2.75,
                         "the nearest whole number"),
    "half a level more": ("task-1", [(LEVELS, "(2 ** (bits - 1) - 0.5)")], 1.75, "divided by L"),
    "unsigned levels": ("task-1", [(LEVELS, "(2**bits - 1)")], 1.75, "divided by L"),
    "the largest w": ("task-1", [("np.abs(W).max()", "W.max()")], 1.75, "not the largest w"),
    "zeros not caught": ("task-1", [("scale if scale > 0 else 1.0", "scale")], 3.75,
                         "its scale is 1"),
    "a whole step": ("task-1", [("quantise(W, bits)[1] / 2", "quantise(W, bits)[1]")], 3.5,
                     "the nearer of its two neighbours"),
    "the error seen": ("task-1", [("return quantise(W, bits)[1] / 2", "q, s = quantise(W, bits)\n"
                                   "    return np.abs(W - q * s).max()")], 3.5, "the bound"),
    "from a library": ("task-1", [("    scale = np.abs", "    if False:\n        import torch\n"
                                   "    scale = np.abs")], 3.5, "your own"),
    "computed": ("task-1", [("my_bound = ", "my_bound = 0 + ")], 3.5, "in digits"),
    "scales of rows": ("task-2", [("axis=0, keepdims", "axis=1, keepdims")], 2.67,
                       "by its own largest"),
    "axis lost": ("task-2", [("axis=0, keepdims=True", "axis=0")], 3.47, "keepdims"),
    "column of zeros": ("task-2", [("np.where(scales > 0, scales, 1)", "scales + 0")], 3.47,
                        "its scale is 1"),
    "scales for nothing": ("task-2", [(" + 4 * scales", "")], 3.47, "4 bytes a scale"),
    "bytes not whole": ("task-2", [("math.ceil(shape[0] * shape[1] * bits / 8)",
                                    "shape[0] * shape[1] * bits / 8")], 3.47, "rounded up"),
    "a step in place of half": ("task-2", [("return 2 * (2 **", "return (2 **")], 2.93,
                                "half a step"),
    "of the column itself": ("task-2", [("np.delete(W, column, axis=1)", "W")], 2.93,
                             "all other weights"),
    "biases changed": ("task-3", [("if part.ndim == 2 else part", "if True else part")], 2.57,
                       "a bias has one axis"),
    "unpaired": ("task-3", [("more.std(ddof=1)", "np.sqrt(np.var(right, ddof=1) + "
                             "np.var(rival, ddof=1))")], 2.36, "digit by digit"),
    "spread of the digits": ("task-3", [(" / np.sqrt(len(more)) if", " if")], 2.36, "both ends"),
    "sure of agreement": ("task-3", [(" if more.any() else 3 / len(more)", "")], 2.79, "3 / n"),
    "of all, not of a sample": ("task-3", [("ddof=1", "ddof=0")], 2.36, "with ddof=1"),
    "turned round": ("task-3", [("return more.mean(), more.mean() - half, more.mean() + half",
                                 "return -more.mean(), -more.mean() - half, -more.mean() + half")],
                     2.14, "right minus rival"),
    "a t-test": ("task-3", [("    more = ", "    from scipy.stats import ttest_rel\n    more = ")],
                 2.57, "your own"),
    "places for nothing": ("task-4", [(" + min(math.ceil(count / 8), 2 * kept)", "")], 2.0,
                           "the cheaper list"),
    "always two bytes": ("task-4", [("min(math.ceil(count / 8), 2 * kept)", "2 * kept")], 2.0,
                         "the cheaper list"),
    "always a bit": ("task-4", [("min(math.ceil(count / 8), 2 * kept)", "math.ceil(count / 8)")],
                     2.4, "the cheaper list"),
    "places not paid": ("task-4", [("sparse_bytes(kept, count) <= budget",
                                    "4 * kept <= budget")], 2.6, "its places paid"),
    "the smallest": ("task-4", [(">= border", "< border")], 2.2, "by |w|"),
    "signed": ("task-4", [("np.abs(W).ravel()", "W.ravel()"), ("np.abs(W) >=", "W >=")], 2.4,
               "by |w|"),
    "biases cut": ("task-4", [("(np.abs(W) >= border) if W.ndim == 2 else W",
                               "(np.abs(W) >= border)")], 2.4, "the biases stay"),
    "each matrix alone": ("task-4", [
        ("return [W * (np.abs(W) >= border) if W.ndim == 2 else W for W in net]",
         "return [W * (np.abs(W) >= np.quantile(np.abs(W), 1 - kept / len(sizes))) "
         "if W.ndim == 2 else W for W in net]")], 2.4, "all matrices together"),
    "values twice": ("task-5", [("s[:rank], Vt[:rank]", "s[:rank], s[:rank, None] * Vt[:rank]")],
                     2.57, "each used once"),
    "the smallest values": ("task-5", [("U[:, :rank] * s[:rank], Vt[:rank]",
                                        "U[:, -rank:] * s[-rank:], Vt[-rank:]")], 2.57,
                            "the largest singular"),
    "values forgotten": ("task-5", [("U[:, :rank] * s[:rank]", "U[:, :rank]")], 2.57, "each used"),
    "numbers, not bytes": ("task-5", [("budget // (4 * sum(shape))", "budget // sum(shape)")], 2.57,
                           "4 bytes for each"),
    "break-even itself": ("task-5", [("(shape[0] * shape[1] - 1) // sum", "shape[0] * shape[1] // "
                                      "sum")], 2.57, "truly"),
    "bits without scales": ("task-5", [("(budget - 4 * shape[1])", "budget")], 2.79,
                            "paid first"),
    "from sklearn": ("task-5", [("    U, s, Vt", "    from sklearn.decomposition import "
                                 "TruncatedSVD\n    U, s, Vt")], 2.57, "singular values"),
    "ties beat": ("task-6", [("((s[:, None] < s) | (a[:, None] > a))", "~np.eye(len(s), "
                              "dtype=bool)")], 2.36, "one of both truly better"),
    "only strictly": ("task-6", [("((s[:, None] < s) | (a[:, None] > a))",
                                  "((s[:, None] < s) & (a[:, None] > a))")], 2.14, "truly better"),
    "the largest that fits": ("task-6", [("(-accuracies[row], sizes[row], row)",
                                          "(-sizes[row], -accuracies[row], row)")], 2.57,
                              "the most accurate within"),
    "the first of equals": ("task-6", [("(-accuracies[row], sizes[row], row)",
                                        "-accuracies[row]")], 2.57, "of equal ones the smallest"),
    "against the best": ("task-6", [("accuracies[0] - loss", "max(accuracies) - loss")], 2.57,
                         "against row 0"),
    "one operation": ("task-7", [("return 2 * batch", "return batch")], 1.17, "two for each"),
    "rows for nothing": ("task-7", [(" + 4 * batch * (m + n)", "")], 0.83, "rows in and out"),
    "rows rounded, too": ("task-7", [("4 * batch * (m + n)", "batch * (m + n) * bits / 8")], 1.33,
                          "4 bytes a number"),
    "weights for each row": ("task-7", [("m * n * bits / 8 +", "batch * m * n * bits / 8 +")], 1.0,
                             "weights once"),
    "one after the other": ("task-7", [("return max(work, moved(shapes, batch, bits) / "
                                        "device.bytes)", "return work + moved(shapes, batch, bits)"
                                        " / device.bytes")], 1.67, "the longer one"),
    "never forgotten": ("task-7", [(" if gain > 0 else math.inf", "")], 1.83, "math.inf"),
    "rows move nothing": ("task-7", [("/ device.operations - each", "/ device.operations")], 1.5,
                          "fixed bytes over"),
    "bits are speed": ("task-7", [("my_speed = 3.067", "my_speed = 8.0")], 1.67, "for your id"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    LAB.check_wrong(*WRONG[name])


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    assert "the public checks pass" in LAB.public_checks(task, LAB.solution[task])


def test_public_checks_say_what_was_expected_and_what_came():
    said = LAB.public_checks("task-1", LAB.changed("task-1", (")[1] / 2", ")[1]")))
    assert "expected 0.15" in said and "received 0.3" in said
    assert "not yet. quantise is not defined" in LAB.public_checks("task-1")


def own_numbers(student):
    """The numbers that a student must find, as the judges have them."""
    menu, validation = CHECKS.own_offer(student), CHECKS.held_out(student)[0]
    network = made.own_network(CHECKS.own(student, "network"))
    by_column = CHECKS.reads(CHECKS.rounded(network.loud, 8, 0), validation)
    return {
        "all bits": float(CHECKS.reads(network.loud, validation).mean()),
        "8 bits by column": float(by_column.mean()),
        "rounding": CHECKS.own_rounding(student),
        "losses": CHECKS.own_losses(student),
        "pruning": CHECKS.own_pruning(student),
        "factors": CHECKS.own_factors(student),
        "choice": CHECKS.own_choice(student),
        "bytes of the choice": int(menu.sizes[CHECKS.own_choice(student)[0]]),
        "bytes of the smallest": int(menu.sizes[CHECKS.own_choice(student)[1]]),
        "limit": made.own_budget(CHECKS.own(student, "budget")),
        "speed": CHECKS.own_speed(student),
        "batch": made.own_device(CHECKS.own(student, "device"))[2],
    }


STUDENTS = [f"s{number}" for number in range(40)]


@pytest.fixture(scope="module")
def drawn():
    return {student: own_numbers(student) for student in STUDENTS}


@pytest.mark.parametrize("student", STUDENTS)
def test_every_student_can_solve_every_task(drawn, student):
    own = drawn[student]
    bound, zeros, silence, gain = own["rounding"]
    assert 0 < bound < 3 and zeros > 0.5 and 1 < silence < 6 and gain > 10
    assert own["all bits"] > 0.92 and own["8 bits by column"] > own["all bits"] - 0.02
    eight, low, high = own["losses"]
    assert eight < own["all bits"] - 0.003 and -0.06 < low < high < 0.03
    kept, cut, finer, bits = own["pruning"]
    assert 600 < kept < 2200 and 2 < bits < 9 and cut < finer - 0.015
    rank, thin, bits, finer = own["factors"]
    assert 3 < rank < 10 and 2 < bits < 8 and thin < finer
    assert own["bytes of the choice"] <= own["limit"]
    assert (
        own["bytes of the choice"] > 1000
        and own["choice"][2] > 0.9
        and own["bytes of the smallest"] * 4 < 38696
    )
    turn, speed = own["speed"]
    assert 1 < own["batch"] < turn < 1000 and 1 < speed < 8


def test_no_two_students_have_the_same_numbers(drawn):
    for name in ("rounding", "losses", "pruning", "factors", "choice", "speed"):
        texts = {json.dumps(np.round(own[name], 4).tolist()) for own in drawn.values()}
        assert len(texts) == 40, name
    assert len({own["bytes of the choice"] for own in drawn.values()}) > 5


def test_the_parts_of_a_student_do_not_overlap_and_the_loud_function_is_the_quiet_one():
    network, (validation, test) = (
        made.own_network(CHECKS.own("ada", "network")),
        CHECKS.held_out("ada"),
    )
    rows = made._parts(CHECKS.own("ada", "digits"))
    assert len(set(rows[0]).intersection(rows[1])) == 0
    assert [len(part) for part in rows] == [450, 500] == [len(validation.y), len(test.y)]
    logits = [made.forward(net, test.x) for net in (network.loud, network.quiet)]
    assert np.allclose(*logits, atol=1e-9)


def test_the_menu_is_made_from_the_student_s_network():
    """Row 0 reads what the network reads, up to a tie in the last digit."""
    for student in STUDENTS[:8]:
        network, (validation, test) = (
            made.own_network(CHECKS.own(student, "network")),
            CHECKS.held_out(student),
        )
        menu = CHECKS.own_offer(student)
        assert np.mean(CHECKS.reads(network.quiet, test) != menu.test[0]) < 0.003
        row = menu.names.index("4 bits by column")
        assert menu.sizes[0] == 38696 and menu.sizes[row] == 4768 + 552 + 552
        assert np.mean(CHECKS.reads(network.quiet, validation) != menu.validation[0]) < 0.003


def test_the_stored_file_is_the_one_that_was_made():
    path = LABS.parent / "lmlab" / "labs" / "public" / "lab_04_shrink_it.npz"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == made.SHA256
    assert path.stat().st_size < 300_000


def test_a_network_trained_again_is_the_stored_one():
    spec = importlib.util.spec_from_file_location("weights_04", LABS / LAB.lab.name / "weights.py")
    weights = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(weights)
    again, stored = weights.first(3), made.trained(3)
    x, y = made._held_out()
    says = [made.forward(net, x).argmax(axis=1) for net in (again, stored)]
    assert np.mean(says[0] != says[1]) < 0.01 and np.mean(says[1] == y) > 0.93
    assert max(np.abs(a - b).max() for a, b in zip(again, stored, strict=True)) < 0.05


def test_the_judge_s_interval_and_product_agree_with_libraries():
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(0)
    right, rival = rng.random(4000) < 0.9, rng.random(4000) < 0.85
    known = ttest_rel(right.astype(float), rival.astype(float)).confidence_interval(0.95)
    assert CHECKS.paired(right, rival)[1:] == pytest.approx([*known], abs=1e-4)
    matrix = rng.normal(size=(8, 5))
    U, s, Vt = np.linalg.svd(matrix, full_matrices=False)
    assert CHECKS.best_product(matrix, 2) == pytest.approx((U[:, :2] * s[:2]) @ Vt[:2])


def test_beyond_silence_the_others_are_zero_and_just_below_they_are_not():
    matrix = np.random.default_rng(1).normal(size=(9, 4))
    limit = CHECKS.silence(matrix, 2, 8)
    for factor, silent in ((1.001, True), (0.999, False)):
        louder = matrix * np.where(np.arange(4) == 2, factor * limit, 1)
        others = np.delete(CHECKS.whole(louder, 8)[0], 2, axis=1)
        assert (not others.any()) == silent


def test_hidden_cells_hold_no_expected_value():
    texts = {ast.unparse(node) for node in LAB.hidden_comparisons()}
    assert texts == {"_rng.random(60) < 0.9", "_rng.random(60) < 0.1"}


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    LAB.check_whole_path(place, hidden="np.rint(W", seconds=60)
