"""Type a review: a bag of words judges it in the page, and shows what each word does."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import anywidget
import numpy as np
import traitlets

from lmlab.pads.digit_pad import quantise
from lmlab.pads.sentence_pad import cut_words

__all__ = ["ReviewPad", "Weights", "grams_of"]

LANGUAGES = ("en", "zh")
MAX_GRAMS = 20_000


class Weights(NamedTuple):
    """A linear model on the words and pairs of one language."""

    grams: Sequence[str]  # n different ones, a pair with a blank between its words
    weights: np.ndarray  # (n,)
    offset: float


def grams_of(words: Sequence[str]) -> list[str]:
    """The words and the pairs of neighbours, each once, in order.

    Args:
        words: of a text, as `cut_words(text, ())` cuts it: a Chinese character is a word.

    Returns:
        Of "not good at all": not, good, at, all, not good, good at, at all.
    """
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    return list(dict.fromkeys([*words, *pairs]))


def _script(name: str, of: str) -> str:
    """The text of a function of another pad, so that all pages cut texts alike."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    return re.search(rf"^function {of}\(.*?^\}}\n", text, re.M | re.S)[0]


class ReviewPad(anywidget.AnyWidget):
    """Type a review; see how satisfied it sounds and what each word adds. Needs no kernel.

    Args:
        models: "en" and "zh", each a linear model; at most 20,000 grams in all. The weights are
            rounded to int8, one scale for each language.
        examples: texts for the buttons; the first stands in the box.

    Raises:
        ValueError: a language is missing, the weights do not fit the grams or are too many, a gram
            is there twice, or there is no example.
    """

    _esm = _script("sentence_pad.js", "cutWords") + Path(__file__).with_name(
        "review_pad.js"
    ).read_text("utf-8")
    _css = Path(__file__).with_name("review_pad.css")
    config = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    examples = traitlets.List().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(self, models: Mapping[str, Weights], examples: Sequence[str]):
        if sorted(models) != sorted(LANGUAGES):
            raise ValueError(f"`models` must have {list(LANGUAGES)}, got {sorted(models)}")
        if not examples:
            raise ValueError("`examples` must have a text, got none")
        self.rounded, self.offsets, parts, packed = {}, {}, [], []
        for language in LANGUAGES:
            grams, weights, offset = models[language]
            if not len(grams) == len(weights) == len(set(grams)):
                sizes = len(weights), len(set(grams))
                raise ValueError(f"`grams` must be {sizes[0]} different ones, got {sizes[1]}")
            integers, scale = quantise(np.asarray(weights, "float32")[:, None])
            back = integers[:, 0].astype(float) * float(scale[0])  # as the page multiplies
            self.rounded |= dict(zip(grams, back, strict=True))
            self.offsets[language] = round(float(offset), 4)
            about = {"scale": float(scale[0]), "offset": self.offsets[language]}
            parts.append({"grams": "\n".join(grams), **about})
            packed.append(integers.tobytes())
        if len(self.rounded) > MAX_GRAMS:
            raise ValueError(f"`models` may have {MAX_GRAMS:,} grams, got {len(self.rounded):,}")
        super().__init__(
            config={"languages": parts},
            weights=b"".join(packed),
            examples=list(examples),
            expected=[round(self.score(text), 6) for text in examples],
        )

    def __repr__(self) -> str:
        return f"ReviewPad({len(self.rounded):,} words and pairs)"

    def score(self, text: str) -> float:
        """The log-odds of a text: the page's, computed in Python."""
        return self._sum(cut_words(text, ()))

    def effects(self, text: str) -> list[float]:
        """For each word of a text, the score with it less the score without it."""
        words, whole = cut_words(text, ()), self.score(text)
        return [whole - self._sum(words[:i] + words[i + 1 :]) for i in range(len(words))]

    def _sum(self, words: list[str]) -> float:
        language = "zh" if any(word >= "\u4e00" for word in words) else "en"
        found = (self.rounded.get(gram, 0.0) for gram in grams_of(words))
        return self.offsets[language] + float(sum(found))
