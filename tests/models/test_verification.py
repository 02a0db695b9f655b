"""Faces as vectors: sizes, lengths, pairs, galleries."""

import itertools

import numpy as np
import pytest

from lmlab.models import verification
from lmlab.models.verification import Eigenfaces, Fisherfaces, Pixels, chance_of_any, pairs


def people(n=14, shots=6, noise=20, seed=0):
    rng = np.random.default_rng(seed)
    faces = rng.uniform(60, 190, (n, 1, 32, 28)) + noise * rng.normal(size=(n, shots, 32, 28))
    return faces.clip(0, 255).astype(np.uint8)


def test_pairs_by_hand():
    z = np.array([[[1.0, 0], [0.6, 0.8]], [[0, 1.0], [-1, 0]]])
    same, different = pairs(z)
    assert np.allclose(sorted(same), [0, 0.6])
    assert np.allclose(sorted(different), [-1, -0.6, 0, 0.8])


@pytest.mark.parametrize("kind", [Pixels, Eigenfaces, Fisherfaces])
@pytest.mark.parametrize("setting", range(4))
def test_embeddings_have_length_one_and_know_people_apart(kind, setting):
    options = kind.settings[setting]
    z = kind(people(), **options)(people(seed=1))
    assert z.shape[:2] == (14, 6) and np.allclose(np.linalg.norm(z, axis=-1), 1, atol=1e-5)
    same, different = pairs(z)
    assert np.median(same) > np.quantile(different, 0.9)


def test_light_and_contrast_are_taken_out():
    faces = people(2, 2)
    darker = (faces * 0.5).astype(np.float32)
    assert np.allclose(
        verification.standardised(faces), verification.standardised(darker), atol=1e-5
    )


def test_pictures_are_shrunk_by_areas():
    faces = np.zeros((1, 1, 64, 56), np.uint8)
    faces[..., :2, :2] = 200
    assert verification.shrink(faces)[0, 0, 0, 0] == 200
    assert verification.shrink(faces).shape == (1, 1, 32, 28)


def test_a_gallery_is_the_mean_over_all_choices_of_members():
    hits = np.random.default_rng(0).random((5, 6)) < 0.3
    for size in range(7):
        choices = list(itertools.combinations(range(6), size))
        counted = np.mean([hits[:, list(c)].any(axis=1).mean() for c in choices])
        assert np.isclose(chance_of_any(hits, size), counted)
    with pytest.raises(ValueError, match="`size` must be 0 to 6, got 7"):
        chance_of_any(hits, 7)


def test_a_network_is_trained_with_the_given_loss_and_repeats_itself():
    import keras

    def build():
        face = keras.Input((32, 28, 1))
        return keras.Sequential(
            [face, keras.layers.Flatten(), keras.layers.Dense(4), keras.layers.UnitNormalization()]
        )

    def loss(who, z):
        return keras.ops.mean(keras.ops.square(z[:, 0] - 1))  # all to one place

    nets = [verification.Network(people(), build, loss, learning_rate=0.03, steps=60) for _ in range(2)]
    z = [net(people()) for net in nets]
    assert np.array_equal(*z) and z[0][..., 0].mean() > 0.5
    with pytest.raises(ValueError, match="12 people × 5 pictures, got 14 × 4"):
        verification.Network(people(shots=4), build, loss)
