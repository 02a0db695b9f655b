"""Trees seen from the air, each with a box that somebody drew."""

import io
import re
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.arrays import shapes

__all__ = ["DEEPFOREST", "Trees", "load_trees"]

DEEPFOREST = Pin(
    name="deepforest",
    version="2.1.0",
    filename="deepforest-2.1.0-py3-none-any.whl",
    sha256="8c2798d8e9be7f0004b194fe207b76c1d9fff6e711b3db67b9508dcd5d00ae54",
    size=20_639_595,
)
FILES = {
    "meadow": "2019_YELL_2_528000_4978000_image_crop2",
    "road": "2019_YELL_2_541000_4977000_image_crop",
    "sand": "OSBS_029",
    "dead": "SOAP_061",
}
BLOCK = 4  # pixels of the source in a row and in a column of one pixel here


class Trees(NamedTuple):
    """Pictures (rows, columns, 3) uint8, 0.4 m a pixel, and boxes (n, 4): left, top, right, low."""

    meadow: np.ndarray
    meadow_boxes: np.ndarray
    road: np.ndarray
    road_boxes: np.ndarray
    sand: np.ndarray
    sand_boxes: np.ndarray
    dead: np.ndarray
    dead_boxes: np.ndarray
    __repr__ = shapes


def load_trees() -> Trees:
    """Load four aerial pictures, means of 4 x 4 pixels, and 951 boxes of trees in those pixels.

    Returns:
        `meadow` (618, 574, 3) with 574 boxes and `road` (258, 312, 3) with 279, both Yellowstone;
        `sand` (100, 100, 3) with 61, Florida; `dead` (100, 100, 3) with 37, California.

    Raises:
        DataError: If the wheel (20.6 MB) cannot be had and read.

    Source: Weinstein and others (2020), Methods in Ecology and Evolution 11, 1743-1751; pictures of
    the National Ecological Observatory Network. Licence MIT (package).
    """
    return Trees(**load_arrays(DEEPFOREST, Trees._fields, _read, what="the trees", item="trees"))


def _read(archive: Path) -> dict[str, np.ndarray]:
    """A picture and an XML file of boxes for each name."""
    from PIL import Image

    found, corners = {}, ("xmin", "ymin", "xmax", "ymax")
    with ZipFile(archive) as wheel:
        for name, file in FILES.items():
            raw = io.BytesIO(wheel.read(f"deepforest/data/{file}.png"))
            x = np.asarray(Image.open(raw).convert("RGB"))
            rows, columns = (side // BLOCK for side in x.shape[:2])
            x = x[: BLOCK * rows, : BLOCK * columns]
            blocks = x.reshape(rows, BLOCK, columns, BLOCK, 3).mean((1, 3))
            found[name] = np.rint(blocks).astype(np.uint8)
            text = wheel.read(f"deepforest/data/{file}.xml").decode()
            sides = [re.findall(f"<{corner}>(.*?)</{corner}>", text) for corner in corners]
            found[f"{name}_boxes"] = np.array(sides, np.float64).T / BLOCK
    return found
