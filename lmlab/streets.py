"""The pictures of chapter 1.8 and what they say: a shortcut, queues, cycles, signals, routes."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, COLOURS, GREEN, ORANGE, RED

__all__ = [
    "draw_cycle",
    "draw_followers",
    "draw_queue",
    "draw_routes",
    "draw_signals",
    "say_cycle",
    "say_followers",
    "say_queue",
    "say_routes",
    "say_signals",
]


def say_followers(share: float, followers: float, others: float, before: float) -> str:
    """Minutes of those who follow the app, of the others, and before the app, in words."""
    return (
        f"{share:.0%} follow: they drive {followers:.1f} minutes, the others {others:.1f}; "
        f"before, all drove {before:.1f}"
    )


def draw_followers(share: float, followers: float, others: float, before: float, top: float):
    """Two bars of minutes, followers and others, against the time before as a dotted line.

    Args:
        share: of the drivers who follow.
        followers, others, before: minutes.
        top: right end of the axis; a longer bar is cut and says its number.
    """
    figure, ax = plt.subplots(figsize=(5.6, 1.9))
    names, minutes = ["followers", "others"], [followers, others]
    ax.barh(names, np.minimum(minutes, top), color=[ORANGE, BLUE])
    for row, value in enumerate(minutes):
        ax.text(min(value, top) * 0.98, row, f"{value:.1f}", ha="right", va="center", color="black")
    ax.axvline(before, color="black", linestyle=":")
    ax.set(xlim=(0, top), xlabel=f"minutes (dotted: all, before the app, {before:.1f})")
    ax.invert_yaxis()
    ax.set_title(f"{share:.0%} of the drivers follow", fontsize=10)
    return figure


def say_queue(load: float, wait: float, found: float) -> str:
    """A load, the time in the queue by the formula and in the simulation, in words."""
    return f"load {load:g}: {wait:.1f} service times of wait by the formula, {found:.1f} simulated"


def draw_queue(load: float, found: float):
    """Time in the queue by load, ρ / (1 - ρ), with one load marked, and its simulation.

    Args:
        load: of the point.
        found: simulated wait there, in service times.
    """
    loads, wait = np.linspace(0.02, 0.955, 60), load / (1 - load)
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    ax.plot(loads, loads / (1 - loads), color=BLUE)
    ax.plot(load, wait, "o", color=RED, markersize=9, label=f"formula: {wait:.1f}")
    ax.plot(load, found, "x", color="black", markersize=9, label=f"simulated: {found:.1f}")
    ax.set(ylim=(0, 22), xlim=(0, 1), xlabel="load ρ", ylabel="in the queue (service times)")
    ax.legend(fontsize=9)
    return figure


def say_cycle(load: float, lost: float, best: float, least: float) -> str:
    """Load and lost time, Webster's cycle, and the best simulated one, in words."""
    return (
        f"Y {load:g}, L {lost:g} s: Webster says {best:.1f} s; least simulated wait {least:.1f} s"
    )


def draw_cycle(cycles, waits, best: float, title: str):
    """Simulated mean wait by length of the cycle, with Webster's cycle dotted.

    Args:
        cycles, waits (n,): seconds.
        best: Webster's cycle, seconds.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    ax.plot(cycles, np.minimum(waits, 150), "o-", color=BLUE, markersize=4)
    ax.axvline(best, color="black", linestyle=":")
    ax.set(ylim=(0, 120), xlim=(10, 215))
    ax.set(xlabel=f"cycle (s; dotted: Webster, {best:.1f})", ylabel="mean wait (s)")
    ax.set_title(title, fontsize=10)
    return figure


def say_signals(waits: dict[str, float]) -> str:
    """Mean wait under each signal, in words."""
    return ", ".join(f"{name} {wait:.1f} s" for name, wait in waits.items())


def draw_signals(waits: dict[str, float], title: str):
    """A bar of seconds for each signal; a bar longer than 60 s is cut and says its number."""
    figure, ax = plt.subplots(figsize=(5.6, 2.2))
    values = list(waits.values())
    ax.barh(list(waits), np.minimum(values, 60), color=COLOURS[: len(values)])
    for row, value in enumerate(values):
        ax.text(min(value, 55) + 0.7, row, f"{value:.1f}", va="center", fontsize=9)
    ax.set(xlim=(0, 62), xlabel="mean wait on test days (s)")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def say_routes(free, minutes, best: int) -> str:
    """Minutes of the routes on empty and on full roads, and the recommended one, in words."""
    pairs = ", ".join(f"{a:.0f} empty, {b:.1f} now" for a, b in zip(free, minutes, strict=True))
    return f"minutes of the routes: {pairs}; recommended: number {best + 1}"


def draw_routes(roads, ratio, routes, free, minutes, best: int, title: str):
    """The network, darker where it is slower, and some routes on it.

    Args:
        roads: a `Roads`.
        ratio (m,): time of each link over that when empty.
        routes: tuples of links.
        free, minutes: of each route, on empty and on full roads.
        best: number of the recommended route, from 0.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.6, 3.6))
    x, y = roads.places.T
    for link, slow in enumerate(ratio):
        ends = [roads.start[link], roads.end[link]]
        shade = str(round(0.85 - 0.75 * min((slow - 1) / 3, 1), 2))
        ax.plot(x[ends], y[ends], "-", color=shade, linewidth=1.2, zorder=1)
    looks = zip(routes, (BLUE, ORANGE, GREEN), ("-", "--", ":"), (7, 5, 3), strict=False)
    for k, ((route, colour, dash, width), a, b) in enumerate(
        zip(looks, free, minutes, strict=True)
    ):
        nodes = [roads.start[route[0]], *roads.end[list(route)]]
        label = f"{a:.0f} → {b:.1f} min" + ("\nrecommended" if k == best else "")
        ax.plot(x[nodes], y[nodes], dash, color=colour, linewidth=width, alpha=0.8, label=label)
    for node, place in enumerate(roads.places):
        ax.text(*place, node + 1, fontsize=9, ha="center", va="center", zorder=3)
    ax.set_axis_off()
    ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5), title="empty → now")
    ax.set_title(title, fontsize=10)
    return figure
