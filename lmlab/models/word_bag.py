"""A small special model for short texts: the mean of learned word vectors, and one output."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from lmlab.models.device import keras

__all__ = ["train_word_bag", "word_numbers"]


def word_numbers(texts: Sequence[str], length: int = 40, size: int = 4096) -> np.ndarray:
    """Hash the words of texts.

    Args:
        texts: n strings, split at white space.
        length: words beyond it are cut off.
        size: how many numbers there are; 0 stands where a text is over.

    Returns:
        `(n, length)` integers below `size`.
    """
    words = [text.lower().split()[:length] for text in texts]
    rows = [[1 + crc32(word.encode()) % (size - 1) for word in row] for row in words]
    return np.array([row + [0] * (length - len(row)) for row in rows]).reshape(-1, length)


def train_word_bag(
    numbers: np.ndarray, y: np.ndarray, seed: int, epochs: int = 4, held_out: float = 0.0
):
    """Train the model on hashed words.

    Args:
        numbers: `(n, length)` from `word_numbers`.
        y: `(n,)` labels 0 or 1.
        seed: of the weights and the order.
        epochs: passes; with `held_out` at most so many.
        held_out: share of the rows, the last ones, that is not trained on: training ends when the
            loss there has not fallen for three passes, and its best weights are kept.

    Returns:
        A Keras model from `(n, length)` to logits `(n, 1)`.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = keras.Input((numbers.shape[1],), dtype="int32")
    vectors = layers.Embedding(4096, 16, mask_zero=True)(inputs)
    logit = layers.Dense(1)(layers.GlobalAveragePooling1D()(vectors))
    model = keras.Model(inputs, logit)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, steps_per_execution=20)
    cut, given = len(y) - int(held_out * len(y)), {}
    if held_out:
        stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
        given = {"validation_data": (numbers[cut:], np.float32(y[cut:])), "callbacks": [stop]}
    settings = {"batch_size": 64, "epochs": epochs, "verbose": 0, **given}
    model.fit(numbers[:cut], np.float32(y[:cut]), **settings)
    return model
