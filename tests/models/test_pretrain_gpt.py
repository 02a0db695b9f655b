"""The larger GPT: its text is the chapter's, a stopped run goes on, another file is refused."""

import json

import numpy as np
import pytest

from lmlab.models import pretrain_gpt
from lmlab.models.counting import BackOff
from lmlab.models.device import start_keras

keras = start_keras(seed=0)
TINY = pretrain_gpt.SETTINGS | {
    "seq_len": 8, "d_model": 8, "num_layers": 1, "num_heads": 2, "batch_size": 4, "steps": 4,
    "warmup": 2, "fall": 2, "part": 1, "round": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def texts():
    return pretrain_gpt.split_shakespeare()


def test_the_text_is_that_of_the_chapter(texts):
    vocab, *tokens = texts
    assert [len(part) for part in tokens] == [4_815_361, 114_573, 103_309]
    assert len(vocab) == 64
    log = json.loads((pretrain_gpt.WEIGHTS / "shakespeare.json").read_text("utf-8"))
    assert log["text"] == pretrain_gpt._hash(tokens[0])
    assert log["characters"] == len(tokens[0])


def known(text: str, of: str) -> float:
    """The share of runs of 60 characters, one in each 1,000, that stand in another text."""
    runs = [text[i : i + 60] for i in range(500, len(text) - 60, 1000)]
    return np.mean([run in of for run in runs])


def test_no_held_out_play_is_in_the_text(texts):
    vocab, *tokens = texts
    train, *plays = ("".join(vocab[i] for i in part) for part in tokens)
    assert [known(play, train) for play in plays] == [0, 0]
    assert known(train[2_000_000:2_100_000], train) == 1  # what is in it is found


def test_rate_by_hand():
    settings = {"steps": 10, "warmup": 2, "fall": 4, "learning_rate": 1.0}
    rates = [pretrain_gpt.rate_at(step, settings) for step in (0, 1, 2, 5.9, 6, 8, 10)]
    assert rates == pytest.approx([0.5, 1, 1, 1, 1, 0.505, 0.01])


def test_losses_are_those_of_the_places(texts):
    keras.utils.set_random_seed(0)
    model = pretrain_gpt.new_model(TINY)
    text = texts[2][:40]
    places, losses = pretrain_gpt.losses_of(model, text)
    assert places.tolist() == list(range(5, 37))
    for place, context in ((5, slice(0, 5)), (8, slice(0, 8)), (36, slice(28, 36))):
        logits = np.asarray(model(text[None, context]))[0, -1].astype(float)
        right = np.log(np.exp(logits).sum()) - logits[text[place]]
        assert losses[list(places).index(place)] == pytest.approx(right, abs=1e-4)
    assert pretrain_gpt.losses_of(model, text, every=2)[0].tolist() == [
        *range(5, 9), *range(13, 17), *range(21, 25), *range(29, 33)
    ]  # fmt: skip


def test_behind_a_table_by_hand():
    text = [0, 1] * 60 + [2, 2] + [0, 1] * 60
    table, places = BackOff([0, 1, 0, 1, 0, 1], 1, 3), np.arange(1, 242)
    of_table = -np.log([table.next_probs(text[:t], 8)[text[t]] for t in places])
    gap = np.where(np.array(text)[places - 1] == 2, -0.5, 0.25)  # after 2, which is new to it
    found = pretrain_gpt.behind_table((places, of_table + gap), table, text, 8)
    assert found["new"] == pytest.approx(-0.5) and found["known"] == pytest.approx(0.25)
    assert found["all"] == pytest.approx((239 * 0.25 - 2 * 0.5) / 241)
    shorter = pretrain_gpt.behind_table((places, of_table + gap), table, text, 8, memory=0)
    assert shorter["all"] != pytest.approx(found["all"])
    lucky = pretrain_gpt.behind_table((places, of_table), table, text, 8)
    assert lucky["all"] == pytest.approx(0) and lucky["error"] == pytest.approx(0)


def test_best_table_is_the_best_on_validation():
    train, val, test = np.random.default_rng(0).integers(0, 3, (3, 400))
    found = pretrain_gpt.best_table(train, val, test, strengths=(1, 8))
    table = BackOff(train, 9, 64)
    losses = {s: table.nll(val, s) for s in (1, 8)}
    assert found["val"] == pytest.approx(min(map(min, losses.values())), abs=1e-4)
    chosen = found["strength"], found["memory"]
    assert found["val"] == pytest.approx(losses[chosen[0]][chosen[1]], abs=1e-4)
    assert found["test"] == pytest.approx(table.nll(test, chosen[0])[chosen[1]], abs=1e-4)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Runs on a text of 3,000 characters, with a cache and a folder of their own."""
    text = np.random.default_rng(0).integers(0, 64, 3000).astype("int32")
    monkeypatch.setattr(
        pretrain_gpt, "split_shakespeare", lambda: ("", text[:2000], text[2000:2500], text[2500:])
    )

    def run(name, **changes):
        monkeypatch.setenv("LMLAB_CACHE", str(tmp_path / name))
        (tmp_path / name).mkdir(exist_ok=True)
        log = pretrain_gpt.pretrain(TINY | changes, tmp_path / name)
        return log, dict(np.load(tmp_path / name / "shakespeare.npz"))

    return run


def test_a_stopped_run_goes_on(small, monkeypatch):
    whole, weights = small("whole")
    trained, calls = pretrain_gpt.train_steps, []

    def stops(*batch):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return trained(*batch)

    monkeypatch.setattr(pretrain_gpt, "train_steps", stops)
    with pytest.raises(KeyboardInterrupt):
        small("stopped")
    log, resumed = small("stopped")
    assert len(calls) == 5  # three parts, the stop in the fourth, the fourth
    assert [row["loss"] for row in log["parts"]] == [row["loss"] for row in whole["parts"]]
    assert log["sha256"] == whole["sha256"]
    np.testing.assert_equal(resumed, weights)


def test_a_longer_run_goes_on_from_the_full_rate(small, monkeypatch):
    trained, calls = pretrain_gpt.train_steps, []
    monkeypatch.setattr(
        pretrain_gpt, "train_steps", lambda *batch: calls.append(1) or trained(*batch)
    )
    small("longer")
    log, _ = small("longer", steps=6)
    assert len(calls) == 4 + 4  # from step 2 to step 6
    assert log["sha256"] == small("at once", steps=6)[0]["sha256"]
    calls.clear()
    small("longer", steps=6, learning_rate=0.01)
    assert len(calls) == 6  # another run begins anew


def test_rounding_is_to_8_bits_a_scale_for_each_output(tmp_path):
    keras.utils.set_random_seed(1)
    model = pretrain_gpt.new_model(TINY)
    before = [np.asarray(v) for v in model.trainable_variables]
    pretrain_gpt.write_weights(model, tmp_path / "w.npz")
    other = pretrain_gpt.read_weights(pretrain_gpt.new_model(TINY), tmp_path / "w.npz")
    kinds = [array.dtype for name, array in np.load(tmp_path / "w.npz").items() if name[0] == "w"]
    assert {str(kind) for kind in kinds} == {"int8", "float32"}
    for old, variable in zip(before, other.trainable_variables, strict=True):
        axis = 1 if "embedding" in variable.path else 0
        step = np.abs(old).max(axis=axis, keepdims=True) / 127 if old.ndim == 2 else 0
        assert (np.abs(np.asarray(variable) - old) <= step * 0.501).all()


def test_stored_weights_give_the_loss_of_the_log(texts):
    model, log = pretrain_gpt.load_larger()
    assert (pretrain_gpt.WEIGHTS / "shakespeare.npz").stat().st_size < 3_000_000
    assert 1_000_000 < model.count_params() < 3_000_000
    loss = pretrain_gpt.losses_of(model, texts[2], every=17)[1].mean()
    assert loss == pytest.approx(log["parts"][-1]["val"], abs=0.01)


@pytest.mark.parametrize(("data", "got"), [(b"x", "got 2d711642"), (None, "got no file")])
def test_another_file_is_refused(tmp_path, monkeypatch, data, got):
    (tmp_path / "shakespeare.json").write_text('{"sha256": "0"}')
    if data:
        (tmp_path / "shakespeare.npz").write_bytes(data)
    monkeypatch.setattr(pretrain_gpt, "WEIGHTS", tmp_path)
    with pytest.raises(ValueError, match=rf"must have sha256 0, {got}.*make pretrain-gpt"):
        pretrain_gpt.load_larger()
