"""Opinions: sentences of four kinds of text, each scored by twenty people."""

import io
import tarfile
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["VADER", "load_opinions", "opinion_parts"]

VADER = Pin(
    name="vaderSentiment",
    version="0.5",
    filename="vaderSentiment-0.5.zip",
    sha256="5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
    size=2_448_964,
)
FILES = {  # our name of a channel, the file's, and how many rows it has
    "tweets": ("tweets", 4_200),
    "films": ("movieReviewSnippets", 10_605),
    "news": ("nytEditorialSnippets", 5_190),
    "goods": ("amazonReviewSnippets", 3_708),
}


def load_opinions() -> "DataFrame":
    """Load short English texts from four channels with the mean score that people gave each.

    Returns:
        A data frame (23703, 4): `channel` ("tweets", "films": reviews at Rotten Tomatoes,
        "news": opinion pieces of the New York Times, "goods": reviews at Amazon); `document`
        int64, the review or article that a sentence is from (a tweet or a film review is its own);
        `score` float64 from -4, most negative, to 4, the mean of 20 people; `text`.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: of the years before 2014. Some texts repeat (71 of the news, 11 of the goods). Users
    are called @anonymous in the tweets; some words are coarse.

    Source: Hutto and Gilbert (2014), VADER, ICWSM 8, 216-225. PyPI package vaderSentiment 0.5
    (MIT); the texts belong to their authors.
    """
    import pandas as pd

    def read(archive):
        with ZipFile(archive) as outer:
            name = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
            packed = io.BytesIO(outer.read(name))
        rows = []
        with tarfile.open(fileobj=packed) as tar:
            for channel, (file, count) in enumerate(FILES.values()):
                data = tar.extractfile(f"hutto_ICWSM_2014/{file}_GroundTruth.txt").read()
                found = [line.split("\t") for line in data.decode().splitlines()]
                if len(found) != count:
                    raise ValueError(f"expected {count} rows of {file}, received {len(found)}")
                rows += [(channel, *row) for row in found]
        channels, places, scores, texts = zip(*rows, strict=True)
        encoded = [text.encode() for text in texts]
        return {
            "channel": np.array(channels),
            "document": np.array([int(place.split("_")[0]) for place in places]),
            "score": np.array(scores, float),
            "sizes": np.array([len(text) for text in encoded]),
            "bytes": np.frombuffer(b"".join(encoded), np.uint8),
        }

    names = ("channel", "document", "score", "sizes", "bytes")
    arrays = load_arrays(VADER, names, read, what="the opinions", item="opinions")
    data, ends = arrays["bytes"].tobytes(), np.cumsum(arrays["sizes"])
    starts = ends - arrays["sizes"]
    frame = {
        "channel": np.array(list(FILES))[arrays["channel"]],
        "document": arrays["document"],
        "score": arrays["score"],
        "text": [data[i:j].decode() for i, j in zip(starts, ends, strict=True)],
    }
    return pd.DataFrame(frame)


def opinion_parts(
    documents: np.ndarray, channel: np.ndarray, seed: int, labels: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Split texts, 600 for each channel, so that no document is on both sides.

    Args:
        documents: `(n,)`, of each text.
        channel: `(n,)` numbers from 0 on.
        seed: of the order of the documents.
        labels: training texts of each channel, at most 300.

    Returns:
        For each channel the rows to train on, `labels` of the first 300; and those to test on, at
        most 280, the same ones for any number of labels.
    """
    rng, train, test = np.random.default_rng(seed), [], []
    for k in range(channel.max() + 1):
        key = rng.permutation(documents.max() + 1)[documents]
        rows = np.flatnonzero(channel == k)
        rows = rows[np.argsort(key[rows], kind="stable")]
        train.append(rows[:labels])
        test.append(rows[320:][documents[rows[320:]] != documents[rows[299]]])
    return train, test
