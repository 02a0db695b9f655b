"""The pictures of chapter 2.5 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmlab import clinic


def test_each_picture_shows_its_numbers():
    group = pd.DataFrame({"days": [365.25, 730.5], "event": [1, 0]})
    ax = clinic.draw_survival({"a": group, "b": group}, "curves").axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.lines[0].get_xydata().tolist() == [[1, 0.5]] and ax.get_title() == "curves"
    ax = clinic.draw_calibration([0.2, 0.4], [0.3, 0.5], "fifths").axes[0]
    assert ax.lines[1].get_xydata().tolist() == [[0.2, 0.3], [0.4, 0.5]]
    ax = clinic.draw_effects({"one": 5.0, "two": -7.0}, 10, 1, "effects").axes[0]
    assert ax.lines[1].get_xdata().tolist() == [5.0, -7.0]
    ax = clinic.draw_gains(np.array([[0.1, 0.01], [0.2, 0.01], [0.3, 0.01]]), "gains").axes[0]
    assert [round(bar.get_width()) for bar in ax.patches] == [10, 20, 30]
    plt.close("all")
