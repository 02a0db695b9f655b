"""Features, alterations, edits and searches of the chapter on speech; pitch of a known tone."""

import itertools

import numpy as np
import pytest

from lmlab.data import load_spoken_digits
from lmlab.models import speech
from lmlab.models.pitch import contour


@pytest.fixture(scope="module")
def spoken():
    return load_spoken_digits()


def test_mel_bank():
    bank = speech.mel_bank()
    assert bank.shape == (129, 32) and bank.min() == 0 and (bank.max(axis=0) > 0.4).all()
    tops = bank.argmax(axis=0)
    assert (np.diff(tops) >= 0).all() and tops[-1] - tops[-2] > tops[1] - tops[0]


def test_log_mel_finds_a_tone_and_forgets_loudness():
    t = np.arange(speech.SAMPLES) / 8000
    tone = np.sin(2 * np.pi * 1000 * t) * (t > 1)
    mel = speech.log_mel(tone)
    assert mel.shape == (196, 32) and mel.dtype == np.float32
    late = mel[150] - mel[20]
    centre = (speech.mel_bank()[:, late.argmax()] * np.arange(129)).sum()
    centre /= speech.mel_bank()[:, late.argmax()].sum()
    assert abs(centre * 8000 / 256 - 1000) < 60
    assert np.abs(mel.mean(axis=0)).max() < 1e-5


def test_strings(spoken):
    sound, digits = speech.strings(spoken, [3, 60], 20, 0, count=(1, 2, 3))
    again, _ = speech.strings(spoken, [3, 60], 20, 0, count=(1, 2, 3))
    assert sound.shape == (20, speech.SAMPLES) and (sound == again).all()
    counts = (digits >= 0).sum(axis=1)
    assert set(counts) == {1, 2, 3} and (digits[:, 0] >= 0).all() and digits.max() <= 9
    loud, _ = speech.strings(spoken, [3], 5, 0, decibels=0)
    quiet, _ = speech.strings(spoken, [3], 5, 0, decibels=40)
    assert loud[:, :150].std() > 20 * quiet[:, :150].std()


def test_alterations(spoken):
    rng, sound = np.random.default_rng(0), spoken.clip(0, 1)
    fast = speech.altered(sound, rng, ["speed"])
    assert len(fast) != len(sound) and 0.8 < len(fast) / len(sound) < 1.25
    other = speech.altered(sound, rng, ["colour"])
    assert len(other) == len(sound) and np.abs(other - sound).max() > 0.05
    assert np.allclose(speech.altered(sound, rng, []), sound / np.abs(sound).max())


def test_word_error_rate():
    assert speech.distance("kitten", "sitting") == 3
    assert speech.error_rate([[1, 2, 3, 4], []], [[1, 2, 3], [7]]) == 0.5
    assert speech.error_rate([[1, 1, 1]], [[1]]) == 2  # more errors than words


def test_greedy_and_beam_by_hand():
    p = np.zeros((1, 2, 11))
    p[0, :, :2] = [0.6, 0.4]  # the best path says nothing (.36), the best string "0" (.64)
    assert speech.greedy(p) == [[]] and speech.beam(p[0], 4) == [0]
    repeat = np.eye(11)[[1, 1, 0, 1, 5]][None]
    assert speech.greedy(repeat) == [[0, 0, 4]] and speech.beam(repeat[0], 4) == [0, 0, 4]


def test_a_wide_beam_finds_the_best_of_all_strings():
    rng = np.random.default_rng(0)
    for _ in range(10):
        p = np.zeros((4, 11))
        p[:, :3] = rng.dirichlet([0.7] * 3, 4)
        totals = {}
        for path in itertools.product(range(3), repeat=4):
            what = tuple(k - 1 for k, _ in itertools.groupby(path) if k)
            totals[what] = totals.get(what, 0) + np.prod([p[t, k] for t, k in enumerate(path)])
        assert speech.beam(p, 1000) == list(max(totals, key=totals.get))


def test_confidence():
    p = np.full((2, 3, 11), 0.0)
    p[0, :, 0], p[1, :, 1] = 1.0, (1.0, 0.5, 0.25)
    assert np.allclose(speech.confidence(p), [1, 0.5])


def test_said(spoken):
    two = speech.said(spoken, 0, [1, 2], pause=0.1)
    assert len(two) == spoken.length[0, 1] + spoken.length[0, 2] + 800


def test_training_learns_two_strings(spoken):
    import keras

    sound, digits = speech.strings(spoken, [0], 8, 0, count=(1,))
    x = i = keras.Input((196, speech.BANDS))
    x = keras.layers.Conv1D(24, 9, strides=4, padding="same", activation="relu")(x)
    model = keras.Model(i, keras.layers.Dense(11)(x))
    model = speech.trained(model, sound, digits, 0, 80, 1e-2)
    probs = speech.readings(model, speech.log_mel(sound))
    assert np.allclose(probs.sum(axis=-1), 1, atol=1e-5)
    right = [h == [d[0]] for h, d in zip(speech.greedy(probs), digits.tolist(), strict=True)]
    assert np.mean(right) > 0.7


@pytest.mark.parametrize("hertz", [100, 150, 320])
def test_pitch_of_a_buzz(hertz):
    t = np.arange(3200) / 8000
    buzz = sum(np.sin(2 * np.pi * k * hertz * t) / k for k in range(1, 8))
    assert np.allclose(contour(buzz, 8000), 12 * np.log2(hertz / 100), atol=0.6)


def test_pitch_follows_a_fall():
    t = np.arange(3200) / 8000
    phase = 2 * np.pi * np.cumsum(300 - 250 * t) / 8000  # 300 to 200 Hz
    found = contour(sum(np.sin(k * phase) / k for k in range(1, 6)), 8000)
    assert found[0] - found[-1] > 5 and (np.diff(found) < 0.5).all()
