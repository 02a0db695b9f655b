"""Blobs, tracks and their switches, on pictures small enough to count."""

import numpy as np
import pytest

from lmlab.models.tracking import compose, count_switches, find_blobs, follow, identity_at, switches


def test_blobs_are_found_where_they_were_painted():
    background = np.full((60, 80), 100.0)
    frame = background.copy()
    frame[10:20, 30:40], frame[40:50, 60:70], frame[5, 5] = 200, 20, 255
    found = find_blobs(frame, background)
    assert np.allclose(found[np.argsort(found[:, 0])], [[34.5, 14.5], [64.5, 44.5]], atol=0.3)
    assert find_blobs(background, background).shape == (0, 2)


def test_two_that_pass_each_other_keep_their_numbers_within_a_sensible_gate():
    ways = [np.array([[2.0 * t, 0.0], [40 - 2.0 * t, 6.0]]) for t in range(20)]
    for gate, numbers in ((5, 2), (0.5, 40)):
        names = follow(ways, gate)
        assert len(set(np.concatenate(names))) == numbers
        assert switches(ways, gate, ways) == numbers - 2
    with pytest.raises(ValueError, match="`gate` must be positive, got 0"):
        follow(ways, 0)


def test_a_track_outlives_a_gap_up_to_its_patience():
    here = [np.array([[0.0, 0.0]])] * 3
    for lost, numbers in ((5, 1), (6, 2)):
        names = follow([*here, *[np.zeros((0, 2))] * lost, *here], 5)
        assert len({int(n) for name in names for n in name}) == numbers


def test_a_wide_gate_gives_a_lost_number_to_a_stranger():
    ways = [np.array([[0.0, 0.0]])] * 3 + [np.array([[50.0, 0.0]])] * 3
    assert [int(n[0]) for n in follow(ways, 60)] == [0] * 6
    assert [int(n[0]) for n in follow(ways, 10)] == [0] * 3 + [1] * 3


def test_switches_are_counted_from_sight_to_sight():
    assert count_switches([[1, 4], [-1, 4], [2, 4], [2, -1], [1, 4]]) == 2
    detections, numbers = np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([7, 8])
    assert identity_at([[1, 1], [9, 0], [30, 0]], detections, numbers, 5).tolist() == [7, 8, -1]
    assert identity_at([[1, 1]], np.zeros((0, 2)), numbers[:0]).tolist() == [-1]


def test_composed_cars_are_where_the_truth_says():
    video, truth = compose(np.full((228, 260), 120.0), cars=6, miss=0.0, seed=1)
    assert video.shape == (45, 228, 260) and truth.shape == (45, 6, 2)
    x, y = truth[20][np.isfinite(truth[20, :, 0])].round().astype(int).T
    assert len(x) > 2 and set(video[20][y, x]) <= {30.0, 240.0}
    gone, _ = compose(np.full((228, 260), 120.0), cars=6, miss=1.0, seed=1)
    assert np.all(gone == 120)
