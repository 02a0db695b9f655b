import numpy as np
import pytest

from lmlab.models import demand


def counts(goods=3, days=120):
    rng = np.random.default_rng(0)
    price = np.log(rng.uniform(1, 2, (goods, days)))
    return rng.poisson(20, (goods, days)).astype(float), price


def test_season_by_hand():
    units = np.arange(40.0)[None]  # day d sold d units
    assert demand.season(units, [30], 1, 1) == [[23]]
    assert demand.season(units, [30], 7, 1) == [[23]]
    assert demand.season(units, [30], 8, 1) == [[16]]
    assert demand.season(units, [30, 31], 7, 2).tolist() == [[19.5], [20.5]]
    for horizon, k, day in ((0, 1, 30), (7, 0, 30), (7, 2, 13)):
        with pytest.raises(ValueError, match="`horizon` and `k` must be"):
            demand.season(units, [day], horizon, k)


@pytest.mark.parametrize("horizon", [1, 7, 14])
def test_frame_knows_no_later_day(horizon):
    units, price = counts()
    x, y = demand.frame(units, price, [100, 101], horizon)
    assert x.shape == (6, 12) and y.tolist() == units[:, [100, 101]].T.ravel().tolist()
    later = units.copy()
    later[:, 100 - horizon + 1 :] = 1e6
    assert np.array_equal(demand.frame(later, price, [100], horizon)[0], x[:3])
    later[:, 100 - horizon] = 1e6
    assert not np.array_equal(demand.frame(later, price, [100], horizon)[0], x[:3])
    assert demand.frame(units, price, [100], horizon, with_price=False)[0].shape == (3, 10)


def test_windows_know_no_later_day():
    units, price = counts()
    x, y = demand.windows(units, price, [60, 61])
    assert x.shape == (6, 42 * 9) and y.shape == (6, 14)
    assert np.array_equal(y[:3], units[:, 61:75].astype("float32"))
    later = units.copy()
    later[:, 61:] = 1e6
    assert np.array_equal(demand.windows(later, price, [60])[0], x[:3])


def test_chosen_is_the_lowest():
    assert demand.chosen(lambda s: 10 * s, [3, 1, 2], lambda m: abs(m - 19)) == (2, 20)
    with pytest.raises(ValueError, match="`settings` must hold at least one"):
        demand.chosen(lambda s: s, [], abs)


def test_tabled_chooses_by_the_second_days_and_forecasts_the_third():
    from functools import partial

    from sklearn.dummy import DummyRegressor

    units = np.repeat([[4.0] * 60 + [9] * 60], 2, axis=0)
    builds = [partial(DummyRegressor, strategy="constant", constant=c) for c in (4, 9)]

    def error(y, said):
        return np.abs(y - said).mean()

    days = [50, 51], [110], [52, 53]
    choose, test = demand.tabled(units, np.zeros(units.shape), days, 7, builds, error)
    assert choose.tolist() == [9, 9] and test.tolist() == [9] * 4
    with pytest.raises(ValueError, match="`days` must hold three"):
        demand.tabled(units, np.zeros(units.shape), days[:2], 7, builds, error)


def test_span_errors_by_hand():
    units = np.tile(np.arange(7.0), 20)[None]  # every week the same
    units[0, 101] += 5
    assert demand.span_errors(units, [100], 0) == [[5]]
    assert demand.span_errors(units, [100, 101], 13).tolist() == [
        [5],
        [-10 / 8],
    ]  # two forecasts hold day 101


def test_mixed_keeps_weekdays_and_whole_weeks():
    units = np.arange(2 * 70.0).reshape(2, 70)
    for whole in (False, True):
        other = demand.mixed(units, whole=whole)
        assert (other % 7 == units % 7).all() and not np.array_equal(other, units)
        assert np.array_equal(np.sort(other), units)
        together = (np.diff(other.reshape(2, 10, 7)) == 1).all()
        assert together == whole


def test_filled_finds_the_curve_above_the_order():
    wanted = np.random.default_rng(0).normal(100, 20, 4000)
    out = wanted > 105
    used = demand.filled(np.minimum(wanted, 105), out, steps=60)
    assert np.array_equal(used[~out], wanted[~out]) and (used[out] >= 105).all()
    assert used.mean() == pytest.approx(100, abs=1.5) and used.std() == pytest.approx(20, abs=1)
    assert np.array_equal(demand.filled(wanted, np.zeros(4000, bool)), wanted)


def test_families_have_four_settings_each():
    assert {name: len(builds) for name, builds in demand.FAMILIES.items()} == dict.fromkeys(
        ("least squares", "Poisson", "trees"), 4
    )


def test_elasticities_of_exact_sales():
    price = np.log(np.array([[1.0, 2, 4], [3, 3, 1.5]]))
    units = 64 * np.exp(-1.5 * price)
    assert demand.poisson_slope(units, price) == pytest.approx(-1.5)
    stores = np.stack([units, 3 * units], axis=1)
    assert demand.cells_ols(stores, price) == pytest.approx(-1.5)


def test_poisson_slope_is_the_regression_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(0)
    price = rng.normal(0, 0.3, (2, 40))
    units = rng.poisson(np.array([[2], [9]]) * np.exp(-2 * price)).astype(float)
    level = np.repeat(np.eye(2), 40, axis=0)
    x = np.column_stack([price.ravel(), level])
    other = sm.GLM(units.ravel(), x, family=sm.families.Poisson()).fit()
    assert demand.poisson_slope(units, price) == pytest.approx(other.params[0], abs=1e-6)


def test_cells_without_a_sale_are_left_out():
    price = np.log(np.array([[1.0, 2, 4]]))
    units = np.array([[[8.0, 0, 2]]])
    assert demand.cells_ols(units, price) == pytest.approx(-1)


def test_poisson_loss_is_lowest_at_the_log():
    y = np.array([3.0, 5], "float32")
    at = [float(demand.poisson_loss(y, np.log(y) + d)) for d in (-0.1, 0, 0.1)]
    assert at[1] < min(at[0], at[2])


def test_network_learns_the_price():
    rng = np.random.default_rng(0)
    price = np.log(rng.choice([1, 2], (20, 120)))
    units = rng.poisson(20 * np.exp(-2 * (price - 0.35))).astype(float)
    x, y = demand.windows(units, price, range(28, 80, 2))
    rates = demand.trained(x, y, 8, 0.02)(demand.windows(units, price, [100])[0])
    low, high = price[:, 101:115] == 0, price[:, 101:115] > 0
    assert rates.shape == (20, 14) and (rates > 0).all()
    assert rates[low].mean() > 2 * rates[high].mean()
