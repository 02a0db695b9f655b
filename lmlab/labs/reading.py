"""Read what a student handed in: any file that is nearly a notebook. Plain JSON throughout."""

import json
import os
import re
import stat
from pathlib import Path

__all__ = [
    "Unreadable",
    "find_files",
    "grade_id",
    "is_answer",
    "is_graded",
    "read_cells",
    "text_of",
]

LARGEST_FILE = 50_000_000  # bytes
MOST_VALUES = 5_000_000  # of a file, as JSON; a hundred bytes of memory each
PICTURES = {"image/png", "image/jpeg", "image/gif"}
LARGEST_PICTURES = 4_000_000  # characters of base64, all pictures of a cell together
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+\Z")
DATA = re.compile(
    r"!\[(?P<alt>[^\]]{0,200})\]\(data:(?P<kind>image/\w+);base64,(?P<data>[A-Za-z0-9+/=\s]+)\)"
    r"|<img\b[^>]{0,500}?src=[\"'](?:data:(?P<kind2>image/\w+);base64,(?P<data2>[A-Za-z0-9+/=\s]+)"
    r"|attachment:(?P<name>[^\"']{1,200}))[\"'][^>]{0,500}>"
)  # as Colab and VS Code write a pasted picture, and as HTML


class Unreadable(ValueError):
    """Nothing can be graded in what was handed in; the message says why."""


def find_files(folder: Path, name: str) -> tuple[list[Path], list[str]]:
    """Find the notebooks in a student's folder; links are never followed.

    Args:
        folder: what one student handed in; may hold anything.
        name: the expected file name.

    Returns:
        The files, the newest first, of the same minute the one with the expected name; and notes.

    Raises:
        Unreadable: there is no notebook.
    """
    files, notes = [], []
    if folder.is_symlink():
        raise Unreadable("the folder is a link, which is not followed")
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != ".ipynb_checkpoints" and f != "__MACOSX")
        for found in [*names, *folders]:
            path = Path(base, found)
            if found.startswith("._") or not found.lower().endswith((".ipynb", ".json", ".txt")):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                files.append(path)
            else:
                notes.append(f"{found} is not a plain file and was not read")
    notebooks = [f for f in files if f.suffix.lower() == ".ipynb"] or files
    if not notebooks:
        found = "; ".join(notes) or ", ".join(sorted(p.name for p in folder.rglob("*"))[:5])
        raise Unreadable(f"no notebook was handed in ({found or 'the folder is empty'})")
    notebooks.sort(key=lambda f: (-(f.lstat().st_mtime // 60), f.name != name, str(f)))
    return notebooks, notes


def read_cells(path: Path) -> tuple[list[dict], list[str]]:
    """Read the cells of any file that is nearly a notebook: nbformat 3 to 5, BOM, Latin-1.

    Returns:
        Cells with `kind`, `source`, `ids`, `grade_id`, `attachments`; and notes.

    Raises:
        Unreadable: it is not a notebook.
    """
    with open(path, "rb", opener=lambda p, f: os.open(p, f | os.O_NOFOLLOW)) as file:
        raw = file.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise Unreadable(f"the file is larger than {LARGEST_FILE // 10**6} MB")
    if not raw.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise Unreadable("the file is empty")
    if sum(raw.count(mark) for mark in (b"[", b"{", b",")) > MOST_VALUES:
        raise Unreadable(f"the file holds more than {MOST_VALUES:,} values")
    text, notes = _decode(raw)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the file is not a notebook: {str(error)[:80]}") from None
    if not isinstance(notebook, dict):
        raise Unreadable(f"the file is not a notebook but a JSON {type(notebook).__name__}")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        sheets = notebook.get("worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        cells = [c for s in sheets if isinstance(s, dict) for c in s.get("cells") or []]
    if notebook.get("nbformat") != 4:
        notes.append(f"nbformat {str(notebook.get('nbformat'))[:20]} was read as 4")
    read = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if not any(cell["source"].strip() for cell in read):
        raise Unreadable("the notebook has no cells")
    return read, notes


def grade_id(cell: dict) -> str:
    """The grade_id of a cell, "" if it has none."""
    return str(_nbgrader(cell).get("grade_id") or "")


def is_answer(cell: dict) -> bool:
    return _nbgrader(cell).get("solution") is True


def is_graded(cell: dict) -> bool:
    return _nbgrader(cell).get("grade") is True


def text_of(cell: dict) -> str:
    """The source of a cell as one text, whatever form it has."""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ""
    return source.encode(errors="replace").decode()  # lone surrogates


def _nbgrader(cell: dict) -> dict:
    metadata = cell.get("metadata")
    data = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return data if isinstance(data, dict) else {}


def _decode(raw: bytes) -> tuple[str, list[str]]:
    for encoding in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"):
        try:
            text = raw.decode(encoding)
            bom = raw[:3] == b"\xef\xbb\xbf" or encoding == "utf-16"
            return text, ["the file began with a byte order mark"] if bom else []
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), ["the file was not UTF-8 and was read as Latin-1"]


def _cell(cell: dict) -> dict:
    kind = "code" if cell.get("cell_type") == "code" else "markdown"
    metadata = cell.get("metadata")
    named = metadata.get("id") if isinstance(metadata, dict) else None  # Colab keeps it there
    ids = {str(i) for i in (cell.get("id"), named) if i}
    pictures = _pictures(cell.get("attachments")) if kind == "markdown" else {}
    source = _named_pictures(text_of(cell), pictures) if kind == "markdown" else text_of(cell)
    read = {"kind": kind, "source": source, "ids": ids, "grade_id": grade_id(cell)}
    return read | {"attachments": pictures}


def _pictures(attachments: object) -> dict[str, dict[str, str]]:
    """The pasted pictures of a cell by their names; nothing that is not one."""
    kept, size = {}, 0
    for name, forms in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in forms.items() if isinstance(forms, dict) else ():
            data = "".join(data) if isinstance(data, list) else data
            if kind in PICTURES and isinstance(data, str) and BASE64.match(data):
                size += len(data)
                if size <= LARGEST_PICTURES:
                    kept[str(name)] = {kind: data}
    return kept


def _named_pictures(source: str, pictures: dict[str, dict[str, str]]) -> str:
    """The text with each picture that stands in it moved to the attachments."""

    def name(found: re.Match) -> str:
        kind, data = found["kind"] or found["kind2"], found["data"] or found["data2"]
        label = found["name"] or f"picture-{len(pictures) + 1}"
        if data:
            used = sum(len(d) for forms in pictures.values() for d in forms.values())
            if kind not in PICTURES or used + len(data) > LARGEST_PICTURES:
                return "[a picture that could not be kept]"
            pictures[label] = {kind: "".join(data.split())}
        return f"![{found['alt'] or ''}](attachment:{label})"

    return DATA.sub(name, source)
