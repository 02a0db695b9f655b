"""Sentences with translations: once each, translated, and the real archive's numbers."""

import json

import pytest
from archives import pin_of, serve, wheel_of

from lmlab.data import archives, load_hsk_sentences, sentences


def serve_rows(monkeypatch, tmp_path, rows):
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path))
    content = wheel_of({"hsk_sentences_audio/data/sentences.json": json.dumps(rows).encode()})
    monkeypatch.setattr(sentences, "HSK_SENTENCES", pin_of(content))
    serve(monkeypatch, {"tiny-1.0-py3-none-any.whl": content})


def test_each_sentence_once_and_translated(monkeypatch, tmp_path):
    texts = (
        ("Hello.", "你好。"),
        ("hello.", "您好。"),
        ("placeholder-p5", "好。"),
        ("Bye.", "再见。"),
    )
    rows = [
        {"translation": {"en": en}, "chinese": zh, "topic": "greetings", "hsk_level": level}
        | {"tokens": [{"word": zh[:1]}, {"word": zh[1:-1]}]}
        for level, (en, zh) in enumerate(texts, 1)
    ]
    serve_rows(monkeypatch, tmp_path, rows)
    pairs = load_hsk_sentences()
    assert pairs.english.tolist() == ["Hello.", "Bye."]
    assert pairs.chinese.tolist() == ["你好。", "再见。"] and pairs.levels.tolist() == [1, 4]
    assert pairs.words.tolist() == ["你 好", "再 见"]
    assert repr(pairs) == (
        "Pairs(english=(2,), chinese=(2,), words=(2,), topics=(2,), levels=(2,))"
    )


def test_another_file_is_refused(monkeypatch, tmp_path):
    serve_rows(monkeypatch, tmp_path, [{"chinese": "好"}])
    with pytest.raises(archives.DataError, match="does not hold the HSK sentences as expected"):
        load_hsk_sentences()
