"""One small export for all tests of the service, and a running service on it."""

import numpy as np
import pytest

from lmlab.service import Column, Server, export_onnx

COLUMNS = [Column("age", 18, 100), Column("income", 0, 1000, nullable=True)]


@pytest.fixture(scope="session")
def model():
    from lmlab.models.device import start_keras

    keras = start_keras(seed=0)
    layers = [keras.Input((2,)), keras.layers.Dense(3, "relu"), keras.layers.Dropout(0.5)]
    return keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])


@pytest.fixture(scope="session")
def export(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    return export_onnx(model, path, COLUMNS, fill=[40, 100], mean=[40, 120], scale=[10, 50])


@pytest.fixture(scope="module")
def server(export):
    with Server(export, max_bytes=2000, max_seconds=1.5, max_rows=3, version="a") as server:
        yield server


@pytest.fixture
def row():
    return {"age": 30.0, "income": 90.0}


@pytest.fixture
def rows():
    return np.array([[30, 90], [52, np.nan], [18, 0]], np.float32)
