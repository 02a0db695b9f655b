"""Pairs of text and continuation: the mask by hand, the probability against the whole model."""

import numpy as np
import pytest

from lmlab.models.device import start_keras
from lmlab.models.smollm2 import Config, SmolLM2
from lmlab.models.teaching import batch_of, goes_on
from lmlab.models.tokenizer import Tokenizer

keras = start_keras()
TINY = Config(vocab_size=8, d_model=12, num_layers=2, num_heads=6, num_kv_heads=2, d_ff=7,
              seq_len=32, rope_base=100.0)  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer([*"abc", "ab", "abc", "Ġ", "1", "<end>"], ["a b", "ab c"], special=[7])


@pytest.fixture(scope="module")
def model():
    random, model = np.random.default_rng(0), SmolLM2(TINY)
    model.build()
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


def test_rows_and_mask_by_hand(tokenizer):
    rows, mask = batch_of(tokenizer, [("ac", " ab"), ("b", "1")])
    assert rows.tolist() == [[0, 2, 5, 3], [1, 6, 0, 0]]
    assert mask.tolist() == [[0, 1, 1], [1, 0, 0]]
    assert rows.dtype == np.int32 and mask.dtype == np.float32


def test_probabilities_are_those_of_the_tokens(model, tokenizer):
    pairs = [("ac", " ab"), ("b1", "a")]
    p, says = goes_on(model, tokenizer, pairs)
    logits = keras.ops.softmax(model(np.array([[0, 2, 5, 3], [1, 6, 0, 0]])))
    whole = keras.ops.convert_to_numpy(logits)
    assert np.allclose(p, [whole[0, 1, 5] * whole[0, 2, 3], whole[1, 1, 0]], rtol=1e-4)
    first, second = whole[0, 1:3].argmax(-1).tolist() == [5, 3], whole[1, 1].argmax() == 0
    assert says.tolist() == [first, second]


def test_what_the_model_would_say_is_recognised(model, tokenizer):
    likeliest = int(keras.ops.convert_to_numpy(model(np.array([[0, 2]])))[0, -1].argmax())
    word = tokenizer.decode([likeliest])
    other = "1" if word != "1" else "b"
    assert goes_on(model, tokenizer, [("ac", word), ("ac", other)])[1].tolist() == [True, False]


def test_bad_pairs_are_refused(tokenizer):
    with pytest.raises(ValueError, match=r"`pairs` must have a text and a continuation, got \('a'"):
        batch_of(tokenizer, [("a", "")])
