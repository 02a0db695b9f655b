"""A dense Keras model with its preparation (fill, shift, scale) as one ONNX file."""

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

__all__ = ["Column", "Scorer", "export_onnx"]

OPSET, IR_VERSION = 17, 8
ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "linear": None}


@dataclass(frozen=True)
class Column:
    """One column of a request: its name, its closed range, and whether it may be missing."""

    name: str
    low: float = -math.inf
    high: float = math.inf
    nullable: bool = False


def export_onnx(
    model: "keras.Model",
    path: str | Path,
    columns: Sequence[Column],
    *,
    fill: Sequence[float],
    mean: Sequence[float],
    scale: Sequence[float],
) -> Path:
    """Write a model and its preparation as one file: what is served prepares its input itself.

    Args:
        model: built Keras model, a chain of `Dense` layers (d inputs, one output). `Dropout` is
            left out: it does nothing after training.
        path: the file to write. It is written beside and renamed: never half a file.
        columns: the d columns, in the order of the inputs.
        fill: (d,) the value that stands for a missing one (NaN), before shift and scale.
        mean: (d,) subtracted from each column.
        scale: (d,) divides each column; positive.

    Returns:
        The path.

    Raises:
        ValueError: `fill`, `mean` or `scale` does not fit the columns, or the model does not.
        TypeError: the model has a layer that is neither `Dense`, `Dropout` nor the input.
    """
    import onnx
    from onnx import helper, numpy_helper

    d, dense = len(columns), _dense_layers(model)
    vectors = {"fill": fill, "mean": mean, "scale": scale}
    for name, values in vectors.items():
        vectors[name] = values = np.asarray(values, np.float32)
        if values.shape != (d,) or not np.isfinite(values).all():
            raise ValueError(f"`{name}` expects {d} finite values, got shape {values.shape}")
    if (vectors["scale"] <= 0).any():
        raise ValueError(f"`scale` must be positive, got {vectors['scale'].min()}")
    if dense[0].kernel.shape[0] != d or dense[-1].kernel.shape[1] != 1:
        got = f"{dense[0].kernel.shape[0]} inputs, {dense[-1].kernel.shape[1]} outputs"
        raise ValueError(f"`model` expects {d} inputs (as `columns`) and 1 output, got {got}")

    weights = dict(vectors)
    nodes = [
        helper.make_node("IsNaN", ["x"], ["missing"]),
        helper.make_node("Where", ["missing", "fill", "x"], ["filled"]),
        helper.make_node("Sub", ["filled", "mean"], ["shifted"]),
        helper.make_node("Div", ["shifted", "scale"], ["h0"]),
    ]
    last = "h0"
    for k, layer in enumerate(dense, start=1):
        weights[f"W{k}"] = np.asarray(layer.kernel, np.float32)
        weights[f"b{k}"] = np.asarray(layer.bias, np.float32)
        nodes.append(helper.make_node("Gemm", [last, f"W{k}", f"b{k}"], [f"z{k}"]))
        last = f"z{k}"
        if operator := ACTIVATIONS[layer.activation.__name__]:
            nodes.append(helper.make_node(operator, [last], [f"h{k}"]))
            last = f"h{k}"
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info("x", kind, ["rows", d])],
        [helper.make_tensor_value_info(last, kind, ["rows", 1])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    imports = [helper.make_opsetid("", OPSET)]
    proto = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)
    helper.set_model_props(proto, {"columns": json.dumps([asdict(column) for column in columns])})
    onnx.checker.check_model(proto)
    return _write(Path(path), proto.SerializeToString())


class Scorer:
    """A served file: calling it with (n, d) rows, NaN where missing, gives (n,) scores.

    Attributes:
        columns: the `Column`s that a row must have.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no export of `export_onnx`.
    """

    def __init__(self, path: str | Path, threads: int = 1):
        import onnxruntime as ort

        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"no export at {path}: write it first with `export_onnx`")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(str(path), options, ["CPUExecutionProvider"])
            found = self._session.get_modelmeta().custom_metadata_map["columns"]
            self.columns = [Column(**column) for column in json.loads(found)]
        except Exception as error:  # the runtime has an error class for each kind of damage
            raise ValueError(f"{path} is no export of `export_onnx`: {error}") from error

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return self._session.run(None, {"x": np.asarray(rows, np.float32)})[0][:, 0]


def _dense_layers(model) -> list:
    names = [type(layer).__name__ for layer in model.layers]
    if strange := set(names) - {"InputLayer", "Dense", "Dropout"}:
        raise TypeError(f"`model` expects Dense layers, got {sorted(strange)}")
    dense = [layer for layer in model.layers if type(layer).__name__ == "Dense"]
    if not dense or not model.built:
        raise ValueError("`model` expects at least one Dense layer and built weights")
    if strange := {layer.activation.__name__ for layer in dense} - set(ACTIVATIONS):
        raise ValueError(f"`model` expects activations {list(ACTIVATIONS)}, got {sorted(strange)}")
    return dense


def _write(path: Path, content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".export-", delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return path
