"""Letters with coupons as a table, who had answered on a day, and prices of a simulated auction.

First used in chapter 3.9 (3A5). A letter is one household in one campaign; it is *answered* when a
coupon of the campaign is handed in.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lmlab.data.adverts import MONDAY

if TYPE_CHECKING:
    from pandas import DataFrame

    from lmlab.data import Coupons

__all__ = [
    "Letters",
    "Today",
    "answered_within",
    "around",
    "claimed",
    "fitted_on",
    "half_way",
    "letters",
    "matched",
    "prices",
]

FIRST = np.datetime64("2017-02-01")  # earlier ones have no five weeks of purchases before them
LONGEST = 55  # days after the start of a campaign after which it counts as over


@dataclass(frozen=True)
class Letters:
    """Letters in the order of their dates.

    Args:
        table: what was known on the day of sending, a data frame `(n, 11)`.
        campaign: number `(n,)`; `household` `(n,)`; `start`, days since 1970 `(n,)`.
        delay: days until the first coupon came `(n,)`, infinite where none did.
    """

    table: "DataFrame"
    campaign: np.ndarray
    household: np.ndarray
    start: np.ndarray
    delay: np.ndarray

    @property
    def came(self) -> np.ndarray:
        """1 where the letter was answered in the end `(n,)`."""
        return np.isfinite(self.delay).astype(int)

    def day(self, campaign: int) -> int:
        """The day on which a campaign started."""
        return int(self.start[self.campaign == campaign][0])


@dataclass(frozen=True)
class Today:
    """What is known on one day of a campaign of which half of the households have letters.

    Args:
        rows: letters that are out `(n,)`, as rows of `Letters`; `rest`, the other half `(m,)`.
        seen: whether an answer has come `(n,)`.
        over: whether the letter is so old that no answer is expected `(n,)`.
        arrived: of the answers that come in the end, the share that has come at the age of this
            letter `(n,)`, from the letters that are over.
    """

    rows: np.ndarray
    rest: np.ndarray
    seen: np.ndarray
    over: np.ndarray
    arrived: np.ndarray


def letters(coupons: "Coupons") -> Letters:
    """The letters from February 2017 on, with what was known of the household.

    Columns: sales a week in the last 8 and 26 weeks, lines on receipts, money taken off for
    coupons in the last 8 and 26 (all as log(1 + x)), share of the last 8 weeks with a purchase,
    letters before, letters answered before that day, campaigns that run, days to the end, kind.
    """
    import pandas as pd

    sent = coupons.sent
    start, end = (sent[c].to_numpy("datetime64[D]").astype(int) for c in ("start", "end"))
    week = 1 + (start - MONDAY.astype(int)) // 7  # the column of the week of the start
    who = sent.household.to_numpy()

    def before(values, weeks):
        total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
        high, low = np.clip(week, 0, 53), np.clip(week - weeks, 0, 53)
        return (total[who, high] - total[who, low]) / np.maximum(high - low, 1)

    delay = np.where(sent.delay.isna(), np.inf, sent.delay)
    past = np.zeros((3, len(sent)))
    for house in np.unique(who):
        rows = np.flatnonzero(who == house)
        for i in rows:
            old = rows[start[rows] < start[i]]
            past[:, i] = len(old), (start[old] + delay[old] < start[i]).sum(), 0
            past[2, i] = (end[old] >= start[i]).sum()
    table = pd.DataFrame(
        {
            **{f"spent {k}": np.log1p(before(coupons.spent, k)) for k in (8, 26)},
            "lines 8": np.log1p(before(coupons.lines, 8)),
            **{f"saved {k}": np.log1p(before(coupons.saved, k)) for k in (8, 26)},
            "weeks 8": before((coupons.spent > 0).astype(float), 8),
            "letters": past[0],
            "answered": past[1],
            "running": past[2],
            "length": end - start,
            "kind": sent.kind.to_numpy(),
        }
    )
    keep = start >= FIRST.astype(int)
    columns = (sent.campaign.to_numpy(), who, start, delay)
    return Letters(table[keep].reset_index(drop=True), *(column[keep] for column in columns))


def answered_within(delays: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Of the letters that are answered in the end, the share answered within `age` days.

    Args:
        delays: days `(n,)` of campaigns that are over; infinite ones are left out.
        age: days `(m,)`.

    Returns:
        Shares `(m,)`.

    Raises:
        ValueError: no delay is finite.
    """
    done = np.sort(delays[np.isfinite(delays)])
    if not len(done):
        raise ValueError("`delays` must hold a finite one, got none")
    return np.searchsorted(done, age, side="right") / len(done)


def prices(shape, seed: int = 0, median: float = 0.75, spread: float = 0.75) -> np.ndarray:
    """The highest bids of rivals, simulated: log-normal, `shape` as asked for."""
    return median * np.random.default_rng(seed).lognormal(0, spread, shape)


def half_way(mail: Letters, campaign: int, day: int, seed: int = 0) -> Today:
    """The letters on a day of a campaign whose first half, drawn by lot, is out.

    Raises:
        ValueError: no campaign before has ended.
    """
    first = np.random.default_rng(seed).random(mail.household.max() + 1) < 0.5
    rest = (mail.campaign == campaign) & ~first[mail.household]
    now = mail.day(campaign) + day
    rows = np.flatnonzero(~rest & (mail.start <= now))
    age = now - mail.start[rows]
    over = age >= LONGEST
    if not over.any():
        raise ValueError(f"`campaign` must have one before it that is over, got {campaign}")
    arrived = answered_within(mail.delay[rows][over], age)
    return Today(rows, np.flatnonzero(rest), mail.delay[rows] <= age, over, arrived)


def _week(dates) -> np.ndarray:
    """The column of `Coupons.spent` that holds each day."""
    return 1 + (dates.to_numpy("datetime64[D]") - MONDAY).astype(int) // 7


def around(
    coupons: "Coupons", campaign: int, width: int = 8, back: int = 0, history: int | None = None
):
    """Sales a week before and after the start of a campaign, or some weeks earlier.

    Args:
        coupons: of `lmlab.data.load_coupons`.
        campaign: number.
        width: weeks after the start.
        back: weeks by which the start is moved back.
        history: weeks before the start; None: as many as after.

    Returns:
        `before`, `after` (households,); `got`, whether there was a letter; `answered`.

    Raises:
        ValueError: the weeks reach beyond the year.
    """
    sent = coupons.sent[coupons.sent.campaign == campaign]
    start, history = _week(sent.start)[0] - back, history or width
    if not history <= start <= coupons.spent.shape[1] - width:
        raise ValueError(
            f"`width`, `back` and `history` must stay in the year, got {width}, {back}, {history}"
        )
    homes = np.arange(len(coupons.spent))
    halves = coupons.spent[:, start - history : start], coupons.spent[:, start : start + width]
    before, after = (part.mean(axis=1) for part in halves)
    got, answered = (np.isin(homes, s.household) for s in (sent, sent[sent.delay.notna()]))
    return before, after, got, answered


def claimed(coupons: "Coupons") -> np.ndarray:
    """How many campaigns run for each household and week (households, weeks)."""
    count = np.zeros(coupons.spent.shape, int)
    weeks = np.clip([_week(coupons.sent[c]) for c in ("start", "end")], 0, count.shape[1])
    for house, low, high in zip(coupons.sent.household, *weeks, strict=True):
        count[house, low : high + 1] += 1
    return count


def matched(before, after, got) -> tuple[float, float]:
    """The coefficient of `got` in a regression of `after` on `got` and `before`, with its error.

    Args:
        before, after: `(n,)`; got: booleans `(n,)`.

    Returns:
        The coefficient, and its standard error for residuals of unequal variance (White, 1980).
    """
    x = np.column_stack([np.ones(len(got)), got, before])
    solve = np.linalg.inv(x.T @ x) @ x.T
    rest = after - x @ (solve @ after)
    return (solve @ after)[1], np.sqrt(((solve * rest**2) @ solve.T)[1, 1])


def fitted_on(mail: Letters, rows, targets, rest, build, seed: int = 0) -> np.ndarray:
    """Train a network of one logit on some letters; its probabilities for others.

    Args:
        mail: the letters.
        rows: those to learn from `(n,)`.
        targets: what the loss of the network takes `(n, …)`.
        rest: those to forecast `(m,)`.
        build: takes the number of columns, returns a compiled network; its weights are drawn anew.
        seed: of the weights and batches.

    Returns:
        `(m,)`.
    """
    from lmlab.models.scoring import Encoder
    from lmlab.models.training import fit, predict, restart

    encode = Encoder(mail.table.iloc[rows])
    x = encode(mail.table.iloc[rows])
    net = build(x.shape[1])
    restart(net, seed)
    fit(net, x, np.asarray(targets, "float32"), epochs=20, batch_size=64, seed=seed)
    logit = predict(net, encode(mail.table.iloc[rest]))[:, 0].astype(float)
    return 1 / (1 + np.exp(-logit))
