"""Video: a city crossing from a fixed camera."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from lmlab.data.archives import DataError

__all__ = ["crossing_marks", "load_crossing"]

CLIP = Path(__file__).with_name("files") / "crossing.webp"
CLIP_SHA256 = "2c76d1697c3feb57ca3114736bc820d113373b0ec4fb8c8aa2acdcde5f0f7c92"

MARKED = (0, 10, 20, 30, 40)
X = (
    *([76, 89, 103, 119, 136], [69, 82, 94, 108, np.nan], [59, 69, 79, 92, 105]),
    *([45, 54, 66, 81, 96], [99, 114, 130, 154, 179], [92, 102, 112, 130, 152]),
    *([41, 48, 56, 66, 77], [72, 80, 88, 100, 111]),
)
Y = (
    *([90, 112, 139, 169, 200], [104, 128, 156, 184, np.nan], [56, 74, 96, 120, 146]),
    *([53, 75, 101, 130, 159], [65, 80, 86, 95, 97], [49, 60, 69, 76, 84]),
    *([25, 40, 57, 76, 98], [25, 39, 50, 62, 69]),
)


def crossing_marks() -> tuple[tuple[int, ...], np.ndarray]:
    """Where eight vehicles of the crossing are, marked by eye in five frames, to about 2 pixels.

    Returns:
        The frames, and places (5, 8, 2), x and y in pixels, nan where a vehicle has left.
    """
    return MARKED, np.array([X, Y]).transpose(2, 1, 0)


def load_crossing(path: Path = CLIP) -> np.ndarray:
    """Load three seconds of a city crossing, seen from a high window by a camera that stands still.

    Returns:
        Grey frames (45, 228, 260) uint8, 15 a second.

    Raises:
        DataError: If the file, which is part of lmlab, is not there or is another.

    Flaws: no truth comes with it. The frames are every second one of the 101st to 189th of the
    original, halved to 352 x 288 pixels, cut and compressed with loss (mean error 4 of 255).

    Source: `traffic_sequence.mp4` of mvtb-data 1.6.1 (MIT), which does not say who filmed it where.
    """
    from PIL import Image, ImageSequence

    if not path.is_file():
        raise DataError(f"{path} is missing; `pip install .` in the project's folder puts it back")
    found = sha256(path.read_bytes()).hexdigest()
    if found != CLIP_SHA256:
        raise DataError(f"{path} should have sha256 {CLIP_SHA256}, and it has {found}")
    with Image.open(path) as clip:
        return np.stack([np.asarray(f.convert("L")) for f in ImageSequence.Iterator(clip)])
