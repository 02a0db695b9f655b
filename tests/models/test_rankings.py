import numpy as np
import pytest

from lmlab.models import rankings


def test_measures_by_hand():
    p, bad = np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 1, 0, 1])
    assert rankings.auc(p, bad) == (2 + 1 + 0.5) / 4
    assert rankings.ks(p, bad) == 0.5
    assert rankings.log_loss(np.array([0.5, 0.8]), np.array([1, 0])) == pytest.approx(
        (np.log(2) + np.log(5)) / 2
    )
    weighted = rankings.log_loss(np.array([0.5, 0.8]), np.array([1, 0]), np.array([3, 1]))
    assert weighted == pytest.approx((3 * np.log(2) + np.log(5)) / 4)


def test_measures_agree_with_libraries():
    from scipy.stats import ks_2samp
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    bad = rng.integers(0, 2, 300)
    p = np.round(rng.random(300) + 0.2 * bad, 2)
    assert rankings.auc(p, bad) == pytest.approx(roc_auc_score(bad, p))
    assert rankings.ks(p, bad) == pytest.approx(ks_2samp(p[bad == 1], p[bad == 0]).statistic)


def test_error_of_a_lead():
    rng = np.random.default_rng(0)
    bad, p = rng.integers(0, 2, 400), rng.random(400)
    assert rankings.error_of_lead(rankings.auc, p, p, bad) == 0
    apart = rankings.error_of_lead(rankings.auc, p, rng.random(400), bad)
    assert apart == pytest.approx(np.sqrt(2) * np.sqrt(1 / 12 * (2 / 200)), rel=0.25)


def test_platt_keeps_the_order_and_isotonic_the_mean():
    rng = np.random.default_rng(0)
    true = rng.random(4000)
    bad = (rng.random(4000) < true).astype(int)
    sure = 1 / (1 + ((1 - true) / true) ** 4)  # log-odds four times too large
    fixed = rankings.calibrated("Platt", sure, bad, sure)
    assert np.abs(fixed - true).max() < 0.05
    assert rankings.auc(fixed, bad) == rankings.auc(sure, bad)
    stepped = rankings.calibrated("isotonic", sure, bad, sure)
    assert stepped.mean() == pytest.approx(bad.mean())
    assert rankings.calibrated("none", sure, bad, sure) is sure


def test_unknown_correction():
    with pytest.raises(ValueError, match=r"`how` must be .*got 'temperature'"):
        rankings.calibrated("temperature", None, None, None)


def test_groups_by_hand():
    p, bad = np.array([0.9, 0.1, 0.3, 0.7]), np.array([1, 0, 1, 1])
    promised, counted, error = rankings.in_groups(p, bad, 2)
    assert promised == pytest.approx([0.2, 0.8]) and counted.tolist() == [0.5, 1]
    assert error == pytest.approx([0.5 / np.sqrt(2), 0])
