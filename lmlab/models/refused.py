"""Applicants whom an old lender refused, and four guesses at what would have come of them.

First used in chapter 3.5 (3A1). `bad` is 1 where a loan was not paid back.
"""

import numpy as np

from lmlab.models.scoring import Scorecard

__all__ = ["METHODS", "guesses", "old_files"]

METHODS = ("extrapolated", "risk × 2", "reweighted", "all bad")
OLD = 600  # loans from which the old lender made its own score


def old_files(table, bad, rows, seen, share: float, seed: int = 0, by_lot: float = 0.0):
    """Let an old lender decide.

    Args:
        table: data frame; `bad` `(n,)` in {0, 1}.
        rows: positions in the table. From the first 600 the lender makes its own score, a scorecard
            on the columns `seen`; it decides about the others.
        seen: names of columns; none: the lender draws lots.
        share: of the applicants, those with the highest risk, who are refused.
        seed: of the lots.
        by_lot: of those whom the score would refuse, the share that is accepted all the same.

    Returns:
        Positions accepted and positions refused.
    """
    old, rows = rows[:OLD], rows[OLD:]
    rng = np.random.default_rng(seed)
    risk = rng.random(len(rows))
    if seen:
        card = Scorecard(table.iloc[old][seen], bad[old])
        risk = card.probability(table.iloc[rows])
    order, keep = np.argsort(risk, kind="stable"), round(len(rows) * (1 - share))
    low, high = rows[order[:keep]], rng.permutation(rows[order[keep:]])
    lucky = round(len(high) * by_lot)
    return np.concatenate([low, high[:lucky]]), high[lucky:]


def guesses(table, bad, accepted, refused) -> dict[str, float]:
    """The share of bad among the refused, as each method has it; it reads `bad` of the accepted.

    "extrapolated": a scorecard of the accepted. "risk × 2": the same, each risk doubled.
    "reweighted": a scorecard in which an accepted row counts as much as its odds of being refused,
    at most 20. "all bad": what the name says.
    """
    x, x_refused = table.iloc[accepted], table.iloc[refused]
    both = table.iloc[np.concatenate([accepted, refused])]
    was_refused = (np.arange(len(both)) >= len(accepted)).astype(int)
    chance = Scorecard(both, was_refused).probability(x)
    odds = np.clip(chance / (1 - chance), 1e-6, 20)
    plain, again = (
        Scorecard(x, bad[accepted], weights=w).probability(x_refused) for w in (None, odds)
    )
    said = plain.mean(), np.minimum(2 * plain, 1).mean(), again.mean(), 1.0
    return {name: float(value) for name, value in zip(METHODS, said, strict=True)}
