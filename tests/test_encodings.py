"""No text is read or written in the machine's own encoding: GB18030 is as common as UTF-8."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    path
    for folder in ("lmlab", "tools", "book/ext", "bench")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
PLACES = {"read_text": 0, "write_text": 1, "open": None}  # the position of `encoding`


def without_encoding(source):
    """Lines that read or write text and leave the encoding to the machine."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        named = isinstance(node.func, ast.Name) and node.func.id == "open"
        method = isinstance(node.func, ast.Attribute) and node.func.attr in PLACES
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if not (named or method) or owner in ("os", "tarfile", "Image", "webbrowser", "zipfile"):
            continue
        name = node.func.id if named else node.func.attr
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        modes = [k.value.value for k in node.keywords if k.arg == "mode"] + texts
        binary = any(isinstance(m, str) and "b" in m and len(m) <= 3 for m in modes)
        place = PLACES[name]
        given = any(k.arg == "encoding" for k in node.keywords)
        given = given or (place is not None and len(node.args) > place)
        archive = name == "open" and method and not texts and not node.keywords
        if not (binary or given or archive):
            lines.append(node.lineno)
    return lines


def test_the_rule_sees_what_it_must():
    assert without_encoding("p.read_text()\nopen(p)\np.write_text(t)\np.open('w')") == [1, 2, 3, 4]
    fine = "p.read_text('utf-8')\nopen(p, 'rb')\np.write_text(t, 'utf-8')\nimage.open('wb')"
    assert without_encoding(fine) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_text_has_an_encoding(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []
