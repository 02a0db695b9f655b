"""Lab 8: the solution, the empty release and wrong answers each get what they should."""

import ast
import json
from importlib.resources import files

import numpy as np
import pytest
from lab_cases import LabCase, needs_sandbox

QUICK = {"task-1": 2, "task-2": 4, "task-3": 3, "task-4": 3, "task-6": 4}  # no training
LAB = LabCase(
    "08_gpt",
    QUICK | {"task-5": 6},
    given=["data", "own", "tools"],
    shown=["train-run", "write-run"],
)
CHECKS = LAB.checks
# points of the solution when another student hands it in
COPIED = QUICK | {"task-2": 2, "task-3": 2, "task-4": 2, "task-6": 3}


@pytest.mark.parametrize("task", QUICK)
def test_the_solution_gets_full_points(task):
    LAB.check_solution(task, QUICK[task])


@pytest.mark.parametrize("task", QUICK)
def test_another_student_cannot_use_the_numbers_of_the_solution(task):
    said = LAB.check_solution(task, COPIED[task], "ada")
    assert task == "task-1" or "is it the number for your id" in said


WRONG = {
    "looks ahead": ("task-1", [("tril", "triu")], 0.4, "rows look"),
    "not at itself": ("task-1", [("bool))", "bool), -1)")], 0, "rows look"),
    "everything": ("task-1", [("np.tril(", "(")], 0.4, "rows look"),
    "no root": ("task-2", [(" / q.shape[-1] ** 0.5", "")], 2.5, "divided by √d"),
    "root of T": ("task-2", [("q.shape[-1] **", "q.shape[-2] **")], 2.5, "softmax over"),
    "no mask": ("task-2", [("ops.where(mask, scores, -1e9)", "scores")], 2.5, "exactly 0"),
    "a little leak": ("task-2", [("-1e9", "-9.0")], 3.0, "exactly 0"),
    "other axis": ("task-2", [("-1e9)", "-1e9), axis=-2")], 2.5, "softmax over"),
    "two decimals": ("task-2", [("-7.9617", "-7.9")], 3.0, "four decimals"),
    "places from 1": ("task-3", [("np.arange(length)", "np.arange(1, length + 1)")], 1.0, "side"),
    "halves": ("task-3", [("np.stack([", "np.concatenate([")], 1.5, "side by side"),
    "computed": ("task-3", [("0.9720", "float(positions(140, 8)[139, 2])")], 2.0, "in digits"),
    "no shift": ("task-4", [("tokens[:, 1:], logits[:, :-1]", "tokens, logits")], 1.5, "shift by"),
    "shifted back": ("task-4", [("tokens[:, 1:], logits[:, :-1]", "tokens[:, :-1], logits[:, 1:]")],
                     1.5, "token at t + 1"),
    "sum": ("task-4", [("ops.mean", "ops.sum")], 1.5, "the sum, not the mean"),
    "no temperature": ("task-6", [(" / temperature)", ")")], 3.33, "divided by the temperature"),
    "no top-k": ("task-6", [("if top_k is not None", "if False")], 3.0, "top_k largest"),
    "not added up to 1": ("task-6", [("powers / powers.sum()", "powers")], 2.0, "does not hold"),
    "all of the text": ("task-6", [("tokens[-context:]", "tokens")], 3.67, "the last tokens only"),
    "only the new": ("task-6", [("return tokens", "return tokens[-len(noise):]")], 3.0, "writing"),
    "drawn anew": ("task-6", [("> noise", "> np.random.default_rng(0).random()")], 2.0, "exceeds"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_what_it_should(name):
    LAB.check_wrong(*WRONG[name])


def reported(**other):
    """What the hidden cell of task 5 prints for a good model, but for some parts."""
    rng = np.random.default_rng(0)
    early, last = np.repeat(rng.normal(size=(1, 3, 36)), 2, 0), rng.normal(size=(2, 36))
    guesses = 3 * np.eye(36)[CHECKS.following()]
    out = {"shape": [3, 20, 36], "trained": 2.0, "early": early, "last": last, "order": last}
    out = out | {"guesses": guesses} | other
    return {
        key: value.tolist() if hasattr(value, "tolist") else value for key, value in out.items()
    }


def table():
    """The logits of a model of pairs of letters."""
    known, counts = CHECKS.encode(CHECKS.own_text("teacher")), np.full((36, 36), 0.1)
    np.add.at(counts, (known[:-1], known[1:]), 1)
    return np.log(counts)[CHECKS.last_letters()]


SAME = np.zeros((2, 36))
MODELS = {
    "good": ({}, 6, "holds: it guesses the last act"),
    "one number a text": ({"shape": [3, 36]}, 5, "not hold: the shape"),
    "no mask": ({"early": np.arange(216.0).reshape(2, 3, 36)}, 4, "must hide all"),
    "leaks in the last digit": ({"early": np.full((2, 3, 36), [[[0.0]], [[1e-16]]])}, 4, "hide"),
    "blind": ({"early": np.zeros((2, 3, 36)), "last": SAME, "order": SAME}, 3, "must hide all"),
    "no positions": ({"order": np.stack([SAME[0], SAME[0] + 1e-6])}, 5, "where are the positions"),
    "not trained": ({"guesses": np.zeros((300, 36))}, 4, "loss 3.58"),
    "pairs of letters": ({"guesses": table()}, 4, "not hold: it guesses"),
    "not finite": ({"guesses": np.full((300, 36), np.nan)}, 4, "not finite"),
    "sure and wrong": ({"guesses": 99.0 * np.eye(36)[CHECKS.following() - 1]}, 4, "loss 27."),
    "one guess for all": ({"guesses": [[1.0] * 36]}, 4, "not finite"),
    "raises": ({"guesses": {"error": "ValueError: no"}}, 4, "your code raised ValueError"),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gets_what_it_should(name):
    other, points, says = MODELS[name]
    received, said = LAB.judged("task-5", f"\nLABOUT:{json.dumps(reported(**other))}")
    assert received == pytest.approx(points), said
    assert says in said


def test_notebook_and_checks_make_the_same_data():
    names = LAB.names_after(["data", "own", "tools"], student="ada")
    assert names["text"] == CHECKS.own_text("ada") and len(names["text"]) == 60_000
    for key, value in CHECKS.own_numbers("ada").items():
        assert np.array_equal(names["numbers"][key], value)
    assert names["ALPHABET"] == CHECKS.ALPHABET and set(names["PLAY"]) <= set(names["ALPHABET"])


def test_the_next_letters_stand_in_no_file_of_the_students():
    """The hidden cell reads 300 pieces of 32 letters; the last of each is what the judge has."""
    text = files("lmlab.labs.public").joinpath("lab_08_gpt_unseen.txt").read_text(encoding="utf-8")
    pieces = text.replace("\n", "").replace("/", "\n").replace("_", " ")
    assert len(pieces) == 300 * 32 and len(CHECKS.following()) == 300
    assert np.array_equal(CHECKS.encode(pieces)[31::32], CHECKS.last_letters())
    assert 2.3 < CHECKS.bigram_nll("teacher", CHECKS.last_letters(), CHECKS.following()) < 2.6


def test_the_numbers_of_the_errata():
    q, k = np.array([[1, 2], [3, 4], [5, 6]]), np.array([[1, 0], [0, 1], [1, 1]])
    v = np.array([[2, 0], [0, 2], [1, 1]])
    output, weights = CHECKS.attention(q, k, v, np.ones((3, 3), bool))
    assert output[0] == pytest.approx([0.856034, 1.143966], abs=1e-6)
    assert weights[2] == pytest.approx([0.013770, 0.027928, 0.958302], abs=1e-6)
    masked = CHECKS.attention(q, k, v, np.tri(3, dtype=bool))[0]
    assert masked[1] == pytest.approx([0.660477, 1.339523], abs=1e-6)


@pytest.mark.parametrize("task", LAB.full)
def test_public_checks_pass_with_the_solution(task):
    answers = [LAB.solution[t] for t in LAB.full if t <= task]
    assert "the public checks pass" in LAB.public_checks(task, *answers)


def test_public_checks_say_what_was_expected_and_what_came():
    said = LAB.public_checks("task-4", LAB.changed("task-4", *WRONG["no shift"][1]))
    assert "expected 0" in said and "received 20" in said
    first = [LAB.solution[f"task-{n}"] for n in (1, 2, 3)]
    for old, new, wanted in (
        ("causal_mask(length)", "True", "Is the mask in the attention?"),
        (" + positions(length, self.d_model)", "", "Are the positions added?"),
    ):
        said = LAB.public_checks("task-5", *first, LAB.changed("task-5", (old, new)))
        assert wanted in said
    assert "not yet. write is not defined" in LAB.public_checks("task-6", "choose = 1")


def test_hidden_cells_hold_no_expected_value():
    found = {ast.unparse(node) for node in LAB.hidden_comparisons()}
    # which inputs differ, and in what
    assert found <= {"np.arange(5)[:, None] > 2", "np.arange(6) == 5", "np.arange(32) < 12"}


@needs_sandbox
def test_solution_and_release_through_the_whole_path(place):
    LAB.check_whole_path(place, "--cell-seconds", "240", hidden="-7.9617", seconds=300)
