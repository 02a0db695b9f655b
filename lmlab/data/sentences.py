"""Sentences with their translations: graded Chinese with English."""

import json
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.arrays import shapes

__all__ = ["HSK_SENTENCES", "Pairs", "load_hsk_sentences"]

HSK_SENTENCES = Pin(
    name="hsk-sentences-audio",
    version="1.0.0",
    filename="hsk_sentences_audio-1.0.0-py3-none-any.whl",
    sha256="9bf16cc7b48a24a10af83d377439d3c6f7571a380937f4645a1cd1590d5d0335",
    size=884_413,
)


class Pairs(NamedTuple):
    """Sentences with their translations, and the Chinese ones cut into words."""

    english: np.ndarray  # (n,) str
    chinese: np.ndarray  # (n,) str
    words: np.ndarray  # (n,) str, the Chinese words with a space between them, no punctuation
    topics: np.ndarray  # (n,) str
    levels: np.ndarray  # (n,) int64
    __repr__ = shapes


def load_hsk_sentences() -> Pairs:
    """Load graded Chinese sentences with their English translations, each sentence once.

    Returns:
        `english`, `chinese`, `words`, `topics` (4230,) str and `levels` (4230,) int64, 1 to 6, in
        the order of the package.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: 80 rows of the package say "placeholder" in place of a translation; they are left out.

    Source: PyPI package hsk-sentences-audio 1.0.0. Licence of the data: CC BY-SA 4.0.
    """

    def read(archive):
        with ZipFile(archive) as wheel:
            rows = json.loads(wheel.read("hsk_sentences_audio/data/sentences.json"))
        kept, seen = [], set()
        for row in rows:
            english, chinese = row["translation"]["en"].strip(), row["chinese"].strip()
            fresh = not seen & {english.lower(), chinese}
            if fresh and not english.startswith("placeholder"):
                words = " ".join(token["word"] for token in row["tokens"])
                kept.append((english, chinese, words, row["topic"], row["hsk_level"]))
                seen |= {english.lower(), chinese}
        return dict(zip(Pairs._fields, map(np.array, zip(*kept, strict=True)), strict=True))

    return Pairs(**load_arrays(HSK_SENTENCES, Pairs._fields, read, what="the HSK sentences"))
