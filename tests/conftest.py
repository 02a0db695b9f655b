"""Fixtures that several test modules share."""

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder of this test alone."""
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
