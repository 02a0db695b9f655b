"""The pictures of chapter 2.6 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab import roadside


def test_each_picture_shows_its_numbers():
    axes = roadside.draw_camera(np.zeros((2, 20, 24)), ["seen", "missed"]).axes
    assert [ax.get_title() for ax in axes] == ["seen", "missed"]
    ax = roadside.draw_risk([5, 9], [0.1, 0.2], [(0, 0.2), (0.1, 0.3)], 9, "risk").axes[0]
    assert [line.get_ydata()[0] for line in ax.lines[1::2]] == [10, 20]
    assert ax.lines[1].get_marker() == "o" and ax.lines[3].get_marker() == "s"
    left, right = roadside.draw_lane(np.array([[0, 2], [1, 1]]), np.array([2, 1]), "lane").axes
    assert left.lines[0].get_xydata().tolist() == [[0, 2], [1, 1]]
    assert right.lines[0].get_ydata().tolist() == [2, 1]
    places = [np.array([[1.0, 2.0], [5.0, 5.0]]), np.array([[2.0, 2.0], [5.0, 6.0]])]
    ax = roadside.draw_tracks(np.zeros((9, 9)), places, [np.array([0, 1])] * 2, "two").axes[0]
    assert ax.lines[0].get_xydata().tolist() == [[1, 2], [2, 2]] and len(ax.lines) == 2
    plt.close("all")
