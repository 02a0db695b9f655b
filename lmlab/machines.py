"""The pictures of chapter 5.5: speed and bill, a ring, checkpoints, memory, a layer, a pipeline."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = [
    "draw_budgets",
    "draw_chunks",
    "draw_parts",
    "draw_shares",
    "draw_speed_up",
    "draw_talk",
    "draw_tasks",
]


def log_axis(axis, ticks):
    """Plain numbers at a few places of a logarithmic axis."""
    axis.set_ticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.set_ticks([], minor=True)


def draw_speed_up(speed_up, p: float, n: int):
    """How many times faster n workers are, and what they cost; speed_up(p, n)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.7))
    line, fast = np.geomspace(1, 2000, 100), speed_up(p, n)
    left.loglog(line, line, ":", color="gray")
    left.loglog(line, speed_up(p, line), "-", color=BLUE)
    left.axhline(1 / (1 - p), color="gray", linewidth=1)
    left.text(1.1, 1.15 / (1 - p), "1 / (1 − p)", color="dimgray")
    right.loglog(line, line / speed_up(p, line), "-", color=ORANGE)
    for ax, now, name in ((left, fast, "faster"), (right, n / fast, "the bill")):
        ax.plot(n, now, "o", color=RED, markersize=9)
        ax.set(xlabel="workers", ylabel=f"times {name}", ylim=(0.8, 2000))
        ax.set_title(f"{now:.1f} times {name}")
        log_axis(ax.xaxis, [1, 10, 100, 1000])
        log_axis(ax.yaxis, [1, 10, 100, 1000])
    return figure


def draw_chunks(held, moment: str, sent):
    """Gradients inside each chunk of each worker (n, n), and the megabytes sent(n) by each."""
    n = len(held)
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.7))
    picture = left.imshow(held, vmin=1, vmax=n, cmap="cividis")
    left.set(xlabel="chunk", ylabel="worker", title=f"{moment} of the steps")
    left.set(xticks=[0, n - 1], yticks=[0, n - 1])
    left.grid(False)
    figure.colorbar(picture, label="gradients inside", shrink=0.8, ticks=[1, n])
    line = np.arange(2, 65)
    right.plot(line, (line - 1) * 100, "--", color="gray", label="one centre")
    right.plot(line, sent(line), "-", color=BLUE, label="ring")
    right.plot(n, sent(n), "o", color=RED, markersize=9)
    right.set(xlabel="workers", xlim=(0, 66), ylabel="MB sent by the busiest")
    right.set(ylim=(0, 600), title=f"ring: {sent(n):.0f} MB each")
    right.legend(loc="upper right")
    return figure


def draw_shares(useful, farms, gaps, interval: int, chips: int):
    """Share useful(minutes, chips) of the time by the minutes between checkpoints, two farms."""
    figure, ax = plt.subplots(figsize=(6, 2.7))
    line, share = np.geomspace(1, 500, 100), useful(interval, chips)
    for farm, look in zip(farms, ("--", "-"), strict=True):
        colour = BLUE if farm == chips else "silver"
        ax.semilogx(line, useful(line, farm), look, color=colour)
        height, name = useful(190, farm) - 0.11, f"{farm:,} chips"
        ax.text(190, height, name, color="dimgray", ha="right")
    ax.plot(interval, share, "o", color=RED, markersize=9)
    ax.set(xlabel="minutes between two checkpoints", ylabel="useful share of the time")
    ax.set(ylim=(0, 1.05), xlim=(1, 500))
    ax.set_title(f"every {interval} min: {share:.0%} of the time is useful")
    log_axis(ax.xaxis, [1, *gaps])
    return figure


def draw_parts(parts, billions: int, title: str):
    """Gigabytes of weights, gradients and optimiser on a chip of 80 GB."""
    start = 0
    figure, ax = plt.subplots(figsize=(6, 2.1))
    looks = (("weights", BLUE, ""), ("gradients", ORANGE, "//"), ("optimiser", GREEN, ".."))
    for part, (name, color, hatch) in zip(parts, looks, strict=True):
        ax.barh(0, part, left=start, color=color, hatch=hatch, ec="white", label=name)
        start += part
    ax.axvline(80, color=RED)
    ax.text(80 + billions / 3, 0.55, "80 GB", color=RED)
    ax.set(xlim=(0, 18 * billions), ylim=(-0.6, 0.8), yticks=[])
    figure.legend(ncols=3, loc="outside lower center")
    fits = "fits, before activations" if start < 80 else "does not fit"
    ax.set(xlabel="GB on each chip", title=f"{title}: {start:,.1f} GB, {fits}")
    return figure


def draw_talk(splits, compute, talk, n: int, title: str):
    """Milliseconds of computing and of talk for each number of chips; a mark over n of them."""
    figure, ax = plt.subplots(figsize=(6, 2.7))
    places = range(len(splits))
    ax.bar(places, compute, color=BLUE, label="compute")
    look = {"color": ORANGE, "hatch": "//", "ec": "white", "label": "talk"}
    ax.bar(places, talk, bottom=compute, **look)
    here = splits.index(n)
    ax.plot(here, compute[here] + talk[here] + 0.6, "v", color=RED, markersize=9)
    ax.set(xticks=places, xticklabels=splits, xlabel="chips for one layer")
    ax.set(ylabel="ms for one block", ylim=(0, 15))
    ax.legend(loc="upper right")
    ax.set_title(title)
    return figure


def draw_tasks(forward, backward, end: float, title: str):
    """Forward and backward tasks of each stage by starts (stages, micro); backward take 2."""
    figure, ax = plt.subplots(figsize=(6, 2.7))
    for starts, length, colour in ((forward, 1, BLUE), (backward, 2, ORANGE)):
        for i, row in enumerate(starts):
            spans = [(t / end, length / end) for t in row]
            ax.broken_barh(spans, (i + 0.6, 0.8), color=colour, ec="white", lw=0.4)
    ax.set(xlim=(0, 1), yticks=range(1, len(forward) + 1), ylabel="stage")
    ax.set(xlabel="share of the time of one step (blue forward, then orange backward)")
    ax.invert_yaxis()
    ax.grid(False)
    ax.set_title(title)
    return figure


def draw_valleys(ax, results, budgets, now: float, best: int):
    """Losses by width for the budgets so far; the present one in blue, its best with a star."""
    for budget in budgets:
        row, colour = results[budget], BLUE if budget == now else "silver"
        ax.semilogx([*row], [row[h].mean() for h in row], "-o", color=colour)
    row = results[now]
    for h in row:
        ax.plot([h] * 3, row[h], "_", color=BLUE, markersize=10)
    ax.plot(best, row[best].mean(), "*", color=RED, markersize=14, zorder=4)
    ax.set(xlabel="hidden neurons", ylabel="loss (nats)", ylim=(1.95, 3), xlim=(3, 350))
    ax.set_title(f"{now:.1e} FLOP: {best} neurons")
    log_axis(ax.xaxis, [4, 16, 64, 256])


def draw_budgets(results, budgets, widths, best: int):
    """The valleys up to the last budget, and the best widths (budgets, seeds) by compute."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.8))
    draw_valleys(left, results, budgets, budgets[-1], best)
    right.loglog(budgets, widths, "o", color=BLUE, alpha=0.6)
    right.loglog(budgets, np.exp(np.log(widths).mean(axis=1)), "-", color=BLUE)
    right.set(xlabel="compute (FLOP)", ylabel="best width, three seeds")
    right.set(ylim=(4, 120), xlim=(1e8, 2e10), xticks=[1e8, 1e9, 1e10])
    right.minorticks_off()
    log_axis(right.yaxis, [4, 8, 16, 32, 64])
    return figure
