"""The pictures of chapter 3.9 and what they say: bids, estimates, days, looks, effects."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import COLOURS, GREEN, RED

__all__ = [
    "draw_bids",
    "draw_days",
    "draw_effect",
    "draw_intervals",
    "draw_judged",
    "draw_lines",
    "draw_looks",
    "say_bid",
    "say_day",
    "say_effect",
    "say_judged",
    "say_looks",
    "table",
]

STYLES = ("o-", "s--", "^:", "d-.", "v-")


def draw_lines(
    lines: dict, mark: tuple, labels: tuple, title: str, level=None, until: bool = False
):
    """Curves over the same places, one of their points ringed.

    Args:
        lines: by name of the curve: its heights by place, in the same order for all.
        mark: name and place of the point that is ringed.
        labels: of the axes, in words.
        title: in words.
        level: a name and a height of a line across, or None.
        until: whether the curves end at the place of the mark; the axes are those of all places.

    Raises:
        ValueError: the mark is no point of the curves.
    """
    name, place = mark
    if name not in lines or place not in lines[name]:
        raise ValueError(f"`mark` must be a curve and a place of it, got {mark!r}")
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    places = list(lines[name])
    shown = places[: places.index(place) + 1] if until else places
    values = [height for curve in lines.values() for height in curve.values()]
    room = 0.06 * (max(values) - min(values)) or 1
    for k, (label, heights) in enumerate(lines.items()):
        heights = [heights[x] for x in shown]
        ax.plot(range(len(shown)), heights, STYLES[k % 5], color=COLOURS[k], label=label)
    ax.plot(places.index(place), lines[name][place], "o", ms=13, mfc="none", color=RED)
    if level is not None:
        ax.axhline(level[1], color="black", lw=1, ls=":", label=level[0])
    ax.set(xlabel=labels[0], ylabel=labels[1], xlim=(-0.3, len(places) - 0.7))
    ax.set_ylim(min(values) - room, max(values) + room)
    ax.set_xticks(range(len(places)), places)
    ax.set_title(title, fontsize=10)
    ax.legend(fontsize=9)
    return figure


def draw_intervals(rows: dict, xlabel: str, title: str, truth=None, xlim=None):
    """Values with their 95 % intervals, one row each, and a truth with its own as a band.

    Args:
        rows: value and standard error by name.
        xlabel, title: in words.
        truth: name, value, standard error, or None: a line at zero.
        xlim: ends of the axis, or None.
    """
    values, errors = np.array(list(rows.values())).T
    figure, ax = plt.subplots(figsize=(5.6, 0.9 + 0.42 * len(rows)), layout="constrained")
    if truth is None:
        ax.axvline(0, color="black", lw=1)
    else:
        label, value, error = truth
        ax.axvspan(value - 1.96 * error, value + 1.96 * error, color=GREEN, alpha=0.2)
        ax.axvline(value, color=GREEN, label=label)
        ax.legend(fontsize=9)
    names = list(rows)
    ax.errorbar(values, names, xerr=1.96 * errors, fmt="o", color=COLOURS[0], capsize=3)
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel, xlim=xlim)
    ax.set_title(title, fontsize=10)
    return figure


def say_bid(gains: dict, share: int, budget: int) -> str:
    """Gain per auction, and the part of the day for which the money lasts, in words."""
    gain, end = gains[budget][share]
    return f"bid {share} %, budget {budget} %: gain {gain:.2f}, money for {end:.0%} of the day"


def draw_bids(gains: dict, share: int, budget: int):
    """Gains for each share of the value, with one budget.

    Args:
        gains: gain per auction and part of the day with money, by budget (%) and share (%).
        share: of the value that is bid (%), ringed with `budget` (%).
        budget: as a share of what truth would spend.
    """
    curve = {s: v[0] for s, v in gains[budget].items()}
    labels, name = ("bid (% of the value)", "gain per auction"), f"budget {budget} %"
    return draw_lines({name: curve}, (name, share), labels, say_bid(gains, share, budget))


def say_judged(judged, policy: str, shop: str) -> str:
    """Estimates, the counted rate, the rows that the log is worth, in words.

    Args:
        judged: takes policy and shop; returns estimates (value, error) by name, the counted rate
            with its error, and the rows, then whatever it likes.
        policy: whose log it is.
        shop: where.
    """
    found, own, rows, *_ = judged(policy, shop)
    said = ", ".join(f"{name} {1e4 * value:.0f}" for name, (value, _) in found.items())
    return f"{policy}, {shop}: {said}; counted {1e4 * own[0]:.0f}; worth {rows:,.0f} rows"


def draw_judged(judged, policy: str, shop: str):
    """Estimates with their intervals, and the counted rate with its own as a band."""
    found, own, rows, *_ = judged(policy, shop)
    each = {name: 1e4 * np.array(pair) for name, pair in found.items()}
    truth = "counted", 1e4 * own[0], 1e4 * own[1]
    title = f"log of {policy}, {shop}: worth {rows:,.0f} rows"
    return draw_intervals(each, "clicks per 10,000 views", title, truth, (-20, 160))


def say_day(found: dict, campaign: int, k: int) -> str:
    """What came, and what each way of learning promised and gained, in words.

    Args:
        found: share promised, share come, gain per letter, by campaign, way and day.
        campaign: number.
        k: day of the campaign.
    """
    ways = {way: row[k] for way, row in found[campaign].items()}
    came = next(iter(ways.values()))[1]
    said = ", ".join(f"{way} {p:.1%}, gain {gain:.2f}" for way, (p, _, gain) in ways.items())
    return f"campaign {campaign}, day {k}: {came:.1%} came; promised: {said}"


def draw_days(found: dict, campaign: int, k: int):
    """Gain per letter up to day k, a curve a way of learning; the first is ringed."""
    gains = {way: {day: v[2] for day, v in row.items()} for way, row in found[campaign].items()}
    way, labels = next(iter(gains)), ("day of the campaign", "gain per letter")
    title = f"campaign {campaign}, day {k}: {way}, gain {gains[way][k]:.2f}"
    return draw_lines(gains, (way, k), labels, title, until=True)


def say_looks(found: dict, looks: int) -> str:
    """Shares of false alarms and of true lifts found, `found[bound][looks]`, in words."""
    rows = ((bound, *row[looks]) for bound, row in found.items())
    said = ", ".join(f"{bound} {cry:.1%}, true lifts found {hit:.0%}" for bound, cry, hit in rows)
    return f"looks {looks}, false alarms: {said}"


def draw_looks(found: dict, looks: int):
    """False alarms for up to so many looks, a curve a bound; the first is ringed."""
    curves = {name: {k: 100 * v[0] for k, v in row.items()} for name, row in found.items()}
    labels, level = ("looks", "false alarms (%)"), ("stated: 5 %", 5)
    first = next(iter(curves))
    title = f"looks: {looks}; {first}: {curves[first][looks]:.1f} % false alarms"
    return draw_lines(curves, (first, looks), labels, title, level, until=True)


def say_effect(found: dict, campaign: int, weeks: int) -> str:
    """Effects (value, error) by name, `found[campaign][weeks]`, in words."""
    rows = found[campaign][weeks].items()
    said = ", ".join(f"{name} {value:+.1f}" for name, (value, _) in rows)
    return f"campaign {campaign}, matched on {weeks} weeks: {said} dollars a week"


def draw_effect(found: dict, campaign: int, weeks: int):
    """Effects in dollars a week with their intervals."""
    label = "dollars a week and household, 95 % interval"
    title = f"campaign {campaign}, matched on {weeks} weeks"
    return draw_intervals(found[campaign][weeks], label, title, xlim=(-6, 21))


def table(values, rows, columns) -> dict:
    """`values(row, column)` for each pair, by row and column."""
    return {row: {column: values(row, column) for column in columns} for row in rows}
