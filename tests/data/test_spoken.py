"""Spoken digits and tones: the file is the one described, and sound survives its coding."""

import numpy as np
import pytest

from lmlab.data import DataError, adpcm, load_spoken_digits, load_tones


def test_coding_keeps_the_sound():
    t = np.arange(4000) / 8000
    wave = 8000 * np.sin(2 * np.pi * 300 * t) + 3000 * np.sin(2 * np.pi * 1700 * t)
    sound = np.stack([wave, wave[::-1], 0 * wave]).astype(np.int16)
    coded = adpcm.encode(sound)
    assert coded.shape == (3, 2000) and coded.dtype == np.uint8
    error = adpcm.decode(coded).astype(float) - sound
    assert np.mean(error[:2] ** 2) < np.mean(sound[:2].astype(float) ** 2) / 100
    assert np.abs(error[2]).max() <= 8


def test_coding_by_hand():
    # step 7: a rise by 7 is four quarters of it, code 4; decoded as 7 * 9 // 8
    assert adpcm.encode(np.array([[7, 7]]))[0, 0] & 15 == 4
    assert adpcm.decode(np.array([[4]], np.uint8))[0, 0] == 7


def test_spoken_digits():
    spoken = load_spoken_digits()
    assert repr(spoken) == "Spoken(760 digits; voices: espeak 52, flite 12, hibari 12)"
    assert spoken.sound.shape[:2] == (76, 10) and np.abs(spoken.sound).max() <= 1
    assert len(set(spoken.voice)) == 76
    clip = spoken.clip(0, 7)
    assert len(clip) == spoken.length[0, 7] and not spoken.sound[0, 7, len(clip) :].any()
    assert 0.3 < spoken.length.mean() / 8000 < 0.5


def test_tones():
    tones = load_tones()
    assert repr(tones) == "Tones(2358 syllables by 2 people)"
    assert tones.pitch.shape == (2358, 12) and set(tones.tone) == {1, 2, 3, 4}
    assert list(tones.sound) == [1, 2, 3, 4]
    woman = tones.speaker == "woman"
    first, fourth = (np.median(tones.pitch[woman & (tones.tone == t)], axis=0) for t in (1, 4))
    assert np.ptp(first) < 1 and fourth[0] - fourth[-1] > 5  # high and level; falling
    assert np.median(tones.pitch[woman]) - np.median(tones.pitch[~woman]) > 10


def test_another_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="is missing"):
        load_spoken_digits(tmp_path / "no.npz")
    (tmp_path / "other.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="should have sha256"):
        load_tones(tmp_path / "other.npz")
