"""The look of the book's figures: one style, colours that everybody can tell apart, alt text."""

import io
import threading
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "COLOURS",
    "GREEN",
    "ORANGE",
    "RED",
    "draw_sums",
    "end_labels",
    "image_grid",
    "node_link",
    "paired_bars",
    "png",
    "show_figure",
    "signed_bars",
    "use_style",
]

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
"""Okabe and Ito's colour set, in the order of the book."""
BLUE, ORANGE, GREEN, RED = COLOURS[0], COLOURS[1], COLOURS[2], COLOURS[4]

CSS_DPI = 100  # a figure of 6 inches is 600 CSS pixels wide
_canvas = FigureCanvasAgg(Figure())  # one for all figures: it remembers the size of each text
_drawing = threading.Lock()


def use_style() -> None:
    """Switch matplotlib to the style sheet of the book (`lmlab/book.mplstyle`)."""
    mpl.rcdefaults()  # a reader's own matplotlibrc would change the pictures
    style.use(Path(__file__).with_name("book.mplstyle"))


def png(figure: Figure, colours: int = 64) -> bytes:
    """Render a figure as a small palette PNG.

    Args:
        figure: the figure; it is closed afterwards, so that no notebook shows it twice.
        colours: size of the palette, 2 to 256.

    Returns:
        The bytes of the PNG at the style's `savefig.dpi`.
    """
    import matplotlib.pyplot as plt
    from PIL import Image

    with _drawing:
        own, _canvas.figure = figure.canvas, figure
        figure.set_canvas(_canvas)
        try:
            if mpl.rcParams["savefig.dpi"] != "figure":  # matplotlib's own style says so
                figure.set_dpi(mpl.rcParams["savefig.dpi"])
            _canvas.draw()  # its buffer needs no second encoding, unlike savefig
        finally:
            figure.set_canvas(own)
        image = Image.fromarray(np.asarray(_canvas.buffer_rgba())).convert("RGB")
        plt.close(figure)  # not before: it takes the figure's dots per inch back
    small = image.quantize(colours, Image.Quantize.FASTOCTREE, dither=0)
    file = io.BytesIO()
    small.save(file, format="png", optimize=True)
    return file.getvalue()


def show_figure(figure: Figure, alt: str, colours: int = 128) -> None:
    """Display a figure with its alternative text.

    Args:
        figure: the figure; it is closed afterwards.
        alt: the finding in one or two sentences, for readers who do not see the figure.
        colours: size of the palette of the PNG.

    Raises:
        ValueError: `alt` is too short to say a finding.
    """
    from IPython.display import Image, display

    if len(alt) < 20:
        raise ValueError(f"`alt` must say the finding in at least 20 characters, got {alt!r}")
    width = round(figure.get_figwidth() * CSS_DPI)
    display(Image(data=png(figure, colours), format="png", width=width, alt=alt))


def end_labels(ax: Axes, pad: float = 0.06) -> Axes:
    """Write each line's label at its right end, in its colour, instead of a legend.

    Args:
        ax: axes whose lines have labels.
        pad: least vertical distance of two labels, as a share of the axis.

    Returns:
        The same axes.
    """
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    ax.autoscale_view()  # until then `transData` does not know the limits
    to_axis = ax.transData + ax.transAxes.inverted()
    ends = sorted(
        (to_axis.transform((line.get_xdata()[-1], line.get_ydata()[-1]))[1], i)
        for i, line in enumerate(lines)
    )
    height = -np.inf
    for end, i in ends:
        height = max(end, height + pad)
        line = lines[i]
        ax.text(1.01, height, line.get_label(), color=line.get_color(), va="center",
                transform=ax.transAxes, fontsize=9)  # fmt: skip
    return ax


def image_grid(axes, images: np.ndarray, titles=None, **imshow) -> np.ndarray:
    """Draw images in a grid of axes.

    Args:
        axes: array of matplotlib axes, any shape.
        images: `(n, height, width)`, grey values or signed weights.
        titles: n short strings, or None.
        imshow: passed to `Axes.imshow`; the default map is grey, dark on white.

    Returns:
        The flat array of axes; those without an image are switched off.
    """
    flat = np.ravel(axes)
    for ax in flat:
        ax.set_axis_off()
    for i, (ax, image) in enumerate(zip(flat, images, strict=False)):
        ax.imshow(image, **{"cmap": "gray_r", "interpolation": "nearest", **imshow})
        if titles is not None:
            ax.set_title(titles[i], fontsize=9, fontweight="normal", loc="center")
    return flat


def node_link(ax: Axes, places: dict, links: list, texts: dict, notes: dict) -> Axes:
    """Draw a graph of boxes joined by lines, as in chapter 4M.

    Args:
        ax: axes; their frame is removed.
        places: name of each node to its place `(x, y)`.
        links: pairs of names.
        texts: name to what its box says; a node without one shows its name.
        notes: name to what stands below its box; such a node and its links to later ones are red.

    Returns:
        The same axes.
    """
    look = {"ha": "center", "va": "center", "fontsize": 9}
    for start, end in links:
        x, y = zip(places[start], places[end], strict=True)
        ax.plot(x, y, "-", color=RED if start in notes else "gray", zorder=0)
    for name, (x, y) in places.items():
        ax.text(x, y, texts.get(name, name), bbox={"boxstyle": "round", "fc": "white"}, **look)
        ax.text(x, y - 0.4, notes.get(name, ""), color=RED, **look)
    ax.margins(0.12, 0.2)
    ax.autoscale_view()  # now, or the layout is made for other limits
    ax.set_axis_off()
    return ax


def draw_sums(ax: Axes, kernels: list, rows: list) -> Axes:
    """Draw a small network with the weighted sum of each neuron in its place.

    Args:
        ax: where to draw; its axis is switched off.
        kernels: the matrix of each layer, `(outputs, inputs)`; the width of a line is the size of
            the weight, and a dashed one is negative.
        rows: the inputs, then the sums of each layer. A hidden sum of 0 or less is drawn as off.

    Returns:
        The axes.
    """
    height = [[(len(row) - 1) / 2 - i for i in range(len(row))] for row in rows]
    for c, kernel in enumerate(kernels):
        for (j, i), weight in np.ndenumerate(np.asarray(kernel)):
            colour, dash = (ORANGE, "-") if weight > 0 else (BLUE, "--")
            ends = [height[c][i], height[c + 1][j]]
            ax.plot([c, c + 1], ends, dash, color=colour, linewidth=7 * abs(weight))
    for c, row in enumerate(rows):
        for i, z in enumerate(row):
            is_off = 0 < c < len(rows) - 1 and z <= 0
            box = {"boxstyle": "circle", "fc": "lightgray" if is_off else "white"}
            text = "off" if is_off else f"{z:.2f}"
            ax.text(c, height[c][i], text, bbox=box, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.35, len(rows) - 0.65), ylim=(-1.4, 1.4))
    ax.set_axis_off()
    return ax


def signed_bars(ax: Axes, names: list[str], numbers: np.ndarray, count: int = 5) -> Axes:
    """Draw the largest numbers, by size, as bars from 0: blue above, red below.

    Args:
        ax: the axes.
        names: one for each number; an underscore is written as a space.
        numbers: `(n,)`, any unit.
        count: how many bars.
    """
    top = np.argsort(-np.abs(numbers))[:count][::-1]
    colours = np.where(numbers[top] > 0, BLUE, RED)
    ax.barh([names[i].replace("_", " ") for i in top], numbers[top], color=colours)
    return ax


def paired_bars(ax: Axes, rows: dict[str, np.ndarray], labels: list[str]) -> Axes:
    """Draw two rows of numbers side by side, with their values and a legend.

    Args:
        ax: the axes.
        rows: two names, each with its numbers `(n,)`.
        labels: n words below the pairs.
    """
    places = np.arange(len(labels))
    for k, (name, numbers) in enumerate(rows.items()):
        bars = ax.bar(places + 0.4 * k, numbers, 0.36, color=(ORANGE, BLUE)[k], label=name)
        ax.bar_label(bars, fmt="%.0f", fontsize=9)
    ax.set_xticks(places + 0.2, labels)
    ax.legend(ncols=2, fontsize=9)
    return ax
