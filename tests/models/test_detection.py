"""Scenes, grids and the detector of chapter 4.5, on pictures of a few trees."""

import numpy as np
import pytest

from lmlab.models import detection as dt
from lmlab.models.device import start_keras

BOXES = np.array([[10.0, 12, 20, 24], [60, 70, 68, 80], [100, 30, 112, 41]])


def ground(seed=0):
    """A flat picture (120, 130) with a bright rectangle in each box."""
    picture = np.random.default_rng(seed).uniform(40, 50, (120, 130, 3))
    for left, top, right, bottom in BOXES.astype(int):
        picture[top:bottom, left:right] = 200
    return picture


def test_boxes_inside_a_region_move_with_it():
    assert dt.inside(BOXES, (60, 120, 50, 130)).tolist() == [[10, 10, 18, 20]]


def test_parts_have_whole_cells():
    picture, boxes = dt.part(ground(), BOXES, (60, 119, 50, 130))
    assert picture.shape == (56, 80, 3) and boxes.tolist() == [[10, 10, 18, 20]]
    assert dt.part(ground(), BOXES)[0].shape == (120, 128, 3)


def test_recoloured_pictures_have_the_colours_of_the_other():
    like = np.random.default_rng(1).normal(100, [5, 10, 15], (40, 40, 3))
    found = dt.recoloured(np.random.default_rng(2).normal(60, 20, (30, 30, 3)), like)
    assert np.allclose(found.mean((0, 1)), like.mean((0, 1)), atol=1e-6)
    assert np.allclose(found.std((0, 1)), like.std((0, 1)), atol=1e-6)


def test_a_strip_holds_the_first_boxes():
    assert dt.strip(ground(), BOXES, 2) == (0, 120, 0, 64)
    assert dt.strip(ground(), BOXES, 1) == (0, 120, 0, dt.SIZE + 1)


def test_boxes_survive_the_grid():
    grid = dt.encode([BOXES[:1]])
    assert grid.shape == (1, 12, 12, 5) and grid[..., 0].sum() == 1
    grid[..., 0] = np.where(grid[..., 0] > 0, 9, -9)
    boxes, scores = dt.decode(grid[0])
    assert boxes[scores.argmax()] == pytest.approx(BOXES[0], abs=1e-4)
    assert np.sum(scores > 0.5) == 1


@pytest.mark.parametrize("seed", range(3))
def test_cut_scenes_keep_their_boxes_on_the_trees(seed):
    scenes = dt.cut(ground(), BOXES, (0, 120, 0, 130), 20, np.random.default_rng(seed))
    seen = 0
    for x, boxes in zip(*scenes, strict=True):
        for left, top, right, bottom in np.clip(boxes, 0, dt.SIZE).astype(int):
            assert np.all(x[top:bottom, left:right] == 200)
            seen += 1
    assert seen


def test_composed_scenes_are_true():
    scenes = dt.compose(
        ground(), BOXES, (0, 120, 0, 130), 20, np.random.default_rng(0), shadow=0, most=3
    )
    bright = sum(map(len, scenes.boxes))
    assert bright
    for x, boxes in zip(*scenes, strict=True):
        for left, top, right, bottom in np.clip(boxes, 0, dt.SIZE).astype(int):
            assert np.mean(x[top:bottom, left:right] == 200) > 0.6  # another may lie on it
        if not len(boxes):
            assert x.mean() < 80  # but for trees whose middle is outside


def test_no_empty_ground():
    full = np.array([[0.0, 0, 130, 120]])
    with pytest.raises(ValueError, match="`region` must have empty ground of 48 x 48 pixels"):
        dt.compose(ground(), full, (0, 120, 0, 130), 1, np.random.default_rng(0))


def test_the_detector_learns_bright_rectangles():
    keras = start_keras(seed=0)
    ops, layers = keras.ops, keras.layers

    def build():
        return keras.Sequential(
            [
                keras.Input((None, None, 3)),
                layers.Conv2D(8, 5, 2, "same", activation="relu"),
                layers.Conv2D(16, 5, 2, "same", activation="relu"),
                layers.Conv2D(5, 3, padding="same"),
            ]
        )

    def loss(true, z):
        there = true[..., 0]
        object_loss = ops.softplus(z[..., 0]) - there * z[..., 0]
        box_loss = there * ops.sum(ops.abs(true[..., 1:] - z[..., 1:]), axis=-1)
        return (ops.sum(object_loss) + ops.sum(box_loss)) / (ops.sum(there) + 1)

    scenes = dt.cut(ground(), BOXES, (0, 120, 0, 130), 160, np.random.default_rng(0))
    before = dt.Detector(build, loss)
    after = before.tuned(scenes, 0.01, epochs=6)
    boxes, scores = after(ground())
    assert np.all(np.diff(scores) <= 0) and scores.min() > dt.Detector.LEAST
    from lmlab.models.boxes import intersection_over_union

    best = intersection_over_union(BOXES, boxes[:20]).max(axis=1)
    assert np.all(best > 0.4), best
    old = before.model.get_weights()
    assert any(
        not np.array_equal(a, b) for a, b in zip(old, after.model.get_weights(), strict=True)
    )
