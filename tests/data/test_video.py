"""The crossing is the one that was described, and says so when it is not."""

import numpy as np
import pytest

from lmlab.data import DataError, crossing_marks, load_crossing


def test_the_crossing_moves_before_a_still_background():
    clip = load_crossing()
    assert clip.shape == (45, 228, 260) and clip.dtype == np.uint8
    away = np.abs(clip - np.median(clip, axis=0)) > 25
    assert 0.005 < away.mean() < 0.1 and away.any(axis=0).mean() > 0.1


def test_another_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="is missing"):
        load_crossing(tmp_path / "no.webp")
    (tmp_path / "other.webp").write_bytes(b"RIFF")
    with pytest.raises(DataError, match="should have sha256 2c76d169"):
        load_crossing(tmp_path / "other.webp")


def test_marks_lie_on_something_that_moves():
    clip = load_crossing()
    frames, places = crossing_marks()
    assert places.shape == (5, 8, 2) and np.isfinite(places[..., 0]).sum() == 39
    away = np.abs(clip - np.median(clip, axis=0)) > 15
    hits = [
        away[k][int(y) - 6 : int(y) + 7, int(x) - 6 : int(x) + 7].any()
        for k, row in zip(frames, places, strict=True)
        for x, y in row[np.isfinite(row[:, 0])]
    ]
    assert np.mean(hits) == 1
