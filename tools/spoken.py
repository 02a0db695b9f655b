"""Make `lmlab/data/files/spoken.npz`: digits spoken by programs, and tones of Mandarin syllables.

Run once, on Debian 12, in an environment of its own, with the packages of `NEEDS` there:

    pip install espeakng-loader==0.2.4 hibari-tts==0.2.1 soundfile==0.14.0 scipy
    apt-get download flite libflite1 gcin-voice && for d in *.deb; do dpkg -x $d debian; done
    LD_LIBRARY_PATH=debian/usr/lib/x86_64-linux-gnu PYTHONPATH=. python tools/spoken.py debian

No program and no voice is stored, only what they say, at 8 kHz and four bits a sample. The hash of
the file stands in `lmlab/data/speech.py`. A second run gives another one: three voices of eSpeak
are breathy, and the noise in their breath has no seed; the other 734 clips and all pitches agree.
"""

import ctypes
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from lmlab.data import adpcm
from lmlab.models.pitch import contour

NEEDS = ("espeakng_loader", "hibari", "soundfile", "scipy")
OUT = Path(__file__).parents[1] / "lmlab" / "data" / "files" / "spoken.npz"
RATE = 8000  # samples a second
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ACCENTS = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbcwmd")
NO_VOICES = ("whisper", "whisperf", "Demonic", "croak")  # no pitch, or hardly a word
ESPEAK, TAKES = 52, 12  # voices of eSpeak; takes of Hibari
FLITE = [(voice, stretch) for voice in ("awb", "rms", "slt", "kal16") for stretch in (0.8, 1, 1.25)]
HEARD = ("ㄇㄚ", "ㄇㄚ2", "ㄇㄚ3", "ㄇㄚ4")  # by speaker 5 (CC BY 3.0): their sound is kept


def telephone(sound, rate, edge=0.02):
    """To 8 kHz, without silence before and after, as loud as it goes."""
    from scipy.signal import resample_poly

    up, down = np.array([RATE, rate]) // np.gcd(RATE, rate)
    sound = resample_poly(np.asarray(sound, float), up, down)
    loud = np.flatnonzero(np.abs(sound) > edge * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 80) : loud[-1] + 240]
    return np.round(sound / np.abs(sound).max() * 30_000).astype(np.int16)


def espeak():
    """Yield voice, digit and sound of eSpeak NG, `ESPEAK` voices of different timbre."""
    import espeakng_loader

    library, heard = ctypes.CDLL(espeakng_loader.get_library_path()), []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def hear(samples, n, _):
        if n > 0:
            heard.append(np.ctypeslib.as_array(samples, (n,)).copy())
        return 0

    folder = espeakng_loader.get_data_path()
    rate = library.espeak_Initialize(2, 0, folder.encode(), 0)
    library.espeak_SetSynthCallback(hear)
    timbres = [v for v in sorted(os.listdir(f"{folder}/voices/!v")) if v not in NO_VOICES]
    rng = np.random.default_rng(0)
    for timbre in rng.permutation(timbres)[:ESPEAK]:
        voice = f"{rng.choice(ACCENTS)}+{timbre}"
        if library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"eSpeak has no voice {voice!r}")
        library.espeak_SetParameter(1, int(rng.integers(120, 200)), 0)  # words a minute
        library.espeak_SetParameter(3, int(rng.integers(25, 75)), 0)  # pitch
        for digit, word in enumerate(WORDS):
            heard.clear()
            text = word.encode() + b"\0"
            size = ctypes.c_size_t(len(text))
            library.espeak_Synth(text, size, 0, 1, 0, 1, None, None)
            library.espeak_Synchronize()
            yield voice, digit, telephone(np.concatenate(heard), rate)


def flite(debian):
    """Yield voice, digit and sound of Flite: voices cut from, or fitted to, recorded people."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/word.wav"
        for voice, stretch in FLITE:
            for digit, word in enumerate(WORDS):
                how = ["-voice", voice, "--setf", f"duration_stretch={stretch}"]
                command = [f"{debian}/usr/bin/flite", *how, "-t", word, "-o", path]
                subprocess.run(command, check=True)
                yield f"{voice}, {stretch}", digit, telephone(*soundfile.read(path))


def hibari():
    """Yield take, digit and sound of Hibari, a neural network with one voice."""
    from hibari import Hibari

    speak = Hibari()
    for take in range(TAKES):
        speed = (0.8, 0.9, 1.0, 1.1, 1.2)[take % 5]
        for digit, word in enumerate(WORDS):
            sound = speak(f"{word.capitalize()}.", speed=speed, seed=take)
            sound = sound[0] if isinstance(sound, tuple) else sound
            sound = np.asarray(getattr(sound, "audio", sound)).ravel()
            yield f"take {take}", digit, telephone(sound, 24_000)


def syllables(debian):
    """Yield speaker, syllable with its tone and sound of two people."""
    import soundfile

    for path in sorted(Path(debian, "usr/share/gcin-voice/ogg").glob("*/[35].ogg")):
        sound, rate = soundfile.read(path)
        sound = sound.mean(axis=1) if sound.ndim > 1 else sound
        yield path.stem, path.parent.name, telephone(sound, rate, edge=0.05)


def pack(clips):
    """Coded sound end to end (bytes,), and how many bytes each clip has."""
    even = [np.pad(clip, (0, len(clip) % 2)) for clip in clips]
    wide = max(map(len, even))
    coded = adpcm.encode(np.stack([np.pad(clip, (0, wide - len(clip))) for clip in even]))
    sizes = [len(clip) // 2 for clip in even]
    return np.concatenate([row[:n] for row, n in zip(coded, sizes, strict=True)]), sizes


def main(debian):
    who, voices, digits, clips = [], [], [], []
    for name, spoken in {"espeak": espeak(), "flite": flite(debian), "hibari": hibari()}.items():
        for voice, digit, clip in spoken:
            for column, value in zip(
                (who, voices, digits, clips), (name, voice, digit, clip), strict=True
            ):
                column.append(value)
    real = list(syllables(debian))
    heard = [row for row in real if row[0] == "5" and row[1] in HEARD]
    sound, sizes = pack(clips + [clip for *_, clip in heard])
    curves = np.array([contour(clip / 30_000.0, RATE) for *_, clip in real])
    tone = [int(name[-1]) if name[-1] in "2345" else 1 for _, name, _ in real]
    np.savez_compressed(
        OUT,
        sound=sound,
        sizes=np.array(sizes, np.uint16),
        program=np.array(who),
        voice=np.array(voices),
        digit=np.array(digits, np.uint8),
        heard=np.array([name for _, name, _ in heard]),
        speaker=np.array([speaker for speaker, *_ in real]),
        syllable=np.array([name.rstrip("2345") for _, name, _ in real]),
        tone=np.array(tone, np.uint8),
        pitch=np.round(curves * 10).astype(np.int16),  # tenths of a semitone above 100 Hz
    )
    print(OUT.stat().st_size, "bytes", hashlib.sha256(OUT.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
