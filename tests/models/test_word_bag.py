"""Hashed words by hand, and a model that learns which word is good."""

from zlib import crc32

import numpy as np

from lmlab.models.word_bag import train_word_bag, word_numbers


def test_words_are_hashed_cut_and_filled():
    numbers = word_numbers(["Good good bad", ""], length=2)
    assert numbers.tolist() == [[1 + crc32(b"good") % 4095] * 2, [0, 0]]


def test_it_learns_a_word():
    texts = ["a good film", "a bad film"] * 100
    model = train_word_bag(word_numbers(texts), np.tile([1, 0], 100), seed=0, epochs=10)
    logits = model.predict_on_batch(word_numbers(["good", "bad"]))[:, 0]
    assert logits[0] > 0 > logits[1]
    assert model.count_params() == 4096 * 16 + 17


def test_it_stops_where_the_held_out_loss_is_least():
    rng = np.random.default_rng(0)
    numbers, y = rng.integers(1, 4096, (300, 5)), rng.integers(0, 2, 300)  # nothing to learn
    long, stopped = (train_word_bag(numbers, y, 0, 30, held_out=share) for share in (0, 0.2))
    sizes = [np.abs(m.predict_on_batch(numbers)).mean() for m in (long, stopped)]
    assert sizes[1] < 0.2 * sizes[0]
