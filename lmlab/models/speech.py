"""Digits over a telephone: strings of clips, log-mel features, a recogniser trained with CTC.

What chapter 4.6 shows first: `log_mel` and `error_rate`. Keras is imported where it trains.
"""

from collections.abc import Sequence

import numpy as np

__all__ = [
    "BANDS",
    "SAMPLES",
    "altered",
    "beam",
    "confidence",
    "distance",
    "error_rate",
    "greedy",
    "log_mel",
    "mel_bank",
    "readings",
    "said",
    "strings",
    "trained",
]

RATE, WINDOW, HOP, FFT, BANDS = 8000, 200, 80, 256, 32
FRAMES = 196
SAMPLES = WINDOW + (FRAMES - 1) * HOP  # 2 s


def mel_bank(bands: int = BANDS, n_fft: int = FFT, rate: int = RATE) -> np.ndarray:
    """Triangles (n_fft / 2 + 1, bands), evenly spaced on the mel scale from 60 Hz to rate / 2."""
    edges = np.linspace(*(2595 * np.log10(1 + f / 700) for f in (60, rate / 2)), bands + 2)
    edges = 700 * (10 ** (edges / 2595) - 1)
    hertz = np.arange(n_fft // 2 + 1)[:, None] * rate / n_fft
    rise = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rise, fall))


def log_mel(sound: np.ndarray) -> np.ndarray:
    """Log-mel spectrogram of sounds of equal length, each band's mean over time taken out.

    Args:
        sound: (..., samples) at 8,000 a second.

    Returns:
        (..., frames, 32) float32: windows of 25 ms every 10 ms.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW, axis=-1)[..., ::HOP, :]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), FFT)) ** 2
    mel = np.log(power @ mel_bank() + 1e-4)
    return ((mel - mel.mean(axis=-2, keepdims=True)) / 3).astype(np.float32)


def altered(sound: np.ndarray, rng: np.random.Generator, changes: Sequence[str]) -> np.ndarray:
    """The same words from another throat, over another line.

    Args:
        sound: (samples,).
        rng: where the changes are drawn.
        changes: of "speed" (played up to 22 % faster or slower, pitch and all), "colour" (six
            bands up or down by 8 dB, as another microphone would), "noise" (see `strings`).

    Returns:
        (samples,) of another length.
    """
    if "speed" in changes:
        factor = np.exp(rng.uniform(-0.2, 0.2))
        places = np.arange(int(len(sound) / factor)) * factor
        sound = np.interp(places, np.arange(len(sound)), sound)
    if "colour" in changes:
        spectrum = np.fft.rfft(sound)
        gains = np.interp(np.linspace(0, 5, len(spectrum)), range(6), rng.normal(0, 8, 6))
        sound = np.fft.irfft(spectrum * 10 ** (gains / 20), len(sound))
    return sound / np.abs(sound).max()


def strings(
    spoken,
    voices: Sequence[int],
    n: int,
    seed: int,
    *,
    count: Sequence[int] = (3,),
    changes: Sequence[str] = (),
    decibels: float = 40,
) -> tuple[np.ndarray, np.ndarray]:
    """Strings of digits, each by one voice, with pauses of 20 to 150 ms.

    Args:
        spoken: what `lmlab.data.load_spoken_digits` returns.
        voices: rows of it to draw from.
        n: how many strings.
        seed: of voices, digits, pauses, changes and noise.
        count: possible numbers of digits in a string, at most 3.
        changes: see `altered`; with "noise" the noise lies 5 to 35 dB below the voice.
        decibels: how far the noise lies below the voice otherwise.

    Returns:
        sound (n, 15800) float32, and digits (n, 3), -1 behind the last.
    """
    rng = np.random.default_rng(seed)
    sound, digits = np.zeros((n, SAMPLES), np.float32), np.full((n, 3), -1)
    for row, labels in zip(sound, digits, strict=True):
        said = _said(spoken, voices, rng, count, changes)
        while len(said[0]) > SAMPLES - 400:
            said = _said(spoken, voices, rng, count, changes)
        start = rng.integers(200, SAMPLES - 199 - len(said[0]))
        row[start : start + len(said[0])] = said[0]
        labels[: len(said[1])] = said[1]
        below = rng.uniform(5, 35) if "noise" in changes else decibels
        row += rng.normal(0, said[0].std() * 10 ** (-below / 20), SAMPLES)
    return sound, digits


def _said(spoken, voices, rng, count, changes):
    voice, labels = rng.choice(voices), rng.integers(0, 10, rng.choice(count))
    parts = []
    for digit in labels:
        parts += [spoken.clip(voice, digit), np.zeros(int(RATE * rng.uniform(0.02, 0.15)))]
    return altered(np.concatenate(parts[:-1]), rng, changes), labels


def distance(heard: Sequence, said: Sequence) -> int:
    """Fewest insertions, deletions and substitutions that turn one sequence into the other."""
    row = list(range(len(said) + 1))
    for i, one in enumerate(heard, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(said, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other))
    return row[-1]


def error_rate(heard: Sequence, said: Sequence) -> float:
    """Edits of all pairs by the number of words that were said: the word error rate."""
    edits = sum(distance(*pair) for pair in zip(heard, said, strict=True))
    return edits / sum(map(len, said))


def trained(model, sound, digits, seed: int, epochs: int, rate: float = 3e-3):
    """Train a Keras model (B, 196, 32) → logits (B, T, 11) with CTC; class 0 is the blank.

    Returns:
        The model, trained with Adam, batches of 16 and a rate that falls as a cosine.
    """
    import keras

    keras.utils.set_random_seed(seed)
    steps = epochs * (len(sound) // 16 + 1)
    fall = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(fall, clipnorm=5.0), keras.losses.CTC())
    model.fit(log_mel(sound), digits + 1, batch_size=16, epochs=epochs, verbose=0)
    return model


def readings(model, mel: np.ndarray) -> np.ndarray:
    """Probabilities (n, T, 11) that a Keras model gives to blank and digits, frame by frame.

    Args:
        model: (n, 196, 32) → logits (n, T, 11).
        mel: what `log_mel` returns.
    """
    logits = model.predict_on_batch(mel)
    logits = logits - logits.max(axis=-1, keepdims=True)
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def greedy(probs: np.ndarray) -> list[list[int]]:
    """The most probable class of each frame, repeats merged, blanks dropped: lists of digits."""
    best = probs.argmax(axis=-1)
    fresh = np.diff(best, axis=1, prepend=-1) != 0
    return [[int(k) - 1 for k in row[new] if k] for row, new in zip(best, fresh, strict=True)]


def confidence(probs: np.ndarray) -> np.ndarray:
    """Probability (n,) of the best path, as a mean over its frames: exp of the mean log."""
    return np.exp(np.log(probs.max(axis=-1)).mean(axis=-1))


def beam(probs: np.ndarray, width: int) -> list[int]:
    """The most probable string of one sound, by prefixes: the sum over its paths, not one path.

    Args:
        probs: (T, 11), the blank first.
        width: prefixes kept after each frame, >= 1.

    Returns:
        The digits of the best string found; with a width that keeps all, the best of all.
    """
    kept = {(): (1.0, 0.0)}  # prefix → probability that its paths end in a blank, in its last digit
    for row in probs:
        grown: dict[tuple, list[float]] = {}

        def add(prefix, place, amount, grown=grown):
            grown.setdefault(prefix, [0.0, 0.0])[place] += amount

        likely = np.flatnonzero(row[1:] > 1e-4) if width < 1000 else np.arange(len(row) - 1)
        for prefix, (blank, digit) in kept.items():
            add(prefix, 0, (blank + digit) * row[0])
            if prefix:
                add(prefix, 1, digit * row[prefix[-1] + 1])
            for k in map(int, likely):
                repeats = bool(prefix) and prefix[-1] == k
                add((*prefix, k), 1, (blank if repeats else blank + digit) * row[k + 1])
        best = sorted(grown, key=lambda prefix: -sum(grown[prefix]))[:width]
        total = sum(sum(grown[prefix]) for prefix in best)
        kept = {prefix: tuple(v / total for v in grown[prefix]) for prefix in best}
    return list(max(kept, key=lambda prefix: sum(kept[prefix])))


def said(spoken, voice: int, digits: Sequence[int], pause: float = 0.08) -> np.ndarray:
    """Digits by one voice (T,), with pauses in seconds: what the reader hears."""
    silence = np.zeros(int(RATE * pause), np.float32)
    parts = [part for digit in digits for part in (spoken.clip(voice, digit), silence)]
    return np.concatenate(parts[:-1])
