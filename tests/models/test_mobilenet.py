"""MobileNetV2 takes the weights of torchvision, and refuses others."""

import numpy as np
import pytest

from lmlab.data import load_mobilenet_v2_weights
from lmlab.models import mobilenet


def test_the_weights_fill_the_network():
    weights = load_mobilenet_v2_weights()
    assert sum(array.size for array in weights.values()) == 3_538_984
    model = mobilenet.build_mobilenet_v2(weights, 96)
    assert model.count_params() == 3_538_984
    grey = np.random.default_rng(0).integers(0, 255, (3, 96, 96), np.uint8)
    features = mobilenet.picture_features(model, grey, batch_size=2)
    assert features.shape == (3, 1280)
    logits = model.predict_on_batch(mobilenet.prepare(grey))
    ours = features @ weights["classifier.1.weight"].T + weights["classifier.1.bias"]
    assert np.allclose(logits, ours, atol=1e-3)


def test_a_picture_is_scaled_and_padded():
    white = mobilenet.prepare(np.full((1, 32, 32), 255, np.uint8))
    assert white.shape == (1, 34, 34, 3)
    assert white[0, 0].max() == 0  # the border
    assert np.allclose(white[0, 5, 5], (1 - mobilenet.MEAN) / mobilenet.SCALE)


def test_a_size_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="`size` must be a positive multiple of 32, got 100"):
        mobilenet.build_mobilenet_v2(None, 100)
