"""The folders of a course (nbgrader's layout) and of a lab, and files written in one move."""

import hashlib
import json
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Course", "CourseError", "Lab", "read_json", "safe_name", "write_text"]

SUFFIXES = (".ipynb", ".json", ".txt")  # of a file that may be a notebook


class CourseError(RuntimeError):
    """Something a teacher has to put right; the message says what."""


@dataclass(frozen=True)
class Course:
    """One course folder. `db_url` is any database that SQLAlchemy reaches."""

    root: Path
    db_url: str

    @classmethod
    def at(cls, root: str | Path, db_url: str | None = None) -> "Course":
        """The course in `root`; gradebook: `db_url`, `$LMLAB_GRADEBOOK`, or SQLite in the folder.

        For PostgreSQL: `postgresql+psycopg://user:password@host/name`, with psycopg installed.
        """
        root = Path(root).absolute()
        url = db_url or os.environ.get("LMLAB_GRADEBOOK") or f"sqlite:///{root}/gradebook.db"
        return cls(root, url)

    def notebook(self, step: str, lab: str, student: str = "") -> Path:
        """The notebook of a step: source, release, submitted, autograded, feedback."""
        return self.root / step / student / lab / f"{lab}.ipynb"

    def collected(self, lab: str) -> Path:
        """What was handed in, as it came: one folder per student."""
        return self.root / "collected" / lab

    @property
    def ids(self) -> Path:
        """The id of each folder of the class list: a name of a file cannot hold every id."""
        return self.root / "status" / "ids.json"

    def id_of(self, student: str) -> str:
        """The id in the class list of the student whose folder this is."""
        return str((read_json(self.ids) or {}).get(student, student))

    def status(self, lab: str, student: str) -> Path:
        """What the grader found: one file per student, written in one move."""
        return self.root / "status" / lab / f"{student}.json"


@dataclass(frozen=True)
class Lab:
    """The source folder of a lab: `lab.ipynb`, `checks.py`, `README.md`."""

    folder: Path

    @classmethod
    def at(cls, folder: str | Path) -> "Lab":
        """Raises CourseError if the folder is not a lab."""
        lab = cls(Path(folder).absolute())
        for path in (lab.source, lab.checks):
            if not path.is_file():
                raise CourseError(f"`lab` must be a folder with lab.ipynb and checks.py: no {path}")
        if not re.fullmatch(r"\w+", lab.name):
            raise CourseError(f"a lab's folder must be named like 02_explode, got {lab.name!r}")
        return lab

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def source(self) -> Path:
        return self.folder / "lab.ipynb"

    @property
    def checks(self) -> Path:
        return self.folder / "checks.py"

    def digest(self) -> str:
        """Changes when the notebook or the checks change."""
        parts = (self.source.read_bytes(), self.checks.read_bytes())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a file in one move: another process sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_json(path: Path) -> dict | None:
    """The object in a file of our own, or None where there is none or it is damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def safe_name(name: str, longest: int = 80) -> str:
    """A name as one part of a path on every system; commas, quotes and blanks may stay.

    Longer names are cut and end in a hash, so that two of them stay two; a notebook stays one.
    """
    name = unicodedata.normalize("NFC", name).strip()
    clean = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name)
    clean = clean.lstrip(".").rstrip(". ") or "nameless"
    if len(clean.encode()) > longest or clean != name.lstrip("."):
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
        suffix = next((s for s in SUFFIXES if clean.lower().endswith(s)), "")
        stem = clean[: len(clean) - len(suffix)].encode()[: longest - 7 - len(suffix)]
        clean = f"{stem.decode(errors='ignore')}-{mark}{suffix}"
    return clean
