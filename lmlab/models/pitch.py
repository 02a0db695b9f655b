"""Pitch of a voice by autocorrelation, and the path of least jumps through it."""

import numpy as np

__all__ = ["contour"]

LOW, HIGH = 70, 450  # Hz: where the pitch of a voice may lie


def contour(sound: np.ndarray, rate: int, points: int = 12) -> np.ndarray:
    """The pitch of one syllable over its voiced part.

    A voiced sound repeats itself after one period. For each 40 ms (every 10 ms) the correlation
    with itself is computed for every period between 1/450 and 1/70 s; Viterbi's algorithm then
    finds the path through the periods with high correlation and small jumps.

    Args:
        sound: (T,) samples.
        rate: samples a second.
        points: how many places along the voiced part.

    Returns:
        (points,) semitones above 100 Hz.
    """
    lags = np.arange(rate // HIGH, rate // LOW + 1)
    match, power = _matches(_band(sound, rate), rate, lags)
    octaves = np.log2(lags / lags[0])
    match = match - 0.05 * octaves  # of a period and its double, the shorter one
    voiced = np.flatnonzero((power > 0.05 * power.max()) & (match.max(1) > 0.4))
    first, last = (voiced[0], voiced[-1]) if len(voiced) > 3 else (0, len(match) - 1)
    inside = np.isin(np.arange(first, last + 1), voiced)[:, None]
    match = match[first : last + 1] * (0.2 + inside)
    jumps = 2 * np.minimum(np.abs(octaves[:, None] - octaves), 1)
    pitch = 12 * np.log2(rate / lags[_path(match, jumps)] / 100)
    return np.interp(np.linspace(0, len(pitch) - 1, points), np.arange(len(pitch)), pitch)


def _band(sound, rate):
    """Without hum below 75 Hz, and with less above 900 Hz, where other things than pitch live."""
    spectrum = np.fft.rfft(sound)
    hertz = np.arange(len(spectrum)) * rate / len(sound)
    return np.fft.irfft(
        spectrum * np.where(hertz < 75, 0, np.where(hertz > 900, 0.1, 1)), len(sound)
    )


def _matches(sound, rate, lags):
    """Correlations with the sound `lags` later (frames, lags), and the power of the frames."""
    width, hop, far = rate // 25, rate // 100, lags[-1]
    sound = np.pad(sound, (width // 2, width // 2 + far))
    starts = np.arange(0, len(sound) - width - far, hop)
    later = sound[starts[:, None, None] + lags[:, None] + np.arange(width)]  # (frames, lags, width)
    here = sound[starts[:, None] + np.arange(width)]
    power = np.sum(here**2, axis=1)
    size = np.sqrt(np.sum(later**2, axis=2) * power[:, None] + 1e-3)
    return np.einsum("flw,fw->fl", later, here) / size, power


def _path(match, jumps):
    """Places (frames,) of the path with the largest sum of matches minus jumps."""
    total, back = match[0], []
    for row in match[1:]:
        options = total - jumps  # (to, from)
        back.append(options.argmax(1))
        total = options.max(1) + row
    path = [total.argmax()]
    for row in back[::-1]:
        path.append(row[path[-1]])
    return np.array(path[::-1])
