"""Copies are found, and blanks make no one sure."""

import numpy as np

from lmlab.models import listening, speech


def test_confidence_without_blanks():
    """By hand: of the frames 0.9 blank and 0.5 digit only the digit counts; silence has none."""
    probs = np.full((2, 2, 11), 0.01)
    probs[:, :, 0] = 0.9
    probs[0, 1, 0], probs[0, 1, 4] = 0.2, 0.5
    np.testing.assert_allclose(speech.confidence(probs), [0.45**0.5, 0.9])
    np.testing.assert_allclose(listening.digit_confidence(probs), [0.5, 0.0])


def test_alike_finds_a_copy():
    """A copy, shifted and fainter, gives 1; other noise does not."""
    sound, other = np.random.default_rng(0).normal(0, 1, (2, 500))
    assert abs(listening.alike(sound, np.r_[np.zeros(20), 0.3 * sound]) - 1) < 1e-9
    assert listening.alike(sound, other) < 0.3
