"""The shelf of chapter 5.9: lost sales, orders that take two days, and costs that are exact."""

import functools
from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

__all__ = ["Shelf", "base_stock", "day_cost", "gathered", "network", "rules", "shelf", "simulated"]


@dataclass(frozen=True)
class Shelf:
    """A shelf whose demand is Poisson; what is ordered today is there the day after tomorrow.

    Args:
        cost: expected cost of a day `(stocks,)` that begins with so many pieces.
        chance: `(stocks, orders, stocks)`: stock tomorrow, by stock and by what arrives.
        mean: demand of a day.
    """

    cost: np.ndarray
    chance: np.ndarray
    mean: float

    def __repr__(self) -> str:
        stocks, orders, _ = self.chance.shape
        return f"Shelf({stocks} stocks, {orders} orders, demand {self.mean:g} a day)"


@functools.cache
def shelf(mean: float = 5, holding: float = 1, lost: float = 4, most: int = 30, orders: int = 13):
    """The standard task of Zipkin (2008), lead time 2: stock 0 to `most`, orders below `orders`.

    Args:
        mean: demand of a day.
        holding: cost of a piece that is left at night.
        lost: cost of a piece that was asked for and not there.
        most: stock beyond which what arrives is sent back.
        orders: how many sizes of an order there are, from 0.

    Raises:
        ValueError: `mean` is not positive.
    """
    if mean <= 0:
        raise ValueError(f"`mean` must be positive, got {mean}")
    stock, demand = np.arange(most + 1), np.arange(int(mean + 12 * mean**0.5) + 4)
    weight = poisson.pmf(demand, mean)
    weight[-1] += poisson.sf(demand[-1], mean)
    short = stock[:, None] - demand  # (stocks, demands)
    cost = (holding * np.maximum(short, 0) + lost * np.maximum(-short, 0)) @ weight
    chance = np.zeros((most + 1, orders, most + 1))
    for arrives in range(orders):
        after = np.minimum(np.maximum(short, 0) + arrives, most)
        for x in stock:
            np.add.at(chance[x, arrives], after[x], weight)
    return Shelf(cost, chance, mean)


def base_stock(task: Shelf, level: int, cap: int | None = None) -> np.ndarray:
    """Orders `(stocks, orders)` that fill stock and what is on its way up to `level`.

    Args:
        task: the shelf.
        level: the base stock.
        cap: the most that is ordered in a day, or None.
    """
    stocks, orders, _ = task.chance.shape
    wanted = level - np.arange(stocks)[:, None] - np.arange(orders)
    return np.clip(wanted, 0, orders - 1 if cap is None else min(cap, orders - 1))


def day_cost(task: Shelf, policy: np.ndarray, days: int = 400) -> float:
    """Exact mean cost of a day under a policy, in the long run.

    Args:
        task: the shelf.
        policy: order `(stocks, orders)`, by stock and by what arrives tomorrow.
        days: after how many days the state no longer changes its distribution.

    Raises:
        ValueError: the policy has another shape or an order that the shelf does not know.
    """
    stocks, orders, _ = task.chance.shape
    if policy.shape != (stocks, orders) or policy.min() < 0 or policy.max() >= orders:
        raise ValueError(f"`policy` must be {(stocks, orders)}, orders below {orders}")
    share = np.zeros((stocks, orders))
    share[5, 5] = 1
    for _ in range(days):
        flow = share[:, :, None] * task.chance  # (stock, arrives, stock tomorrow)
        share = np.stack([flow[policy == order].sum(axis=0) for order in range(orders)], axis=1)
    return float(share.sum(axis=1) @ task.cost)


def simulated(mean, stock, arrives, rng, holding=1.0, lost=4.0, most=30):
    """One day of many shelves: what it cost, and the stock of the next morning.

    Args:
        mean: demand of a day.
        stock, arrives: pieces that are there, and that come tomorrow; arrays of one shape.
        rng: a generator.
        holding, lost, most: as in `shelf`.

    Returns:
        Cost and stock tomorrow, in the shape of `stock`.
    """
    short = stock - rng.poisson(mean, np.shape(stock))
    cost = holding * np.maximum(short, 0) + lost * np.maximum(-short, 0)
    return cost, np.minimum(np.maximum(short, 0) + arrives, most)


def gathered(costs_of, state, explore: float, days: int, rng, mean: float = 5, orders: int = 13):
    """Days of many shelves under a policy that sometimes orders by lot.

    Args:
        costs_of: takes stock and what arrives `(shelves, 2)`; returns the cost to come of each
            order `(shelves, orders)`; the least is ordered.
        state: stock and what arrives, `(shelves, 2)` int.
        explore: share of orders by lot.
        days: how many.
        rng: a generator.
        mean: demand of a day.
        orders: how many sizes of an order there are.

    Returns:
        Rows `(days * shelves, 6)`: stock, arrives, order, cost, stock and arrives tomorrow; and
        the last state.

    Raises:
        ValueError: `explore` is no share.
    """
    if not 0 <= explore <= 1:
        raise ValueError(f"`explore` must be between 0 and 1, got {explore}")
    rows = []
    for _ in range(days):
        lot = rng.random(len(state)) < explore
        order = np.where(lot, rng.integers(0, orders, len(state)), costs_of(state).argmin(axis=1))
        cost, stock = simulated(mean, *state.T, rng)
        after = np.column_stack([stock, order])
        rows.append(np.column_stack([state, order, cost, after]))
        state = after
    return np.concatenate(rows), state


def rules(task: Shelf, levels=range(10, 25), caps=range(3, 10)) -> dict[str, tuple]:
    """The best base stock, and the best with a cap, by their exact cost of a day.

    Args:
        task: the shelf.
        levels, caps: values that are tried, all pairs of them.

    Returns:
        By name: the cost, then the level and the cap or None.
    """
    plain = min((day_cost(task, base_stock(task, level)), level, None) for level in levels)
    capped = min(
        (day_cost(task, base_stock(task, level, cap)), level, cap)
        for level in levels
        for cap in caps
    )
    return {"base stock": plain, "capped": capped}


def network(loss, seed: int, rate: float, steps: int, orders: int = 13):
    """A network of 32 and 32 neurons from two numbers to one for each order, compiled.

    Args:
        loss: takes targets and outputs.
        seed: of the weights.
        rate: first learning rate of Adam, which falls to 0 like a cosine.
        steps: after how many steps it is 0.
        orders: outputs.
    """
    import keras

    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(32, "relu") for _ in range(2)]
    first = keras.Input((2,)), keras.layers.Rescaling(0.1)
    net = keras.Sequential([*first, *layers, keras.layers.Dense(orders)])
    net.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)), loss)
    return net
