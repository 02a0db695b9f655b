"""Small archives and a download without a network, for the tests of `fetch` and of the loaders."""

import hashlib
import io
import zipfile

from lmlab.data import archives

METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel_of(members):
    """Bytes of a wheel that holds `members`, a dict from path to content."""
    file = io.BytesIO()
    info = {"METADATA": METADATA, "WHEEL": WHEEL, "RECORD": ""}
    with zipfile.ZipFile(file, "w") as wheel:
        for name, content in (
            members.items() | {f"tiny-1.0.dist-info/{k}": info[k] for k in info}.items()
        ):
            wheel.writestr(name, content)
    return file.getvalue()


def pin_of(content, filename="tiny-1.0-py3-none-any.whl", **changes):
    fields = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} | changes
    return archives.Pin("tiny", "1.0", filename, **fields)


def serve(monkeypatch, contents):
    """Replace the download: `contents` maps a file name to its bytes; the rest is out of reach."""
    asked = []

    def download(pin, folder):
        asked.append(pin.filename)
        if pin.filename not in contents:
            return "ERROR: No matching distribution found"
        (folder / pin.filename).write_bytes(contents[pin.filename])
        return "Saved"

    monkeypatch.setattr(archives, "_download", download)
    return asked


def left_in(cache):
    """All that lies under the cache folder, hidden or not."""
    return sorted(path.name for path in cache.rglob("*"))
