"""The masked model sees what its matrix says; its stored weights load and give the log's loss."""

import numpy as np
import pytest

from lmlab.models.bert import MASK, PAD, UNK, MaskedLM, Vocabulary, corrupt, windows_of
from lmlab.models.device import start_keras
from lmlab.models.finetuning import Finetuner
from lmlab.models.gpt import GPTConfig
from lmlab.models.neighbours import NeighbourTable, count_vectors, one_hot, runs_of

keras = start_keras(seed=0)
CONFIG = GPTConfig(vocab_size=13, seq_len=6, d_model=8, num_layers=2, num_heads=2)


def test_vocabulary():
    vocabulary = Vocabulary.count(["a", "b", "B", "c", "a", "A"], 5)
    assert vocabulary.words == ("[PAD]", "[UNK]", "[MASK]", "a", "b")
    assert vocabulary.encode(["A", "[MASK]", "c"]).tolist() == [3, MASK, UNK]
    with pytest.raises(ValueError, match="`words` must begin with"):
        Vocabulary(("a", "b"))


def test_windows_do_not_cross_documents():
    windows = windows_of(np.arange(7), np.array([0, 0, 0, 1, 1, 1, 1]), 2)
    assert windows.tolist() == [[0, 1], [3, 4], [5, 6]]


def test_corrupt_spoils_exactly():
    windows = np.random.default_rng(0).integers(3, 1000, (64, 32)).astype("int32")
    spoiled, places, truth = corrupt(windows, 5, 1000, np.random.default_rng(0))
    assert np.array_equal(np.take_along_axis(windows, places, axis=1), truth)
    assert (spoiled == MASK).sum() == 256
    others = np.ones_like(windows, bool)
    np.put_along_axis(others, places, False, axis=1)
    assert np.array_equal(spoiled[others], windows[others]) and others.sum() == 64 * 27


@pytest.mark.parametrize("two_sided", [True, False])
def test_who_sees_whom(two_sided):
    pattern = np.ones((6, 6), bool) if two_sided else np.tril(np.ones((6, 6), bool))
    model = MaskedLM(CONFIG, pattern)
    tokens = np.array([[3, 4, 5, 6, 7, 8]])
    changed = np.array([[3, 4, 5, 6, 7, 9]])
    one, two = (np.asarray(model(t)) for t in (tokens, changed))
    moved = np.abs(one - two).max(axis=-1)[0] > 0
    assert moved.tolist() == [two_sided] * 5 + [True]


def test_padding_is_not_seen():
    model = MaskedLM(CONFIG)
    short = np.asarray(model(np.array([[3, 4, 5]])))
    padded = np.asarray(model(np.array([[3, 4, 5, PAD, PAD, PAD]])))
    assert np.allclose(short, padded[:, :3], atol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="`pattern` must have the shape"):
        MaskedLM(CONFIG, np.ones((2, 2)))
    with pytest.raises(ValueError, match="`tokens` must have at most 6 columns, got 7"):
        MaskedLM(CONFIG)(np.zeros((1, 7), "int32"))
    with pytest.raises(ValueError, match="`way` must be one of"):
        Finetuner(MaskedLM(CONFIG), 2).mask("half")


def test_a_mask_moves_only_what_it_says():
    tuner = Finetuner(MaskedLM(CONFIG), 2, rank=1)
    x = np.random.default_rng(0).integers(3, 13, (40, 6)).astype("int32")
    start = tuner.start(0)
    for way, count in (("frozen", 9), ("LoRA", 9 + 2 * (8 + 24))):
        mask = tuner.mask(way)
        row = np.asarray(tuner.train(start, way, x, x[:, 2] > 7, 0.01, 5, 0))
        assert mask.sum() == count and np.array_equal(row[mask == 0], start[mask == 0])
        assert (row != start).any()


def test_lora_and_head_change_nothing_at_the_start():
    model = MaskedLM(CONFIG)
    tuner = Finetuner(model, 2)
    assert np.allclose(tuner.scores(tuner.start(0), np.full((3, 6), 4, "int32")), 0)


def test_stored_weights_give_the_loss_of_the_log():
    import json

    from lmlab.models import pretrain_bert

    _, _, _, held_out = pretrain_bert.split_brown()
    check = held_out[:: len(held_out) // 500][:500]
    for name in ("two_sided", "left_only"):
        log = json.loads((pretrain_bert.WEIGHTS / f"{name}.json").read_text("utf-8"))
        loss = pretrain_bert.masked_loss(pretrain_bert.load_pretrained(name), check)
        assert loss == pytest.approx(log["parts"][-1]["held_out"], abs=0.003)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    from lmlab.models import pretrain_bert

    (tmp_path / "two_sided.json").write_text('{"sha256": "0", "two_sided": true}')
    (tmp_path / "two_sided.npz").write_bytes(b"x")
    monkeypatch.setattr(pretrain_bert, "WEIGHTS", tmp_path)
    with pytest.raises(ValueError, match="must have sha256"):
        pretrain_bert.load_pretrained()


def test_a_table_keeps_nothing_for_words_that_are_not_asked_for():
    tokens = [3, 1, 4, 1, 3, 1, 1, 4, 3]  # 1 is unknown
    table = NeighbourTable(tokens, 6, lowest=3)
    frequency = table.shares([1, 1, 1], [3, 4, 5], [1, 1, 1])[0]
    assert frequency.tolist() == [2 / 6, 3 / 6, 1 / 6]  # 3 centres and one count each
    assert table.shares([1], [4], [1])[3] == 0.5  # between two unknown: 4 once, 3 once


def test_words_with_the_same_neighbours_get_the_same_vector():
    tokens = [2, 0, 3, 4, 2, 1, 3, 5] * 50
    vectors = count_vectors(tokens, 6, dim=4)
    assert vectors.shape == (6, 4) and np.allclose(np.linalg.norm(vectors, axis=1), 3)
    assert np.allclose(vectors[0], vectors[1], atol=0.1)
    assert not np.allclose(vectors[0], vectors[2], atol=1)


def test_rows_of_a_bag_count_a_word_once():
    assert one_hot(np.array([[0, 2, 2], [1, 0, 1]])).toarray().tolist() == [[1, 0, 1], [1, 1, 0]]


def test_runs_stay_in_a_document_and_hold_no_unknown_token():
    tokens = np.array([3, 4, 5, 3, 4, 1, 3, 4])
    numbers, document = runs_of(tokens, np.array([0, 0, 0, 1, 1, 1, 1, 1]), n=2)
    assert document.tolist() == [0, 0, 1, 1]
    assert numbers[0] == numbers[2] == numbers[3] != numbers[1]
