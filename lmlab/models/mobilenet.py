"""MobileNetV2 with the weights of torchvision, in Keras: a network that has seen ImageNet.

Chapter 3K (notebooks/3_specialization/3_code.ipynb) uses it as an eye for small data. Two details
make Keras compute what PyTorch does: PyTorch pads a picture by one pixel on each side before a
stride of 2, and its batch normalisation has another epsilon.
"""

from collections.abc import Mapping

import numpy as np

from lmlab.data.archives import load_arrays
from lmlab.data.imagenet import load_mobilenet_v2_weights
from lmlab.data.images import ELPV, load_solar_cells
from lmlab.models.device import keras

__all__ = ["MEAN", "SCALE", "build_mobilenet_v2", "picture_features", "prepare", "solar_features"]

MEAN = np.float32([0.485, 0.456, 0.406])  # of ImageNet's red, green and blue, of 0 … 1
SCALE = np.float32([0.229, 0.224, 0.225])
TORCH_EPSILON = 1e-5


def build_mobilenet_v2(weights: Mapping[str, np.ndarray] | None = None, size: int = 224):
    """Build MobileNetV2 (Sandler et al., 2018).

    Args:
        weights: arrays by torchvision's names, from `load_mobilenet_v2_weights`; None leaves the
            random start.
        size: height and width of the pictures, a multiple of 32.

    Returns:
        A `keras.Model` from `prepare(pictures)`, `(n, size + 2, size + 2, 3)`, to logits
        `(n, 1000)`. Its last layer but one gives the 1,280 averages of the last maps.

    Raises:
        ValueError: `size` is no positive multiple of 32, or the weights are of another network.
    """
    if size < 32 or size % 32:
        raise ValueError(f"`size` must be a positive multiple of 32, got {size}")
    plain = keras.applications.MobileNetV2(
        (size, size, 3), weights=None, classifier_activation=None
    )
    config = plain.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "ZeroPadding2D":
            layer["config"]["padding"] = ((1, 1), (1, 1))
        if layer["class_name"] == "InputLayer":
            layer["config"]["batch_shape"] = (None, size + 2, size + 2, 3)
        if layer["config"]["name"] == "Conv1":
            layer["config"]["padding"] = "valid"
    model = keras.Model.from_config(config)
    if weights is not None:
        _port(model, weights)
    return model


def _port(model, weights: Mapping[str, np.ndarray]) -> None:
    """Write torchvision's arrays into the layers of Keras, in their order."""
    convolutions = iter([n for n, w in weights.items() if n.endswith(".weight") and w.ndim == 4])
    norms = iter([n.removesuffix("running_mean") for n in weights if n.endswith("running_mean")])
    for layer in model.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            new = [weights[next(convolutions)].transpose(2, 3, 0, 1)]
        elif isinstance(layer, keras.layers.Conv2D):
            new = [weights[next(convolutions)].transpose(2, 3, 1, 0)]
        elif isinstance(layer, keras.layers.BatchNormalization):
            name = next(norms)
            new = [weights[name + part] for part in ("weight", "bias", "running_mean")]
            new.append(weights[name + "running_var"] + TORCH_EPSILON - layer.epsilon)
        elif isinstance(layer, keras.layers.Dense):
            new = [weights["classifier.1.weight"].T, weights["classifier.1.bias"]]
        else:
            continue
        layer.set_weights(new)
    if left := [*convolutions, *norms]:
        raise ValueError(f"expected the arrays of MobileNetV2, received also {left[:3]}")


def prepare(pictures: np.ndarray) -> np.ndarray:
    """Scale pictures as the network saw them in its training, and pad them by one pixel.

    Args:
        pictures: grey `(n, size, size)` or coloured `(n, size, size, 3)`, 0 … 255.

    Returns:
        float32 `(n, size + 2, size + 2, 3)`.
    """
    if pictures.ndim == 3:
        pictures = np.repeat(pictures[..., None], 3, axis=-1)
    scaled = (np.float32(pictures) / 255 - MEAN) / SCALE
    return np.pad(scaled, ((0, 0), (1, 1), (1, 1), (0, 0)))


def picture_features(model, pictures: np.ndarray, batch_size: int = 16) -> np.ndarray:
    """The last maps of a network of `build_mobilenet_v2`, averaged over the picture.

    Args:
        model: what `build_mobilenet_v2` returns.
        pictures: grey `(n, size, size)` or coloured `(n, size, size, 3)`, 0 … 255.
        batch_size: pictures that are computed together.

    Returns:
        float32 `(n, 1280)`.
    """
    eyes = keras.Model(model.input, model.layers[-2].output)
    parts = range(0, len(pictures), batch_size)
    return np.concatenate(
        [eyes.predict_on_batch(prepare(pictures[i : i + batch_size])) for i in parts]
    )


def solar_features(trained: bool = True, size: int = 128) -> np.ndarray:
    """What MobileNetV2 sees on the 2,624 solar cells; computed once, then kept in the cache.

    Args:
        trained: on ImageNet; False takes the same network with its random start (seed 0).
        size: height and width to which the cells are reduced, a multiple of 32.

    Returns:
        float32 (2624, 1280), in the order of `load_solar_cells`. The first call takes twenty
        seconds of computing, later ones a hundredth of one.
    """

    def compute(_) -> dict[str, np.ndarray]:
        from PIL import Image

        small = [
            np.asarray(Image.fromarray(cell).resize((size, size), Image.Resampling.BILINEAR))
            for cell in load_solar_cells().x
        ]
        weights = load_mobilenet_v2_weights() if trained else None
        if not trained:
            keras.utils.set_random_seed(0)
        model = build_mobilenet_v2(weights, size)
        return {"features": picture_features(model, np.stack(small))}

    item = f"mobilenet-{size}-{'imagenet' if trained else 'random'}"
    arrays = load_arrays(ELPV, ["features"], compute, what="solar cells", item=item)
    return arrays["features"]
