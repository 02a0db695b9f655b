"""The controls of live figures: sliders, choices and numbers with names and units."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import ipywidgets as widgets

__all__ = ["Choice", "Number", "Slider", "counted", "text_of"]


@dataclass(frozen=True)
class Slider:
    """A slider over a few ordered values.

    Args:
        label: what the reader reads before the slider.
        values: the values that `draw` gets, in order.
        unit: printed behind the value; a plural word loses its ending behind 1.
        start: the value shown first; default: the first one.
    """

    label: str
    values: Sequence
    unit: str = ""
    start: object = None

    def widget(self) -> widgets.Widget:
        """A `SelectionSlider`; its `index` counts the values."""
        texts = [counted(value, self.unit) for value in self.values]
        return widgets.SelectionSlider(
            options=texts,
            index=_start(self),
            description=self.label,
            style={"description_width": "initial"},
            layout={"width": "auto", "min_width": "280px", "flex": "1 1 280px"},
        )


@dataclass(frozen=True)
class Choice:
    """A few named values: buttons side by side, or a menu where they are more than four.

    Args:
        label: what the reader reads before the buttons.
        values: the values that `draw` gets.
        unit: stands behind the value in the alternative text.
        start: the value shown first; default: the first one.
    """

    label: str
    values: Sequence
    unit: str = ""
    start: object = None

    def widget(self) -> widgets.Widget:
        """`ToggleButtons` or a `Dropdown`; `index` counts the values."""
        few = len(self.values) <= 4
        return (widgets.ToggleButtons if few else widgets.Dropdown)(
            options=[text_of(value) for value in self.values],
            index=_start(self),
            description=self.label,
            style={"description_width": "initial"} | ({"button_width": "auto"} if few else {}),
            layout={"width": "auto", "flex": "0 1 auto"},
        )


@dataclass(frozen=True)
class Number:
    """A number that the reader types; only a `workbench` can answer it.

    Args:
        label: what the reader reads before the field.
        start: the first value.
        low: smallest value allowed.
        high: largest value allowed.
        unit: printed in messages.
    """

    label: str
    start: float
    low: float
    high: float
    unit: str = ""

    def widget(self) -> widgets.Widget:
        """A text field, so that any text can be answered in words."""
        return widgets.Text(
            value=f"{self.start:g}",
            description=self.label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "auto", "flex": "0 1 220px"},
        )

    def read(self, text: str) -> float:
        """The number in a text.

        Raises:
            ValueError: not a finite number from `low` to `high`, whole where `start` is an int.
        """
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        whole = isinstance(self.start, int)
        inside = math.isfinite(value) and self.low <= value <= self.high
        if not inside or (whole and value % 1):
            raise ValueError(
                f"`{self.label}` expects a {'whole ' if whole else ''}number from {self.low:g} "
                f"to {self.high:g}, got {text!r}"
            )
        return int(value) if whole else value


def text_of(value: object) -> str:
    """A value as the reader sees it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def counted(value: object, unit: str) -> str:
    """A value with its unit: `1 round`, `2 rounds`, `1 batch`, `2 batches`, `1 s`.

    Args:
        value: what stands before the unit.
        unit: a word in the plural, or a symbol; empty: the value alone.
    """
    word = re.match(r"(?!series)[a-z-]{2,}[a-rt-z]s\b", unit)  # `s`, `ms` and `GFLOP/s` are symbols
    if text_of(value) == "1" and word:
        endings = ("(?<!mov)ies$", "y"), ("(?<=ch|sh|ss)es$", ""), ("(?<=x)es$", ""), ("s$", "")
        plural, singular = next(pair for pair in endings if re.search(pair[0], word[0]))
        unit = re.sub(plural, singular, word[0]) + unit[word.end() :]
    return f"{text_of(value)} {unit}".strip()


def _start(control: Slider | Choice) -> int:
    if control.start is None:
        return 0
    if control.start not in control.values:
        raise ValueError(f"`start` must be one of {list(control.values)}, got {control.start!r}")
    return list(control.values).index(control.start)
