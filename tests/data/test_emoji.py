"""The emoji: counts, one by hand, and what is refused."""

import io
import json
import tarfile

import numpy as np
import pytest
from archives import pin_of, serve
from PIL import Image

from lmlab.data import archives, emoji


def test_the_emoji_are_those_of_the_package():
    found = emoji.load_emoji()
    assert found.pictures.shape == (1026, 64, 64, 3) and found.pictures.dtype == np.uint8
    names, counts = np.unique(found.groups, return_counts=True)
    expected = {"objects": 264, "travel": 218, "feelings": 169, "nature": 159, "food": 131}
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == expected | {"activities": 85}
    assert len(set(found.names.tolist())) == 1026
    red = found.pictures[found.names.tolist().index("red apple")]
    assert found.groups[found.names == "red apple"].tolist() == ["food"]
    assert (red[0, 0] == 255).all() and red[36, 32, 0] > 2 * red[36, 32, 1]  # white, and red


def test_another_number_is_a_data_error(cache, monkeypatch):
    sheet, file = io.BytesIO(), io.BytesIO()
    Image.new("RGBA", (66, 66)).save(sheet, "PNG")
    row = {"category": "Objects", "has_img_twitter": True, "name": "X", "sheet_x": 0, "sheet_y": 0}
    members = {"emoji.json": json.dumps([row]).encode()}
    members["img/twitter/sheets/64.png"] = sheet.getvalue()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    pin = pin_of(file.getvalue(), "tiny.tgz", registry="npm")
    monkeypatch.setattr(emoji, "EMOJI", pin)
    serve(monkeypatch, {pin.filename: file.getvalue()})
    with pytest.raises(archives.DataError, match="expected 1026 emoji, received 1"):
        emoji.load_emoji()
