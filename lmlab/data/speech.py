"""Speech: digits spoken by three programs, and tones of Mandarin spoken by two people."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from lmlab.data import adpcm
from lmlab.data.archives import DataError

__all__ = ["RATE", "Spoken", "Tones", "load_spoken_digits", "load_tones"]

PACK = Path(__file__).with_name("files") / "spoken.npz"
PACK_SHA256 = "f0737992ef9ed128603e8f3efda3111c2cad10d3237ff5a00131f8d9671a889e"
RATE = 8000  # samples a second, as on a telephone


@dataclass(frozen=True)
class Spoken:
    """Single digits, each spoken by each voice.

    Args:
        sound: (voices, 10, T) float32 in -1 … 1, from the first sample on; 0 behind the end.
        length: (voices, 10) int, samples.
        program: (voices,) "espeak", "flite" or "hibari".
        voice: (voices,) the name of the voice; of "hibari", which has only one, of the take.
    """

    sound: np.ndarray
    length: np.ndarray
    program: np.ndarray
    voice: np.ndarray

    def clip(self, voice: int, digit: int) -> np.ndarray:
        """The samples of one digit."""
        return self.sound[voice, digit, : self.length[voice, digit]]

    def __repr__(self) -> str:
        names, counts = np.unique(self.program, return_counts=True)
        voices = ", ".join(f"{name} {n}" for name, n in zip(names, counts, strict=True))
        return f"Spoken({self.length.size} digits; voices: {voices})"


@dataclass(frozen=True)
class Tones:
    """Syllables of Mandarin with their pitch.

    Args:
        pitch: (n, 12) semitones above 100 Hz, along the voiced part of the syllable.
        tone: (n,) 1 to 4.
        speaker: (n,) "man" or "woman".
        syllable: (n,) in Bopomofo, without the tone.
        sound: the samples of *ma* in four tones, said by the woman, by tone.
    """

    pitch: np.ndarray
    tone: np.ndarray
    speaker: np.ndarray
    syllable: np.ndarray
    sound: dict[int, np.ndarray]

    def __repr__(self) -> str:
        return f"Tones({len(self.tone)} syllables by {len(set(self.speaker))} people)"


def load_spoken_digits(path: Path = PACK) -> Spoken:
    """Load zero to nine, spoken by 52 voices of eSpeak NG, 4 of Flite (each slow, as it is and
    fast) and 12 takes of the one voice of Hibari.

    Returns:
        sound (76, 10, T) at 8,000 samples a second.

    Raises:
        DataError: If the file, which is part of lmlab, is not there or is another.

    Flaws: no person speaks here. Cut at the first and last 2 % of the peak and kept at four bits a
    sample (IMA ADPCM, error about 25 dB below the sound).

    Source: made by `tools/spoken.py` with espeakng-loader 0.2.4, Debian's flite 2.2-5 and
    hibari-tts 0.2.1.
    """
    arrays = _arrays(path)
    clips, shape = _clips(arrays), (-1, 10)
    length = np.array([len(clip) for clip in clips[: len(arrays["digit"])]])
    sound = np.zeros((len(length), length.max()), np.float32)
    for row, clip in zip(sound, clips, strict=False):
        row[: len(clip)] = clip
    return Spoken(
        sound.reshape(*shape, sound.shape[1]),
        length.reshape(shape),
        *(arrays[name][::10] for name in ("program", "voice")),
    )


def load_tones(path: Path = PACK) -> Tones:
    """Load the pitch of 2,358 Mandarin syllables spoken by a man and a woman, tones 1 to 4.

    Raises:
        DataError: If the file, which is part of lmlab, is not there or is another.

    Flaws: two people; each syllable once; the pitch is a program's (`lmlab.models.pitch`), which
    now and then finds an octave too many. The package does not say how the syllables were asked
    for, and names the speakers by a number; "man" and "woman" go by their pitch (median 140 and
    320 Hz).

    Source: Debian's gcin-voice 0~20170223-3: `*/3.ogg` (here "man", Edward Der-Hua Liu, GPL-3 or
    LGPL-3; of him only the pitch is kept) and `*/5.ogg` ("woman", Chu Lo and ChionMeilin, CC BY
    3.0).
    """
    arrays = _arrays(path)
    who = {"3": "man", "5": "woman"}
    heard = [int(name[-1]) if name[-1].isdigit() else 1 for name in arrays["heard"]]
    clips = _clips(arrays)[-len(heard) :]
    return Tones(
        arrays["pitch"] / 10,
        arrays["tone"].astype(int),
        np.array([who[name] for name in arrays["speaker"]]),
        arrays["syllable"],
        dict(zip(heard, clips, strict=True)),
    )


def _arrays(path):
    if not path.is_file():
        raise DataError(f"{path} is missing; `pip install .` in the project's folder puts it back")
    found = sha256(path.read_bytes()).hexdigest()
    if found != PACK_SHA256:
        raise DataError(f"{path} should have sha256 {PACK_SHA256}, and it has {found}")
    with np.load(path) as arrays:
        return dict(arrays)


def _clips(arrays):
    sizes = arrays["sizes"].astype(int)
    coded = np.zeros((len(sizes), sizes.max()), np.uint8)
    for row, size, end in zip(coded, sizes, np.cumsum(sizes), strict=True):
        row[:size] = arrays["sound"][end - size : end]
    sound = adpcm.decode(coded).astype(np.float32) / 32768
    return [row[: 2 * size] for row, size in zip(sound, sizes, strict=True)]
