"""The sentence pad: words cut alike in Python and in the page, the same cosines, bad arguments."""

from functools import partial

import numpy as np
import pytest
from page_script import run_behind

from lmlab.pads.sentence_pad import SentencePad, cut_words

in_the_page = partial(run_behind, "sentence_pad.js")
WORDS = ["i", "don't", "know", "tea", "我", "不", "知道", "不知道", "茶"]
VECTORS = np.random.default_rng(0).normal(size=(9, 5))
PAIRS = [("I know tea.", "我知道茶。"), ("I don't know.", "我不知道。")]
TEXTS = ["I DON’T know 3 teas!", "我不知道茶, tea", "喝茶", "", "我 不", "it's o'clock's"]


def pad_of(**changes):
    arguments = {"words": WORDS, "vectors": VECTORS, "sentences": PAIRS, "start": "我不知道 tea"}
    return SentencePad(**arguments | changes)


def test_words_by_hand():
    assert cut_words("I DON’T know 3 teas!", set(WORDS)) == ["i", "don't", "know", "teas"]
    assert cut_words("我不知道喝茶", set(WORDS)) == ["我", "不知道", "喝", "茶"]


def test_vectors_by_hand():
    pad = pad_of()
    total = VECTORS[0] + VECTORS[2] + VECTORS[3]
    assert np.allclose(
        pad.embed(["I know tea, teas."])[0], total / np.linalg.norm(total), atol=0.02
    )
    assert not pad.embed(["nothing"]).any()
    assert repr(pad) == "SentencePad(9 words, 4 sentences)" and len(pad.vectors) == 45


def test_the_page_cuts_as_python_does(node):
    code = "console.log(JSON.stringify(texts.map((t) => cutWords(t, new Set(words)))));"
    expected = [cut_words(text, set(WORDS)) for text in TEXTS]
    assert in_the_page(node, code, texts=TEXTS, words=WORDS) == expected


def test_the_page_computes_what_numpy_computes(node):
    pad = pad_of()
    code = """
const numbers = new Float32Array(Uint8Array.from(scales).buffer);
const encode = encoder(config, Int8Array.from(integers.map((v) => v > 127 ? v - 256 : v)), numbers);
console.log(JSON.stringify(texts.map((text) => [...encode(text).vector])));"""
    here = in_the_page(
        node, code, config=pad.config, texts=TEXTS,
        integers=list(pad.vectors), scales=list(pad.scales),
    )  # fmt: skip
    np.testing.assert_allclose(here, pad.embed(TEXTS), atol=1e-6)


def test_nearest_looks_at_one_language(node):
    code = "console.log(JSON.stringify([nearest(cosines, 0, 2), nearest(cosines, 1, 1)]));"
    cosines = [0.1, 0.9, 0.3, 0.2, 0.2, 0.95]
    assert in_the_page(node, code, cosines=cosines) == [[2, 4], [5]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"words": [*WORDS[:8], "i"]}, "`words` must be 9 different words, got 8"),
        ({"vectors": VECTORS[:8]}, "`words` must be 8 different words, got 9"),
        ({"vectors": np.ones((9, 60_000))}, "`vectors` may have 500,000 numbers, got 540,000"),
        (
            {"sentences": [("Hm.", "茶")]},
            "`sentences` must have words of the vocabulary, got 'Hm.'",
        ),
    ],
)
def test_bad_arguments(changes, message):
    with pytest.raises(ValueError) as error:
        pad_of(**changes)
    assert str(error.value) == message
