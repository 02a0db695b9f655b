import numpy as np
import pandas as pd
import pytest

from lmlab.models import refused


def applicants(n=4000, seed=0):
    """Risk 0.1 without and 0.7 with records; a second column that says nothing."""
    rng = np.random.default_rng(seed)
    records = rng.random(n) < 0.3
    bad = (rng.random(n) < np.where(records, 0.7, 0.1)).astype(int)
    words = np.where(records, "yes", "no").astype(object)
    return pd.DataFrame({"records": words, "noise": rng.normal(size=n)}), bad


def test_lots_select_nothing_and_a_score_the_risky():
    table, bad = applicants()
    for seen, low, high in ([], 0.23, 0.33), (["records"], 0.68, 0.74):
        accepted, rest = refused.old_files(table, bad, np.arange(4000), seen, 0.25)
        assert (len(accepted), len(rest)) == (2550, 850)
        assert len(np.union1d(accepted, rest)) == 3400 and min(accepted.min(), rest.min()) >= 600
        assert low < bad[rest].mean() < high


def test_guesses_see_nothing_of_the_refused():
    table, bad = applicants()
    files = refused.old_files(table, bad, np.arange(4000), [], 0.4)
    said = refused.guesses(table, bad, *files)
    hidden = bad.copy()
    hidden[files[1]] = 1 - hidden[files[1]]
    assert refused.guesses(table, hidden, *files) == said
    assert tuple(said) == refused.METHODS and said["all bad"] == 1
    for name in ("extrapolated", "reweighted"):
        assert said[name] == pytest.approx(bad[files[1]].mean(), abs=0.04)
    assert 1.3 < said["risk × 2"] / said["extrapolated"] <= 2


def test_what_was_always_refused_cannot_be_learned():
    table, bad = applicants()
    files = refused.old_files(table, bad, np.arange(4000), ["records"], 0.4)
    assert (table.records.iloc[files[0]] == "yes").sum() == 0
    said = refused.guesses(table, bad, *files)
    assert said["extrapolated"] < 0.2 < 0.5 < bad[files[1]].mean()


def test_some_of_the_refused_by_lot_teach_what_they_are():
    table, bad = applicants()
    accepted, rest = refused.old_files(table, bad, np.arange(4000), ["records"], 0.25, by_lot=0.1)
    assert (len(accepted), len(rest)) == (2550 + 85, 765)
    assert len(np.union1d(accepted, rest)) == 3400
    assert (table.records.iloc[accepted] == "yes").sum() >= 85
    truth = bad[rest].mean()
    said = refused.guesses(table, bad, accepted, rest)
    blind = refused.guesses(table.drop(columns="records"), bad, accepted, rest)
    assert abs(said["extrapolated"] - truth) < 0.1 < 0.4 < truth - blind["extrapolated"]
