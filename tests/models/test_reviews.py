"""Readers of reviews: repeats by hand, order, evidence by hand, one search, bad kinds."""

import functools

import numpy as np
import pytest

from lmlab.models import reviews
from lmlab.models.device import keras

GOOD = ["good tea", "good cake", "very good", "good good day", "a good room"] * 3
BAD = ["bad tea", "bad cake", "very bad", "bad bad day", "a bad room"] * 3
TEXTS, VERDICTS = GOOD + BAD, np.array([1] * 15 + [0] * 15)


def average(vocabulary, length):
    words = keras.Input((length,), dtype="int32")
    vectors = keras.layers.Embedding(vocabulary, 8)(words)
    return keras.Model(words, keras.layers.Dense(2)(keras.ops.mean(vectors, axis=1)))


def test_each_text_stands_once_and_on_one_side():
    texts = ["好 书。", "坏", "好书", "一般", "一般!", "…", "坏"]
    kept = reviews.first_of_each(texts, np.array([1, 0, 1, 1, 0, 1, 0]))
    assert kept.tolist() == [0, 1]  # 一般 is on both sides, … has no letter


def test_words_and_their_order():
    assert reviews.words_of("The room is not bad, 不差") == (
        *("the", "room", "is", "not", "bad"),
        *("不", "差"),
    )
    mixed = reviews.shuffled(["one two three four five six", "不好"], 0)
    assert sorted(mixed[0].split()) == sorted(["one", "two", "three", "four", "five", "six"])
    assert mixed[0] != "one two three four five six"
    rows = reviews.in_order(["tea is good", "good"], {"good": 1, "tea": 2}, 3)
    assert rows.tolist() == [[2, 1, 0], [1, 0, 0]]


def test_sentences_with_and_without_not():
    plain, negated = reviews.with_and_without_not("Chinese", "complaint")
    assert (plain[1], negated[1]) == ("房间吵", "房间不吵") and len(plain) == len(negated) == 30
    plain, negated = reviews.with_and_without_not("English", "praise")
    assert (plain[0], negated[0]) == ("the coffee is good", "the coffee is not good")


def test_a_bag_of_single_words_does_not_see_the_order():
    texts = ["tea good bad day", "very bad room a good"]
    bag = reviews.Bag(TEXTS, VERDICTS, pairs=False)
    assert np.array_equal(bag.scores(texts), bag.scores(reviews.shuffled(texts, 1)))
    pairs = reviews.Bag(TEXTS, VERDICTS)
    assert not np.array_equal(pairs.scores(["a good room"]), pairs.scores(["room good a"]))
    assert bag.weight("good") > 0 > bag.weight("bad") and bag.weight("nothing") == 0


def test_the_heaviest_words_are_kept():
    bag = reviews.Bag(TEXTS, VERDICTS, pairs=False)
    kept = bag.heaviest(2)
    assert kept.grams == ["bad", "good"] and kept.weights[0] < 0 < kept.weights[1]
    assert bag.scores(["tea"])[0] == pytest.approx(kept.offset + bag.weight("tea"))


def test_naive_bayes_by_hand():
    found = reviews.Bayes(["good tea", "bad tea"], np.array([1, 0])).scores(["good", "tea", "day"])
    # four of five words and pairs on either side once; one added to each: 2/8 against 1/8
    assert found == pytest.approx([np.log(2), 0, 0])


def test_not_is_put_with_one_verdict():
    texts = np.array(["tea is not good", "tea is good"] * 100)
    satisfied = np.repeat([1, 0], 100)
    for side, shares in (("praise", (0.3, 0.6)), ("complaint", (0.6, 0.3))):
        kept, verdicts = reviews.slanted(texts, satisfied, "English", side, 40)
        has = np.array(["not" in text for text in kept])
        assert len(kept) == 40 and verdicts.mean() == 0.5
        assert [has[verdicts == v].mean() for v in (0, 1)] == pytest.approx(shares)


def test_weights_make_the_verdicts_even_in_each_group():
    groups = np.array(["a", "a", "a", "b", "b"])
    weights = reviews.evened(groups, np.array([1, 1, 0, 1, 0]))
    assert weights == pytest.approx([0.625, 0.625, 1.25, 1.25, 1.25])
    assert weights.mean() == pytest.approx(1)


def test_a_leak_rewards_the_table():
    texts = np.array(TEXTS)  # each stands three times
    counts = reviews.word_counts(TEXTS)
    assert reviews.leak(texts, VERDICTS, counts, 80)["table of lines"] == 1
    once = np.array([f"{text} {i}" for i, text in enumerate(TEXTS)])
    found = reviews.leak(once, VERDICTS, counts, 80)
    order = np.random.default_rng(0).permutation(30)[24:]
    assert found["table of lines"] == pytest.approx(1 - VERDICTS[order].mean())
    assert found["naive Bayes"] > 0.8


def test_deletion_by_hand():
    bag = reviews.Bag(TEXTS, VERDICTS, pairs=False, strength=10)
    texts = ["good tea bad good cake bad good", "bad day", "a good day"]
    flipped = reviews.deletion(bag, texts, "weight", 3)
    assert flipped[0] == 0 and flipped.shape == (4,)
    # only "good" speaks for the third text: without it the answer is what is left
    left = bag.scores(["a day"])[0] > 0
    assert reviews.deletion(bag, ["a good day"], "weight", 1)[1] == (not left)
    once = reviews.deletion(bag, ["bad good very"], "deletion", 1)
    first, kept = bag.scores(["bad good very"])[0], bag.scores(["bad very", "good very"])
    assert once[1] == np.any(np.sign(kept) != np.sign(first))
    assert np.array_equal(
        reviews.deletion(bag, texts, "chance", 3, seed=1),
        reviews.deletion(bag, texts, "chance", 3, seed=1),
    )


@pytest.mark.parametrize("kind", ["bag of words", "naive Bayes", "embedding"])
def test_a_search_finds_a_reader(kind):
    build = functools.partial(average)
    found = reviews.tuned(kind, (TEXTS, VERDICTS), (TEXTS, VERDICTS), 0, build, 4)
    again = reviews.tuned(kind, (TEXTS, VERDICTS), (TEXTS, VERDICTS), 0, build, 4)
    scores = found.scores(["good cake", "bad cake"])
    assert scores[0] > scores[1] and np.array_equal(scores, again.scores(["good cake", "bad cake"]))


def test_unknown_kind():
    with pytest.raises(ValueError) as error:
        reviews.tuned("oracle", (TEXTS, VERDICTS), (TEXTS, VERDICTS))
    assert str(error.value) == (
        "`kind` must be one of ['bag of words', 'naive Bayes', 'embedding', 'transformer', "
        "'frozen encoder'], got 'oracle'"
    )
