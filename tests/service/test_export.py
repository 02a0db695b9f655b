"""The export gives the scores of the model with its preparation, and refuses what does not fit."""

import numpy as np
import pytest

from lmlab.service import Column, Scorer, export_onnx

FITS = {"fill": [40, 100], "mean": [40, 120], "scale": [10, 50]}


def test_the_export_agrees_with_keras_on_prepared_rows(model, export, rows):
    filled = np.where(np.isnan(rows), [40, 100], rows)
    expected = np.asarray(model((filled - [40, 120]) / [10, 50]))[:, 0]
    np.testing.assert_allclose(Scorer(export)(rows), expected, atol=1e-6)


def test_the_columns_travel_with_it(export):
    assert Scorer(export).columns[0] == Column("age", 18, 100)
    assert Scorer(export).columns[1].nullable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fill": [1]}, "`fill` expects 2 finite values"),
        ({"mean": [np.nan, 0]}, "`mean` expects 2 finite values"),
        ({"scale": [1, 0]}, "`scale` must be positive, got 0"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(model, tmp_path, change, message):
    columns = [Column("age"), Column("income")]
    with pytest.raises(ValueError, match=message):
        export_onnx(model, tmp_path / "m.onnx", columns, **(FITS | change))
    assert not list(tmp_path.iterdir())


def test_a_model_with_other_inputs_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match=r"expects 1 inputs .* got 2 inputs, 1 outputs"):
        export_onnx(model, tmp_path / "m.onnx", [Column("a")], fill=[0], mean=[0], scale=[1])


def test_other_layers_are_refused(tmp_path):
    import keras

    other = keras.Sequential([keras.Input((2,)), keras.layers.LayerNormalization()])
    with pytest.raises(TypeError, match=r"expects Dense layers, got .*LayerNormalization"):
        export_onnx(other, tmp_path / "m.onnx", [Column("a"), Column("b")], **FITS)


def test_a_failing_write_leaves_nothing(model, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        export_onnx(model, tmp_path / "m.onnx", [Column("a"), Column("b")], **FITS)
    assert not list(tmp_path.iterdir())


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no export at .*none.onnx"):
        Scorer(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"bad.onnx is no export"):
        Scorer(tmp_path / "bad.onnx")
