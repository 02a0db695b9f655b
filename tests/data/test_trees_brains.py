"""Trees from the air and an average brain: counts, places, and what the page *Data* states."""

import numpy as np

from lmlab import data


def test_951_trees_in_four_pictures():
    trees = data.load_trees()
    names = ("meadow", "road", "sand", "dead")
    boxes = [getattr(trees, f"{name}_boxes") for name in names]
    pictures = [getattr(trees, name) for name in names]
    assert [len(b) for b in boxes] == [574, 279, 61, 37]
    assert [x.shape for x in pictures] == [
        (618, 574, 3),
        (258, 312, 3),
        (100, 100, 3),
        (100, 100, 3),
    ]
    for x, b in zip(pictures, boxes, strict=True):
        assert x.dtype == np.uint8 and np.all(b[:, 2:] > b[:, :2])
        assert np.all(b >= 0) and np.all(b[:, 2:] <= np.array(x.shape[1::-1]) + 1)
    assert np.median(boxes[0][:, 2:] - boxes[0][:, :2], axis=0).tolist() == [10.25, 10.25]


def test_the_brain_is_its_tissues():
    brain = data.load_brain()
    assert brain.x.shape == brain.tissue.shape == (98, 116, 94)
    assert np.bincount(brain.tissue.ravel()).tolist() == [852183, 137501, 78908]
    medians = [np.median(brain.x[brain.tissue == k]) for k in range(3)]
    assert medians[0] < 20 < medians[1] < 190 < medians[2]
