"""The plane that evens the light of a slice: chapter 4.5."""

import numpy as np

from lmlab.models import coil
from lmlab.models import segmentation as sg


def test_a_tilt_of_even_slices_vanishes():
    light = sg.tilted(np.full((3, 12, 16), 100.0), 0.6, np.random.default_rng(0))
    assert light.std() > 10
    assert np.allclose(coil.levelled(light), 160, atol=1e-3)


def test_a_tilt_changes_nothing_that_is_left():
    rng = np.random.default_rng(1)
    x = rng.uniform(60, 200, (3, 12, 16))
    assert np.allclose(coil.levelled(sg.tilted(x, 0.5, rng)), coil.levelled(x), rtol=1e-4)
    assert coil.levelled(x).std() > 10  # what is no plane stays


def test_what_is_no_brain_does_not_steer_the_plane():
    x = np.full((1, 12, 16), 100.0)
    x[:, :, :5] = 5
    assert np.allclose(coil.levelled(x)[:, :, 5:], 160, atol=1e-3)


def test_thresholds_on_levelled_slices_bear_a_tilt():
    rng = np.random.default_rng(2)
    tissue = rng.integers(0, 3, (4, 16, 16))
    seen = sg.Slices((60 + 60 * tissue).astype(np.float32), tissue)
    light, rule = sg.tilted(seen.x, 0.6, rng), coil.Levelled(seen)
    assert np.mean(rule(light) == tissue) > 0.95
    assert np.mean(sg.Thresholds(seen)(light) == tissue) < 0.85
