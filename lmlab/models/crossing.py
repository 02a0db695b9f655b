"""A crossing of two roads under a signal, in slots of 2.5 s; taught in chapter 1.8.

In a slot a green road lets one car go; a change of the signal costs two slots. Loops under numba.
"""

import numba
import numpy as np

__all__ = [
    "SLOT",
    "actuated",
    "arrivals",
    "best_table",
    "eight_tables",
    "fixed",
    "follow",
    "learned",
    "plans",
    "webster",
]

SLOT, LOST = 2.5, 2  # seconds; slots that a change costs


def webster(lost: float, load: float) -> float:
    """Webster's cycle (1.5 L + 5) / (1 - Y), in seconds.

    Args:
        lost: L, seconds lost in a cycle.
        load: Y, the sum of flow over saturation flow, below 1.

    Raises:
        ValueError: `load` is not in [0, 1).
    """
    if not 0 <= load < 1:
        raise ValueError(f"`load` must be in [0, 1), got {load}")
    return (1.5 * lost + 5) / (1 - load)


def arrivals(loads, slots: int, seed: int) -> np.ndarray:
    """Cars (slots, 2) that come in each slot on the two roads, Poisson with the means `loads`."""
    return np.random.default_rng(seed).poisson(loads, (slots, 2)).astype(np.int64)


@numba.njit(cache=True)
def fixed(cars, first, second, lost=LOST):
    """Mean number of waiting cars under a fixed plan.

    Args:
        cars (slots, 2): arrivals.
        first, second: green slots of the two roads in each cycle.
        lost: slots lost at each change.
    """
    queue, total = np.zeros(2), 0.0
    for k in range(len(cars)):
        total += queue.sum()
        place = k % (first + second + 2 * lost)
        if place < first and queue[0] > 0:
            queue[0] -= 1
        if first + lost <= place < first + lost + second and queue[1] > 0:
            queue[1] -= 1
        queue += cars[k]
    return total / len(cars)


@numba.njit(cache=True)
def actuated(cars, gap, most):
    """Mean number of waiting cars: green ends `gap` slots after the last car, or after `most`.

    Args:
        cars (slots, 2): arrivals.
        gap: slots without a car that are waited out.
        most: slots; the longest green if the other road waits.
    """
    queue, total = np.zeros(2), 0.0
    road, lost, idle, green = 0, 0, 0, 0
    for k in range(len(cars)):
        total += queue.sum()
        if lost > 0:
            lost -= 1
        else:
            idle = 0 if queue[road] > 0 else idle + 1
            if queue[1 - road] > 0 and (idle > gap or green >= most):
                road, lost, idle, green = 1 - road, LOST - 1, 0, 0
            else:
                green += 1
                queue[road] = max(0, queue[road] - 1)
        queue += cars[k]
    return total / len(cars)


@numba.njit(cache=True)
def follow(cars, change):
    """Mean number of waiting cars under a table.

    Args:
        cars (slots, 2): arrivals.
        change (2, n, n): road that has green, queue of road 0, of road 1 (the last: and more):
            change the signal now?
    """
    queue, total, road, lost, top = np.zeros(2, np.int64), 0.0, 0, 0, change.shape[1] - 1
    for k in range(len(cars)):
        total += queue.sum()
        if lost > 0:
            lost -= 1
        elif change[road, min(queue[0], top), min(queue[1], top)]:
            road, lost = 1 - road, LOST - 1
        else:
            queue[road] = max(0, queue[road] - 1)
        queue += cars[k]
    return total / len(cars)


@numba.njit(cache=True)
def learned(loads, top, slots, rate, discount, lots):
    """A table for `follow`, by Q-learning in a simulation whose roads hold `top` cars.

    The reward of a slot is minus the cars that wait; a fifth of the choices is by lot at first,
    none at the end.

    Args:
        loads (2,): mean arrivals a slot.
        top: cars.
        slots: decisions to learn from.
        rate: the smallest learning rate; it falls to it as visits^-0.7.
        discount: of the next slot.
        lots: a `numpy.random.Generator` for arrivals and choices.

    Returns:
        change (2, top + 1, top + 1), bool.
    """
    q = np.zeros((2, top + 1, top + 1, 2))
    visits = np.zeros_like(q)
    queue, road = np.zeros(2, np.int64), 0
    for k in range(slots):
        old, i, j = road, queue[0], queue[1]
        act = int(q[road, i, j, 1] > q[road, i, j, 0])
        if lots.random() < 0.2 * (1 - k / slots):
            act = lots.integers(0, 2)
        reward, weight = 0.0, 1.0
        for _ in range(LOST if act else 1):
            reward -= weight * queue.sum()
            weight *= discount
            if not act:
                queue[road] = max(0, queue[road] - 1)
            for r in range(2):
                queue[r] = min(top, queue[r] + lots.poisson(loads[r]))
        if act:
            road = 1 - road
        visits[old, i, j, act] += 1
        step = max(rate, visits[old, i, j, act] ** -0.7)
        target = reward + weight * q[road, queue[0], queue[1]].max()
        q[old, i, j, act] += step * (target - q[old, i, j, act])
    return q[..., 1] > q[..., 0]


def best_table(loads, top: int = 60, rounds: int = 3000) -> np.ndarray:
    """The best table for `follow`, by value iteration with the known arrivals.

    Args:
        loads (2,): mean arrivals a slot.
        top: cars that a road holds.
        rounds: of the iteration.

    Returns:
        change (2, top + 1, top + 1), bool.
    """
    from scipy.stats import poisson

    def moves(mean):  # (from, to)
        chance = poisson.pmf(np.arange(top + 1), mean)
        shifted = [np.r_[np.zeros(i), chance[: top + 1 - i]] for i in range(top + 1)]
        for row in shifted:
            row[-1] += 1 - row.sum()
        return np.array(shifted)

    ahead, aside = moves(loads[0]), moves(loads[1]).T
    cars = np.arange(top + 1)
    cost, less = cars[:, None] + cars, np.maximum(cars - 1, 0)
    green = lost = [np.zeros((top + 1, top + 1))] * 2
    for _ in range(rounds):
        after = [ahead @ values @ aside for values in green]
        keep = [after[0][less], after[1][:, less]]
        change = [ahead @ lost[1] @ aside, ahead @ lost[0] @ aside]
        lost = [cost + values for values in after]
        green = [cost + np.minimum(*pair) for pair in zip(keep, change, strict=True)]
        base = green[0][0, 0]
        green, lost = [v - base for v in green], [v - base for v in lost]
    return np.array(change) < np.array(keep)


def plans(load: float, part: float) -> list[tuple[int, int]]:
    """Eight fixed plans, green slots of both roads: four cycles, two splits.

    Args:
        load: Y.
        part: share of the first road in the load; the splits are `part`, and halfway to even.
    """
    green = webster(2 * LOST * SLOT, load) / SLOT - 2 * LOST
    return [
        (max(1, round(green * size * p)), max(1, round(green * size * (1 - p))))
        for size in (0.7, 0.85, 1.0, 1.15)
        for p in (part, 0.5 * part + 0.25)
    ]


def eight_tables(loads: np.ndarray, lots: np.random.Generator, slots: int = 1_000_000) -> list:
    """Eight learned tables: roads of 20 and 40 cars, two learning rates, two discounts.

    Args:
        loads (2,): mean arrivals a slot.
        lots: for arrivals and choices.
        slots: decisions that each learns from.
    """
    return [
        learned(loads, top, slots, rate, discount, lots)
        for top in (20, 40)
        for rate in (0.005, 0.05)
        for discount in (0.9, 0.95)
    ]
