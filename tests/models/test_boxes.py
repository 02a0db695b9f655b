"""Boxes by hand: overlap, suppression, matches, average precision."""

import numpy as np
import pytest

from lmlab.models.boxes import average_precision, intersection_over_union, match, suppress

TWO = np.array([[0, 0, 2, 2], [1, 1, 3, 3]])


def test_overlap_by_hand():
    found = intersection_over_union(TWO, TWO)
    assert found == pytest.approx(np.array([[1, 1 / 7], [1 / 7, 1]]))
    third = intersection_over_union([[0, 0, 3, 3]], [[1, 0, 4, 3]])  # moved by a third
    assert third.item() == pytest.approx(0.5)
    assert intersection_over_union([[0, 0, 1, 1]], [[5, 5, 6, 6]]).item() == 0


def test_nothing_overlaps_nothing():
    assert intersection_over_union(np.zeros((0, 4)), TWO).shape == (0, 2)
    assert intersection_over_union([[1, 1, 1, 1]], [[1, 1, 1, 1]]).item() == 0


def test_overlap_of_a_library():
    from lmlab.models.device import start_keras

    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 50, (40, 2))
    boxes = np.column_stack([corners, corners + rng.uniform(1, 30, (40, 2))])
    theirs = start_keras().utils.bounding_boxes.compute_iou(boxes[:20], boxes[20:], "xyxy")
    assert intersection_over_union(boxes[:20], boxes[20:]) == pytest.approx(
        np.asarray(theirs), abs=1e-5
    )


def test_the_better_of_two_near_boxes_stays():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])  # IoU 9 / 11
    scores = np.array([0.5, 0.9, 0.2])
    assert suppress(boxes, scores, 0.5).tolist() == [1, 2]
    assert suppress(boxes, scores, 0.9).tolist() == [1, 0, 2]


def test_a_tree_is_found_once():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [20, 0, 30, 10]])
    assert match(boxes, boxes[[0, 2]], 0.5).tolist() == [True, False, True]
    assert match(boxes, np.zeros((0, 4)), 0.5).tolist() == [False] * 3
    assert match(boxes[:1] + 3, boxes[:1], 0.5).tolist() == [False]


def test_average_precision_by_hand():
    assert average_precision(np.array([True, False, True]), 2) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.array([True, False, True]), 4) == pytest.approx((1 + 2 / 3) / 4)
    assert average_precision(np.ones(5, bool), 5) == 1
    assert average_precision(np.zeros(0, bool), 3) == 0
    with pytest.raises(ValueError, match="`n_true` must be positive, got 0"):
        average_precision(np.ones(1, bool), 0)
