"""Watching what a model receives and answers: PSI, KS, CUSUM, and alarms of a stated rate.

Home: chapter 2A4. `ScoreWatch` reads the counters of `lmlab.service` and raises an alarm.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

__all__ = [
    "CountWatch",
    "ScoreWatch",
    "alarm_prices",
    "cusum",
    "first_above",
    "ks_distance",
    "psi",
    "quiet_count",
    "quiet_cusum",
    "quiet_psi",
    "score_counts",
    "threshold_at",
]

BUCKET = re.compile(r'score_value_bucket\{le="([^"]+)"\}')


def psi(expected: Sequence[float], counts: np.ndarray, half: float = 0.5) -> np.ndarray:
    """The population stability index of counts against expected shares (0: the same shares).

    Args:
        expected: (bins,) shares, all positive; they add up to 1.
        counts: (…, bins) records in each bin.
        half: added to each count, so that an empty bin gives no infinity; 0 leaves them alone.

    Returns:
        (…) the sum over the bins of (q − p) ln(q / p), with q the shares of the counts.

    Raises:
        ValueError: `expected` is not positive or does not add up to 1, the bins differ in number,
            or a bin is empty and `half` is 0.
    """
    p, n = np.asarray(expected, float), np.asarray(counts, float)
    if not (p > 0).all() or abs(p.sum() - 1) > 1e-9:
        raise ValueError(f"`expected` must be positive and add up to 1, got {p.tolist()}")
    if n.shape[-1:] != p.shape:
        raise ValueError(f"`counts` expects {len(p)} bins, got shape {n.shape}")
    if not half and (n <= 0).any():
        raise ValueError("`counts` has an empty bin: expected `half` above 0")
    q = (n + half) / (n + half).sum(axis=-1, keepdims=True)
    return ((q - p) * np.log(q / p)).sum(axis=-1)


def ks_distance(reference: np.ndarray, window: np.ndarray) -> float:
    """Kolmogorov and Smirnov: the largest gap between two empirical distribution functions.

    Args:
        reference: (m,) numbers.
        window: (n,) numbers.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: one of them is empty.
    """
    one, two = np.sort(reference), np.sort(window)
    if not len(one) or not len(two):
        raise ValueError(f"expected numbers on both sides, got {len(one)} and {len(two)}")
    at = np.concatenate([one, two])
    gaps = np.searchsorted(one, at, "right") / len(one) - np.searchsorted(two, at, "right") / len(
        two
    )
    return float(np.abs(gaps).max())


def alarm_prices(
    quiet: np.ndarray, drifted: np.ndarray, levels: np.ndarray, *, alarm: float, loss: float
) -> tuple[np.ndarray, np.ndarray]:
    """What false alarms and lateness cost at each threshold, in 50 windows with one fault.

    Args:
        quiet: (n,) values of the watched number in quiet windows.
        drifted: (n,) its values in drifted windows.
        levels: (levels,) thresholds.
        alarm: price of a false alarm.
        loss: what a drifted window loses.

    Returns:
        Price of false alarms and of lateness, (levels,) each. The fault begins in the middle of a
        window on average; then each window may raise the alarm.
    """
    false, right = ((v[:, None] > levels).mean(axis=0) for v in (quiet, drifted))
    return 50 * alarm * false.clip(1e-4), loss * (0.5 + 1 / right.clip(1e-4))


def cusum(z: np.ndarray, k: float = 0.5) -> np.ndarray:
    """Page's cumulative sums of a standardised series, upwards and downwards.

    Args:
        z: (…, n) values with mean 0 and standard deviation 1 while nothing has changed.
        k: what is taken off at each step: half of the shift that one looks for.

    Returns:
        (…, n, 2): max(0, S + z − k) and max(0, S − z − k), from S = 0.
    """
    z = np.asarray(z, float)
    sums, last = np.zeros((*z.shape, 2)), np.zeros((*z.shape[:-1], 2))
    for t in range(z.shape[-1]):
        step = np.stack([z[..., t] - k, -z[..., t] - k], axis=-1)
        sums[..., t, :] = last = np.maximum(0, last + step)
    return sums


def first_above(values: np.ndarray, threshold: float) -> int | None:
    """The place of the first of (n,) values above a threshold, or None."""
    above = np.flatnonzero(np.asarray(values) > threshold)
    return int(above[0]) if len(above) else None


def quiet_psi(
    bins: int, window: int, reference: int, *, repeats: int = 20_000, seed: int = 0
) -> np.ndarray:
    """PSI of windows in which nothing has drifted, by simulation.

    The bins hold equal shares of the reference. Its records are a sample too: the true shares are
    drawn around the equal ones, once for each window.

    Args:
        bins: number of bins.
        window: records in a window.
        reference: records from which the edges of the bins were taken.
        repeats: number of windows.
        seed: of the draws.

    Returns:
        (repeats,) values of `psi`.
    """
    rng, equal = np.random.default_rng(seed), np.full(bins, 1 / bins)
    true = rng.multinomial(reference, equal, repeats) / reference
    return psi(equal, rng.multinomial(window, true))


def quiet_count(
    share: float, window: int, reference: int, *, repeats: int = 20_000, seed: int = 0
) -> np.ndarray:
    """How far a count is from `window` times `share` where nothing has drifted, by simulation.

    Args:
        share: share of the reference's records that are counted.
        window: records in a window.
        reference: records of the reference; the true share is drawn around theirs.
        repeats: number of windows.
        seed: of the draws.

    Returns:
        (repeats,) distances, 0 or more.
    """
    rng = np.random.default_rng(seed)
    true = rng.binomial(reference, share, repeats) / reference
    return np.abs(rng.binomial(window, true) - window * share)


def quiet_cusum(
    baseline: int | None = None,
    *,
    steps: int = 80,
    k: float = 0.5,
    repeats: int = 4000,
    seed: int = 0,
) -> np.ndarray:
    """The largest sum of `cusum`, up or down, in normal series in which nothing changes.

    Args:
        baseline: values from which mean and standard deviation are estimated; None: both known.
        steps: length of each series.
        k: as in `cusum`.
        repeats: number of series.
        seed: of the draws.

    Returns:
        (repeats,) sums.
    """
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(repeats, steps))
    if baseline:
        first = rng.normal(size=(repeats, baseline))
        z = (z - first.mean(axis=1)[:, None]) / first.std(axis=1, ddof=1)[:, None]
    return cusum(z, k).max(axis=(1, 2))


def threshold_at(rate: float, quiet: np.ndarray) -> float:
    """The threshold that at most this share of quiet values exceeds.

    Raises:
        ValueError: `rate` is not between 0 and 1, or there are too few values for it.
    """
    if not 0 < rate < 1:
        raise ValueError(f"`rate` must be between 0 and 1, got {rate}")
    if rate * len(quiet) < 10:
        raise ValueError(f"`quiet` needs {10 / rate:.0f} values for a rate of {rate}")
    return float(np.quantile(quiet, 1 - rate, method="higher"))


def score_counts(metrics: Mapping[str, float]) -> np.ndarray:
    """Scores in each bin, (bins,), from the samples of `/metrics` (`lmlab.service.read_metrics`).

    Raises:
        ValueError: the service counts no scores.
    """
    found = {m[1]: value for name, value in metrics.items() if (m := BUCKET.fullmatch(name))}
    if not found:
        raise ValueError("`metrics` has no score_value_bucket: expected those of `lmlab.service`")
    upto = [value for _, value in sorted(found.items(), key=lambda item: float(item[0]))]
    return np.diff(upto, prepend=0).astype(int)


class ScoreWatch:
    """Compares the scores of each window of records with those of a reference.

    Args:
        reference: (m,) scores of records that stand for undisturbed traffic.
        window: records in a window.
        rate: share of quiet windows that may raise an alarm.
        bins: bins with equal shares of the reference.
        seed: of the simulation that finds the threshold.

    Attributes:
        edges: (bins − 1,) edges of the bins, for the service's `score_edges`.
        threshold: PSI above which a window raises the alarm.
        history: PSI of each full window so far.

    Raises:
        ValueError: the reference has too few different scores for the bins.
    """

    def __init__(
        self,
        reference: np.ndarray,
        *,
        window: int = 100,
        rate: float = 0.01,
        bins: int = 10,
        seed: int = 0,
    ):
        reference = np.asarray(reference, float)
        self.edges = np.quantile(reference, np.arange(1, bins) / bins)
        if len(reference) < 10 * bins or (np.diff(self.edges) <= 0).any():
            raise ValueError(f"`reference` has too few different scores for {bins} bins")
        self.window, self.history = window, []
        quiet = quiet_psi(bins, window, len(reference), seed=seed)
        self.threshold = threshold_at(rate, quiet)
        self._begin = np.zeros(bins, int)

    def __repr__(self) -> str:
        return f"ScoreWatch(window={self.window}, threshold={self.threshold:.3f})"

    @property
    def alarms(self) -> int:
        """Number of full windows so far that were too far off."""
        return sum(value > self.threshold for value in self.history)

    def psi_of(self, scores: np.ndarray) -> np.ndarray:
        """PSI (…) of scores (…, n), a window each; `take` does the same for counters."""
        places = np.searchsorted(self.edges, scores)
        bins = range(len(self.edges) + 1)
        return self._psi(np.stack([(places == k).sum(axis=-1) for k in bins], axis=-1))

    def sees(self, scores: np.ndarray) -> np.ndarray:
        """True where a window of scores (…, n) raises the alarm, (…)."""
        return self.psi_of(scores) > self.threshold

    def take(self, counts: np.ndarray) -> bool:
        """Read the counters (bins,), which only grow; True if a window is full and too far off.

        A window is all that has come since the last full one; call it often enough that this is
        about `window` records. Counters that have fallen come from a service that was started
        again: they count from 0.
        """
        counts = np.asarray(counts, int)
        if (counts < self._begin).any():
            self._begin = np.zeros_like(counts)
        came = counts - self._begin
        if came.sum() < self.window:
            return False
        self._begin = counts
        self.history.append(float(self._psi(came)))
        return self.history[-1] > self.threshold

    def _psi(self, counts: np.ndarray) -> np.ndarray:
        bins = len(self.edges) + 1
        return psi(np.full(bins, 1 / bins), counts)


class CountWatch:
    """Compares counts of each window of records with those of a reference: the plain rival.

    Args:
        reference: (kinds, m) true where a record is counted: accepted, a field left out, …
        window: records in a window.
        rate: share of quiet windows that may raise an alarm, at most, for all counts together.

    Attributes:
        shares: (kinds,) share of the reference that is counted.
        limits: (kinds,) distance from the usual count above which a window raises the alarm.
    """

    def __init__(self, reference: np.ndarray, *, window: int = 100, rate: float = 0.01):
        reference = np.asarray(reference, bool)
        kinds, m = reference.shape
        self.window, self.shares = window, reference.mean(axis=1)
        self.limits = np.array(
            [threshold_at(rate / kinds, quiet_count(p, window, m)) for p in self.shares]
        )

    def __repr__(self) -> str:
        return f"CountWatch(window={self.window}, limits={self.limits.round(1).tolist()})"

    def alarms_in(self, flags: np.ndarray) -> np.ndarray:
        """(windows,) true where a count is too far off, of (kinds, windows * window) records.

        Raises:
            ValueError: the kinds differ in number, or the records fill no whole windows.
        """
        flags = np.asarray(flags, bool)
        if len(flags) != len(self.shares) or flags.shape[1] % self.window:
            raise ValueError(
                f"`flags` expects {len(self.shares)} kinds of whole windows of {self.window}, "
                f"got shape {flags.shape}"
            )
        counts = flags.reshape(len(flags), -1, self.window).sum(axis=2)
        far = np.abs(counts.T - self.window * self.shares) > self.limits
        return far.any(axis=1)
