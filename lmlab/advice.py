"""The pictures of chapter 5.8 and what they say: orders, fans, consent, a profile."""

import re

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, RED

__all__ = [
    "draw_consent",
    "draw_fan",
    "draw_orders",
    "draw_profile",
    "has_number",
    "numbers_in",
    "say_consent",
    "say_fan",
    "say_orders",
    "say_profile",
    "whole",
]


def numbers_in(text: str) -> list[float]:
    """The numbers in a text, in order; `25,156` is one number, and so is `0.5`.

    Examples:
        >>> numbers_in("In 2 years 2,050.5 dollars.")
        [2.0, 2050.5]
    """
    found = re.findall(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?", text)
    return [float(number.replace(",", "")) for number in found]


def has_number(text: str, number: float) -> bool:
    """Whether any number in a text lies within 1 % of `number`, which is not 0."""
    return any(abs(x / number - 1) <= 0.01 for x in numbers_in(text))


def whole(text: str) -> str:
    """An answer up to its end mark, without a last sentence that was cut off.

    Examples:
        >>> whole("It is 4. So you have")
        'It is 4.'
        >>> whole("It is 4.<|im_end|>more")
        'It is 4.'
    """
    text = text.partition("<|im_end|>")[0]
    done = text.rpartition(". ")[0]
    return f"{done}." if done and not text.endswith(".") else text


def say_orders(path, plan: str) -> str:
    """Where the fund of a plan ends, or in which year it is empty, in words."""
    empty = np.flatnonzero(np.asarray(path) <= 0)
    empty = empty[empty > 0]
    if len(empty):
        return f"{plan}: the fund is empty after {empty[0]} years"
    return f"{plan}: ends at {path[-1]:,.0f}"


def draw_orders(path, other, plan: str, order: str):
    """A fund over the years, and dotted the one with the same returns in the other order.

    Args:
        path: `(years + 1,)`, the fund at the start and at each end of year.
        other: the same in the other order.
        plan: one of the plans, in words.
        order: in words.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    path = np.maximum(path, 0)
    ax.plot(np.maximum(other, 0), ":", color="gray", label="other order")
    ax.plot(path, color=BLUE, label=order)
    ax.plot(len(path) - 1, path[-1], "o", color=RED, markersize=8)
    ax.set(xlabel="years", ylabel="fund", ylim=(-20, 1.08 * max(path.max(), max(other)) + 20))
    ax.set_title(say_orders(path, plan), fontsize=10)
    ax.legend(fontsize=9, loc="upper left")
    return figure


def say_fan(ends, promised: float) -> str:
    """How many savers reach what was promised, and where the middle one ends, in words."""
    reach = 100 * np.mean(np.asarray(ends) >= promised)
    middle = f"the middle saver has {np.median(ends):,.1f}"
    return f"promised {promised:,.1f}; {middle}; {reach:.0f} of 100 get it"


def draw_fan(paths, promise, title: str):
    """Funds of many savers as a fan (5, 25, 50, 75, 95 %), and the promised curve.

    Args:
        paths: `(savers, years + 1)`.
        promise: `(years + 1,)`.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.6, 2.8))
    low, lower, middle, upper, high = np.quantile(paths, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    years = np.arange(len(promise))
    ax.fill_between(years, low, high, color=BLUE, alpha=0.2, label="90 of 100 savers")
    ax.fill_between(years, lower, upper, color=BLUE, alpha=0.4, label="50 of 100")
    ax.plot(years, middle, color=BLUE, label="the middle one")
    ax.plot(years, promise, "--", color=RED, label="promised")
    ax.set(xlabel="years", ylabel="fund, yearly savings", ylim=(0, None))
    reach = 100 * np.mean(paths[:, -1] >= promise[-1])
    ax.set_title(f"{title}: {reach:.0f} of 100 get what was promised", fontsize=10)
    ax.legend(fontsize=9, loc="upper left")
    return figure


def say_consent(died: dict, told: dict, nats: float) -> str:
    """Share that died and risk told in each group, and the loss over everybody, in words."""
    groups = ", ".join(f"{name} {told[name]:.3f} for {died[name]:.3f}" for name in died)
    return f"risk told for share that died: {groups}; loss {nats:.4f} nats"


def draw_consent(died: dict, told: dict, nats: float, errors: dict, title: str):
    """Shares that died as bars with a standard error, risks told as dots, a group each.

    Args:
        died: share by name of the group.
        told: mean risk that the held-out advice told, by the same names.
        nats: loss over everybody.
        errors: standard error of `died`.
        title: of the picture.
    """
    figure, ax = plt.subplots(figsize=(5.8, 2.7))
    places = np.arange(len(died))
    look = {"color": BLUE, "alpha": 0.5, "capsize": 4, "label": "died"}
    ax.bar(places, list(died.values()), 0.6, yerr=list(errors.values()), **look)
    ax.plot(places, list(told.values()), "D", color=RED, markersize=8, label="risk told")
    ax.set_xticks(places, [name.replace(" ", "\n", 1) for name in died])
    ax.set(ylim=(0, 0.55), ylabel="share")
    ax.set_title(f"{title}; loss {nats:.4f} nats", fontsize=10)
    ax.legend(fontsize=9, loc="upper right", ncols=2)
    return figure


def say_profile(risks, advice: str, is_known: bool) -> str:
    """Nine in ten of the risks, what the advice is, whether the table has such people."""
    low, middle, high = np.quantile(risks, [0.05, 0.5, 0.95])
    known = "inside" if is_known else "outside"
    return f"risk {middle:.3f} ({low:.3f} to {high:.3f}): {advice}; {known} the table"


def draw_profile(risks, advice: str, is_known: bool, cut: float):
    """The risk of a profile by each of many refits, the cut of the advice, and the verdict.

    Args:
        risks: `(refits,)`.
        advice: what a service says that is silent only when unsure.
        is_known: whether all answers lie within those of the table.
        cut: above it a doctor is advised.
    """
    figure, ax = plt.subplots(figsize=(5.8, 2.0))
    low, middle, high = np.quantile(risks, [0.05, 0.5, 0.95])
    ax.plot(risks, np.full(len(risks), 0.0), "|", color="gray", markersize=12)
    ax.plot([low, high], [0, 0], color=BLUE, linewidth=4)
    ax.plot(middle, 0, "o", color=BLUE, markersize=9)
    ax.axvline(cut, color="black", linestyle=":")
    ax.text(cut + 0.01, 0.7, f"cut {cut}", fontsize=9)
    ax.set(xlim=(-0.02, 1.02), ylim=(-1, 1), yticks=[], xlabel="risk of dying, ten years")
    known = "inside the table" if is_known else "outside the table"
    ax.set_title(f"“{advice}” ({known})", fontsize=10, color=BLUE if is_known else RED)
    return figure
