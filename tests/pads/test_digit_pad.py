"""The digit pad: 8-bit weights, and a page that computes what Keras computes."""

import json
from functools import partial

import numpy as np
import pytest
from page_script import run_behind

from lmlab.models.device import start_keras
from lmlab.pads.digit_pad import DigitPad, dequantise, quantise

keras = start_keras()
layers = keras.layers
in_the_page = partial(run_behind, "digit_pad.js")
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 28, 28)).astype("uint8")


def network(*middle):
    """A built network of digits with large random weights, so that its answers differ."""
    model = keras.Sequential([keras.Input((28, 28)), layers.Rescaling(1 / 255), *middle])
    random = np.random.default_rng(1)
    for layer in model.layers:
        if weights := layer.get_weights():
            spread = 2 / np.sqrt(np.prod(weights[0].shape[:-1]))
            layer.set_weights([random.normal(0, spread, w.shape) for w in weights])
    return model


def test_quantise_by_hand():
    kernel = np.array([[1.27, -2.54, 0.0], [-0.634, 0.03, 0.0], [0.004, 1.27, 0.0]])
    with np.errstate(all="raise"):  # a column of zeros too
        integers, scale = quantise(kernel)
    assert (integers.dtype, scale.dtype) == (np.int8, np.float32)
    np.testing.assert_allclose(scale[:2], [0.01, 0.02], rtol=1e-6)
    np.testing.assert_array_equal(integers, [[127, -127, 0], [-63, 2, 0], [0, 64, 0]])
    back = dequantise(integers, scale)
    assert back.dtype == np.float32
    np.testing.assert_allclose(
        back, [[1.27, -2.54, 0], [-0.63, 0.04, 0], [0, 1.28, 0]], rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("shape", [(50, 7), (3, 3, 4, 5), (1, 1)])
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e3])
def test_rounding_errs_by_half_a_step_at_most(shape, size):
    kernel = np.random.default_rng(2).normal(0, size, shape).astype("float32")
    integers, scale = quantise(kernel)
    assert (integers.shape, scale.shape) == (shape, shape[-1:])
    assert np.abs(integers.reshape(-1, shape[-1]).astype(int)).max(0).tolist() == [127] * shape[-1]
    error = np.abs(dequantise(integers, scale) - kernel)
    assert (error <= scale / 2 * (1 + 1e-4)).all()


def test_to_quantise_twice_is_to_quantise_once():
    integers, scale = quantise(np.random.default_rng(3).normal(size=(20, 4)))
    again, other = quantise(dequantise(integers, scale))
    np.testing.assert_array_equal(again, integers)
    np.testing.assert_allclose(other, scale, rtol=1e-6)


def test_the_pad_and_keras_hold_the_same_rounded_weights():
    model = network(layers.Flatten(), layers.Dense(6, "relu"), layers.Dense(10, "softmax"))
    before = [layer.get_weights() for layer in model.layers[2:]]
    pad = DigitPad(model, IMAGES)
    stored, offset = np.frombuffer(pad.weights, "int8"), 0
    for layer, about, (kernel, bias) in zip(model.layers[2:], pad.layers, before, strict=True):
        integers, scale = quantise(kernel)
        part = stored[offset : offset + kernel.size].reshape(kernel.shape)
        np.testing.assert_array_equal(part, integers)
        np.testing.assert_array_equal(layer.get_weights()[0], dequantise(integers, scale))
        np.testing.assert_array_equal(layer.get_weights()[1], bias)
        assert about["scale"] == scale.tolist()
        assert about["bias"] == bias.tolist()
        offset += kernel.size
    assert offset == len(stored) == 28 * 28 * 6 + 60
    assert [(about["kind"], about["activation"]) for about in pad.layers] == [
        ("Dense", "relu"),
        ("Dense", "softmax"),
    ]
    by_keras = np.array(model(IMAGES))
    np.testing.assert_allclose(pad.expected, by_keras, atol=1e-6)
    assert np.std(pad.expected) > 0.1
    assert pad.examples == IMAGES.tobytes()
    assert repr(pad) == "DigitPad(4,764 weights of 8 bits)"
    json.dumps([pad.layers, pad.expected])


def test_a_network_that_is_too_large_is_refused():
    dense = [layers.Flatten(), layers.Dense(127, "relu"), layers.Dense(10, "softmax")]
    with pytest.raises(ValueError) as error:
        DigitPad(network(*dense), IMAGES)
    assert str(error.value) == "`network` may have 100,000 weights, got 100,838"


ONLY = "`network` may hold Conv2D and Dense layers, got "
SOME = "`network` may use the activations linear, relu, softmax, got "


@pytest.mark.parametrize(
    ("middle", "message"),
    [
        ([layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)], ONLY + "Dropout"),
        ([layers.Reshape((28, 28, 1)), layers.MaxPooling2D()], ONLY + "MaxPooling2D"),
        ([layers.Flatten(), layers.Dense(10, "tanh")], SOME + "tanh"),
        (
            [layers.Flatten(), layers.Dense(10, use_bias=False, name="bare")],
            "`network` must have a bias in each layer, got none in bare",
        ),
    ],
)
def test_what_the_page_cannot_compute_is_refused(middle, message):
    with pytest.raises(ValueError) as error:
        DigitPad(network(*middle), IMAGES)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("first", "received"),
    [(layers.Flatten(), "Flatten"), (layers.Rescaling(1 / 127.5), "Rescaling(0.00784314)")],
)
def test_a_network_on_other_grey_values_is_refused_before_it_is_rounded(first, received):
    model = keras.Sequential([keras.Input((28, 28)), first, layers.Flatten(), layers.Dense(10)])
    before = model.get_weights()[0]
    with pytest.raises(ValueError) as error:
        DigitPad(model, IMAGES)
    assert str(error.value) == f"`network` must begin with Rescaling(1 / 255), got {received}"
    np.testing.assert_array_equal(model.get_weights()[0], before)


READ = """
const read = network(layers, Uint8Array.from(weights));
console.log(JSON.stringify(images.map((image) => [...read(Float32Array.from(image))])));
"""


def convolutions(first, second, last):
    """Two convolutions, each of kernel size, stride and padding, and a dense layer."""
    middle = [
        layers.Conv2D(4, size, strides=stride, padding=padding, activation=activation)
        for (size, stride, padding), activation in ((first, "relu"), (second, "linear"))
    ]
    return [layers.Reshape((28, 28, 1)), *middle, layers.Flatten(), layers.Dense(10, last)]


@pytest.mark.parametrize(
    "middle",
    [
        [layers.Flatten(), layers.Dense(12, "relu"), layers.Dense(10, "softmax")],
        convolutions((3, 1, "same"), (4, 2, "valid"), "softmax"),
        convolutions((4, 2, "same"), (3, 1, "valid"), "linear"),
        convolutions((5, 3, "same"), (3, 3, "valid"), "relu"),
        convolutions((5, 3, "valid"), (2, 2, "same"), "softmax"),
    ],
    ids=["dense", "same-1-valid-2", "same-2-valid-1", "same-3-valid-3", "valid-3-same-2"],
)
def test_the_page_computes_what_keras_computes(node, middle):
    model = network(*middle)
    pad = DigitPad(model, IMAGES)
    images = np.random.default_rng(7).random((5, 28, 28)).astype("float32")
    images[0] *= images[0] > 0.8  # mostly empty, like a drawing
    here = in_the_page(
        node, READ, layers=pad.layers, weights=list(pad.weights),
        images=images.reshape(5, -1).tolist(),
    )  # fmt: skip
    by_keras = np.array(model(255 * images))
    assert np.std(by_keras, axis=0).max() > 0.05
    np.testing.assert_allclose(here, by_keras, atol=1e-3)


CENTRE = """
console.log(JSON.stringify(images.map((image) => [...centred(Float32Array.from(image))])));
"""


def test_a_drawing_is_centred_and_scaled_to_20_pixels(node):
    images = np.zeros((4, 28, 28))
    images[0, 3:7, 2:10] = 1  # 4 x 8
    images[1, 20:24, 19:27] = 1  # the same elsewhere
    images[2, :, 13:15] = 1  # 28 x 2; the fourth is empty
    centred = in_the_page(node, CENTRE, images=images.reshape(4, -1).tolist())
    centred = np.array(centred).reshape(4, 28, 28)
    np.testing.assert_allclose(centred[0], centred[1], atol=1e-6)
    assert centred[0].sum(0).max() == pytest.approx(10, abs=0.5)
    assert centred[0].sum(1).max() == pytest.approx(20, abs=0.5)
    assert (centred[2].max(1) > 0.1).sum() == 20
    for image in centred[:3]:
        for axis in (0, 1):
            middle = (image.sum(axis) * np.arange(28)).sum() / image.sum()
            assert middle == pytest.approx(13.5, abs=0.01)
    assert not centred[3].any()
