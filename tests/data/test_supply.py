"""Packages of the lock, the table of licences, the electricity of countries."""

import numpy as np
import pytest

from lmlab import data
from lmlab.data import archives, supply


def test_a_package_of_the_stack():
    stack = data.load_stack()
    keras = stack["keras"]
    assert (keras.direct, keras.by, keras.licence) == (True, ("tensorflow",), "Apache License 2.0")
    assert "fastapi" in stack["pydantic"].by and not stack["pydantic"].direct
    assert stack["fqdn"].texts == ("MPL-2.0",)
    assert all(each in stack for package in stack.values() for each in package.by)


def test_the_table_of_licences():
    table = data.load_licence_table()
    assert len(table) == 110 and all(len(row) == 110 for row in table.values())
    assert (table["MIT"]["MIT"], table["MIT"]["GPL-3.0-only"]) == ("Same", "No")
    assert (table["GPL-3.0-only"]["Apache-2.0"], table["GPL-2.0-only"]["Apache-2.0"]) == (
        "Yes",
        "No",
    )


def test_the_electricity_of_countries():
    grids = data.load_grids()
    assert len(grids.names) == len(grids.grams) == len(grids.generated) == 212
    assert (grids.of("Norway"), grids.of("Poland")) == (30.08, 661.926)
    assert np.average(grids.grams, weights=grids.generated) == pytest.approx(480.6, abs=0.1)
    assert "480" not in repr(grids)


def test_a_damaged_archive_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"no zip")
    monkeypatch.setattr(supply, "fetch", lambda pin: broken)
    for load in (supply.load_grids, supply.load_licence_table):
        with pytest.raises(archives.DataError, match="broken"):
            load.__wrapped__()
