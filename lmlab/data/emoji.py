"""Emoji: small coloured drawings, each with its name and the group it belongs to."""

import io
import json
import tarfile
from typing import NamedTuple

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.arrays import shapes

__all__ = ["EMOJI", "Emoji", "load_emoji"]

EMOJI = Pin(
    name="emoji-datasource-twitter",
    version="16.0.0",
    filename="emoji-datasource-twitter-16.0.0.tgz",
    sha256="f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
    size=61_683_754,
    registry="npm",
)
GROUPS = {
    "Smileys & Emotion": "feelings",
    "Animals & Nature": "nature",
    "Food & Drink": "food",
    "Travel & Places": "travel",
    "Activities": "activities",
    "Objects": "objects",
}
SIDE, STEP = 64, 66  # of a drawing, and from one to the next on the sheet


class Emoji(NamedTuple):
    """Drawings on white with their names in English."""

    pictures: np.ndarray  # (n, 64, 64, 3) uint8
    names: np.ndarray  # (n,) str, lower case
    groups: np.ndarray  # (n,) str
    __repr__ = shapes


def load_emoji() -> Emoji:
    """Load the emoji of six groups of Unicode, without people, signs and flags.

    Returns:
        `pictures` (1026, 64, 64, 3) uint8, `names` and `groups` (1026,) str, in the order of their
        code points.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: drawings, not photographs; names given by a committee. There are families that differ
    little, such as 24 clock faces. Groups are those of Unicode: an alarm clock is travel.

    Source: npm package emoji-datasource-twitter 16.0.0 (MIT); drawings of Twemoji (CC BY 4.0),
    names and groups of Unicode.
    """

    def read(archive):
        from PIL import Image

        with tarfile.open(archive) as tar:
            rows = json.load(tar.extractfile("package/emoji.json"))
            sheet = io.BytesIO(tar.extractfile("package/img/twitter/sheets/64.png").read())
        drawn = Image.open(sheet).convert("RGBA")
        white = Image.new("RGBA", drawn.size, "white")
        white.alpha_composite(drawn)
        pixels = np.asarray(white.convert("RGB"))
        rows = [row for row in rows if row["category"] in GROUPS and row["has_img_twitter"]]
        if len(rows) != 1026:
            raise ValueError(f"expected 1026 emoji, received {len(rows)}")
        places = [(STEP * row["sheet_y"] + 1, STEP * row["sheet_x"] + 1) for row in rows]
        return {
            "pictures": np.stack([pixels[y : y + SIDE, x : x + SIDE] for y, x in places]),
            "names": np.array([row["name"].lower() for row in rows]),
            "groups": np.array([GROUPS[row["category"]] for row in rows]),
        }

    return Emoji(**load_arrays(EMOJI, Emoji._fields, read, what="the emoji"))
