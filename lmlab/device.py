"""Keras without its start-up lines, the device that it runs on, and what makes it fast there."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from types import ModuleType

__all__ = ["describe_device", "quiet_stderr", "start_keras", "use_fast_math"]


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what C++ code writes to file descriptor 2 (no variable stops TensorFlow's lines)."""
    sys.stderr.flush()
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def start_keras(seed: int | None = None) -> ModuleType:
    """Import Keras on the backend of `KERAS_BACKEND` (default: TensorFlow) without a word.

    Args:
        seed: passed to `keras.utils.set_random_seed`, or None.

    Returns:
        The module `keras`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr():
        import keras

        keras.ops.zeros(1)  # makes the backend start now
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice on retracing
    if seed is not None:
        keras.utils.set_random_seed(seed)
    return keras


def describe_device() -> str:
    """One line: backend and device, e.g. `Keras on tensorflow, CPU`."""
    keras = start_keras()
    devices = keras.distribution.list_devices("gpu") if _has_gpu() else []
    where = f"{len(devices)} GPU" if devices else "CPU"
    return f"Keras on {keras.backend.backend()}, {where}"


def use_fast_math() -> str:
    """Switch mixed precision on where it pays (a GPU with bfloat16); returns the policy's name.

    On a CPU float32 stays: there bfloat16 is slower as often as it is faster.
    """
    keras = start_keras()
    keras.config.set_dtype_policy("mixed_bfloat16" if _has_gpu() else "float32")
    return keras.config.dtype_policy().name


def _has_gpu() -> bool:
    backend = start_keras().backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    if backend == "jax":
        import jax

        return any(device.platform == "gpu" for device in jax.devices())
    import torch

    return torch.cuda.is_available()
