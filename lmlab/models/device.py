"""Keras without its start-up lines, the device that it runs on, and what makes it fast there."""

import contextlib
import functools
import gc
import logging
import os
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
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


def start_keras(seed: int | None = None, threads: int | None = None) -> ModuleType:
    """Import Keras on the backend of `KERAS_BACKEND` (default: TensorFlow) without a word.

    Args:
        seed: passed to `keras.utils.set_random_seed`, or None.
        threads: cores that one TensorFlow operation may use, or None for all. With 1, small
            models that train side by side do not wait for each other.

    Returns:
        The module `keras`.

    Raises:
        ValueError: `threads` is less than 1.
        RuntimeError: `threads` comes after TensorFlow has started with another number.
    """
    keras = _import_keras()
    if threads is not None and keras.backend.backend() == "tensorflow":
        _use_threads(threads)
    with quiet_stderr():
        keras.ops.zeros(1)  # makes the backend start now
        if seed is not None:
            keras.utils.set_random_seed(seed)  # imports TensorFlow on every backend
    return keras


def __getattr__(name: str):
    if name == "keras":  # imported when first asked for, without a word
        return _import_keras()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _import_keras() -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ.setdefault("KERAS_BACKEND", "tensorflow") == "tensorflow":
        _require_avx()
    gc.disable()  # half a million new objects, and they stay: searching them finds nothing
    try:
        with quiet_stderr():
            import keras
        gc.freeze()  # nor will it later
    finally:
        gc.enable()
    keras.config.set_floatx("float32")  # whatever the reader's own keras.json says
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice on retracing
    return keras


def _require_avx(processor: Path = Path("/proc/cpuinfo")) -> None:
    """Say in words what TensorFlow would end without a word.

    Raises:
        RuntimeError: an Intel or AMD processor without AVX.
    """
    if platform.machine() not in ("x86_64", "AMD64") or not processor.is_file():
        return
    flags = re.search(r"^flags\s*:(.*)$", processor.read_text(encoding="utf-8"), re.M)
    if flags and "avx" not in flags[1].split():
        raise RuntimeError(
            "TensorFlow needs a processor with AVX, and this one has none (emulators often hide "
            "it). The built book works all the same; with JAX installed, so does KERAS_BACKEND=jax"
        )


def _use_threads(threads: int) -> None:
    from tensorflow.config import threading

    if threads < 1:
        raise ValueError(f"`threads` must be at least 1, got {threads}")
    try:
        threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError as error:
        running = threading.get_intra_op_parallelism_threads() or "all cores"
        raise RuntimeError(
            f"`threads` must be set when Keras starts; it runs with {running}, got {threads}: "
            "restart the kernel"
        ) from error


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
