"""The packages that a lock pins for one platform, and the file of them that the book reads."""

import json

import pytest

from lmlab.authoring import lockfile

LOCK = """\
asker==1.0 \\
    --hash=sha256:00
    # via -r requirements.in
both==2.0 \\
    --hash=sha256:00
    # via
    #   -r requirements.in
    #   asker
    #   mac ; sys_platform == 'darwin'
mac==3.0 ; sys_platform == 'darwin' \\
    --hash=sha256:00
    # via asker
new==5.0 ; python_full_version >= '3.12' \\
    --hash=sha256:00
new==4.0 ; python_full_version < '3.12' \\
    --hash=sha256:00
    # via both
"""


def test_a_lock_by_hand():
    found = lockfile.lock_of(LOCK.replace("mac ; sys_platform == 'darwin'\nmac", "asker\nmac"))
    assert found["asker"] == {"version": "1.0", "by": [], "direct": True}
    assert found["both"]["direct"] and found["both"]["by"][0] == "asker"
    assert found["new"] == {"version": "4.0", "by": ["both"], "direct": False}
    assert "mac" not in found
    there = lockfile.lock_of(LOCK, lockfile.PLATFORM | {"sys_platform": "darwin"})
    assert there["mac"]["by"] == ["asker"]


def test_the_file_is_that_of_the_lock():
    lock = lockfile.lock_of((lockfile.ROOT / "requirements.txt").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in json.loads(lockfile.FILE.read_text(encoding="utf-8"))}
    hint = "run `python -m lmlab.authoring.lockfile`, then execute chapter 4.9 anew"
    versions = {name: row["version"] for name, row in rows.items()}
    assert versions == {name: row["version"] for name, row in lock.items()}, hint
    for name, row in rows.items():
        assert row["direct"] == lock[name]["direct"], hint
        assert set(row["by"]) <= set(lock[name]["by"]), hint


@pytest.mark.parametrize("name", ["keras", "numpy", "typing-extensions"])
def test_what_is_installed_says_the_same(name):
    rows = {row["name"]: row for row in json.loads(lockfile.FILE.read_text(encoding="utf-8"))}
    found = lockfile.licence_of(name)
    if name == "numpy":  # another Python has another version of it
        found.pop("texts"), found.pop("expression")
    assert {key: rows[name][key] for key in found} == found


def test_a_need_for_windows_is_no_need_here():
    assert lockfile.needs("keras", "numpy") and not lockfile.needs("keras", "pandas")
    assert not lockfile.needs("tqdm", "colorama")
    assert lockfile.needs("tqdm", "colorama", lockfile.PLATFORM | {"platform_system": "Windows"})


def test_another_platform_does_not_write(monkeypatch):
    monkeypatch.setitem(lockfile.PLATFORM, "sys_platform", "elsewhere")
    with pytest.raises(SystemExit, match="that of Linux and Python"):
        lockfile.main()
