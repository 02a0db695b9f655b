"""The style of the book, its small pictures with alternative text, and the helpers for axes."""

import base64
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

mpl.use("Agg")
import matplotlib.pyplot as plt
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from lmlab import figures

OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000"]
ALT = "The loss falls from 2.3 to below 0.2 within five epochs."


@pytest.fixture(autouse=True)
def style():
    """The style of the book, for one test; no figure survives it."""
    with mpl.rc_context():
        figures.use_style()
        yield
    plt.close("all")


def curve():
    figure, ax = plt.subplots()
    ax.plot([0, 1, 2], [2.3, 0.6, 0.2])
    ax.set(xlabel="epoch", ylabel="loss (nats)")
    return figure


def opened(content):
    return Image.open(io.BytesIO(content))


def test_colours_of_the_style_sheet_are_those_of_okabe_and_ito_in_order():
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()
    assert cycle["color"] == OKABE_ITO
    assert list(figures.COLOURS) == OKABE_ITO
    names = figures.BLUE, figures.ORANGE, figures.GREEN, figures.RED
    assert names == ("#0072B2", "#E69F00", "#009E73", "#D55E00")


def test_the_style_needs_nothing_imported_before():
    code = "from lmlab.figures import use_style; use_style()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_colour_is_not_the_only_cue():
    cycle = list(mpl.rcParams["axes.prop_cycle"])
    for one, other in combinations(cycle[:4], 2):
        assert one["linestyle"] != other["linestyle"]


def test_text_has_at_least_nine_points_on_600_pixels():
    sizes = {name: size for name, size in mpl.rcParams.items() if name.endswith("labelsize")}
    sizes |= {name: mpl.rcParams[name] for name in ("font.size", "legend.fontsize")}
    assert {name for name, size in sizes.items() if isinstance(size, float) and size < 9} == set()
    assert mpl.rcParams["figure.figsize"][0] * figures.CSS_DPI == 600


def test_png_is_a_palette_of_the_right_size_and_closes_the_figure():
    figure = curve()
    content = figures.png(figure, colours=16)
    image = opened(content)
    assert (image.format, image.mode) == ("PNG", "P")
    assert image.size == (960, 544)  # 6.0 x 3.4 inches at 160 dots
    assert 2 <= len(image.getcolors()) <= 16
    assert len(content) < 20_000
    assert plt.get_fignums() == []


def test_png_shows_the_colours_of_the_figure():
    figure, ax = plt.subplots(figsize=(1, 1), layout="none")
    ax.set_position((0, 0, 1, 1))
    ax.set_axis_off()
    ax.imshow([[0, 1]], cmap=mpl.colors.ListedColormap([figures.BLUE, figures.RED]), aspect="auto")
    image = opened(figures.png(figure)).convert("RGB")
    for x, colour in ((20, figures.BLUE), (140, figures.RED)):
        wanted = 255 * np.array(mpl.colors.to_rgb(colour))
        assert np.abs(np.array(image.getpixel((x, 80))) - wanted).max() <= 2


def test_png_of_the_same_figure_has_the_same_bytes():
    assert figures.png(curve()) == figures.png(curve())
    changed = curve()
    changed.axes[0].set_xlabel("step")
    assert figures.png(changed) != figures.png(curve())


def test_a_figure_can_be_saved_after_another_was_drawn():
    first, file = curve(), io.BytesIO()
    figures.png(first)
    figures.png(plt.figure(figsize=(2, 1)))
    first.savefig(file)
    assert opened(file.getvalue()).size == (960, 544)


def test_pictures_drawn_at_the_same_time_do_not_mix():
    def bars(width):
        figure = Figure(figsize=(width, 2))
        figure.subplots().bar(range(width), range(width))
        return figure

    widths = [3, 4, 5, 6] * 3
    alone = [figures.png(bars(width)) for width in widths]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(figures.png, map(bars, widths)))
    assert together == alone
    assert len(set(alone)) == 4


def test_png_works_without_the_style_of_the_book():
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = plt.figure(figsize=(2, 1), dpi=50)
        assert opened(figures.png(figure)).size == (100, 50)


def test_show_figure_displays_the_picture_with_alt_and_width(monkeypatch):
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    assert figures.show_figure(curve(), ALT) is None
    data, metadata = DisplayFormatter().format(*displayed)
    assert metadata == {"image/png": {"width": 600, "alt": ALT}}
    assert set(data) == {"image/png", "text/plain"}
    assert opened(base64.b64decode(data["image/png"])).size == (960, 544)
    assert " at 0x" not in data["text/plain"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "A loss curve.", "x" * 19])
def test_show_figure_refuses_an_alt_that_says_nothing(monkeypatch, alt):
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    with pytest.raises(ValueError) as error:
        figures.show_figure(curve(), alt)
    assert str(error.value) == (
        f"`alt` must say the finding in at least 20 characters, got {alt!r}"
    )
    assert displayed == []


@pytest.mark.parametrize(
    "ends",
    [[0.1, 0.5, 0.9], [0.5, 0.5, 0.5, 0.5], [120, 101, 100, 99.9, 3], [-4e-3, -4.1e-3, 2e-3]],
)
def test_end_labels_stand_at_their_lines_and_do_not_overlap(ends):
    figure, ax = plt.subplots()
    for i, end in enumerate(ends):
        ax.plot([0, 1], [0, end], label=f"line {i}")
    ax.plot([0, 1], [0, 0])  # no label
    assert figures.end_labels(ax) is ax
    figure.canvas.draw()
    texts = {text.get_text(): text for text in ax.texts}
    assert sorted(texts) == [f"line {i}" for i in range(len(ends))]
    boxes = {name: text.get_window_extent() for name, text in texts.items()}
    for one, other in combinations(boxes.values(), 2):
        assert not one.overlaps(other)
    for line in ax.lines[:-1]:
        text, box = texts[line.get_label()], boxes[line.get_label()]
        assert text.get_color() == line.get_color()
        assert ax.bbox.x1 < box.x0 < box.x1 <= figure.bbox.x1
        end = ax.transData.transform((1, line.get_ydata()[-1]))[1]
        below = sum(other.get_ydata()[-1] <= line.get_ydata()[-1] for other in ax.lines[:-1]) - 1
        least, most = end - 1, end + below * 0.06 * ax.bbox.height + 1  # pushed up, never down
        assert least <= (box.y0 + box.y1) / 2 <= most
    lowest = min(range(len(ends)), key=ends.__getitem__)
    assert sorted(boxes, key=lambda name: boxes[name].y0)[0] == f"line {lowest}"


def test_end_labels_respects_limits_that_were_set():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 5], label="half")
    ax.set_ylim(0, 10)
    figures.end_labels(ax)
    assert ax.get_ylim() == (0, 10)
    assert ax.texts[0].get_position() == pytest.approx((1.01, 0.5))


def test_image_grid_draws_the_images_in_order_and_switches_the_rest_off():
    images = np.arange(3 * 2 * 2).reshape(3, 2, 2)
    _, axes = plt.subplots(2, 2)
    flat = figures.image_grid(axes, images, titles=["a", "b", "c"])
    assert flat.shape == (4,)
    assert list(flat) == list(axes.ravel())
    for ax, image, title in zip(flat, images, "abc", strict=False):
        (shown,) = ax.images
        np.testing.assert_array_equal(shown.get_array(), image)
        assert (shown.get_cmap().name, shown.get_interpolation()) == ("gray_r", "nearest")
        assert ax.get_title() == title
    assert not flat[3].images
    assert not any(ax.axison for ax in flat)


def test_image_grid_takes_one_axes_and_options_of_imshow():
    _, ax = plt.subplots()
    (flat,) = figures.image_grid(ax, np.eye(2)[None], cmap="RdBu", vmin=-1, vmax=1)
    assert flat is ax
    assert ax.images[0].get_cmap().name == "RdBu"
    assert ax.images[0].get_clim() == (-1, 1)
    assert ax.get_title() == ""


def test_node_link_writes_texts_and_notes_and_marks_the_way_back():
    places = {"w": (0, 0), "x": (0, 1), "z": (1, 0)}
    links = [("w", "z"), ("x", "z")]
    _, ax = plt.subplots()
    assert figures.node_link(ax, places, links, {"w": "w = 2"}, {"w": "slope 3"}) is ax
    written = {text.get_text(): text.get_position() for text in ax.texts if text.get_text()}
    assert written == {"w = 2": (0, 0), "slope 3": (0, -0.4), "x": (0, 1), "z": (1, 0)}
    assert [line.get_color() for line in ax.lines] == [figures.RED, "gray"]


def test_draw_sums_writes_each_sum_and_marks_what_is_off():
    _, ax = plt.subplots()
    kernels, rows = [[[1.0, -2.0]], [[3.0]]], [[0.5, -0.5], [-1.0], [0.0]]
    assert figures.draw_sums(ax, kernels, rows) is ax
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0.5): "0.50", (0, -0.5): "-0.50", (1, 0): "off", (2, 0): "0.00"}
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--", "-"]
    assert [line.get_linewidth() for line in ax.lines] == [7, 14, 21]


def test_signed_bars_are_the_largest_by_size_the_largest_on_top():
    _, ax = plt.subplots()
    assert figures.signed_bars(ax, ["a_b", "c", "d"], np.array([0.1, -0.3, 0.2]), count=2) is ax
    assert [text.get_text() for text in ax.get_yticklabels()] == ["d", "c"]
    assert [bar.get_width() for bar in ax.patches] == [0.2, -0.3]
    colours = [mpl.colors.to_hex(bar.get_facecolor()).upper() for bar in ax.patches]
    assert colours == [figures.BLUE, figures.RED]


def test_paired_bars_state_their_values():
    _, ax = plt.subplots()
    figures.paired_bars(ax, {"one": np.array([1, 2]), "two": np.array([3, 4])}, ["x", "y"])
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3", "4"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["x", "y"]
