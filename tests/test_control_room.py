import matplotlib.pyplot as plt
import numpy as np

from lmlab import control_room as room


def test_pictures_show_what_they_are_given():
    quiet = room.draw_quiet(np.array([0.05, 0.2, 9.0]), "quiet")
    assert sum(bar.get_height() for bar in quiet.axes[0].patches) == 3  # none falls outside
    years, sums = np.arange(1871, 1881), np.arange(20.0).reshape(10, 2)
    cusum = room.draw_cusum(years, sums, 5, 4, "cusum").axes[0]
    assert [list(line.get_ydata()) for line in cusum.lines[:2]] == sums.T.tolist()
    drift = room.draw_drift([0.1, 2.0], [40, 90], 0.24, 1, "drift")
    assert list(drift.axes[0].lines[0].get_ydata()) == [0.1, 2.0]
    assert list(drift.axes[1].lines[0].get_ydata()) == [40, 90]
    prices = room.draw_prices(np.array([0.1, 0.2, 0.3]), [90, 20, 10], [10, 15, 60], "prices")
    assert list(prices.axes[0].lines[2].get_ydata()) == [100, 35, 70]
    assert list(prices.axes[0].lines[3].get_xdata()) == [0.2]  # the cheapest
    titles = [figure.axes[0].get_title() for figure in (quiet, drift, prices)]
    assert titles == ["quiet", "drift", "prices"]
    plt.close("all")
