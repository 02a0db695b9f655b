"""Survival where not everybody is followed to the end: Kaplan-Meier, concordance, base hazard."""

import numpy as np

__all__ = [
    "base_hazard",
    "calibration_fifths",
    "concordance",
    "error_of_lead",
    "kaplan_meier",
    "survival_at",
]


def kaplan_meier(days, event) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The Kaplan-Meier estimate: at each event the share of those at risk who get past it.

    Args:
        days: (n,) times to the event or to the last news.
        event: (n,) 1 if the event was seen, 0 if the person was lost from view (censored).

    Returns:
        The distinct times of events (k,), the survival just after each (k,), and its standard
        error by the formula of Greenwood (1926).

    Raises:
        ValueError: `days` and `event` differ in length or are empty.

    Source: Kaplan and Meier (1958). Chapter 2.5 works it out by hand.
    """
    days, event = np.asarray(days, float), np.asarray(event, float)
    if days.shape != event.shape or days.ndim != 1 or not len(days):
        raise ValueError(
            f"`days` and `event` must have one shape (n,), got {days.shape} and {event.shape}"
        )
    times = np.unique(days[event == 1])
    order = np.sort(days)
    at_risk = len(days) - np.searchsorted(order, times)  # (k,) still in view just before
    seen = np.searchsorted(np.sort(days[event == 1]), times, side="right")
    falls = np.diff(seen, prepend=0)
    survival = np.cumprod(1 - falls / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):  # the last one at risk falls: 0 · ∞
        variance = np.cumsum(falls / (at_risk * (at_risk - falls)))
        error = np.where(survival > 0, survival * np.sqrt(variance), 0.0)
    return times, survival, error


def survival_at(days, event, horizon: float) -> tuple[float, float]:
    """The Kaplan-Meier estimate at one time, and its standard error."""
    times, survival, error = kaplan_meier(days, event)
    last = np.searchsorted(times, horizon, side="right") - 1
    return (1.0, 0.0) if last < 0 else (float(survival[last]), float(error[last]))


def concordance(days, event, score) -> float:
    """Of all pairs of which we know who came first, the share that the score orders rightly.

    Args:
        days, event: as for `kaplan_meier`.
        score: (n,), larger for those who should have the event earlier; ties count half.

    Returns:
        Harrell's C: 0.5 for chance, 1 for a perfect order.
    """
    days, event, score = (np.asarray(a, float) for a in (days, event, score))
    first = event == 1
    is_pair = days > days[first][:, None]  # (events, n)
    gap = score[first][:, None] - score
    return float(((gap > 0) * is_pair + 0.5 * (gap == 0) * is_pair).sum() / is_pair.sum())


def base_hazard(days, event, score, horizon: float) -> float:
    """Breslow's cumulative hazard at `horizon` of a person with score 0 in a Cox model.

    The risk of somebody with score s is then 1 − exp(−base_hazard · exp(s)).
    """
    days, event, score = (np.asarray(a, float) for a in (days, event, score))
    order = np.argsort(days)
    days, event, weight = days[order], event[order], np.exp(score[order])
    at_risk = np.cumsum(weight[::-1])[::-1][np.searchsorted(days, days)]  # ties count as at risk
    return float(np.sum((event / at_risk)[days <= horizon]))


def calibration_fifths(days, event, risk, horizon: float, lost: str = "in view") -> np.ndarray:
    """Promised and counted risk in five groups of equal size, sorted by the promised risk.

    Args:
        days, event: as for `kaplan_meier`.
        risk: (n,) promised risks of an event up to `horizon`.
        horizon: in the unit of `days`.
        lost: how those lost before the horizon count: "in view" as long as they are
            (Kaplan-Meier), "left out", or "as well".

    Returns:
        (2, 5): mean promised risk, counted risk.

    Raises:
        ValueError: `lost` is none of the three.
    """
    if lost not in ("in view", "left out", "as well"):
        raise ValueError(f'`lost` must be "in view", "left out" or "as well", got {lost!r}')
    days, event, risk = (np.asarray(a, float) for a in (days, event, risk))
    fifth, counted = np.argsort(np.argsort(risk)) * 5 // len(risk), []
    for k in range(5):
        d, e = days[fifth == k], event[fifth == k]
        seen = (e == 1) & (d <= horizon)
        if lost == "in view":
            counted.append(1 - survival_at(d, e, horizon)[0])
        else:
            counted.append(seen.mean() if lost == "as well" else seen[seen | (d > horizon)].mean())
    return np.array([[risk[fifth == k].mean() for k in range(5)], counted])


def error_of_lead(days, event, score, rival, *, seed: int, times: int = 100) -> float:
    """Standard error of the difference of two concordances, from resampled people."""
    days, event, score, rival = (np.asarray(a, float) for a in (days, event, score, rival))
    rng, leads = np.random.default_rng(seed), []
    for _ in range(times):
        i = rng.integers(0, len(days), len(days))
        ours, theirs = (concordance(days[i], event[i], rank[i]) for rank in (score, rival))
        leads.append(ours - theirs)
    return float(np.std(leads))
