"""Lesions planted in patches, and the filters that look for them (chapter 1.5)."""

import numpy as np
import pytest
from scipy.stats import norm

from lmlab.data.brains import Brain
from lmlab.models import lesions


@pytest.fixture
def brain():
    """A smooth brain, exactly symmetric from left to right."""
    x = np.random.default_rng(0).integers(0, 255, (40, 60, 20))
    x = (x + x[::-1]) // 2
    return Brain(x.astype(np.uint8), np.ones((40, 60, 20), np.uint8))


def test_a_lesion_is_a_disc_of_its_radius():
    disc = lesions.lesion(3)
    assert disc.shape == (21, 21) and disc[10, 10] > 0.99 and disc[10, 13] == pytest.approx(0.5)
    assert disc.sum() == pytest.approx(np.pi * 9, rel=0.08)
    with pytest.raises(ValueError, match="`radius` must be positive, got 0"):
        lesions.lesion(0)


def test_patients_repeat_and_the_halves_are_alike_only_where_asked(brain):
    first, again = (lesions.patients(brain, 6, (5, 15), 1, apart=0) for _ in range(2))
    assert first[0].shape == (6, 21, 21) and np.array_equal(first[0], again[0])
    assert np.allclose(first[0], first[1], atol=1e-5)
    moved = lesions.patients(brain, 6, (5, 15), 1, apart=1)
    assert np.array_equal(moved[0], first[0]) and not np.allclose(moved[1], first[1], atol=0.01)
    with pytest.raises(ValueError, match="`levels` must hold tissue"):
        lesions.patients(brain, 6, (30, 31), 1)


def test_the_scanner_adds_what_it_is_told():
    pair = np.zeros((2, 21, 21)), np.zeros((2, 21, 21))
    sick = np.array([False, True])
    x = lesions.scanned(pair, sick, 0, radius=2, contrast=0.5, noise=0.0, gain=2.0)
    assert x.shape == (2, 21, 21, 2) and not x[0].any() and not x[1, ..., 1].any()
    assert np.allclose(x[1, ..., 0], lesions.lesion(2), atol=1e-6)
    soft = lesions.scanned(pair, sick, 0, radius=2, contrast=0.5, noise=0.0, blur=1.0)
    assert soft[1, 10, 10, 0] < 0.5 * x[1, 10, 10, 0]
    assert soft[1, ..., 0].sum() == pytest.approx(x[1, ..., 0].sum() / 2, rel=1e-3)
    noisy = lesions.scanned(pair, sick, 0, noise=0.3, contrast=0)
    assert noisy.std() == pytest.approx(0.3, rel=0.05)


def test_every_second_case_is_sick(brain):
    x, sick = lesions.cases(brain, 4, (5, 15), 0, noise=0.0)
    assert sick.tolist() == [False, True, False, True] and x.shape == (4, 21, 21, 2)


def test_filters_ignore_what_they_should():
    flat = np.full((1, 21, 21, 2), 0.7)
    assert lesions.by_filter(flat, 2)[0] == pytest.approx(0, abs=1e-12)
    assert lesions.by_filter(flat, 2, surround=False)[0] == pytest.approx(0.7)
    assert lesions.by_filter(flat, 2, mirrored=True, surround=False)[0] == pytest.approx(0)
    assert len(lesions.filters((1, 2, 3))) == 12


def test_the_best_disc_has_the_radius_of_the_lesion():
    areas = [lesions.filtered_auc(2, 0.1, 0.2, width) for width in (1, 1.5, 2, 3, 4)]
    assert np.argmax(areas) == 2
    d = 0.1 * np.linalg.norm(lesions.lesion(2)) / 0.2
    assert areas[2] == pytest.approx(norm.cdf(d / np.sqrt(2)))


def test_rates_by_hand():
    found = lesions.rates(np.array([3.0, 1, 2, 0]), np.array([True, True, False, False]), 1.5)
    assert found == (0.75, 0.5, 0.5)


def test_the_best_at_home_is_judged_away_at_the_threshold_of_home():
    sick = np.arange(20) % 2 == 1
    x = np.arange(20.0) + 100 * sick  # the healthy 0, 2 … 18; all sick above
    rivals = [np.negative, np.abs]
    assert lesions.best_of(rivals, x, sick) is np.abs
    # nine tenths of the healthy lie below 16.2; a dimmer picture loses finds, no alarm is left
    area, finds, alarms = lesions.promised(rivals, (x, sick), (x / 7, sick))
    assert (area, finds, alarms) == (1.0, 0.3, 0.0)
    assert lesions.promised(rivals, (x, sick), (x, sick)) == (1.0, 1.0, 0.1)
