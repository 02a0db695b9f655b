"""What chapter 4.8 counts with: small cases by hand, and invariants."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmlab.models import voices


def test_passages_of_two_documents():
    brown = SimpleNamespace(
        names=("a", "b", "c"),
        genres=("news", "lore", "romance"),
        words=("the", "sea"),
        word=np.array([0, 1, 1, 0, 0, 1, 1, 1, 0]),
        document=np.repeat([0, 1, 2], 3),
    )
    texts, genre, document = voices.passages(brown, 2, (0, 1))
    assert texts.tolist() == ["the sea", "sea sea", "sea sea", "sea the"]
    assert genre.tolist() == ["press", "press", "fiction", "fiction"]  # no lore
    assert document.tolist() == [0, 0, 2, 2]


def test_kept_words():
    text = "She saw the old Harbour, and the harbour saw her"
    stops = ["she", "the", "and", "the", "her"]
    assert voices.kept_words(text, "only stop words") == stops
    rest = ["saw", "old", "harbour", "harbour", "saw"]
    assert voices.kept_words(text, "no stop words") == rest
    assert len(voices.kept_words(text, "all")) == 10
    by_lot = voices.kept_words(text, "as many less, by lot", 1)
    assert len(by_lot) == 5 and by_lot == voices.kept_words(text, "as many less, by lot", 1)
    with pytest.raises(ValueError, match=r"`kept` must be one of .* got 'none'"):
        voices.kept_words(text, "none")


def test_a_document_is_on_one_side():
    documents = np.repeat(np.arange(20), 2)
    parts = voices.parted(documents, 0)
    assert [len(part) for part in parts] == [24, 6, 10]
    assert sorted(np.concatenate(parts)) == list(range(40))
    sides = [set(documents[part]) for part in parts]
    assert not sides[0] & sides[1] and not sides[1] & sides[2] and not sides[0] & sides[2]


def test_a_bag_of_words_learns_and_guesses():
    texts = np.array(["wheat corn", "corn", "wheat", "ship", "sea ship", "sea"] * 4)
    labels = np.array(["farm"] * 3 + ["port"] * 3).repeat(1).tolist() * 4
    labels, rows = np.array(labels), np.split(np.arange(24), [12, 18])
    assert voices.bag_of_words(texts, labels, rows, "all") == 1.0


def test_words_of_paragraphs_and_articles():
    paper = pd.DataFrame(
        {
            "issue": [1, 1, 2],
            "article": [0, 0, 1],
            "words": ["地震 的 人", "地震 救灾", "地震"],
            "tags": ["n u n", "n v", "n"],
        }
    )
    sets, issue = voices.grouped(paper, whole=False)
    assert sets == [{"地震"}, {"地震", "救灾"}, {"地震"}] and issue.tolist() == [0, 0, 1]
    whole, day = voices.grouped(paper, whole=True)
    assert whole == [{"地震", "救灾"}, {"地震"}] and day.tolist() == [0, 1]
    held, size = voices.counts_of(sets, issue, ["地震", "救灾"])
    assert held.tolist() == [[2, 1], [1, 0]] and size.tolist() == [2, 1]
    mixed, same = voices.counts_of(sets, issue, ["地震", "救灾"], seed=0)
    assert mixed.sum(0).tolist() == [3, 1] and same.tolist() == [2, 1]


def test_draws():
    values, documents = np.array([1.0, 2, 3, 4]), np.array([7, 7, 9, 9])
    for sums, sizes in voices.draws(values, documents, 4, True, 5):
        assert len(sums) == 2 and set(sums) <= {3, 7} and (sizes == 2).all()
    for sums, sizes in voices.draws(values, documents, 4, False, 5):
        assert len(sums) == 4 and set(sums) <= {1, 2, 3, 4} and (sizes == 1).all()


def test_odds_sum_to_one():
    said = voices.odds(np.array([[0.0, np.log(3)], [500, 500]]))
    assert np.allclose(np.exp(said), [[0.25, 0.75], [0.5, 0.5]])


def test_another_of_the_class():
    classes = np.array([0, 1, 0, 1, 1, 0])
    other = voices.within_class(classes, 3)
    assert sorted(other) == list(range(6)) and (classes[other] == classes).all()
    assert (other != np.arange(6)).all()


def test_a_head_reads_what_is_there():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    x = np.eye(3)[y] + 0.3 * rng.normal(size=(150, 3))
    read = voices.head(x[:100], y[:100], (x[100:120], y[100:120]), 3)
    said = read(x[120:])
    assert np.mean(said.argmax(1) == y[120:]) > 0.9
    assert np.allclose(np.exp(said).sum(1), 1)


def test_log_odds_are_exact_for_independent_witnesses():
    prior = np.log([0.5, 0.3, 0.2])
    a, b = np.log([0.7, 0.2, 0.1]), np.log([0.1, 0.3, 0.6])  # of a sign, in each class
    one, two = (voices.odds((prior + said)[None]) for said in (a, b))
    both = voices.odds((prior + a + b)[None])
    assert np.allclose(voices.odds(one + two - prior), both)
