"""Slices, the tilt of a coil, thresholds and a small network: chapter 4.5."""

import numpy as np
import pytest

from lmlab.models import segmentation as sg
from lmlab.models.device import start_keras


def toy(n=12, seed=0):
    """Slices whose grey value is the tissue: 40, 120, 200, with a little noise."""
    rng = np.random.default_rng(seed)
    tissue = np.repeat(np.repeat(rng.integers(0, 3, (n, 4, 4)), 4, 1), 4, 2).astype(np.uint8)
    x = 40 + 80 * tissue + rng.normal(0, 5, tissue.shape)
    return sg.Slices(x.astype(np.float32), tissue)


def test_dice_by_hand_and_from_iou():
    a, b = np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 0], bool)
    assert sg.dice(a, b) == pytest.approx(0.5)
    iou = np.sum(a & b) / np.sum(a | b)
    assert sg.dice(a, b) == pytest.approx(2 * iou / (1 + iou))
    assert sg.dice(a & ~a, a & ~a) == 1


def test_slices_are_those_with_tissue_cut_and_padded():
    tissue = np.zeros((10, 11, 5), np.uint8)
    tissue[2:5, 2:9, 1:3] = 1
    found = sg.slices(tissue * 100, tissue)
    assert found.x.shape == found.tissue.shape == (2, 8, 12)  # rows 0 to 6, columns 0 to 10
    assert found.x.max() == 100 and found.x.dtype == np.float32


def test_a_tilt_keeps_the_middle_and_turns():
    x = np.full((50, 9, 9), 100, np.float32)
    found = sg.tilted(x, 0.3, np.random.default_rng(0))
    assert found[:, 4, 4] == pytest.approx(100)
    assert found.max() > 100 * np.exp(0.3) and found.min() < 100 * np.exp(-0.3)
    assert np.array_equal(sg.tilted(x, 0, np.random.default_rng(0)), x)


def test_thresholds_find_tissue_that_is_its_grey_value():
    seen, new = toy(), toy(seed=1)
    rule = sg.Thresholds(seen)
    assert np.mean(rule(new.x) == new.tissue) > 0.99
    rng = np.random.default_rng(0)
    assert np.mean(rule(sg.tilted(new.x, 0.9, rng)) == new.tissue) < 0.8


def test_dividing_by_the_blur_takes_a_tilt_away():
    new = toy(seed=1)
    x = np.full((4, 40, 40), 100, np.float32)
    light = sg.tilted(x, 0.5, np.random.default_rng(0))
    assert sg.evened(light, 5).std() < light.std() / 3
    assert sg.Thresholds(new, even=10)(new.x).shape == new.x.shape


def test_the_network_learns_the_toy():
    keras = start_keras(seed=0)

    def build():
        layers = keras.layers
        see = layers.Conv2D(8, 3, padding="same", activation="relu"), layers.Conv2D(3, 1)
        return keras.Sequential([keras.Input((None, None, 1)), *see])

    seen, new = toy(24), toy(seed=1)
    net = sg.Segmenter(seen, build, tilt=0.1, learning_rate=0.01, epochs=8)
    assert np.mean(net(new.x) == new.tissue) > 0.9
