"""The small backbones: sizes by hand, what a shuffle does to them, bad arguments."""

import numpy as np
import pytest

from lmlab.models.backbones import build_backbone, build_windows, halve
from lmlab.models.training import predict

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.random((3, 28, 28)).astype("float32")
GRID = np.arange(784).reshape(4, 7, 4, 7).swapaxes(1, 2).reshape(16, 49)


def test_parameters_by_hand():
    cnn = (9 + 1) * 12 + (9 * 12 + 1) * 20 + (9 * 20 + 1) * 28 + (16 * 28 + 1) * 10
    assert build_backbone("CNN").count_params() == cnn
    assert build_backbone("one layer").count_params() == 785 * 15 + 16 * 10
    vit = 49 * 32 + 16 * 32 + 4 * (32 * 32 + 32) + 32 * 64 + 64 + 64 * 32 + 32 + 3 * 64 + 330
    assert build_backbone("ViT").count_params() == vit
    assert build_windows((3, 3, 3), 8).count_params() == 16 + 3 * (9 * 64 + 8) + 90
    assert build_windows((7,), 6).count_params() == 12 + 49 * 36 + 6 + 70


@pytest.mark.parametrize("name", ["ViT", "CNN"])
def test_a_vit_with_moved_places_does_not_notice_moved_patches(name):
    model, order = build_backbone(name), np.empty(784, int)
    old = RANDOM.permutation(16)
    order[GRID] = GRID[old]  # at the place of patch i stands what was patch old[i]
    moved = PICTURES.reshape(3, 784)[:, order].reshape(PICTURES.shape)
    before = predict(model, PICTURES)
    if name == "ViT":
        bias = model.get_layer("patches").bias
        bias.assign(RANDOM.normal(size=bias.shape))
        before = predict(model, PICTURES)
        assert not np.allclose(predict(model, moved), before, atol=1e-4)
        bias.assign(np.asarray(bias)[old])
    assert np.allclose(predict(model, moved), before, atol=1e-5) == (name == "ViT")


def test_halve_by_hand():
    pictures = np.zeros((1, 28, 28))
    pictures[0, 2:4, 4:6] = [[1, 2], [3, 6]]
    assert halve(pictures)[0, 1, 2] == 3 and halve(pictures).sum() == 3


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="`name` must be CNN, ViT, Mixer or one layer, got 'VGG'"):
        build_backbone("VGG")
