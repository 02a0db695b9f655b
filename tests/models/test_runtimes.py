"""The same numbers in every runtime, and rounded weights by hand."""

import time

import numpy as np
import pytest

from lmlab.models.dense import forward, fresh
from lmlab.models.device import start_keras
from lmlab.models.runtimes import (
    dense_onnx,
    lite_runtime,
    microseconds,
    onnx_runtime,
    product_onnx,
)

keras = start_keras()
x = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")


def test_dense_onnx_computes_forward(tmp_path):
    net = fresh((8, 5, 4, 2), seed=0)
    net[1] += 0.3
    model = dense_onnx(net)
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Relu", "Gemm", "Relu", "Gemm"]
    assert np.allclose(onnx_runtime(model)(x), forward(net, x)[-1], atol=1e-6)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    assert np.allclose(onnx_runtime(tmp_path / "net.onnx")(x), forward(net, x)[-1], atol=1e-6)


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_product_onnx_computes_with_its_rounded_weights(bits):
    random = np.random.default_rng(1)
    W, rows = random.normal(size=(64, 48)), random.normal(size=(2, 64)).astype("float32")
    W[:32, 0] = 0  # a block without a scale
    model, stored = product_onnx(W.astype("float32"), bits)
    assert np.allclose(onnx_runtime(model)(rows), rows @ stored, atol=1e-4)
    step = np.abs(W).max() / (2 ** (bits - 1) - 1)
    assert 0 < np.abs(stored - W).max() <= step / 2 + 1e-6
    assert len(np.unique(stored[32:, 1])) <= 2**bits - 1


def test_product_onnx_with_floats():
    W = np.eye(8, dtype="float32")
    assert np.array_equal(onnx_runtime(product_onnx(W)[0])(x), x)


def test_product_onnx_refuses_other_bits():
    with pytest.raises(ValueError, match=r"`bits` must be 8, 4 or 2 and rows .* got 3 and 64 rows"):
        product_onnx(np.ones((64, 8), "float32"), 3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the converter is TensorFlow's")
def test_lite_runtime_computes_what_keras_does():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, "relu")])
    assert np.allclose(lite_runtime(model)(x[:1]), model.predict_on_batch(x[:1]), atol=1e-6)


def test_microseconds_is_that_of_a_quick_call():
    calls = []

    def call(seconds):
        calls.append(seconds)
        time.sleep(seconds if len(calls) % 2 else 0.05)

    assert 2e3 < microseconds(call, 0.002, repeats=10) < 4e4
    assert calls == [0.002] * 10
