"""`explore`: a figure with controls that answers in a page without a kernel."""

import base64
import html
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lmlab.figures import CSS_DPI, png
from lmlab.live.controls import Choice, Slider, text_of

__all__ = ["Explore", "explore"]

MAX_STATES = 60
MAX_BYTES = 700_000  # of all frames of one live figure, as PNG


class Explore(widgets.VBox):
    """What `explore` returns: controls over a stack of pictures, linked without a kernel."""

    def __init__(
        self,
        children: list,
        controls: dict,
        states: list[dict],
        frames: list[bytes],
        texts: list[str],
    ):
        super().__init__(children)
        self.controls, self.states, self.frames, self.texts = controls, states, frames, texts
        self.add_class("lmlab-explore")

    def __repr__(self) -> str:
        return f"Explore({' × '.join(self.controls)}, {len(self.states)} states)"


def explore(
    draw: Callable[..., Figure],
    *,
    question: str,
    alt: Callable[..., str],
    predict: Mapping[str, str] | None = None,
    answer: str | None = None,
    **controls: Slider | Choice,
) -> Explore:
    """A figure with one to three controls that answers with no kernel.

    All states are drawn once. Each picture is a child of nested `Stack`s whose index is linked to
    a control in the front end itself (`jslink`), so the figure works in JupyterLab and in Colab
    before any cell is run. The built book shows the same states as plain HTML.

    Args:
        draw: pure function; takes one value per control by name, returns a matplotlib figure.
        question: the question that the reader should answer before moving anything.
        alt: function of the same values as `draw`; says what the picture of that state shows.
        predict: answers to the question and what to reply to each.
        answer: the right one of them.
        **controls: 1 to 3 controls, named like the arguments of `draw`.

    Returns:
        The widget; `.controls`, `.states`, `.frames` and `.texts` serve tests.

    Raises:
        ValueError: no or too many controls, too many states, too many bytes, no question, an
            `answer` that is none of `predict`, texts that differ in the controls' values only,
            two states with the same picture and text.
        RuntimeError: `draw` failed; names the state.
    """
    if not 1 <= len(controls) <= 3:
        raise ValueError(f"`explore` expects 1 to 3 controls, got {len(controls)}")
    for name, control in controls.items():
        if not isinstance(control, Slider | Choice) or len(control.values) < 2:
            raise ValueError(
                f"`{name}` must be a Slider or a Choice with at least 2 values, got {control!r}"
            )
    if not question.strip().endswith("?"):
        raise ValueError(f"`question` must end with a question mark, got {question!r}")
    if (predict or answer is not None) and answer not in (predict or {}):
        raise ValueError(f"`answer` must be one of {list(predict or {})}, got {answer!r}")
    if not callable(alt):
        raise ValueError(f"`alt` must be a function of the controls, got {alt!r}")
    count = math.prod(len(control.values) for control in controls.values())
    if count > MAX_STATES:
        raise ValueError(
            f"`explore` draws at most {MAX_STATES} states, got {count}: thin a control"
        )

    states = [
        dict(zip(controls, values, strict=True))
        for values in itertools.product(*(control.values for control in controls.values()))
    ]
    frames, texts, pictures = [], [], []
    for state in states:
        try:
            figure = draw(**state)
            width = round(figure.get_figwidth() * CSS_DPI)
            frames.append(png(figure))
        except Exception as error:
            plt.close("all")
            raise RuntimeError(f"`draw` failed in the state {state}: {error!r}") from error
        texts.append(alt(**state))
        pictures.append(picture(frames[-1], texts[-1], width))
    _check_pictures(states, frames, texts)
    _check_texts(states, texts)
    size = sum(map(len, frames))
    if size > MAX_BYTES:
        raise ValueError(
            f"the pictures of `explore` may take {MAX_BYTES:,} bytes, got {size:,} in {count} "
            "states: draw fewer states, fewer points or a smaller figure"
        )

    knobs = {name: control.widget() for name, control in controls.items()}
    stack = _nest(list(knobs.values()), iter(pictures))
    bar = widgets.Box(list(knobs.values()), layout=WRAP)
    bar.add_class("lmlab-controls")
    head = [widgets.HTML(f'<p class="lmlab-question">{html.escape(question)}</p>')]
    return Explore([*head, *_prediction(predict), bar, stack], knobs, states, frames, texts)


WRAP = {
    "display": "flex",
    "flex_flow": "row wrap",
    "align_items": "center",
    "grid_gap": "4px 24px",
}


def _nest(knobs: list[widgets.Widget], pictures: Iterator[widgets.HTML]) -> widgets.Stack:
    """Stacks in stacks: the outermost follows the first knob, the innermost holds the pictures."""
    first, *rest = knobs
    children = [_nest(rest, pictures) if rest else next(pictures) for _ in first.options]
    stack = widgets.Stack(children, selected_index=first.index)
    widgets.jslink((first, "index"), (stack, "selected_index"))
    return stack


def _prediction(predict: Mapping[str, str] | None) -> list[widgets.Widget]:
    """Buttons with the possible answers; the reply to the one chosen appears beside them."""
    if not predict:
        return []
    buttons = widgets.ToggleButtons(
        options=list(predict), index=None, description="Your guess",
        style={"description_width": "initial", "button_width": "auto"}, layout={"width": "auto"},
    )  # fmt: skip
    replies = [
        widgets.HTML(f'<p class="lmlab-reply">{html.escape(r)}</p>') for r in predict.values()
    ]
    stack = widgets.Stack(replies, selected_index=None)
    widgets.jslink((buttons, "index"), (stack, "selected_index"))
    box = widgets.Box([buttons, stack], layout=WRAP)
    box.add_class("lmlab-predict")
    return [box]


def _check_pictures(states: list[dict], frames: list[bytes], texts: list[str]) -> None:
    """Raise where a control can be moved and nothing changes, neither picture nor text."""
    first = {}
    for state, *shown in zip(states, frames, texts, strict=True):
        twin = first.setdefault(tuple(shown), state)
        if twin is not state:
            raise ValueError(
                f"the states {twin} and {state} show the same picture and the same text: "
                "say in the title and in `alt` where the controls stand, or thin a control"
            )


def _check_texts(states: list[dict], texts: list[str]) -> None:
    """Raise unless the texts say what their states show.

    Without the values of the controls no text may serve more than half of the states.
    """
    masked = Counter(map(_without_values, texts, states))
    text, often = masked.most_common(1)[0]
    if often > math.ceil(len(states) / 2):
        raise ValueError(
            "`alt` must say what each state shows, with the values that its picture shows; "
            f"without the values of the controls, {often} of {len(states)} states say {text!r}"
        )


def _without_values(text: str, state: dict) -> str:
    """A text with … in place of the values of the controls, however they are written."""
    values = [v for v in state.values() if isinstance(v, int | float)]
    near = {scale * v for v in values for scale in (1, 100) if math.isfinite(v)}

    def number(found: re.Match) -> str:
        value = float(found[0].replace(",", ""))
        return "…" if any(math.isclose(value, v, abs_tol=1e-12) for v in near) else found[0]

    for value in map(text_of, state.values()):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text) if value else text
    text = re.sub(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", number, text)
    return re.sub(r"… (\w+?)(?:es|s)\b", r"… \1", text)


def picture(frame: bytes, alt: str, width: int) -> widgets.HTML:
    data = base64.b64encode(frame).decode()
    return widgets.HTML(
        f'<img class="lmlab-frame" width="{width}" alt="{html.escape(alt, quote=True)}" '
        f'style="max-width:100%;height:auto" src="data:image/png;base64,{data}">'
    )
