import numpy as np
import pytest

from lmlab.models import replenishment


def test_the_chances_sum_to_one_and_an_empty_shelf_loses_all():
    task = replenishment.shelf()
    assert task.chance.sum(axis=2) == pytest.approx(1)
    assert task.cost[0] == pytest.approx(20, abs=0.01)  # five are asked for, 4 each
    assert task.chance[0, 7, 7] == pytest.approx(1)
    assert repr(task) == "Shelf(31 stocks, 13 orders, demand 5 a day)"
    with pytest.raises(ValueError, match="`mean` must be positive"):
        replenishment.shelf(0)


def test_costs_of_zipkin_2008():
    found = replenishment.rules(replenishment.shelf())
    assert found["base stock"][1:] == (16, None) and round(found["base stock"][0], 2) == 4.64
    assert found["capped"][1:] == (17, 5)


def test_exact_costs_are_those_of_a_simulation():
    task = replenishment.shelf()
    policy = replenishment.base_stock(task, 16)
    costs = -np.eye(13)[policy.ravel()].reshape(31, 13, 13)
    rows, _ = replenishment.gathered(
        lambda s: costs[s[:, 0], s[:, 1]],
        np.full((500, 2), 5),
        0.0,
        400,
        np.random.default_rng(0),
    )
    assert rows[50_000:, 3].mean() == pytest.approx(replenishment.day_cost(task, policy), abs=0.05)
    assert (rows[:500, 2] == policy[5, 5]).all()


def test_a_cap_and_wrong_policies():
    task = replenishment.shelf()
    assert replenishment.base_stock(task, 16, 5).max() == 5
    assert replenishment.base_stock(task, 16)[10, 4] == 2
    with pytest.raises(ValueError, match="`policy` must be"):
        replenishment.day_cost(task, np.zeros((3, 3), int))
    with pytest.raises(ValueError, match="`explore` must be between"):
        replenishment.gathered(None, np.zeros((1, 2), int), 2, 1, np.random.default_rng(0))


def test_a_day_without_demand():
    cost, stock = replenishment.simulated(
        0, np.array([3, 29]), np.array([2, 5]), None or np.random.default_rng(0)
    )
    assert cost.tolist() == [3, 29] and stock.tolist() == [5, 30]


def test_the_network_has_a_number_for_each_order():
    net = replenishment.network("mse", 0, 0.01, 10)
    assert net(np.zeros((4, 2), "float32")).shape == (4, 13)
