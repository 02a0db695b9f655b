"""Sound in the page, and the pictures of the chapter on speech."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import hearing


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_mu_law_undone():
    sound = np.linspace(-1, 1, 101)
    code = ~np.frombuffer(hearing.mu_law(sound), np.uint8).astype(int) & 255
    size = ((((code & 15) << 3) + 132) << (code >> 4 & 7)) - 132
    back = np.where(code & 128, -size, size) / 32_635
    assert np.abs(back - sound).max() < 0.04 and np.abs(back - sound)[45:56].max() < 0.005
    assert hearing.mu_law(np.zeros(1)) == b"\xff"


def test_wav_says_what_it_is():
    file = hearing.wav(np.zeros(801))
    assert file[:4] == b"RIFF" and file[8:16] == b"WAVEfmt " and len(file) % 2 == 0
    assert int.from_bytes(file[4:8], "little") == len(file) - 8
    assert file[20:28] == bytes([7, 0, 1, 0, 64, 31, 0, 0])  # mu-law, one channel, 8,000 a second
    with pytest.raises(ValueError, match="may take 20000 bytes in a page"):
        hearing.wav(np.zeros(20_000))


def test_players_have_names_and_transcripts():
    players = hearing.Players({"Ann & Bo: one": np.zeros(80), "Bo: two": np.zeros(80)})
    assert repr(players) == "sound: Ann & Bo: one\nsound: Bo: two"
    text = players._repr_html_()
    assert text.count("<audio controls") == 2
    assert 'aria-label="Ann &amp; Bo: one"' in text and "<figcaption" in text


def test_no_window_parts_clicks_and_tones():
    t = np.arange(1600) / 4000
    sound = sum(np.sin(2 * np.pi * f * t) / 2 for f in (600, 640))
    sound[[1000, 1040]] += 8
    fall = [hearing.dips(sound, 4000, w, (0.25, 0.26), (600, 640)) for w in (32, 96, 256)]
    assert fall[0][0] > 3 and fall[2][1] > 3
    assert all(min(pair) < 3 for pair in fall)
    ax = hearing.draw_window(sound, 4000, 128, "32 ms").axes[0]
    assert ax.get_title() == "32 ms" and ax.images


def test_strings_and_errors():
    ax = hearing.draw_strings({"": 0.36, "a": 0.64}, "", "two").axes[0]
    assert [bar.get_hatch() for bar in ax.patches] == ["//", ""]
    ax = hearing.draw_errors({"x": 0.1, "y": 0.7}, "plain").axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.1, 0.7]


def test_asking():
    sure, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, True])
    assert hearing.asking(sure, right, 0.75) == (0.5, 0.5)
    again, wrong = hearing.asking(sure, right, 0.95)
    assert again == 1 and np.isnan(wrong)
    assert hearing.say_asking({"Ann": (sure, right)}, 0.75).startswith("Ann: 0.50 asked again, of")
    assert hearing.say_asking({"Ann": (sure, right)}, 1).endswith("none accepted")
    one, two = hearing.draw_asking({"Ann": (sure, right)}, 0.75, "0.75").axes
    assert [one.patches[0].get_width(), two.patches[0].get_width()] == [0.5, 0.5]


def test_tones():
    curve = np.linspace(0, 1, 12)
    figure = hearing.draw_tones({"man": {1: curve}, "woman": {1: curve}}, "raw")
    assert [ax.get_title() for ax in figure.axes] == ["man", "woman"]


def test_middles():
    tones = SimpleNamespace(speaker=np.repeat(["man", "woman"], 8), tone=np.tile([1, 2, 3, 4], 4))
    found = hearing.middles(np.arange(16.0)[:, None] * np.ones(12), tones)
    assert found["woman"][3].tolist() == [12.0] * 12  # between 10 and 14
