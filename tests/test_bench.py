"""The page of the benchmark is what its script writes, and its PyTorch model is the same model."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parent.parent / "bench"


@pytest.fixture
def page(monkeypatch):
    """The module `bench/page.py`."""
    monkeypatch.syspath_prepend(str(BENCH))
    yield importlib.import_module("page")
    sys.modules.pop("page")


def test_the_page_in_the_book_is_the_one_the_script_writes(page, tmp_path, monkeypatch):
    stored = page.PAGE.read_text("utf-8")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.write()
    assert page.PAGE.read_text("utf-8") == stored


def test_what_was_not_run_is_told_with_its_command(page, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(page, "RESULTS", tmp_path / "results")
    table = {"title": "Speed", "note": "A note.", "columns": ["way", "ms"], "rows": [["a", "1"]]}
    page.store("smollm2", ["A machine"], [table])
    text = page.PAGE.read_text("utf-8")
    assert "Not run. The command is `make bench`." in text
    assert "- A machine\n\n### Speed\n\n| way | ms |\n| --- | ---: |\n| a | 1 |\n\nA note." in text
    assert text.count("Not run") == len(page.SECTIONS) - 1


def test_the_spread_is_the_median_with_lowest_and_highest(page):
    assert page.spread([3.0, 1.0, 2000.4, 2.0, 5.0]) == "3 (1–2,000)"
    assert page.spread([0.5, 1.0], 2) == "0.75 (0.50–1.00)"


def test_the_pytorch_model_gives_the_logits_of_the_keras_model(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(BENCH))
    from torch_gpt import TorchGPT

    from lmlab.models.gpt import GPT, GPTConfig

    model = GPT(GPTConfig(13, 8, 12, 2, 3))
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.3, w.shape) for w in model.get_weights()])
    twin = TorchGPT(model.config)
    twin.copy_from([w.astype("float32") for w in model.get_weights()])
    tokens = random.integers(0, 13, (2, 8))
    logits = twin.head(twin.hidden(torch.from_numpy(tokens))).detach().numpy()
    np.testing.assert_allclose(np.array(model(tokens)), logits, atol=1e-5)
