"""Click films that you like: your vector is solved in the page, and other films follow."""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets

__all__ = ["TastePad", "fold_in"]


def fold_in(films: np.ndarray, gram: np.ndarray, lam: float, liked: Sequence[int]) -> np.ndarray:
    """Scores of all films for a person who likes some of them, as chapter 4A3 folds people in.

    Args:
        films: factors (n, k).
        gram: (k, k), the sum of the outer products of all films that count as blanks.
        lam: the penalty.
        liked: rows of `films`.

    Returns:
        (n,) scores: each film times p, where (gram + lam I) p is the sum of the liked films.
    """
    right = films[list(liked)].sum(axis=0)
    return films @ np.linalg.solve(gram + lam * np.eye(len(gram)), right)


class TastePad(anywidget.AnyWidget):
    """Films to click on; ten others answer at once, without a kernel.

    Args:
        titles: n different titles, the most popular first.
        films: factors (n, k), rounded to 4 digits.
        gram: (k, k), symmetric.
        lam: the penalty, positive.
        start: rows that are clicked at first.
        offered: how many of the first films can be clicked; all can be recommended.

    Raises:
        ValueError: the sizes do not fit, a title is there twice, or `lam` or `start` is wrong.
    """

    _esm = Path(__file__).with_name("taste_pad.js")
    _css = Path(__file__).with_name("taste_pad.css")
    titles = traitlets.List().tag(sync=True)
    films = traitlets.List().tag(sync=True)
    left = traitlets.List().tag(sync=True)
    offered = traitlets.Int().tag(sync=True)
    start = traitlets.List().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(
        self,
        titles: Sequence[str],
        films: np.ndarray,
        gram: np.ndarray,
        lam: float,
        start: Sequence[int] = (),
        offered: int = 40,
    ):
        films, gram = np.round(films, 4), np.round(gram, 4)
        if len(titles) != len(films) or len(set(titles)) != len(titles):
            raise ValueError(
                f"`titles` must be {len(films)} different ones, got {len(set(titles))}"
            )
        if gram.shape != (films.shape[1],) * 2:
            raise ValueError(f"`gram` must be {(films.shape[1],) * 2}, got {gram.shape}")
        if not lam > 0:
            raise ValueError(f"`lam` must be positive, got {lam}")
        if wrong := [row for row in start if not 0 <= row < min(offered, len(titles))]:
            raise ValueError(f"`start` must be rows of the offered films, got {wrong[0]}")
        super().__init__(
            titles=list(titles),
            films=films.tolist(),
            left=(gram + lam * np.eye(len(gram))).tolist(),
            offered=min(offered, len(titles)),
            start=list(start),
            expected=fold_in(films, gram, lam, start).round(9).tolist(),
        )

    def __repr__(self) -> str:
        return f"TastePad({len(self.titles)} films, {self.offered} to click)"
