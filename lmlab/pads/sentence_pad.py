"""A pad that finds sentences near to the reader's own words; it computes in the page itself."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lmlab.pads.digit_pad import dequantise, quantise

__all__ = ["SentencePad", "cut_words"]

MAX_VECTOR_BYTES = 500_000


def cut_words(text: str, known: set[str] | Mapping[str, object], longest: int = 8) -> list[str]:
    """Cut a text into words, as the page does.

    Args:
        text: English, Chinese, or both.
        known: the words of the vocabulary.
        longest: of Chinese characters in a row, the longest known word is taken, up to so many
            characters; a character that begins none stands alone.

    Returns:
        English words in lower case and Chinese words, in order; signs and figures are left out.
    """
    words = []
    for run in re.findall(r"[a-z]+(?:'[a-z]+)*|[\u4e00-\u9fff]+", text.lower().replace("’", "'")):
        if run[0] < "\u4e00":
            words.append(run)
            continue
        while run:
            sizes = range(min(longest, len(run)), 0, -1)
            size = next((size for size in sizes if run[:size] in known), 1)
            words.append(run[:size])
            run = run[size:]
    return words


class SentencePad(anywidget.AnyWidget):
    """Type a sentence; see the nearest of a list, and its place on a map. Needs no kernel.

    The vector of a text is the sum of the vectors of its words, brought to length 1.

    Args:
        words: the vocabulary, n different words.
        vectors: `(n, d)`, at most 500,000 numbers; rounded to int8, one scale for each word.
        sentences: the list that is searched, pairs of texts that mean the same.
        start: what stands in the box at first.

    Raises:
        ValueError: the vectors do not fit the words or are too many, a word is there twice, or a
            sentence has no word of the vocabulary.
    """

    _esm = Path(__file__).with_name("sentence_pad.js")
    _css = Path(__file__).with_name("sentence_pad.css")
    config = traitlets.Dict().tag(sync=True)
    vectors = traitlets.Bytes().tag(sync=True)
    scales = traitlets.Bytes().tag(sync=True)
    axes = traitlets.List().tag(sync=True)
    start = traitlets.Unicode().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        sentences: Sequence[tuple[str, str]],
        start: str,
    ):
        if len(words) != len(vectors) or len(set(words)) != len(words):
            raise ValueError(
                f"`words` must be {len(vectors)} different words, got {len(set(words))}"
            )
        if vectors.size > MAX_VECTOR_BYTES:
            raise ValueError(
                f"`vectors` may have {MAX_VECTOR_BYTES:,} numbers, got {vectors.size:,}"
            )
        integers, scales = quantise(np.asarray(vectors, "float32").T)  # a scale for each word
        self.rounded = dequantise(integers, scales).T  # (n, d), what the page computes with
        self.places = {word: place for place, word in enumerate(words)}
        texts = [text for pair in sentences for text in pair]
        if empty := [text for text in texts if not np.any(self.embed([text]))]:
            raise ValueError(f"`sentences` must have words of the vocabulary, got {empty[0]!r}")
        listed = self.embed(texts)
        axes = np.linalg.svd(listed - listed.mean(axis=0), full_matrices=False)[2][:2]
        super().__init__(
            config={"words": "\n".join(words), "sentences": texts, "width": vectors.shape[1]},
            vectors=integers.T.tobytes(),
            scales=scales.astype("<f4").tobytes(),
            axes=axes.astype(float).round(6).tolist(),
            start=start,
            expected=(self.embed([start])[0] @ listed.T).astype(float).round(6).tolist(),
        )

    def __repr__(self) -> str:
        return f"SentencePad({len(self.places):,} words, {len(self.expected):,} sentences)"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors (n, d) of texts: the page's, computed in NumPy; 0 without a known word."""
        rows = np.zeros((len(texts), self.rounded.shape[1]), np.float32)
        for row, text in zip(rows, texts, strict=True):
            known = [self.places[w] for w in cut_words(text, self.places) if w in self.places]
            row += self.rounded[known].sum(axis=0)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, 1)
