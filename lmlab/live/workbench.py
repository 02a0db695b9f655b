"""`workbench`: training under the reader's own hyperparameters."""

import html
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import ipywidgets as widgets
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lmlab.figures import CSS_DPI, png
from lmlab.live.controls import Choice, Number, Slider, counted, text_of
from lmlab.live.explore import WRAP, picture

__all__ = ["Workbench", "workbench"]


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
        live = widgets.Box([self._go, self._halt, self._wipe, self._bar], layout=WRAP)
        live.add_class("lmlab-kernel-only")
        knobs = widgets.Box(list(self.knobs.values()), layout=WRAP)
        knobs.add_class("lmlab-kernel-only")
        note = (
            '<p class="lmlab-page-only" style="display:none">These are stored runs. To train with '
            "your own values, open this chapter with <code>make lab</code> and run its cells.</p>"
        )
        head = widgets.HTML(f'<p class="lmlab-question">{html.escape(question)}</p>{note}')
        super().__init__([head, knobs, live, self._message, self._picture, self._table])
        self.add_class("lmlab-workbench")

    def __repr__(self) -> str:
        return f"Workbench({', '.join(self.knobs)}; {counted(len(self.runs), 'runs')})"

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

    def end(self, seconds: float = 5.0) -> None:
        """Stop a run that is under way, and wait for the end of its epoch, in seconds."""
        if self._thread and self._thread.is_alive():
            self._stop.set()
            self._thread.join(seconds)

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

    def _name(self, run: dict, names: Sequence[str] | None = None) -> str:
        return ", ".join(
            f"{self._controls[n].label} {text_of(v)}"
            for n, v in run["values"].items()
            if names is None or n in names
        )

    def _show(self) -> None:
        figure = Figure(layout="constrained")  # pyplot is not for threads
        ax = figure.subplots()
        values = [run["values"] for run in self.runs]
        vary = [n for n in self._controls if any(v[n] != values[0][n] for v in values)]
        for run in self.runs:
            points = [metrics[self._metric] for metrics in run["history"]]
            ax.plot(range(1, len(points) + 1), points, marker="o", label=self._name(run, vary))
        ax.set(xlabel="epoch", ylabel=self._metric)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if vary:  # above the axes: beside six curves there is no room
            figure.legend(loc="outside upper left", ncols=2, fontsize="small")
        width = round(figure.get_figwidth() * CSS_DPI)
        self._picture.value = picture(png(figure), self._alt, width).value
        rows = "".join(
            f"<tr><td>{html.escape(self._name(run))}</td><td>{html.escape(run['ended'])}</td></tr>"
            for run in self.runs
        )
        head = "<tr><th>run</th><th>how it ended</th></tr>"
        self._table.value = f'<table class="lmlab-runs">{head}{rows}</table>' if rows else ""


_latest: dict[str, Workbench] = {}  # by question


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
        The widget; a run of the one that the same cell made before is ended. Bad values, a
        diverging run and an error in `train` end in a message.

    Raises:
        ValueError: no control, or `start` names other values than the controls.
    """
    if not controls:
        raise ValueError("`workbench` expects at least one control, got none")
    for values in start:
        if set(values) != set(controls):
            raise ValueError(f"`start` expects values for {sorted(controls)}, got {sorted(values)}")
    if question in _latest:  # the cell is run again
        _latest[question].end()
    bench = _latest[question] = Workbench(train, question, alt, metric, keep, controls)
    for values in start:
        bench.run(**values)
    bench._show()
    return bench
