"""The solar cells and the weights of MobileNetV2 are those that were published."""

import hashlib
import pickle
import struct

import numpy as np
import pytest

from lmlab import data
from lmlab.data.imagenet import MAGIC, MOBILENET_V2, read_pth
from lmlab.data.images import ELPV


def test_the_pins_are_the_published_ones():
    assert (ELPV.sha256[:8], ELPV.size) == ("85e31c11", 90_801_454)
    assert (MOBILENET_V2.sha256[:8], MOBILENET_V2.size) == ("9f118f8b", 13_136_968)


def test_solar_cells():
    cells = data.load_solar_cells()
    assert (cells.x.shape, cells.x.dtype) == ((2624, 300, 300), np.uint8)
    assert np.rint(3 * cells.defect).astype(int).tolist()[:5] == [3, 3, 3, 0, 3]
    assert np.bincount(np.rint(3 * cells.defect).astype(int)).tolist() == [1508, 295, 106, 715]
    assert cells.is_mono.sum() == 1074
    assert repr(cells).startswith("SolarCells(x=(2624, 300, 300)")


def test_mobilenet_weights():
    weights = data.load_mobilenet_v2_weights()
    assert len(weights) == 262
    assert next(iter(weights)) == "features.0.0.weight"
    assert weights["classifier.1.weight"].shape == (1000, 1280)
    assert all(np.isfinite(array).all() for array in weights.values())


def pth(*parts, numbers=b""):
    return b"".join(pickle.dumps(part, 2) for part in parts) + numbers


def test_a_file_that_is_no_pth_is_refused():
    with pytest.raises(ValueError, match="received another kind"):
        read_pth(pth(7))


def test_a_pth_that_asks_for_code_is_refused():
    with pytest.raises(pickle.UnpicklingError, match="expected arrays, received"):
        read_pth(pth(MAGIC, 1001, {}, hashlib.md5))


def test_an_empty_pth_has_no_arrays():
    assert read_pth(pth(MAGIC, 1001, {}, {}, [], numbers=struct.pack("<q", 0))) == {}


def test_a_digit_is_halved_and_shifted():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 2, 2] = 255
    assert data.halve(image).sum() == 0.25
    forms = data.shifted(image, reach=1)
    assert forms.shape == (1, 9, 196)
    assert np.array_equal(forms[:, 0], data.halve(image))
    assert np.allclose(forms.sum(axis=-1), 0.25)
