"""Other runtimes for small networks: ONNX Runtime and TensorFlow Lite, and how long they take."""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper

from lmlab.models.device import quiet_stderr

__all__ = ["dense_onnx", "lite_runtime", "microseconds", "onnx_runtime", "product_onnx"]

BLOCK = 32  # weights that share a scale in `product_onnx`


def dense_onnx(net: Sequence[np.ndarray]) -> ModelProto:
    """The ONNX graph of a dense network with ReLU: a `Gemm` for each layer, `Relu` between.

    Args:
        net: W1 `(inputs, neurons)`, b1 `(neurons,)`, W2, b2, …, float32.

    Returns:
        A model with the input `x` `(n, inputs)` and the output `y` `(n, outputs)`.
    """
    nodes, arrays, last = [], {}, len(net) // 2
    for k in range(1, last + 1):
        arrays |= {f"W{k}": net[2 * k - 2], f"b{k}": net[2 * k - 1]}
        ends = "y" if k == last else f"z{k}"
        nodes.append(
            helper.make_node("Gemm", [f"a{k}" if k > 1 else "x", f"W{k}", f"b{k}"], [ends])
        )
        if k < last:
            nodes.append(helper.make_node("Relu", [ends], [f"a{k + 1}"]))
    return _model(nodes, arrays, net[0].shape[0], net[-1].shape[0])


def product_onnx(
    W: np.ndarray, bits: int | None = None, accuracy_level: int = 0
) -> tuple[ModelProto, np.ndarray]:
    """The ONNX graph of one product y = x W, with floats or with blocks of rounded weights.

    Args:
        W: `(inputs, outputs)` float32; `inputs` is a multiple of 32 where it is rounded.
        bits: 8, 4 or 2 for the operator `MatMulNBits` with one scale for every 32 weights, or
            None for `MatMul`.
        accuracy_level: 0: the operator computes with floats; 4: it may round x to 8 bits.

    Returns:
        The model, and the `(inputs, outputs)` numbers that its weights stand for.

    Raises:
        ValueError: other bits, or blocks that do not fit.

    Source: contrib operators of ONNX Runtime, com.microsoft.MatMulNBits.
    """
    inputs, outputs = W.shape
    if bits is None:
        return _model([helper.make_node("MatMul", ["x", "W"], ["y"])], {"W": W}, *W.shape), W
    if bits not in (8, 4, 2) or inputs % BLOCK:
        raise ValueError(
            f"`bits` must be 8, 4 or 2 and rows a multiple of {BLOCK}, got {bits} and {inputs} rows"
        )
    blocks, half = W.T.reshape(outputs, inputs // BLOCK, BLOCK), 2 ** (bits - 1)
    scale = np.abs(blocks).max(axis=-1, keepdims=True) / (half - 1)
    scale = np.where(scale > 0, scale, 1).astype("float32")
    q = np.rint(blocks / scale).astype(int) + half
    count = 8 // bits  # numbers in a byte, the first one lowest
    packed = sum(q[..., i::count] << (bits * i) for i in range(count)).astype("uint8")
    how = {"K": inputs, "N": outputs, "bits": bits, "block_size": BLOCK}
    how |= {"accuracy_level": accuracy_level, "domain": "com.microsoft"}
    node = helper.make_node("MatMulNBits", ["x", "B", "S"], ["y"], **how)
    model = _model([node], {"B": packed, "S": scale.reshape(outputs, -1)}, *W.shape)
    return model, ((q - half) * scale).reshape(outputs, inputs).T


def _model(nodes: list, arrays: dict, inputs: int, outputs: int) -> ModelProto:
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in (("x", inputs), ("y", outputs))
    )
    constants = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "book", [x], [y], constants)
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=10)


def onnx_runtime(model: ModelProto | Path | str) -> Callable[[np.ndarray], np.ndarray]:
    """ONNX Runtime on one thread: a function from x `(n, inputs)` to y `(n, outputs)`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    data = model.SerializeToString() if isinstance(model, ModelProto) else str(model)
    session = onnxruntime.InferenceSession(data, options, ["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def lite_runtime(model) -> Callable[[np.ndarray], np.ndarray]:
    """TensorFlow Lite (now LiteRT) on one thread, without a word.

    Args:
        model: `keras.Model` on the TensorFlow backend.

    Returns:
        A function from one row x `(1, inputs)` to y `(1, outputs)`.
    """
    import tensorflow as tf

    with quiet_stderr(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its interpreter has moved to ai-edge-litert
        content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
        lite = tf.lite.Interpreter(model_content=content, num_threads=1)
        lite.allocate_tensors()
    start, end = lite.get_input_details()[0]["index"], lite.get_output_details()[0]["index"]

    def run(x):
        lite.set_tensor(start, x)
        lite.invoke()
        return lite.get_tensor(end)

    return run


def microseconds(call: Callable, *arguments, repeats: int = 200) -> float:
    """Time of a quick call, in microseconds: a tenth of the calls is quicker.

    Other programs on the machine disturb this less than the mean or the median. The first tenth
    of the calls is not counted.
    """
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call(*arguments)
        times.append(time.perf_counter() - start)
    return 1e6 * float(np.quantile(times[repeats // 10 :], 0.1))
