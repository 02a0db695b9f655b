"""The pictures of chapter 5.9 and what they say: tests, prices, regrets, values, pushing."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.billboard import draw_lines
from lmlab.figures import BLUE, GREEN, ORANGE, RED

__all__ = [
    "draw_profit",
    "draw_pushed",
    "draw_regret",
    "draw_test",
    "draw_values",
    "priced",
    "say_profit",
    "say_pushed",
    "say_regret",
    "say_test",
    "say_values",
]


def say_test(gains: dict, customers: int, tested: int) -> str:
    """Gain of a test, `gains[customers][tested]`, in words."""
    gain = gains[customers][tested]
    return f"{tested} of {customers:,} customers tested: gain {gain:.1f} in all"


def draw_test(gains: dict, customers: int, tested: int):
    """Gain over all customers by the size of the test; the chosen size is ringed."""
    curve = {f"{customers:,} customers": gains[customers]}
    labels, mark = ("customers in the test", "gain over the old price"), (next(iter(curve)), tested)
    title = say_test(gains, customers, tested)
    return draw_lines(curve, mark, labels, title, ("no test", 0))


def priced(true: float, believed: float) -> tuple[float, float, float]:
    """Price charged by a believed elasticity, the best price (× cost), share of profit lost."""
    charged, best = (eta / (1 + eta) for eta in (believed, true))
    gain, most = ((p - 1) * p**true for p in (charged, best))
    return charged, best, 1 - gain / most


def say_profit(true: float, believed: float) -> str:
    """Price charged, best price, in units of the cost, and the profit lost, in words."""
    charged, best, lost = priced(true, believed)
    said = f"charged {charged:.2f} × cost, best {best:.2f}"
    return f"true elasticity {true:g}: {said}; {lost:.1%} of the profit lost"


def draw_profit(true: float, believed: float):
    """Profit by price under a constant elasticity, as a share of the best.

    Args:
        true, believed: elasticities, below −1.

    Raises:
        ValueError: the elasticity is −1 or above.
    """
    if true >= -1:
        raise ValueError(f"`true` must be below -1, got {true}")
    charged, best, lost = priced(true, believed)
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    price = np.linspace(1, 4, 200)
    profit = (price - 1) * price**true
    ax.plot(price, profit / ((best - 1) * best**true), color=BLUE, label="profit")
    ax.axvline(best, color=GREEN, linestyle=":", label=f"best {best:.2f}")
    ax.plot(charged, 1 - lost, "s", color=RED, markersize=9, label=f"charged {charged:.2f}")
    ax.set(xlabel="price (× cost)", ylabel="share of the best profit", ylim=(0, 1.1))
    ax.set_title(f"true elasticity {true:g}: {lost:.1%} lost", fontsize=10)
    ax.legend(fontsize=9, loc="lower right")
    return figure


def say_regret(found: dict, rule: str, setting: float, market: str) -> str:
    """Losses in % of the best profit, `found[market][rule][setting]`, in words."""
    return f"{market}: {rule} with {setting:g} loses {found[market][rule][setting]:.1f} %"


def draw_regret(found: dict, formulas: dict, rule: str, setting: float, market: str):
    """Losses of both rules by setting in one market; the chosen one is ringed.

    Args:
        found: loss in % by market, rule and setting.
        formulas: loss of the price from history by market.
        rule, setting, market: what is ringed.
    """
    labels = (f"setting of {rule}", "lost (% of the best profit)")
    level = f"price from history: {formulas[market]:.1f}", formulas[market]
    title = say_regret(found, rule, setting, market)
    return draw_lines({rule: found[market][rule]}, (rule, setting), labels, title, level)


def say_values(learned: dict, exact: dict, discount: float, rate) -> str:
    """How far the best learned costs lie from the true ones, in words; as in `draw_values`."""
    true = exact[discount].min(axis=2)
    off = learned[discount, rate].min(axis=2) - true
    said = f"{off.mean() / true.mean():+.1%} in the mean, {np.abs(off).max():.2f} at most"
    return f"discount {discount:g}, rate {rate}: learned costs off by {said}"


def draw_values(learned: dict, exact: dict, discount: float, rate):
    """Two grids: the cost to come by stock and arrivals, and the error of what was learned.

    Args:
        learned: `(stocks, arrives, orders)` by discount and rate.
        exact: `(stocks, arrives, orders)` by discount.
        discount, rate: of the learner.
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 2.9), layout="constrained")
    true = exact[discount].min(axis=2)
    off = learned[discount, rate].min(axis=2) - true
    limit = max(np.abs(off).max(), 0.2 * true.mean())
    grids = (true, "cost to come", "viridis", {}), (off, "learned − true", "RdBu", {"vmin": -limit})
    for ax, (grid, title, colours, ends) in zip(axes, grids, strict=True):
        ends = ends | ({"vmax": limit} if ends else {})
        shown = ax.imshow(grid, origin="lower", aspect="auto", cmap=colours, **ends)
        figure.colorbar(shown, ax=ax)
        ax.set(xlabel="arrives tomorrow", ylabel="stock")
        ax.set_title(title, fontsize=10)
    mean = f"{off.mean() / true.mean():+.1%}"
    figure.suptitle(f"discount {discount:g}, rate {rate}: off by {mean} in the mean", fontsize=10)
    return figure


def say_pushed(pushed: dict, kind: str, push: float) -> str:
    """Learned and true reward, `pushed[kind][push]`, in words."""
    learned, true, _ = pushed[kind][push]
    return f"{kind}, push {push:g}: learned reward {learned:+.1f}, true {true:.2f} of the best"


def draw_pushed(pushed: dict, true, offers, kind: str, push: float):
    """The true profit of each offer, and how often the policy makes it.

    Args:
        pushed: learned reward, true reward and policy `(offers,)` by kind and push.
        true: `(offers,)` share of the best profit.
        offers: `(offers,)` prices.
        kind, push: what is shown.
    """
    learned, reward, policy = pushed[kind][push]
    figure, ax = plt.subplots(figsize=(5.6, 2.7))
    ax.plot(offers, true, color=GREEN, label="true profit")
    ax.bar(offers, policy / policy.max(), width=0.2, color=ORANGE, label="offered (scaled)")
    ax.set(xlabel="price", ylabel="share of the best", ylim=(0, 1.1))
    ax.set_title(f"{kind}, push {push:g}: learned {learned:+.1f}, true {reward:.2f}", fontsize=10)
    ax.legend(fontsize=9, loc="upper right")
    return figure
