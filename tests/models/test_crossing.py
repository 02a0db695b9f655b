"""The crossing: Webster, plans by hand, and a best table that nothing beats."""

import numpy as np
import pytest

from lmlab.models import crossing

LOADS = (0.3, 0.3)


def test_webster():
    assert crossing.webster(10, 0.7) == pytest.approx(66.667, abs=1e-3)
    with pytest.raises(ValueError, match=r"`load` must be in \[0, 1\), got 1"):
        crossing.webster(10, 1)


def test_fixed_by_hand():
    cars = np.zeros((6, 2), np.int64)
    cars[0] = 1, 1  # green, lost, lost, green, lost, lost: road 0 missed slot 0
    assert crossing.fixed(cars, 1, 1) * 6 == 2 + 2 + 2 + 1 + 1  # road 1 goes in slot 3
    assert crossing.fixed(cars, 1, 1, 1) * 6 == 2 + 2 + 1 + 1  # in slots 2 and 4


def test_actuated_by_hand():
    cars = np.zeros((6, 2), np.int64)
    cars[0, 1] = 1  # seen in slot 1: change in 1 and 2, gone in 3
    assert crossing.actuated(cars, 0, 10) * 6 == 3
    assert crossing.actuated(cars, 9, 10) * 6 == 5  # the gap is waited out


def test_the_best_table_is_best():
    cars = crossing.arrivals(LOADS, 100_000, 0)
    best = crossing.follow(cars, crossing.best_table(LOADS))
    rule = np.zeros((2, 61, 61), bool)
    rule[0, 0, 1:] = rule[1, 1:, 0] = True  # serve until empty
    assert crossing.follow(cars, rule) == pytest.approx(crossing.actuated(cars, 0, 10**6))
    assert best <= 1.005 * crossing.follow(cars, rule)
    assert best < 0.7 * crossing.fixed(cars, 8, 8)


def test_learning_helps():
    lots = np.random.default_rng(0)
    cars = crossing.arrivals((0.2, 0.2), 20_000, 1)
    few, many = (
        crossing.learned(np.array([0.2, 0.2]), 20, n, 0.01, 0.9, lots) for n in (1000, 500_000)
    )
    best = crossing.follow(cars, crossing.best_table((0.2, 0.2)))
    assert few.shape == many.shape == (2, 21, 21)
    assert crossing.follow(cars, many) < 1.1 * best < crossing.follow(cars, few)


def test_arrivals():
    cars = crossing.arrivals((0.5, 0.1), 100_000, 0)
    assert cars.mean(0) == pytest.approx([0.5, 0.1], abs=0.01)


def test_eight_settings_each():
    plans = crossing.plans(0.7, 0.5)
    assert len(plans) == 8 and (11, 11) in plans  # 66.7 s less 10 s, 22.7 slots
    tables = crossing.eight_tables(np.array([0.2, 0.2]), np.random.default_rng(0), 100)
    assert [len(table[0]) for table in tables] == [21] * 4 + [41] * 4
