"""Traffic: routes by hand, Braess, and Sioux Falls at its published optimum."""

import numpy as np
import pytest

from lmlab import data
from lmlab.models import traffic

KNOWN = 42.31335287107440e5  # Transportation Networks for Research, best known


@pytest.mark.parametrize(("shortcut", "minutes"), [(False, 65), (True, 80)])
def test_braess(shortcut, minutes):
    roads = traffic.four_nodes(shortcut)
    flow = traffic.balanced(roads)
    assert traffic.link_times(roads, flow) @ flow / 4000 == pytest.approx(minutes, rel=1e-4)


def test_the_published_optimum_is_met():
    roads = data.load_roads()
    flow = traffic.balanced(roads)
    assert traffic.potential(roads, flow) == pytest.approx(KNOWN, rel=1e-9)
    times = traffic.link_times(roads, flow)
    _, least = traffic.all_or_nothing(roads, times)
    assert times @ flow == pytest.approx(np.sum(least * roads.trips), rel=1e-7)  # Wardrop
    best = traffic.balanced(roads, social=1.0)
    assert traffic.link_times(roads, best) @ best < 0.97 * times @ flow


def test_all_or_nothing_keeps_every_trip():
    roads = data.load_roads()
    flow, _ = traffic.all_or_nothing(roads, roads.free)
    net = np.zeros(24)
    np.add.at(net, roads.start, flow)
    np.add.at(net, roads.end, -flow)
    assert np.allclose(net, roads.trips.sum(1) - roads.trips.sum(0))


def test_a_given_flow_is_left_as_it_is():
    roads = data.load_roads()
    whole = traffic.balanced(roads)
    half = traffic.balanced(roads, 0.5 * roads.trips, given=0.5 * whole)
    assert np.allclose(half, 0.5 * whole, rtol=1e-3, atol=5)


def test_shortest_routes_against_all_routes():
    roads = data.load_roads()

    def routes(here, passed, links):
        if here == 19:
            yield tuple(links)
            return
        for link in np.flatnonzero(roads.start == here):
            end = roads.end[link]
            if end not in passed and len(links) < 10:
                yield from routes(end, {*passed, end}, [*links, int(link)])

    lengths = sorted(roads.free[list(r)].sum() for r in routes(0, {0}, []))[:5]
    found = traffic.shortest_routes(roads, roads.free, 0, 19, 5)
    assert [roads.free[list(r)].sum() for r in found] == lengths and len(set(found)) == 5


def test_time_by_hand():
    roads = traffic.four_nodes(True)
    assert traffic.link_times(roads, np.full(5, 200.0))[:2] == pytest.approx([2, 45], rel=1e-5)
    assert traffic.link_times(roads, np.full(5, 200.0), 1.0)[0] == pytest.approx(4, rel=1e-5)


def test_a_gap_that_cannot_be_reached():
    with pytest.raises(RuntimeError, match=r"gap -1\.0 was not"):
        traffic.balanced(traffic.four_nodes(False), gap=-1.0)
