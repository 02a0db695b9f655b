"""Survival by hand, and against statsmodels."""

import numpy as np
import pytest
from statsmodels.duration.api import SurvfuncRight

from lmlab.models import survival

YEARS, RELAPSE = [1, 2, 3, 4, 6, 6], [1, 0, 1, 0, 1, 0]


def people(n=60, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    days = np.ceil(10 * rng.exponential(np.exp(-x[:, 0])))  # with ties
    return days, (rng.random(n) < 0.7).astype(float), x


def test_kaplan_meier_by_hand():
    times, share, error = survival.kaplan_meier(YEARS, RELAPSE)
    assert times.tolist() == [1, 3, 6]
    assert share == pytest.approx([5 / 6, 5 / 8, 5 / 16])
    assert error[1] == pytest.approx(5 / 8 * np.sqrt(1 / 30 + 1 / 12))  # Greenwood
    assert survival.survival_at(YEARS, RELAPSE, 0.5) == (1.0, 0.0)
    assert survival.survival_at(YEARS, RELAPSE, 5)[0] == pytest.approx(0.625)


def test_without_censoring_it_is_the_share_that_is_left():
    days = np.random.default_rng(0).integers(1, 20, 50)
    for horizon in (3, 10, 19):
        left = np.mean(days > horizon)
        assert survival.survival_at(days, np.ones(50), horizon)[0] == pytest.approx(left)


def test_kaplan_meier_is_that_of_statsmodels():
    days, event, _ = people()
    theirs = SurvfuncRight(days, event)
    times, share, error = survival.kaplan_meier(days, event)
    assert times.tolist() == theirs.surv_times.tolist()
    assert share == pytest.approx(theirs.surv_prob)
    left = share > 0
    assert error[left] == pytest.approx(theirs.surv_prob_se[left])


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"must have one shape \(n,\), got \(2,\) and \(3,\)"):
        survival.kaplan_meier([1, 2], [1, 0, 1])


def test_concordance_by_hand():
    # pairs with a known first: 1 before all others (5), 3 before 4, 6, 6 (3)
    assert survival.concordance(YEARS, RELAPSE, [6, 5, 4, 3, 2, 1]) == 1
    assert survival.concordance(YEARS, RELAPSE, [1, 2, 3, 4, 5, 6]) == 0
    assert survival.concordance(YEARS, RELAPSE, [0] * 6) == 0.5
    assert survival.concordance(YEARS, RELAPSE, [9, 0, 1, 2, 0, 0]) == pytest.approx(7 / 8)


def test_the_lead_of_a_score_over_itself_has_no_error():
    days, event, x = people()
    assert survival.error_of_lead(days, event, x[:, 0], x[:, 0], seed=0, times=5) == 0
    assert survival.error_of_lead(days, event, x[:, 0], x[:, 1], seed=0, times=20) > 0.02


def test_base_hazard_is_breslows_sum():
    days, event, x = people()
    weight = np.exp(x[:, 0])
    by_hand = 0
    for day in set(days[(event == 1) & (days <= 8)]):
        by_hand += event[days == day].sum() / weight[days >= day].sum()
    assert survival.base_hazard(days, event, x[:, 0], 8) == pytest.approx(by_hand)


def test_without_a_score_the_base_hazard_is_the_sum_of_the_shares():
    assert survival.base_hazard(YEARS, RELAPSE, np.zeros(6), 5) == pytest.approx(1 / 6 + 1 / 4)


def test_calibration_by_hand():
    days, event = np.tile([1.0, 2, 9, 9], 5), np.tile([1.0, 0, 0, 0], 5)
    risk = np.repeat([0.1, 0.2, 0.3, 0.4, 0.5], 4)
    for lost, counted in (("in view", 0.25), ("left out", 1 / 3), ("as well", 0.25)):
        found = survival.calibration_fifths(days, event, risk, 5, lost)
        assert found == pytest.approx(np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [counted] * 5]))
    with pytest.raises(ValueError, match='must be "in view", "left out" or "as well", got'):
        survival.calibration_fifths(days, event, risk, 5, "gone")
