"""Advice to persons: hand examples, invariants, an independent reference, messages."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lmlab import data
from lmlab.models import counsel


def test_years_by_lot():
    past = np.arange(10) / 10
    drawn = counsel.by_lot(past, 6, 3, seed=0, savers=500)
    assert drawn.shape == (500, 6)
    steps = np.round(10 * np.diff(drawn.reshape(500, 2, 3), axis=2)).astype(int) % 10
    assert np.all(steps == 1)  # inside a block year follows year, and after the last the first
    assert abs(drawn.mean() - past.mean()) < 0.03
    assert not np.array_equal(drawn, counsel.by_lot(past, 6, 3, seed=1, savers=500))
    assert counsel.by_lot(past, 5, 3, seed=0, savers=2).shape == (2, 5)


def worth(w, gamma):
    return 0.06 * w - gamma * 0.04 * w**2 / 2  # best share 1.5 / gamma


def test_answers_find_the_taste():
    gamma = np.repeat([2.5, 8.0], 200)
    none = counsel.ask_taste(gamma, 0, worth)
    assert len(set(none)) == 1  # nothing asked: one share for all
    # the best one share for a log-normal belief: 1.5 over the mean of gamma
    assert none[0] == pytest.approx(1.5 / (4.5 * np.exp(0.125)), abs=0.02)
    exact = counsel.ask_taste(gamma, 12, worth, error=0.01)
    assert exact == pytest.approx(1.5 / gamma, abs=0.06)
    noisy = counsel.ask_taste(gamma, 3, worth)
    assert exact[:200].mean() > noisy[:200].mean() > none[0] > noisy[200:].mean()


def test_table_is_completed():
    raw = data.load_smokers()
    people = counsel.complete(raw)
    assert people.bmi[0] == pytest.approx(79.04 / 1.741875**2)
    assert people.bmi_squared[0] == pytest.approx((people.bmi[0] - 25) ** 2)
    ill = list(counsel.KINDS["illnesses"])
    assert not people[ill].isna().any().any() and raw.high_pressure.isna().sum() == 791
    told = [name for kind in counsel.KINDS.values() for name in kind]
    assert {*told, "age", "female"} == {*people.columns} - {"died", "height", "weight"}
    sizes = {name: rows.sum() for name, rows in counsel.groups(people).items()}
    assert sizes["everybody"] == 1629 and sizes["high pressure"] == 130
    assert sizes["low income"] == 381 and sizes["obese people"] == 198
    row = counsel.person(people[["age", "bmi", "bmi_squared", "cigarettes", "smoked"]], 50, 27, 10)
    assert row.tolist() == [[50, 27, 4, 10, 30]]


def made_up(n=400):
    draw = np.random.default_rng(0)
    x = draw.standard_normal((n, 2))
    return x, (draw.random(n) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(int)


@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_held_out(kind):
    x, y = made_up()
    risk = counsel.held_out(x, y, kind=kind)
    assert np.corrcoef(risk, 1 / (1 + np.exp(-2 * x[:, 0])))[0, 1] > 0.85
    lot = np.random.default_rng(1).permutation(y)  # nothing to learn: no better than the mean
    risk = counsel.held_out(x, lot, kind=kind)
    assert -np.log(np.where(lot == 1, risk, 1 - risk)).mean() > 0.68


def test_another_kind_of_model():
    with pytest.raises(ValueError, match='must be "logistic" or "trees", got \'svm\''):
        counsel.held_out(*made_up(40), kind="svm")


def test_refits():
    x, y = made_up()
    risks = counsel.refits(x, y, count=20)(x)
    assert risks.shape == (20, 400) and risks.std(axis=0).min() > 0
    plain = LogisticRegression(C=0.1).fit(x / x.std(0), y).predict_proba(x / x.std(0))[:, 1]
    assert np.abs(risks.mean(axis=0) - plain).max() < 0.05


def test_inside():
    seen = np.array([[1.0, 5], [3, np.nan], [2, 9]])
    asked = np.array([[1.0, 9], [0.9, 7], [2, 9.1], [np.nan, 6]])
    assert counsel.inside(asked, seen).tolist() == [True, False, False, True]
