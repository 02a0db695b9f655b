"""The opinions: their counts, their scores, and what is refused."""

import io
import tarfile
from zipfile import ZipFile

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab.data import archives, opinions


def test_opinions_are_those_of_the_paper():
    frame = opinions.load_opinions()
    counts = {"films": 10_605, "goods": 3_708, "news": 5_190, "tweets": 4_200}
    assert frame.groupby("channel").size().to_dict() == counts
    assert frame.score.abs().max() < 4 and len(frame) == 23_703
    assert frame.groupby("channel").document.nunique()["goods"] == 300
    assert frame.text[4200].startswith("The Rock is destined to be the 21st Century's new")
    repeats = {c: len(g) - g.text.nunique() for c, g in frame.groupby("channel")}
    assert repeats == {"films": 2, "goods": 11, "news": 71, "tweets": 0}
    assert frame.equals(opinions.load_opinions())


def test_too_few_rows_are_a_data_error(cache, monkeypatch):
    inner, outer = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tar:
        member = tarfile.TarInfo("hutto_ICWSM_2014/tweets_GroundTruth.txt")
        member.size = 9
        tar.addfile(member, io.BytesIO(b"1\t2.5\tYay"))
    with ZipFile(outer, "w") as archive:
        name = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
        archive.writestr(name, inner.getvalue())
    pin = pin_of(outer.getvalue(), "tiny.zip")
    monkeypatch.setattr(opinions, "VADER", pin)
    serve(monkeypatch, {pin.filename: outer.getvalue()})
    with pytest.raises(archives.DataError, match="expected 4200 rows of tweets, received 1"):
        opinions.load_opinions()


def test_no_document_is_on_both_sides():
    channel = np.repeat([0, 1], 600)
    documents = np.arange(1200) // 3
    train, test = opinions.opinion_parts(documents, channel, 1, 300)
    few, same = opinions.opinion_parts(documents, channel, 1, 12)
    for k in range(2):
        assert len(train[k]) == 300 and np.array_equal(few[k], train[k][:12])
        assert np.array_equal(test[k], same[k]) and 270 <= len(test[k]) <= 280
        assert not set(documents[train[k]]) & set(documents[test[k]])
        assert set(channel[train[k]]) == set(channel[test[k]]) == {k}
