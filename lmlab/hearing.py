"""Sound that the reader can hear in the page, and the pictures of chapter 4.6."""

import base64
import html
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, COLOURS, GREEN, ORANGE

__all__ = [
    "Players",
    "asking",
    "dips",
    "draw_asking",
    "draw_errors",
    "draw_strings",
    "draw_tones",
    "draw_window",
    "middles",
    "mu_law",
    "say_asking",
    "wav",
]

LARGEST = 20_000  # bytes of one sound in a page
TELEPHONE = 7  # the number of mu-law in a WAV file


def mu_law(sound: np.ndarray) -> bytes:
    """Eight bits a sample, as a telephone sends them (ITU-T G.711); sound in -1 … 1."""
    value = np.round(np.clip(sound, -1, 1) * 32_635).astype(int)
    size = np.abs(value) + 132
    octave = np.floor(np.log2(size)).astype(int) - 7
    code = (octave << 4) | ((size >> (octave + 3)) & 15)
    return (~(code | np.where(value < 0, 128, 0)) & 255).astype(np.uint8).tobytes()


def wav(sound: np.ndarray, rate: int = 8000) -> bytes:
    """A WAV file with mu-law; every browser plays it.

    Raises:
        ValueError: it would be larger than 20,000 bytes.
    """
    data = mu_law(sound)
    data += b"\xff" * (len(data) % 2)
    form = struct.pack("<HHIIHHH", TELEPHONE, 1, rate, rate, 1, 8, 0)
    facts = (
        b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, len(data))
    )
    body = b"WAVE" + facts + b"data" + struct.pack("<I", len(data)) + data
    if len(body) + 8 > LARGEST:
        raise ValueError(
            f"`sound` may take {LARGEST} bytes in a page, got {len(body) + 8}: cut it shorter"
        )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@dataclass(frozen=True)
class Players:
    """Sounds with their transcripts; Jupyter and the book show one player each.

    Args:
        sounds: samples in -1 … 1, 8,000 a second, by transcript.
    """

    sounds: Mapping[str, np.ndarray]

    def __repr__(self) -> str:
        return "\n".join(f"sound: {text}" for text in self.sounds)

    def _repr_html_(self) -> str:
        rows = []
        for text, sound in self.sounds.items():
            data = base64.b64encode(wav(sound)).decode()
            label = html.escape(text, quote=True)
            rows.append(
                '<figure style="margin:0;flex:1 1 15em;min-width:0">'
                f'<figcaption style="margin:0">{label}</figcaption>'
                f'<audio controls preload="none" aria-label="{label}" style="width:100%" '
                f'src="data:audio/wav;base64,{data}"></audio></figure>'
            )
        style = "display:flex;flex-wrap:wrap;gap:0.6em 1em;max-width:44em"
        return f'<div class="lmlab-players" style="{style}">{"".join(rows)}</div>'


def dips(sound: np.ndarray, rate: int, width: int, times, hertz) -> tuple[float, float]:
    """How far the power falls between two clicks and between two tones, in decibels.

    Args:
        sound: (T,).
        rate: samples a second.
        width: of the window, samples.
        times: of the two clicks, in seconds.
        hertz: of the two tones.
    """
    window = np.hanning(width + 2)[1:-1]
    starts = [round(t * rate) - width // 2 for t in (*times, np.mean(times))]
    clicks = [np.sum((sound[s : s + width] * window) ** 2) for s in starts]
    early = (
        np.lib.stride_tricks.sliding_window_view(sound[: starts[0] + width // 2], width) * window
    )
    f = np.array([*hertz, np.mean(hertz)])
    tones = np.mean(
        np.abs(early @ np.exp(-2j * np.pi * np.outer(np.arange(width), f) / rate)) ** 2, 0
    )
    fall = [10 * np.log10(min(two) / between) for *two, between in (clicks, tones)]
    return max(0.0, fall[0]), max(0.0, fall[1])


def draw_window(sound: np.ndarray, rate: int, width: int, title: str, top: int = 1000):
    """A spectrogram (time, frequency) with Hann windows of `width` samples."""
    hop = max(4, width // 16)
    padded = np.pad(sound, width // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop]
    size = max(2048, width)
    power = np.abs(np.fft.rfft(frames * np.hanning(width + 2)[1:-1], size)) ** 2
    level = 10 * np.log10(power.T / power.max() + 1e-9)[: size * top // rate + 1]
    figure, ax = plt.subplots(figsize=(5.6, 2.6))
    span = (0, 1000 * len(sound) / rate, 0, top)
    ax.imshow(
        level, origin="lower", aspect="auto", extent=span, vmin=-45, vmax=0, cmap="viridis",
        interpolation="nearest",
    )  # fmt: skip
    ax.grid(visible=False)
    ax.set(xlabel="time (ms)", ylabel="frequency (Hz)")
    ax.set_title(title, fontsize=10)
    return figure


def draw_strings(totals: Mapping[str, float], greedy: str, title: str):
    """Probabilities of strings as bars, the one that greedy reading gives in another colour."""
    figure, ax = plt.subplots(figsize=(5.6, 2.2))
    names = list(totals)
    bars = ax.barh(
        [name or "(nothing)" for name in names],
        list(totals.values()),
        color=[ORANGE if name == greedy else BLUE for name in names],
        hatch=["//" if name == greedy else "" for name in names],
    )
    ax.bar_label(bars, fmt="%.2f", padding=4)
    ax.set(xlim=(0, 1.08), xlabel="probability of the string (hatched: what greedy reading says)")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def draw_errors(rates: Mapping[str, float], title: str):
    """Word error rates by who speaks, as bars."""
    figure, ax = plt.subplots(figsize=(5.6, 2))
    bars = ax.barh(list(rates), list(rates.values()), color=[BLUE, ORANGE, GREEN][: len(rates)])
    ax.bar_label(bars, fmt="%.2f", padding=4)
    ax.set(xlim=(0, 1.08), xlabel="word error rate")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    return figure


def draw_asking(curves: Mapping[str, tuple], level: float, title: str):
    """Share of strings that are asked again, and of wrong ones among the others.

    Args:
        curves: by who speaks: confidences (n,) and whether the string was right (n,).
        level: strings with less confidence are asked again.
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 2.2), sharey=True)
    shares = [asking(*curve, level) for curve in curves.values()]
    for ax, values, label in zip(
        axes, np.transpose(shares), ("asked again", "wrong among the accepted"), strict=True
    ):
        bars = ax.barh(list(curves), np.nan_to_num(values), color=[BLUE, ORANGE, GREEN])
        ax.bar_label(bars, ["none" if np.isnan(v) else f"{v:.2f}" for v in values], padding=3)
        ax.set(xlim=(0, 1.3), xlabel=label, xticks=[0, 0.5, 1])
    axes[0].invert_yaxis()
    figure.suptitle(title, fontsize=10)
    return figure


def asking(sure: np.ndarray, right: np.ndarray, level: float) -> tuple[float, float]:
    """Share asked again, and share of wrong strings among the accepted (nan where none is)."""
    taken = sure >= level
    return 1 - taken.mean(), 1 - right[taken].mean() if taken.any() else np.nan


def say_asking(curves: Mapping[str, tuple], level: float) -> str:
    """The same shares in words."""
    said = []
    for who, curve in curves.items():
        again, wrong = asking(*curve, level)
        rest = "none accepted" if np.isnan(wrong) else f"of the accepted {wrong:.2f} wrong"
        said.append(f"{who}: {again:.2f} asked again, {rest}")
    return "; ".join(said)


def middles(curves: np.ndarray, tones) -> dict[str, dict[int, np.ndarray]]:
    """Medians of curves (n, 12) by speaker and tone of what `lmlab.data.load_tones` returns."""
    return {
        who: {
            tone: np.median(curves[(tones.speaker == who) & (tones.tone == tone)], axis=0)
            for tone in (1, 2, 3, 4)
        }
        for who in ("man", "woman")
    }


def draw_tones(curves: Mapping[str, Mapping[int, np.ndarray]], title: str):
    """Median pitch along the syllable by speaker and tone, one panel a speaker.

    Args:
        curves: speaker → tone → (12,).
    """
    figure, axes = plt.subplots(1, len(curves), figsize=(5.6, 2.7), sharey=True)
    looks = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (COLOURS[3], ":", "D"))
    for ax, (speaker, tones) in zip(axes, curves.items(), strict=True):
        for (tone, curve), (color, line, mark) in zip(tones.items(), looks, strict=False):
            x = np.linspace(0, 100, len(curve))
            ax.plot(x, curve, line, color=color, marker=mark, markersize=4, label=f"tone {tone}")
        ax.set(xlabel="place in the syllable (%)")
        ax.set_title(speaker, fontsize=10)
    axes[0].set_ylabel("semitones")
    axes[0].legend(fontsize=9, ncols=2)
    figure.suptitle(title, fontsize=10)
    return figure
