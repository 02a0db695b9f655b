"""Live figures: `explore` answers in a page without a kernel, `workbench` trains with one."""

import base64
import html
import itertools
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lmlab.controls import Choice, Number, Slider, text_of
from lmlab.figures import CSS_DPI, png

__all__ = ["Choice", "Number", "Slider", "explore", "workbench"]

MAX_STATES = 60
MAX_BYTES = 700_000  # of all frames of one live figure, as PNG


class Explore(widgets.VBox):
    """What `explore` returns: controls over a stack of pictures, linked without a kernel."""

    def __init__(self, children: list, controls: dict, states: list[dict], frames: list[bytes]):
        super().__init__(children)
        self.controls, self.states, self.frames = controls, states, frames
        self.add_class("lmlab-explore")

    def __repr__(self) -> str:
        return f"Explore({' × '.join(self.controls)}, {len(self.states)} states)"


def explore(
    draw: Callable[..., Figure],
    *,
    question: str,
    alt: str | Callable[..., str],
    predict: Mapping[str, str] | None = None,
    **controls: Slider | Choice,
) -> Explore:
    """A figure with one to three controls that answers with no kernel.

    All states are drawn once. Each picture is a child of nested `Stack`s whose index is linked to
    a control in the page itself (`jslink`), so the figure works in JupyterLab, in Colab and in the
    built book, offline.

    Args:
        draw: pure function; takes one value per control by name, returns a matplotlib figure.
        question: the question that the reader should answer before moving anything.
        alt: the finding in words; a string, or a function of the same values as `draw`.
        predict: answers to the question and what to reply to each.
        **controls: 1 to 3 controls, named like the arguments of `draw`.

    Returns:
        The widget; `.controls`, `.states` and `.frames` serve tests.

    Raises:
        ValueError: no or too many controls, too many states, too many bytes, no question.
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
    count = math.prod(len(control.values) for control in controls.values())
    if count > MAX_STATES:
        raise ValueError(
            f"`explore` draws at most {MAX_STATES} states, got {count}: thin a control"
        )

    states = [
        dict(zip(controls, values, strict=True))
        for values in itertools.product(*(control.values for control in controls.values()))
    ]
    frames, pictures = [], []
    for state in states:
        try:
            figure = draw(**state)
            width = round(figure.get_figwidth() * CSS_DPI)
            frames.append(png(figure))
        except Exception as error:
            plt.close("all")
            raise RuntimeError(f"`draw` failed in the state {state}: {error!r}") from error
        said = alt(**state) if callable(alt) else f"{_describe(controls, state)}: {alt}"
        pictures.append(_picture(frames[-1], said, width))
    size = sum(map(len, frames))
    if size > MAX_BYTES:
        raise ValueError(
            f"the pictures of `explore` may take {MAX_BYTES:,} bytes, got {size:,} in {count} "
            "states: draw fewer states, fewer points or a smaller figure"
        )

    knobs = {name: control.widget() for name, control in controls.items()}
    stack = _nest(list(knobs.values()), iter(pictures))
    bar = widgets.Box(list(knobs.values()), layout=_WRAP)
    bar.add_class("lmlab-controls")
    head = [widgets.HTML(f'<p class="lmlab-question">{html.escape(question)}</p>')]
    return Explore([*head, *_prediction(predict), bar, stack], knobs, states, frames)


_WRAP = {
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
    box = widgets.Box([buttons, stack], layout=_WRAP)
    box.add_class("lmlab-predict")
    return [box]


def _picture(frame: bytes, alt: str, width: int) -> widgets.HTML:
    data = base64.b64encode(frame).decode()
    return widgets.HTML(
        f'<img class="lmlab-frame" width="{width}" alt="{html.escape(alt, quote=True)}" '
        f'style="max-width:100%;height:auto" src="data:image/png;base64,{data}">'
    )


def _describe(controls: Mapping[str, Slider | Choice], state: Mapping) -> str:
    return ", ".join(f"{c.label} {text_of(state[n])} {c.unit}".strip() for n, c in controls.items())


class Workbench(widgets.VBox):
    """What `workbench` returns; `run(**values)` trains once and returns the kept run."""

    def __init__(self, train, question, alt, metric, keep, controls):
        self._train, self._alt, self._metric, self._keep = train, alt, metric, keep
        self._controls = controls
        self.runs: list[dict] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.knobs = {name: control.widget() for name, control in controls.items()}
        self._go = widgets.Button(description="Train", button_style="primary", icon="play")
        self._halt = widgets.Button(description="Stop", disabled=True)
        self._wipe = widgets.Button(description="Clear")
        self._bar = widgets.IntProgress(min=0, max=1, layout={"width": "160px"})
        self._message = widgets.HTML()
        self._picture, self._table = widgets.HTML(), widgets.HTML()
        self._go.on_click(lambda _: self.start())
        self._halt.on_click(lambda _: self._stop.set())
        self._wipe.on_click(lambda _: self.clear())
        live = widgets.Box([self._go, self._halt, self._wipe, self._bar], layout=_WRAP)
        live.add_class("lmlab-kernel-only")
        knobs = widgets.Box(list(self.knobs.values()), layout=_WRAP)
        knobs.add_class("lmlab-kernel-only")
        note = (
            '<p class="lmlab-page-only" style="display:none">These are stored runs. To train with '
            "your own values, open this chapter with <code>make lab</code> and run its cells.</p>"
        )
        head = widgets.HTML(f'<p class="lmlab-question">{html.escape(question)}</p>{note}')
        super().__init__([head, knobs, live, self._message, self._picture, self._table])
        self.add_class("lmlab-workbench")

    def __repr__(self) -> str:
        return f"Workbench({', '.join(self.knobs)}; {len(self.runs)} runs)"

    def values(self) -> dict:
        """The values of the controls.

        Raises:
            ValueError: a field holds something else than a number in its range.
        """
        return {
            name: control.read(self.knobs[name].value)
            if isinstance(control, Number)
            else control.values[self.knobs[name].index]
            for name, control in self._controls.items()
        }

    def start(self) -> None:
        """Train with the values of the controls in a thread; while one runs, only a message."""
        if self._thread and self._thread.is_alive():
            self._say("A run is under way. Stop it first.")
            return
        try:
            values = self.values()
        except ValueError as error:
            self._say(str(error))
            return
        self._go.disabled, self._halt.disabled = True, False
        self._thread = threading.Thread(target=self.run, kwargs=values, daemon=True)
        self._thread.start()

    def run(self, **values) -> dict:
        """Train once; never raises. The run's `ended` says how it ended."""
        run = {"values": values, "history": [], "ended": "running"}
        self.runs = [*self.runs, run][-self._keep :]
        self._say("")
        try:
            self._bar.max, self._bar.value = int(values.get("epochs", 10)), 0
            run["ended"] = self._follow(run)
        except Exception as error:
            run["ended"] = f"failed: {error}"
        finally:
            self._go.disabled, self._halt.disabled = False, True
            self._stop.clear()
        if not run["ended"].startswith("finished"):
            self._say(f"The run with {self._name(run)} {run['ended']}.")
        if self._thread:
            self._show()
        return run

    def clear(self) -> None:
        """Forget the kept runs, except one that is still under way."""
        self.runs = [run for run in self.runs if run["ended"] == "running"]
        self._say("")
        self._show()

    def _follow(self, run: dict) -> str:
        for epoch, metrics in enumerate(self._train(**run["values"]), start=1):
            if not all(math.isfinite(value) for value in metrics.values()):
                return f"diverged in epoch {epoch}: the loss is no longer a number"
            if self._metric not in metrics:
                return f"failed: it yields {', '.join(metrics)}, not {self._metric}"
            run["history"].append(metrics)
            self._bar.value = epoch
            if self._thread:  # a stored run is drawn once, at the end
                self._show()
            if self._stop.is_set():
                return f"was stopped after epoch {epoch}"
        return "finished"

    def _say(self, text: str) -> None:
        self._message.value = f'<p role="status">{html.escape(text)}</p>' if text else ""

    def _name(self, run: dict) -> str:
        return ", ".join(
            f"{self._controls[n].label} {text_of(v)}" for n, v in run["values"].items()
        )

    def _show(self) -> None:
        figure = Figure()  # pyplot is not for threads
        ax = figure.subplots()
        for run in self.runs:
            points = [metrics[self._metric] for metrics in run["history"]]
            ax.plot(range(1, len(points) + 1), points, marker="o", label=self._name(run))
        ax.set(xlabel="epoch", ylabel=self._metric)
        if self.runs:
            ax.legend(loc="best")
        width = round(figure.get_figwidth() * CSS_DPI)
        self._picture.value = _picture(png(figure), self._alt, width).value
        rows = "".join(
            f"<tr><td>{html.escape(self._name(run))}</td><td>{html.escape(run['ended'])}</td></tr>"
            for run in self.runs
        )
        head = "<tr><th>run</th><th>how it ended</th></tr>"
        self._table.value = f'<table class="lmlab-runs">{head}{rows}</table>' if rows else ""


def workbench(
    train: Callable[..., Iterator[Mapping[str, float]]],
    *,
    question: str,
    alt: str,
    metric: str,
    start: Sequence[Mapping] = (),
    keep: int = 6,
    **controls: Slider | Choice | Number,
) -> Workbench:
    """Training under the reader's own hyperparameters, with runs kept side by side.

    Args:
        train: generator; takes one value per control by name and yields, after each epoch, the
            metrics as a mapping of names to numbers. A control named `epochs` sets the bar.
        question: the question that the reader should answer by training.
        alt: what the stored curves show.
        metric: which of the metrics is plotted.
        start: runs to train at once, so that a page without a kernel shows them.
        keep: how many runs stay in the picture.
        **controls: sliders, choices or numbers, named like the arguments of `train`.

    Returns:
        The widget. Bad values, a diverging run and an error in `train` end in a message.

    Raises:
        ValueError: no control, or `start` names other values than the controls.
    """
    if not controls:
        raise ValueError("`workbench` expects at least one control, got none")
    for values in start:
        if set(values) != set(controls):
            raise ValueError(f"`start` expects values for {sorted(controls)}, got {sorted(values)}")
    bench = Workbench(train, question, alt, metric, keep, controls)
    for values in start:
        bench.run(**values)
    bench._show()
    return bench
