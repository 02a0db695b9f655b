"""The tuples of arrays that loaders return."""

from typing import NamedTuple

import numpy as np

__all__ = ["Table", "shapes"]


def shapes(self: tuple) -> str:
    """A short `__repr__` of a named tuple: its fields and their shapes."""
    parts = (f"{name}={getattr(v, 'shape', v)}" for name, v in self._asdict().items())
    return f"{type(self).__name__}({', '.join(parts)})"


class Table(NamedTuple):
    """Features and class numbers of one data set; `class_names[k]` is the name of class k."""

    x: np.ndarray  # (n, ...), an array or a data frame
    y: np.ndarray  # (n,) int64
    class_names: tuple[str, ...]
    __repr__ = shapes
