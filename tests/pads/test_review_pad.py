"""The review pad: grams by hand, the same scores in Python and in the page, bad arguments."""

from functools import partial

import numpy as np
import pytest
from page_script import run_behind

from lmlab.pads.review_pad import ReviewPad, Weights, _script, grams_of
from lmlab.pads.sentence_pad import cut_words

in_the_page = partial(run_behind, "review_pad.js")
CUT = _script("sentence_pad.js", "cutWords")
ENGLISH = Weights(["good", "not", "not good", "tea"], np.array([1.0, -0.25, -1.5, 0.1]), 0.5)
CHINESE = Weights(["好", "不", "不 好"], np.array([0.8, -0.3, -1.27]), -0.2)
TEXTS = ["This is not good tea.", "房间不好", "good good good", "I like it", "不 not good", ""]


def pad_of(**changes):
    return ReviewPad(**{"models": {"en": ENGLISH, "zh": CHINESE}, "examples": TEXTS} | changes)


def test_grams_by_hand():
    words = cut_words("Not good, not good at all", ())
    assert grams_of(words) == [
        *("not", "good", "at", "all"),
        *("not good", "good not", "good at", "at all"),
    ]
    assert grams_of(cut_words("不好吃", ())) == ["不", "好", "吃", "不 好", "好 吃"]
    assert grams_of([]) == []


def test_scores_by_hand():
    pad = pad_of()
    assert pad.score("good tea") == pytest.approx(0.5 + 1.0 + 0.1, abs=0.02)
    assert pad.score("not good") == pytest.approx(0.5 - 0.25 + 1.0 - 1.5, abs=0.02)
    assert pad.score("很好") == pytest.approx(-0.2 + 0.8, abs=0.01)
    assert pad.score("nothing known") == pad.score("") == 0.5
    assert repr(pad) == "ReviewPad(7 words and pairs)"


def test_a_word_does_what_its_deletion_undoes():
    pad = pad_of()
    effects = pad.effects("not so good")  # without "so" the two become a pair
    whole = pad.score("not so good")
    assert effects[1] == pytest.approx(whole - pad.score("not good"))
    assert effects[1] == pytest.approx(1.5, abs=0.02)
    assert pad.effects("good good") == [0, 0]  # a word that stands twice counts once


def test_the_page_computes_what_python_computes(node):
    pad = pad_of()
    code = f"""{CUT}
const score = scorer(config, Int8Array.from(integers.map((v) => v > 127 ? v - 256 : v)));
const found = texts.map((text) => cutWords(text, new Set()));
console.log(JSON.stringify(found.map((words) => [score(words), effects(score, words)])));"""
    here = in_the_page(node, code, config=pad.config, texts=TEXTS, integers=list(pad.weights))
    for text, (score, effects) in zip(TEXTS, here, strict=True):
        assert score == pytest.approx(pad.score(text), abs=1e-9)
        assert effects == pytest.approx(pad.effects(text), abs=1e-9)
    assert pad.expected == pytest.approx([score for score, _ in here], abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": {"en": ENGLISH}}, "`models` must have ['en', 'zh'], got ['en']"),
        ({"examples": []}, "`examples` must have a text, got none"),
        (
            {"models": {"en": ENGLISH._replace(grams=["a", "a", "b", "c"]), "zh": CHINESE}},
            "`grams` must be 4 different ones, got 3",
        ),
        (
            {
                "models": {
                    "en": Weights([str(i) for i in range(20_000)], np.ones(20_000), 0),
                    "zh": CHINESE,
                }
            },
            "`models` may have 20,000 grams, got 20,003",
        ),
    ],
)
def test_bad_arguments(changes, message):
    with pytest.raises(ValueError) as error:
        pad_of(**changes)
    assert str(error.value) == message
