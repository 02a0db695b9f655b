"""A calculator for the margin of a model service; the reader types in own numbers, in the page."""

import math
from collections.abc import Mapping
from pathlib import Path

import anywidget
import traitlets

__all__ = ["MarginPad", "economics"]

# name: (group, label, unit, smallest, largest)
FIELDS = {
    "price_hit": ("Price", "input from cache", "$ a million tokens", 0, 1e6),
    "price_input": ("Price", "other input", "$ a million tokens", 0, 1e6),
    "price_output": ("Price", "output", "$ a million tokens", 0, 1e6),
    "paid": ("Price", "paid share", "%", 0, 100),
    "input": ("Request", "input", "tokens", 0, 1e7),
    "output": ("Request", "output", "tokens", 0, 1e7),
    "hits": ("Request", "cache hits", "% of input", 0, 100),
    "requests": ("Request", "requests", "million a day", 1e-6, 1e6),
    "rent": ("Machine", "rent of a node", "$ an hour", 0, 1e6),
    "read_speed": ("Machine", "computed input", "tokens a second", 1, 1e9),
    "write_speed": ("Machine", "output", "tokens a second", 1, 1e9),
    "utilisation": ("Machine", "utilisation", "%", 0.1, 100),
    "training": ("Machine", "fixed cost", "million $", 0, 1e6),
}


def economics(values: Mapping[str, float]) -> dict[str, float]:
    """What 1,000 requests bring and cost, and when the fixed cost is earned.

    The formulas of chapter 2C, *A service: what a request earns*.

    Args:
        values: a number for each of `FIELDS`, in the unit given there.

    Returns:
        `income`, `reading`, `writing` and `profit` in dollars for 1,000 requests; `days` to the
        break-even, infinite without profit.
    """
    v, hits = values, values["hits"] / 100
    price = v["input"] * (v["price_hit"] * hits + v["price_input"] * (1 - hits))
    income = v["paid"] / 100 * (price + v["output"] * v["price_output"]) / 1000
    node = 1000 * v["rent"] / 3600 / (v["utilisation"] / 100)
    reading = node * v["input"] * (1 - hits) / v["read_speed"]
    writing = node * v["output"] / v["write_speed"]
    profit = income - reading - writing
    days = 1000 * v["training"] / profit / v["requests"] if profit > 0 else math.inf
    return {
        "income": income,
        "reading": reading,
        "writing": writing,
        "profit": profit,
        "days": days,
    }


class MarginPad(anywidget.AnyWidget):
    """Fields for prices, a request and the machines; answers at once, without a kernel.

    Args:
        **start: the number that stands in each field of `FIELDS` at first.

    Raises:
        ValueError: a field is missing or unknown, or its number is outside its range.
    """

    _esm = Path(__file__).with_name("margin_pad.js")
    _css = Path(__file__).with_name("margin_pad.css")
    fields = traitlets.List().tag(sync=True)
    start = traitlets.Dict().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(self, **start: float):
        if set(start) != set(FIELDS):
            raise ValueError(
                f"`start` must have the fields {', '.join(FIELDS)}; "
                f"missing or unknown: {', '.join(sorted(set(start) ^ set(FIELDS)))}"
            )
        for name, (*_, low, high) in FIELDS.items():
            if not low <= start[name] <= high:
                raise ValueError(f"`{name}` must be from {low} to {high}, got {start[name]}")
        start = {name: float(start[name]) for name in FIELDS}
        self.found = economics(start)
        super().__init__(
            fields=[[name, *field] for name, field in FIELDS.items()],
            start=start,
            expected=[round(self.found[name], 9) for name in ("income", "reading", "writing")],
        )

    def __repr__(self) -> str:
        return f"MarginPad({len(FIELDS)} fields; profit {self.found['profit']:.2f})"
