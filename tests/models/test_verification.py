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

    nets = [verification.Network(people(), build, loss, steps=150) for _ in range(2)]
    z = [net(people()) for net in nets]
    assert np.array_equal(*z) and z[0][..., 0].mean() > 0.5
    with pytest.raises(ValueError, match="12 people × 5 pictures, got 14 × 4"):
        verification.Network(people(shots=4), build, loss)


SAME, DIFFERENT = np.array([0.9, 0.8, 0.6, 0.4]), np.array([0.7, 0.5, 0.3, 0.2, 0.1])


def test_both_rates_and_the_threshold_of_a_rate_by_hand():
    assert verification.both_rates(SAME, DIFFERENT, 0.55) == (0.2, 0.25)
    limit = verification.limit_at(0.25, DIFFERENT)
    assert np.isclose(limit, 0.5) and np.isclose(verification.rejects(SAME, DIFFERENT, 0.25), 0.25)


def test_the_equal_error_of_two_normal_samples_is_the_overlap():
    rng = np.random.default_rng(0)
    same, different = rng.normal(1, 1, 50_000), rng.normal(-1, 1, 50_000)
    assert abs(verification.equal_error(same, different) - 0.1587) < 0.005  # of one beyond 1
    assert verification.equal_error(SAME + 1, DIFFERENT) == 0


def test_a_rate_is_off_by_its_factor():
    ranks = np.arange(1000) / 1000
    assert np.isclose(verification.off_by(0.01, ranks, ranks), 1, atol=0.01)
    assert np.isclose(verification.off_by(0.01, ranks, ranks + 0.01), 2, atol=0.01)
    assert np.isclose(verification.off_by(0.01, ranks, ranks - 0.005), 2, atol=0.01)
    assert verification.off_by(0.01, ranks, ranks - 1) == 100


def test_a_gallery_of_independent_hits_follows_the_formula():
    scores = np.random.default_rng(0).random((400, 400))
    counted, formula = verification.gallery_curve(scores, 0.01)
    assert np.abs(counted - formula)[:100].max() < 0.05
    alike = np.repeat(scores[:, :1], 400, axis=1)  # a stranger matches all or nobody
    counted, formula = verification.gallery_curve(alike, 0.01)
    assert np.allclose(counted, 0.01) and formula[99] > 0.6


def test_the_cheapest_threshold_is_chosen_on_other_people():
    def price(far, frr):
        return far + frr

    apart = (np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3]))
    assert verification.best_price(price, apart, apart) <= 1 / 3 + 1e-9
    assert verification.best_price(price, apart, (apart[0] - 1, apart[1])) >= 1


def test_a_gallery_is_dearer_than_one_comparison_and_others_may_open():
    def price(far, frr):
        return far + frr

    hits = np.random.default_rng(0).random((50, 50))
    for own in (True, False):
        one, all_of_them = (
            verification.gallery_price(price, hits, 0.95 * np.eye(50), n, own) for n in (1, 50)
        )
        assert one < 0.06 < all_of_them
    strangers, members = np.zeros((4, 3)), np.array([[0.0, 1, 0], [0, 1, 0], [1, 0, 0]])
    paid = [verification.gallery_price(price, strangers + 0.5, members, 3, own) for own in (1, 0)]
    assert np.allclose(paid, [1 + 2 / 3, 1])  # two of three miss their own and match another


def test_other_people_are_farther_off_than_other_pictures():
    def model(faces):
        return verification.Pixels(None)(faces)

    one = np.repeat(people(1, 10, noise=30), 10, axis=0)  # ten times the same: a high threshold
    faces, ten = np.concatenate([people(10, 10, noise=30), one]), np.arange(10)
    same = verification.off_both(model, faces, ((), ten, ten), 0)
    assert same[0] == same[1] >= 0
    other, same = verification.off_both(model, faces, ((), ten + 10, ten), 0)
    assert other > np.log(10) > same


def test_a_group_is_in_the_training_set_or_left_out():
    is_in = np.arange(600) % 4 == 0
    train, validation, test = verification.drawn_split(is_in, 0)
    without, *rest = verification.drawn_split(is_in, 0, left_out=True)
    assert is_in[train].sum() == 50 and is_in[without].sum() == 0
    assert len(train) == len(without) == len(test) == 200 and len(validation) == 100
    assert not set(test) & {*train, *without, *validation} and not set(validation) & {*without}
    assert all((a == b).all() for a, b in zip(rest, (validation, test), strict=True))


def test_eigenpictures_are_grey_pictures():
    faces = people(12, 3, noise=60)
    mean, *directions = verification.eigenpictures(faces)
    assert mean.shape == (32, 28) and len(directions) == 3
    expected = 128 + 60 * verification.standardised(faces).mean((0, 1))
    assert np.allclose(mean, expected, atol=1e-3)


def test_a_group_is_compared_among_itself():
    def model(faces):
        return verification.Pixels(None)(faces)

    is_in = np.arange(14) < 5
    rates = verification.group_rates(model, people(noise=60), is_in, 0.5)
    alone = verification.pairs(model(people(noise=60)[:5]))
    assert rates["group"] == (
        verification.equal_error(*alone),
        *verification.both_rates(*alone, 0.5),
    )
