"""Traffic on a network: times, shortest routes, equilibrium and optimum; taught in chapter 1.8."""

import numba
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from lmlab.data.transport import Roads

__all__ = ["all_or_nothing", "balanced", "four_nodes", "link_times", "potential", "shortest_routes"]


def four_nodes(shortcut: bool) -> Roads:
    """Braess's network for 4,000 drivers: S 0, A 1, B 2, T 3; S-A and B-T take x / 100 minutes.

    Args:
        shortcut: from A to B, in no time; without it that link takes a thousand minutes.
    """
    free = np.array([1e-6, 45, 45, 1e-6, 1e-6 if shortcut else 1e3])
    b = np.array([1e6, 0, 0, 1e6, 0])  # free (1 + b x / 100) = x / 100
    trips = np.zeros((4, 4))
    trips[0, 3] = 4000
    start, end = np.array([[0, 1], [0, 2], [1, 3], [2, 3], [1, 2]]).T
    places = np.array([[0.0, 0], [1, 1], [1, -1], [2, 0]])
    return Roads(start, end, free, np.full(5, 100.0), b, np.ones(5), trips, places)


def link_times(roads: Roads, flow, social: float = 0.0) -> np.ndarray:
    """Time of each link (m,) at a flow (m,); with `social` 1, plus what a car costs the others."""
    load = (np.asarray(flow) / roads.capacity) ** roads.power
    return roads.free * (1 + (1 + social * roads.power) * roads.b * load)


def potential(roads: Roads, flow) -> float:
    """Beckmann's objective: the sum over links of the integral of the time from 0 to the flow."""
    load = (flow / roads.capacity) ** roads.power
    return float(np.sum(roads.free * flow * (1 + roads.b * load / (roads.power + 1))))


def _tree(roads: Roads, times):
    """Least times (n, n) and predecessors (n, n) between all nodes."""
    size = len(roads.places)
    graph = csr_array((times, (roads.start, roads.end)), shape=(size, size))
    return dijkstra(graph, return_predecessors=True)


def _numbers(roads: Roads) -> np.ndarray:
    """Number of the link from node to node (n, n), -1 where there is none."""
    table = np.full((len(roads.places),) * 2, -1)
    table[roads.start, roads.end] = np.arange(len(roads.start))
    return table


def all_or_nothing(roads: Roads, times, trips=None):
    """Put each trip on one shortest route.

    Args:
        roads: the network.
        times (m,): of the links.
        trips (n, n): cars; default: those of the network.

    Returns:
        The flow (m,) and the least times (n, n).
    """
    trips = roads.trips if trips is None else trips
    (least, before), number = _tree(roads, times), _numbers(roads)
    flow = np.zeros(len(times))
    home, here = np.nonzero(trips)
    cars = trips[home, here]
    while len(here):  # one step back on all routes at once
        back = before[home, here]
        np.add.at(flow, number[back, here], cars)
        on = back != home
        home, here, cars = home[on], back[on], cars[on]
    return flow, least


def shortest_routes(roads: Roads, times, home: int, goal: int, count: int) -> list:
    """The `count` shortest routes without a loop, as tuples of links (Yen, 1971).

    Args:
        roads: the network.
        times (m,): of the links.
        home, goal: nodes.
        count: of the routes; fewer come if there are no more.
    """

    def shortest(begin, banned_links, banned_nodes):
        own = np.array(times, float)
        own[list(banned_links)] = np.inf
        own[np.isin(roads.start, banned_nodes) | np.isin(roads.end, banned_nodes)] = np.inf
        open_ = np.isfinite(own)
        graph = csr_array(
            (own[open_], (roads.start[open_], roads.end[open_])), shape=(len(roads.places),) * 2
        )
        least, before = dijkstra(graph, indices=begin, return_predecessors=True)
        if not np.isfinite(least[goal]):
            return None
        links, here = [], goal
        while here != begin:
            links.append(int(number[before[here], here]))
            here = before[here]
        return tuple(links[::-1])

    number, found, waiting = _numbers(roads), [], set()
    route = shortest(home, [], [])
    while route is not None and len(found) < count:
        found.append(route)
        for k in range(len(route)):
            stem = route[:k]
            banned = {other[k] for other in found if other[:k] == stem and len(other) > k}
            passed = [roads.start[link] for link in stem]
            rest = shortest(roads.start[route[k]], banned, passed)
            if rest is not None:
                waiting.add(stem + rest)
        waiting -= set(found)
        route = min(waiting, key=lambda r: (np.sum(times[list(r)]), r), default=None)
    return found


def balanced(roads: Roads, trips=None, *, given=None, social: float = 0.0, gap: float = 1e-8):
    """Flow at which no car has a shorter route: the equilibrium, or with `social` 1 the optimum.

    Routes are added where a shorter one appears, and cars move from longer routes to the shortest
    by Newton's step, pair of nodes by pair (gradient projection).

    Args:
        roads: the network.
        trips (n, n): cars; default: those of the network.
        given (m,): a flow that stays as it is, beside these cars.
        social: 0 for a driver's own time, 1 for the time of all.
        gap: the relative excess over shortest routes at which to stop.

    Returns:
        The flow (m,) of these cars, without `given`.

    Raises:
        RuntimeError: the gap is not reached in 200 rounds.
    """
    trips = roads.trips if trips is None else trips
    given = np.zeros(len(roads.free)) if given is None else np.asarray(given, float)
    homes, goals = np.nonzero(trips)
    number, cars = _numbers(roads), trips[homes, goals]
    known, flow = [{} for _ in cars], np.zeros(len(roads.free))
    for turn in range(200):
        times = link_times(roads, flow + given, social)
        least, before = _tree(roads, times)
        lower = np.sum(least[homes, goals] * cars)
        if turn and times @ flow - lower <= gap * lower:
            return flow
        for routes, home, goal, size in zip(known, homes, goals, cars, strict=True):
            links, here = [], goal
            while here != home:
                links.append(number[before[home, here], here])
                here = before[home, here]
            routes.setdefault(tuple(links), 0.0 if turn else size)
        listed = [route for routes in known for route in routes]
        sizes = np.array([size for routes in known for size in routes.values()])
        uses = np.zeros((len(listed), len(flow)))
        for row, route in zip(uses, listed, strict=True):
            row[list(route)] = 1
        first = np.r_[0, np.cumsum([len(routes) for routes in known])]
        curve = roads.free * (1 + social * roads.power) * roads.b
        shape = roads.free, curve, roads.capacity, roads.power
        flow = _shift(first, uses, sizes, uses.T @ sizes, given, *shape)
        kept = iter(sizes)
        known = [{route: next(kept) for route in routes} for routes in known]
        known = [{r: s for r, s in routes.items() if s > 0} for routes in known]
    raise RuntimeError(f"the gap {gap} was not reached in 200 rounds")


@numba.njit(cache=True)
def _shift(first, uses, sizes, flow, given, free, curve, capacity, power):
    """Ten sweeps of Newton's steps over the pairs; changes `sizes`, returns the flow (m,)."""
    for _ in range(10):
        for pair in range(len(first) - 1):
            low, high = first[pair], first[pair + 1]
            if high - low < 2:
                continue
            load = (flow + given) / capacity
            times = free + curve * load**power
            slope = curve * power / capacity * load ** (power - 1)
            costs = uses[low:high] @ times
            best = low + np.argmin(costs)
            for route in range(low, high):
                if route != best and sizes[route] > 0:
                    other = np.abs(uses[route] - uses[best])
                    step = (costs[route - low] - costs[best - low]) / (other @ slope + 1e-30)
                    step = min(sizes[route], step)
                    sizes[route] -= step
                    sizes[best] += step
                    flow += step * (uses[best] - uses[route])
    return np.maximum(flow, 0)
