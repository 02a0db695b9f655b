"""The pictures of chapter 4.3 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import handwriting


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_curves_go_as_far_as_the_epochs():
    history = {"loss": [2, 1], "val_loss": [2.1, 1.5], "val_accuracy": [0.3, 0.6]}
    left, right = handwriting.draw_curves(history, 0.855).axes
    assert left.lines[1].get_xydata().tolist() == [[1, 2.1], [2, 1.5]]
    assert right.lines[0].get_ydata().tolist() == [0.3, 0.6]
    assert right.lines[1].get_ydata()[0] == 0.855


def test_errors_stop_at_the_size_and_where_they_end():
    errors = {"SVM": [0.3, 0.1], "MLP": [0.3, 0.2, 0.1], "CNN": [0.3, 0.2, 0.05]}
    ax = handwriting.draw_errors([100, 300, 1000], errors, 0.18).axes[0]
    assert [len(line.get_xdata()) for line in ax.lines[:3]] == [2, 3, 3]
    ax = handwriting.draw_errors([100], errors, 0.18).axes[0]
    assert [line.get_ydata().tolist() for line in ax.lines[:3]] == [[0.3]] * 3


def test_moved_digit_says_how_it_is_read():
    curves = np.array([[0.97, 0.97], [0.34, 0.77]])
    image, probs = np.zeros((1, 28, 28)), np.array([0.2, 0.8])
    left, right = handwriting.draw_moved(image, probs, [0, 4], curves, 4, "MLP").axes
    assert left.get_title() == "read as 1 with 80%" and right.get_title() == "MLP"
    assert right.lines[0].get_ydata().tolist() == [0.97, 0.34]
    assert right.lines[2].get_xdata()[0] == 4
