"""A pad to draw a digit on; the network that reads it runs in the page itself."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

__all__ = ["DigitPad", "dequantise", "quantise"]

MAX_WEIGHT_BYTES = 100_000
ACTIVATIONS = ("linear", "relu", "softmax")


def quantise(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round a weight matrix to 8-bit integers, one scale for each output.

    Args:
        kernel: weights `(…, outputs)`, float.

    Returns:
        Integers from -127 to 127, int8, of the same shape, and the scales `(outputs,)`, float32.
    """
    largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))
    scale = (np.maximum(largest, 1e-12) / 127).astype("float32")
    return np.round(kernel / scale).astype("int8"), scale


def dequantise(integers: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The float32 weights `(…, outputs)` that `quantise` stands for."""
    return integers.astype("float32") * scale


class DigitPad(anywidget.AnyWidget):
    """Draw a digit, see what a network reads. Needs no kernel once it is shown.

    Args:
        network: a built `keras.Sequential` on grey values `(28, 28)` from 0 to 255: a
            Rescaling(1/255), then Reshape, Flatten, Conv2D and Dense layers; at most 100,000
            weights. Its kernels are rounded to int8 in place, so that the page and Keras compute
            with the same numbers.
        examples: `(10, 28, 28)` uint8, one image for each digit, offered as buttons.

    Raises:
        ValueError: the network is too large, or holds a layer or an activation that the page
            cannot compute.
    """

    _esm = Path(__file__).with_name("digit_pad.js")
    _css = Path(__file__).with_name("digit_pad.css")
    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    examples = traitlets.Bytes().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(self, network, examples: np.ndarray):
        layers, parts = [], []
        for layer in _layers_with_weights(network):
            kind = type(layer).__name__
            kernel, bias = layer.get_weights()
            integers, scale = quantise(kernel)
            layer.set_weights([dequantise(integers, scale), bias])
            parts.append(integers)
            about = {"kind": kind, "shape": list(kernel.shape), "scale": scale.tolist()}
            about |= {"bias": bias.tolist(), "activation": layer.activation.__name__}
            if kind == "Conv2D":
                about |= {"stride": layer.strides[0], "same": layer.padding == "same"}
            layers.append(about)
        super().__init__(
            layers=layers,
            weights=b"".join(part.tobytes() for part in parts),
            examples=examples.astype("uint8").tobytes(),
            expected=np.asarray(network.predict_on_batch(examples)).round(6).tolist(),
        )

    def __repr__(self) -> str:
        return f"DigitPad({len(self.weights):,} weights of 8 bits)"


def _layers_with_weights(network) -> list:
    """The Conv2D and Dense layers of a network, after all that the page cannot compute is refused.

    Raises:
        ValueError: see `DigitPad`.
    """
    first = network.layers[0]
    if type(first).__name__ != "Rescaling" or not np.isclose(first.scale, 1 / 255) or first.offset:
        raise ValueError(
            f"`network` must begin with Rescaling(1 / 255), got {type(first).__name__}"
            + (f"({first.scale:g})" if hasattr(first, "scale") else "")
        )
    shape_only = ("Rescaling", "Reshape", "Flatten")
    found = [layer for layer in network.layers if type(layer).__name__ not in shape_only]
    for layer in found:
        kind = type(layer).__name__
        if kind not in ("Conv2D", "Dense"):
            raise ValueError(f"`network` may hold Conv2D and Dense layers, got {kind}")
        activation = layer.activation.__name__
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"`network` may use the activations {', '.join(ACTIVATIONS)}, got {activation}"
            )
        if not layer.use_bias:
            raise ValueError(f"`network` must have a bias in each layer, got none in {layer.name}")
    size = sum(int(np.prod(layer.kernel.shape)) for layer in found)
    if size > MAX_WEIGHT_BYTES:
        raise ValueError(f"`network` may have {MAX_WEIGHT_BYTES:,} weights, got {size:,}")
    return found
