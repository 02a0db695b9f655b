"""Faces and goods are those that the page *Data* describes."""

import numpy as np

from lmlab import data
from lmlab.data.faces import DICEBEAR
from lmlab.data.goods import FASHION


def test_the_pins_are_the_published_ones():
    assert (DICEBEAR.sha256[:8], DICEBEAR.size) == ("5a5b0b9c", 814_843)
    assert (FASHION.sha256[:8], FASHION.size, FASHION.registry) == ("7fe48b6f", 39_169_564, "npm")


def test_the_real_faces():
    faces = data.load_orl_faces()
    assert faces.shape == (40, 10, 112, 92) and faces.dtype == np.uint8
    assert len(np.unique(faces.reshape(400, -1), axis=0)) == 400
    mean = faces.mean((1, 2, 3))
    assert mean.min() > 60 and mean.max() < 170


def test_the_drawn_people_differ_and_vary():
    drawn = data.load_avatars()
    assert drawn.x.shape == (600, 10, 32, 28) and drawn.x.dtype == np.uint8
    assert repr(drawn).startswith("Avatars(x=(600, 10, 32, 28)")
    assert (drawn.is_covered.sum(), drawn.has_beard.sum()) == (141, 142)
    assert set(drawn.skin) == set(range(7))
    x = drawn.x[:, :8].astype(float)
    within = np.abs(x - x.mean(1, keepdims=True)).mean()
    assert 5 < within < np.abs(x - x.mean((0, 1))).mean()
    light = (
        x[drawn.skin == 6][..., 16:20, 8:20].mean() - x[drawn.skin == 0][..., 16:20, 8:20].mean()
    )
    assert light > 40


def test_the_goods():
    goods = data.load_goods()
    assert [x.shape for x in goods] == [(7000, 28, 28)] * 4
    assert all(x.dtype == np.uint8 and x.max() == 255 and x.min() == 0 for x in goods)
    filled = [np.mean(x > 8) for x in goods]
    assert min(filled) == filled[0] and filled[2] > filled[1]  # sandals least; bags over sneakers
