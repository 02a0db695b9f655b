"""`show` prints the book's number, and raises as soon as the measured one is outside the band."""

import math

import numpy as np
import pytest

from lmlab.check import PROOF, show

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("value", "claim", "text"),
    [
        (0.9748, {"about": 0.975, "tol": 0.005}, "accuracy ≈ 0.975 (± 0.005)\n"),
        (2.31, {"about": 2.3, "tol": 0.05, "unit": "nats"}, "accuracy ≈ 2.30 (± 0.05) nats\n"),
        (7, {"about": 7, "tol": 1}, "accuracy ≈ 7 (± 1)\n"),
        (1234.4, {"about": 1234, "tol": 0.5}, "accuracy ≈ 1234.0 (± 0.5)\n"),
        (0.0, {"about": 0.0, "tol": 1e-6}, "accuracy ≈ 0.000000 (± 0.000001)\n"),
        (-1.4, {"about": -1.5, "tol": 0.25}, "accuracy ≈ -1.50 (± 0.25)\n"),
        (3e-9, {"below": 1e-6}, "accuracy < 1e-06\n"),
        (0.19, {"below": 0.2, "unit": "s"}, "accuracy < 0.2 s\n"),
        (-1, {"below": 0}, "accuracy < 0\n"),
        (0.91, {"above": 0.9}, "accuracy > 0.9\n"),
        (12, {"above": 10, "unit": "MB"}, "accuracy > 10 MB\n"),
        (np.float32(0.5), {"about": np.float64(0.5), "tol": np.float32(0.25)},
         "accuracy ≈ 0.50 (± 0.25)\n"),
        (np.array(2.0), {"above": np.int64(1)}, "accuracy > 1\n"),
    ],
)  # fmt: skip
def test_a_claim_that_holds_prints_the_claim(capsys, value, claim, text):
    assert show("accuracy", value, **claim) is None
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("value", "claim"),
    [
        (0.97, {"about": 0.975, "tol": 0.005}),
        (0.98, {"about": 0.975, "tol": 0.005}),  # 0.98 - 0.975 is a little more than 0.005
        (2.0, {"about": 1.5, "tol": 0.5}),
        (np.nextafter(1, 0), {"below": 1}),
        (np.nextafter(1, 2), {"above": 1}),
    ],
)
def test_the_edge_of_a_band_belongs_to_it_and_a_bound_does_not(value, claim):
    show("measured", value, **claim)
    if "about" not in claim:
        with pytest.raises(AssertionError):
            show("measured", 1, **claim)


@pytest.mark.parametrize(
    ("value", "claim", "message"),
    [
        (0.9699, {"about": 0.975, "tol": 0.005}, "x: expected ≈ 0.975 (± 0.005), got 0.9699"),
        (0.9801, {"about": 0.975, "tol": 0.005}, "x: expected ≈ 0.975 (± 0.005), got 0.9801"),
        (0.2, {"below": 0.2, "unit": "s"}, "x: expected < 0.2 s, got 0.2 s"),
        (0.9, {"above": 0.9}, "x: expected > 0.9, got 0.9"),
        (NAN, {"about": 1.0, "tol": 9.0}, "x: expected ≈ 1.0 (± 9.0), got nan"),
        (NAN, {"below": 1}, "x: expected < 1, got nan"),
        (NAN, {"above": 1}, "x: expected > 1, got nan"),
        (INF, {"above": 1}, "x: expected > 1, got inf"),
        (-INF, {"below": 1}, "x: expected < 1, got -inf"),
        (INF, {"about": 1.0, "tol": 9.0}, "x: expected ≈ 1.0 (± 9.0), got inf"),
    ],
)
def test_a_claim_that_fails_says_what_was_expected_and_prints_nothing(
    capsys, value, claim, message
):
    with pytest.raises(AssertionError) as error:
        show("x", value, **claim)
    assert str(error.value) == message
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("value", "claim", "text"),
    [
        (0.9768, {"about": 0.977, "tol": 0.002}, "x ≈ 0.977 (± 0.002); here 0.9768\n"),
        (0.19, {"below": 0.2, "unit": "s"}, "x < 0.2 s; here 0.19 s\n"),
        (0.961, {"about": 0.977, "tol": 0.002}, "x: here 0.961; the book has ≈ 0.977 (± 0.002)."),
        (NAN, {"above": 1}, "x: here nan; the book has > 1."),
    ],
)
def test_a_reader_sees_what_was_measured_here(capsys, monkeypatch, value, claim, text):
    monkeypatch.delenv(PROOF)
    show("x", value, **claim)
    said = capsys.readouterr().out
    assert said.startswith(text)
    assert ("You changed the experiment" in said) == text.endswith(".")


CLAIM = "expected one claim: about= with tol=, or below=, or above=; got "


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({}, CLAIM + "none, tol=None"),
        ({"tol": 0.1}, CLAIM + "none, tol=0.1"),
        ({"about": 1.0}, CLAIM + "['about'], tol=None"),
        ({"below": 1.0, "tol": 0.1}, CLAIM + "['below'], tol=0.1"),
        ({"below": 2.0, "above": 0.0}, CLAIM + "['below', 'above'], tol=None"),
        ({"about": 1.0, "tol": 0.1, "above": 0.0}, CLAIM + "['above', 'about'], tol=0.1"),
        ({"about": 1.0, "tol": 0}, "`tol` must be positive and finite, got 0"),
        ({"about": 1.0, "tol": -0.1}, "`tol` must be positive and finite, got -0.1"),
        ({"about": 1.0, "tol": NAN}, "`tol` must be positive and finite, got nan"),
        ({"about": 1.0, "tol": INF}, "`tol` must be positive and finite, got inf"),
        ({"about": NAN, "tol": 0.1}, "`about` must be finite, got nan"),
        ({"below": INF}, "`below` must be finite, got inf"),
        ({"above": -INF}, "`above` must be finite, got -inf"),
    ],
)
def test_a_claim_that_says_nothing_is_refused(capsys, claim, message):
    with pytest.raises(ValueError) as error:
        show("x", 1.0, **claim)
    assert str(error.value) == message
    assert capsys.readouterr().out == ""
