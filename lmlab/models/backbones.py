"""Small networks for pictures of one size: CNN, ViT, MLP-Mixer, one dense layer, and windows.

Chapter 4C compares them at equal numbers of parameters.
"""

import numpy as np

from lmlab.models.device import keras

__all__ = ["build_backbone", "build_windows", "halve", "mix", "patch_vectors"]

layers = keras.layers
PATCH, SIZE = 7, 32  # side of a patch in pixels, numbers of its vector


def patch_vectors(pictures):
    """Pictures (28, 28) as 16 patches of 7 × 7 pixels, each made a vector by one matrix: (16, 32).

    The bias differs by place, so that a patch carries where it stands.
    """
    side = pictures.shape[1] // PATCH
    h = layers.Reshape((side, PATCH, side, PATCH))(pictures)
    h = layers.Reshape((side * side, PATCH * PATCH))(layers.Permute((1, 3, 2, 4))(h))
    return layers.EinsumDense("bnp,pd->bnd", (side * side, SIZE), bias_axes="nd", name="patches")(h)


def mix(h, hidden: int):
    """A residual dense network of one hidden layer over the last axis, normalised before it."""
    inner = layers.Dense(hidden, activation="gelu")(layers.LayerNormalization()(h))
    return h + layers.Dense(h.shape[-1])(inner)


def build_backbone(name: str):
    """A compiled classifier of pictures (28, 28) in ten classes, about 12,000 parameters.

    Args:
        name: "CNN": three convolutions 3 × 3 with stride 2. "ViT": a block of attention and a
            dense network over patches. "Mixer": two blocks of dense networks over patches and over
            their numbers. "one layer": 15 hidden neurons.

    Returns:
        A `keras.Model` with logits, compiled with Adam.

    Raises:
        ValueError: `name` is another word.
    """
    if name not in ("CNN", "ViT", "Mixer", "one layer"):
        raise ValueError(f"`name` must be CNN, ViT, Mixer or one layer, got {name!r}")
    inputs = keras.Input((28, 28))
    if name == "CNN":
        h = layers.Reshape((28, 28, 1))(inputs)
        for channels in (12, 20, 28):
            h = layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu")(h)
        return _compiled(inputs, layers.Flatten()(h))
    if name == "one layer":
        return _compiled(inputs, layers.Dense(15, activation="relu")(layers.Flatten()(inputs)))
    h = patch_vectors(inputs)
    if name == "ViT":
        u = layers.LayerNormalization()(h)
        h = mix(h + layers.MultiHeadAttention(4, SIZE // 4)(u, u), 2 * SIZE)
    else:
        turn = layers.Permute((2, 1))
        for _ in range(2):
            h = mix(turn(mix(turn(h), 24)), 60)
    return _compiled(inputs, layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h)))


def build_windows(sizes: tuple[int, ...], channels: int, *, bent: bool = True):
    """A compiled classifier of pictures (14, 14) by convolutions one after another.

    Args:
        sizes: side of each window.
        channels: of each convolution, and of a 1 × 1 convolution before them.
        bent: does a ReLU follow each window? Without, only the last one has it.

    Returns:
        A `keras.Model` with logits, compiled with Adam.
    """
    inputs = keras.Input((14, 14))
    h = layers.Conv2D(channels, 1)(layers.Reshape((14, 14, 1))(inputs))
    for number, size in enumerate(sizes, 1):
        activation = "relu" if bent or number == len(sizes) else None
        h = layers.Conv2D(channels, size, padding="same", activation=activation)(h)
    return _compiled(inputs, layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(h)))


def halve(pictures: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels: `(n, 28, 28)` to `(n, 14, 14)`."""
    return pictures.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))


def _compiled(inputs, features):
    model = keras.Model(inputs, layers.Dense(10)(features))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(), loss)
    return model
