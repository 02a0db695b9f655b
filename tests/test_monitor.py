import numpy as np
import pytest

from lmlab import monitor


def test_psi_by_hand_and_of_equal_shares():
    p = [0.2, 0.3, 0.5]
    value = monitor.psi(p, np.array([10, 40, 50]), half=0)
    assert value == pytest.approx(0.1 * np.log(2) + 0.1 * np.log(4 / 3))
    assert value == pytest.approx(0.0981, abs=5e-5)
    assert monitor.psi(p, np.array([2, 3, 5]), half=0) == pytest.approx(0)
    assert np.isfinite(monitor.psi(p, np.array([0, 5, 5])))
    assert monitor.psi(p, np.array([[10, 40, 50], [20, 30, 50]])).shape == (2,)


@pytest.mark.parametrize(
    ("expected", "counts", "half", "message"),
    [
        ([0.5, 0.6], [1, 1], 0.5, "`expected` must be positive and add up to 1"),
        ([0.0, 1.0], [1, 1], 0.5, "`expected` must be positive"),
        ([0.5, 0.5], [1, 1, 1], 0.5, "`counts` expects 2 bins"),
        ([0.5, 0.5], [0, 1], 0, "`counts` has an empty bin"),
    ],
)
def test_psi_says_what_is_wrong(expected, counts, half, message):
    with pytest.raises(ValueError, match=message):
        monitor.psi(expected, np.array(counts), half)


def test_ks_agrees_with_scipy_also_with_ties():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(0)
    for two in (rng.normal(0.3, 1, 70), rng.integers(0, 4, 70)):
        one = rng.integers(0, 5, 90) if two.dtype == int else rng.normal(size=90)
        assert monitor.ks_distance(one, two) == pytest.approx(ks_2samp(one, two).statistic)
    assert monitor.ks_distance([1, 2], [3, 4]) == 1
    with pytest.raises(ValueError, match="got 0 and 1"):
        monitor.ks_distance([], [1])


def test_cusum_by_hand_and_for_many_series():
    sums = monitor.cusum([1, 1, -2, 0], k=0.5)
    assert sums[:, 0].tolist() == [0.5, 1, 0, 0]
    assert sums[:, 1].tolist() == [0, 0, 1.5, 1]
    z = np.random.default_rng(0).normal(size=(3, 20))
    assert np.array_equal(monitor.cusum(z)[1], monitor.cusum(z[1]))
    assert monitor.first_above(sums[:, 1], 1) == 2 and monitor.first_above(sums[:, 0], 9) is None


def test_the_nile_falls_and_the_alarm_comes_in_1902():
    from lmlab.data.rivers import load_nile

    nile = load_nile()
    first = nile.flow[:20]
    sums = monitor.cusum((nile.flow - first.mean()) / first.std(), 0.5)
    assert nile.year[monitor.first_above(sums.max(axis=1), 5)] == 1902
    assert sums[31, 1] > 5 > sums[31, 0]  # downwards


def test_quiet_psi_has_the_mean_of_theory():
    for bins, window, reference in ((10, 400, 1000), (5, 200, 10**6)):
        theory = (bins - 1) * (1 / window + 1 / reference)
        assert monitor.quiet_psi(bins, window, reference).mean() == pytest.approx(theory, rel=0.05)


def test_an_estimated_baseline_raises_false_alarms():
    known, guessed = (np.mean(monitor.quiet_cusum(n) > 5) for n in (None, 20))
    assert known == pytest.approx(0.15, abs=0.02) and guessed > 2 * known


def test_threshold_is_exceeded_by_the_stated_share():
    values = np.arange(1000.0)
    assert np.mean(values > monitor.threshold_at(0.05, values)) <= 0.05
    assert np.mean(values > monitor.threshold_at(0.05, values)) > 0.045
    with pytest.raises(ValueError, match="between 0 and 1, got 1"):
        monitor.threshold_at(1, values)
    with pytest.raises(ValueError, match="needs 10000 values"):
        monitor.threshold_at(0.001, values)


def test_prices_of_alarms_by_hand():
    false, late = monitor.alarm_prices(
        np.array([0, 0, 0, 1.0]), np.array([1, 1, 0, 0.0]), np.array([0.5]), alarm=2, loss=10
    )
    assert false == pytest.approx([50 * 2 * 0.25]) and late == pytest.approx([10 * 2.5])


def metrics(*upto):
    names = [*(f"{0.1 * k:.1f}" for k in range(1, len(upto))), "+Inf"]
    found = {f'score_value_bucket{{le="{n}"}}': v for n, v in zip(names, upto, strict=True)}
    return dict(reversed(found.items())) | {"score_value_count": upto[-1]}


def test_counts_are_the_differences_of_the_buckets_in_any_order():
    assert monitor.score_counts(metrics(2.0, 5.0, 9.0)).tolist() == [2, 3, 4]
    with pytest.raises(ValueError, match="no score_value_bucket"):
        monitor.score_counts({"score_seconds_count": 1.0})


def test_watch_alarms_on_a_shift_and_not_without():
    rng = np.random.default_rng(0)
    watch = monitor.ScoreWatch(rng.random(2000), window=100)
    assert watch.psi_of(rng.random(100)) < watch.threshold < watch.psi_of(rng.random(100) ** 3)
    assert watch.psi_of(rng.random((4, 100))).shape == (4,)
    assert "window=100" in repr(watch)


def test_watch_reads_growing_counters_window_by_window():
    watch = monitor.ScoreWatch(np.arange(1000), window=100)
    even = np.full(10, 5)
    assert not watch.take(even) and not watch.history  # half a window
    assert not watch.take(2 * even) and len(watch.history) == 1
    tilted = 2 * even + np.array([100] + 9 * [0])
    assert watch.take(tilted) and watch.alarms == 1
    again = np.array([100] + 9 * [0])  # a new child counts from 0
    assert watch.take(again) and watch.alarms == 2
    assert watch.history[1] == pytest.approx(watch.history[2])


def test_watch_keeps_its_stated_rate_on_the_same_population():
    rng = np.random.default_rng(0)
    cries = []
    for seed in range(30):
        watch = monitor.ScoreWatch(rng.random(1000), rate=0.05, seed=seed)
        cries.append(np.mean(watch.psi_of(rng.random((400, 100))) > watch.threshold))
    assert np.mean(cries) == pytest.approx(0.05, abs=0.012)


def test_watch_wants_enough_different_scores():
    with pytest.raises(ValueError, match="too few different scores for 10 bins"):
        monitor.ScoreWatch(np.ones(500))
    with pytest.raises(ValueError, match="too few"):
        monitor.ScoreWatch(np.arange(50))


def test_a_count_far_off_is_an_alarm_and_quiet_ones_keep_to_the_rate():
    rng = np.random.default_rng(0)
    watch = monitor.CountWatch(rng.random((2, 1000)) < [[0.5], [0.1]], window=100, rate=0.02)
    assert 10 < watch.limits[0] < 20 and 5 < watch.limits[1] < 12
    flags = np.zeros((2, 300), bool)
    flags[0, ::2] = flags[1, ::10] = True
    assert watch.alarms_in(flags).tolist() == [False, False, False]
    flags[1, 100:200:3] = True
    assert watch.alarms_in(flags).tolist() == [False, True, False]
    cries = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        watch = monitor.CountWatch(rng.random((2, 1000)) < [[0.5], [0.1]], rate=0.02)
        cries.append(watch.alarms_in(rng.random((2, 50_000)) < [[0.5], [0.1]]).mean())
    assert 0.01 < np.mean(cries) < 0.022
    assert repr(watch).startswith("CountWatch(window=100, limits=[")
    with pytest.raises(ValueError, match="expects 2 kinds of whole windows of 100, got shape"):
        watch.alarms_in(flags[:, :250])


def test_quiet_counts_spread_as_two_samples_do():
    far = monitor.quiet_count(0.3, 100, 200)
    assert np.mean(far**2) == pytest.approx(100 * 0.3 * 0.7 * (1 + 100 / 200), rel=0.03)
