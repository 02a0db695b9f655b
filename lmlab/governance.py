"""The pictures of chapter 4.9: who falls, what licences allow, kilograms, a card under audit."""

import textwrap

import matplotlib.pyplot as plt

from lmlab.figures import BLUE, GREEN, ORANGE, RED
from lmlab.models.cards import FAULTS

__all__ = ["draw_audit", "draw_carbon", "draw_fall", "draw_verdicts", "say_audit", "say_verdicts"]

LIGHTS = {"yes": GREEN, "by hand": ORANGE, "no": RED}


def depths(packages) -> dict[str, int]:
    """How many links lie at least between a package and one that nobody else needs."""
    found = {name: 0 for name, package in packages.items() if not package.by}
    while len(found) < len(packages):
        before = len(found)
        for name, package in packages.items():
            if name not in found and any(each in found for each in package.by):
                found[name] = 1 + min(found[each] for each in package.by if each in found)
        if len(found) == before:  # only rings are left
            found |= dict.fromkeys(set(packages) - set(found), 0)
    return found


def draw_fall(packages, gone: str, fallen: set, title: str):
    """A package that is taken away (large), those who fall with it (red), the others (blue)."""
    depth = depths(packages)
    figure, ax = plt.subplots(figsize=(6, 2.8))
    for level in range(max(depth.values()) + 1):
        names = sorted(name for name in packages if depth[name] == level)
        rows, columns = 8, -(-len(names) // 8)
        for i, name in enumerate(names):
            x = level + 0.7 * ((i // rows + 0.5) / columns - 0.5)
            y = i % rows
            look = {"marker": "X" if name in fallen else "o", "ms": 11 if name == gone else 5}
            ax.plot(x, y, color=RED if name in fallen else BLUE, ls="", **look)
    ax.set(xlabel="links to what nobody else needs", yticks=[], ylim=(-0.8, 7.8))
    ax.set_xticks(range(max(depth.values()) + 1))
    ax.set_title(title, fontsize=10)
    return figure


def say_verdicts(verdicts: dict) -> str:
    """Counts of the verdicts in words, and who is refused."""
    names = [name for name, said in verdicts.items() if said == "no"]
    counts = ", ".join(f"{sum(v == key for v in verdicts.values())} {key}" for key in LIGHTS)
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{counts}; no: {', '.join(names[:4])}{more}" if names else f"{counts}"


def draw_verdicts(verdicts: dict, title: str):
    """Packages by verdict: may be inside, by hand, may not; the last two by name."""
    figure, ax = plt.subplots(figsize=(6, 2.6))
    for row, (key, color) in enumerate(LIGHTS.items()):
        names = [name for name, said in verdicts.items() if said == key]
        ax.barh(row, len(names), color=color)
        shown = "" if key == "yes" else ": " + ", ".join(names[:9]) + " …" * (len(names) > 9)
        text = textwrap.fill(f"{len(names)}{shown}", 52)
        ax.text(len(names) + 0.01 * len(verdicts), row, text, va="center", fontsize=8)
    ax.set(yticks=range(3), yticklabels=LIGHTS, xlim=(0, 1.9 * len(verdicts)), xlabel="packages")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def draw_carbon(grams: float, now: tuple, factors: dict, title: str):
    """Grams as a line, and for each factor what its ends in place of `now` would make of them."""
    figure, ax = plt.subplots(figsize=(6, 2.4))
    for row, (value, ends) in enumerate(zip(now, factors.values(), strict=True)):
        low, high = (grams * end / value for end in ends)
        ax.plot([low, high], [row, row], "-", color=BLUE, lw=6, solid_capstyle="butt")
        ax.text(high * 1.2, row, f"× {high / low:.3g}", va="center", fontsize=9)
    ax.axvline(grams, color=RED)
    ax.set(xscale="log", xlim=(1e-3, 1e7), yticks=range(len(now)), yticklabels=list(factors))
    ax.set(xlabel="g CO₂-equivalent", ylim=(len(now) - 0.4, -0.6))
    ax.set_title(title, fontsize=10)
    return figure


def say_audit(found: list[str]) -> str:
    """What an audit says, in words."""
    return f"complaint: {found[0]}" if found else "no complaint"


def draw_audit(card: dict, fault: str, found: list[str], title: str):
    """The fields of a card as boxes, the changed one in orange; below, what the audit says."""
    figure, ax = plt.subplots(figsize=(6, 2.3))
    for row, (section, names) in enumerate(card.items()):
        ax.text(5 * (row // 5), row % 5, section.replace("_", " "), fontsize=8, va="center")
        for i, name in enumerate(names):
            color = ORANGE if (section, name) == FAULTS[fault][:2] else "lightgray"
            place = (5 * (row // 5) + 2.7 + 0.5 * i, row % 5 - 0.3)
            ax.add_patch(plt.Rectangle(place, 0.4, 0.6, color=color))
    words = textwrap.shorten(say_audit(found), 90)
    ax.text(0, 5.3, words, fontsize=9, color=RED if found else "black", va="center")
    ax.set(xlim=(0, 10), ylim=(5.8, -0.6))
    ax.set_axis_off()
    ax.set_title(title, fontsize=10)
    return figure
