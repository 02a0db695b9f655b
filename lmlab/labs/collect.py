"""Take in what students handed in: the ZIP of a learning platform, or any folder. No network.

Only plain files come in, bounded in number and size, one folder per student; a name can never
lead out of it. Each submission gets its time of arrival.
"""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lmlab.labs.course import Course, CourseError, read_json, safe_name, write_text

__all__ = ["Student", "collect", "read_roster"]

LARGEST_FILE = 60_000_000  # bytes, unpacked
LARGEST_TOTAL = 5_000_000_000
MOST_FILES = 20_000
JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"}  # of systems
MOODLE = re.compile(r"^(?P<name>.+)_(?P<number>\d+)_assignsubmission_(file|onlinetext)(_.*)?$")
CANVAS = re.compile(r"^(?P<name>[^_]+)_(LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)$")
IDS = ("id", "id number", "sis user id", "student id", "username", "sis login id")  # of class lists
NAMES = ("name", "full name", "student")


@dataclass(frozen=True)
class Student:
    """One line of the class list. The folder of a student is `safe_name(id)`."""

    id: str
    name: str = ""

    @property
    def folder(self) -> str:
        return safe_name(self.id)


def read_roster(path: Path | None) -> list[Student]:
    """Read a class list: a CSV with the columns `id` and `name`, or the export of Moodle or Canvas.

    A spreadsheet may have written it in another encoding, and with another separator. Lines without
    an id are left out.

    Raises:
        CourseError: the file is missing, there is no column of ids, or an id stands twice.
    """
    if path is None:
        return []
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CourseError(f"`students` cannot be read: {path} ({error.strerror})") from None
    text = _text(raw)
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    titles = {str(title).strip().casefold(): title for title in table.fieldnames or ()}
    column = next((titles[title] for title in IDS if title in titles), None)
    if "student" in titles and "sis user id" in titles:  # of Canvas, where `ID` is its own number
        column = titles["sis user id"]
    rows = list(table)
    if not rows or column is None:
        raise CourseError(f"`students` must be a CSV with the columns id,name: {path}")
    students = [
        Student(unicodedata.normalize("NFC", row[column].strip()), _name(row, titles))
        for row in rows
        if (row[column] or "").strip()
    ]
    if len({_plain(s.folder) for s in students}) < len(students):
        raise CourseError(f"`students`: an id stands twice in {path}")
    return students


def _name(row: dict, titles: dict[str, str]) -> str:
    """The name in a line of a class list."""
    parts = [row.get(titles[title]) for title in NAMES if title in titles][:1]
    parts = parts or [row.get(titles.get(title)) for title in ("first name", "last name")]
    return " ".join(" ".join(part or "" for part in parts).split())


def _text(raw: bytes) -> str:
    """A text of a spreadsheet: Unicode, Chinese, or Western, where a letter is a single byte."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    is_western = any(len(run) % 2 for run in re.findall(rb"[\x80-\xff]+", raw))
    for encoding in ("utf-8-sig", "cp1252" if is_western else "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("cp1252", errors="replace")


def _plain(name: str) -> str:
    """A name for comparison: a Mac writes é as two characters, a keyboard may write full width."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _key(student: str) -> str:
    """An id for comparison with the name of a file, which cannot hold `/ \\ : "`."""
    return re.sub(r"[\W_]+", "_", _plain(student))


def _joined(name: str) -> set[str]:
    """A name as Canvas writes it, the last name first: Wei Zhang is zhangwei."""
    parts = [re.sub(r"\W", "", part) for part in re.split(r"[\s,]+", _plain(name))]
    return {"".join(parts[i:] + parts[:i]) for i in range(len(parts))} - {""}


def collect(course: Course, lab: str, source: Path, roster: list[Student]) -> list[str]:
    """Put every submission into `collected/<lab>/<student>/`.

    A second submission of a student replaces the first if it is newer. In a class list, folders are
    looked up by id and by name.

    Args:
        course: where.
        lab: its name.
        source: a ZIP, or a folder with one folder or one file per student.
        roster: the class list, may be empty.

    Returns:
        One line for each thing that was left out.

    Raises:
        CourseError: `source` is neither, or too large.
    """
    notes: list[str] = []
    read = _from_zip if source.is_file() and zipfile.is_zipfile(source) else _from_folder
    if read is _from_folder and not source.is_dir():
        raise CourseError(f"`source` must be a ZIP or a folder, got {source}")
    course.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".collect-", dir=course.root) as scratch:
        times: dict[str, float] = {}
        shared = _shared_folder(source)
        folders: dict[str, str] = {}  # the platform's number of each student
        for parts, mtime, write in read(source, notes):
            if JUNK & set(parts):
                continue
            parts = parts[1:] if shared and parts[0] == shared and len(parts) > 1 else parts
            student, doubt = _student(parts, roster, folders)
            notes += [doubt] if doubt and doubt not in notes else []
            canvas = CANVAS.match(parts[0]) if len(parts) == 1 else None
            own = canvas["file"] if canvas else parts[0]
            inner = [safe_name(part) for part in parts[1:]] or [safe_name(own)]
            target = Path(scratch, student, *inner)
            times[student] = max(times.get(student, 0), mtime)
            try:
                Path(scratch, student).mkdir(exist_ok=True)
                target.parent.mkdir(parents=True, exist_ok=True)
                write(target)
            except OSError as error:  # a file where a folder should be, a path too long
                notes.append(f"{'/'.join(parts)[:200]!r}: not taken ({error.strerror})")
        _take_over(course, lab, Path(scratch), times, notes)
    ids = read_json(course.ids) or {}
    ids |= {student.folder: student.id for student in roster}
    write_text(course.ids, json.dumps(ids, ensure_ascii=False, indent=1, sort_keys=True))
    return notes


def arrival(course: Course, lab: str, student: str) -> float:
    """The time of a submission, in seconds since 1970: as noted, else of its newest file."""
    noted = (read_json(_arrivals(course, lab)) or {}).get(student)
    if isinstance(noted, int | float):
        return float(noted)
    folder = course.collected(lab) / student
    paths = [folder, *(p for p in folder.rglob("*") if not p.is_symlink())]
    return max((p.lstat().st_mtime for p in paths if p.is_file()), default=folder.stat().st_mtime)


def attempts(course: Course, lab: str, student: str) -> list[float]:
    """The times of all submissions that were taken in, in seconds since 1970."""
    return (read_json(_attempts(course, lab)) or {}).get(student, [])


def _attempts(course: Course, lab: str) -> Path:
    return course.root / "collected" / f"{lab}-attempts.json"


def _arrivals(course: Course, lab: str) -> Path:
    return course.root / "collected" / f"{lab}.json"


def _take_over(
    course: Course, lab: str, scratch: Path, times: dict[str, float], notes: list[str]
) -> None:
    """Move each student's folder to its place; an older one stays only if it is newer."""
    known = read_json(_arrivals(course, lab)) or {}
    for student, mtime in sorted(times.items()):
        target = course.collected(lab) / student
        if target.exists():
            if known.get(student, 0) > mtime:
                notes.append(f"{student}: an older submission was not taken")
                continue
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(scratch / student, target)
        known[student] = mtime
        write_text(_arrivals(course, lab), json.dumps(known, indent=1, sort_keys=True))
        history = read_json(_attempts(course, lab)) or {}
        history[student] = sorted({*history.get(student, ()), mtime})
        write_text(_attempts(course, lab), json.dumps(history, indent=1, sort_keys=True))


def _student(parts: list[str], roster: list[Student], folders: dict[str, str]) -> tuple[str, str]:
    """The student that a path belongs to, and a note where the name does not tell.

    That is its first folder, or the stem of a single file. Two students with one name both keep
    what they handed in, below the platform's numbers.
    """
    name = parts[0] if len(parts) > 1 else re.sub(r"\.(ipynb|json|txt|zip|py)$", "", parts[0])
    by_id = [s.folder for s in roster if _key(name) in (_key(s.id), _key(s.folder))]
    platform = MOODLE.match(name) or (CANVAS.match(name) if len(parts) == 1 else None)
    own = safe_name(f"{platform['name']}_{platform['number']}" if platform else name)
    wanted = _plain(platform["name"] if platform else name)
    found = by_id or [
        s.folder for s in roster if wanted in (_plain(s.id), _plain(s.name)) and wanted
    ]
    if platform and platform.re is CANVAS:
        found = by_id or [s.folder for s in roster if wanted in _joined(s.name)]
    if not found:
        return own, ""
    number = platform["number"] if platform else ""
    if len(found) > 1 or (number and folders.setdefault(found[0], number) != number):
        return own, f"{name!r}: more than one has this name; kept as {own!r}, give it its id"
    return found[0], ""


def _shared_folder(source: Path) -> str:
    """The one folder that a ZIP wraps around the students' folders, "" if there is none."""
    if source.is_dir():
        return ""
    with zipfile.ZipFile(source) as archive:
        names = [n.replace("\\", "/").split("/") for n in archive.namelist() if n[-1:] != "/"]
        names = [parts for parts in names if not JUNK & set(parts)]
    tops = {parts[0] for parts in names}
    return tops.pop() if len(tops) == 1 and all(len(parts) > 2 for parts in names) else ""


def _from_zip(source: Path, notes: list[str]) -> Iterator:
    total = 0
    with zipfile.ZipFile(source) as archive:
        if len(archive.infolist()) > MOST_FILES:
            raise CourseError(f"`source` holds more than {MOST_FILES:,} files: {source}")
        for info in archive.infolist():
            parts = [p for p in info.filename.replace("\\", "/").split("/") if p]
            if not parts:
                continue
            if ".." in parts or "." in parts or info.filename[0] in "/\\" or ":" in parts[0]:
                notes.append(f"{info.filename!r}: a path that leads elsewhere was not unpacked")
                continue
            if info.is_dir():  # an empty one is a submission all the same
                yield [*parts, "nothing"], 0.0, lambda target: None
                continue
            if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
                notes.append(f"{info.filename!r}: not a plain file, not unpacked")
                continue
            written = []
            yield (
                parts,
                _zip_time(info),
                lambda target, i=info, w=written: w.append(_unpack(archive, i, target, notes)),
            )
            total += sum(written)
            if total > LARGEST_TOTAL:
                raise CourseError(f"`source` unpacks to more than {LARGEST_TOTAL:,} bytes")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, notes: list) -> int:
    """Unpack one member, however large it says it is; a part of it stays if it is too large."""
    size = 0
    try:
        with archive.open(info) as member, target.open("wb") as file:
            while block := member.read(1 << 20):
                size += len(block)
                file.write(block)
                if size > LARGEST_FILE:
                    notes.append(f"{info.filename!r}: cut at {LARGEST_FILE:,} bytes")
                    break
    except (RuntimeError, zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        notes.append(f"{info.filename!r}: could not be unpacked ({error})")
    except Exception as error:  # the packed data can be damaged in any way
        notes.append(f"{info.filename!r}: damaged ({type(error).__name__})")
    return size


def _zip_time(info: zipfile.ZipInfo) -> float:
    """A ZIP has no zone: taken as the time of this machine."""
    try:
        return datetime(*info.date_time).timestamp()
    except ValueError:
        return 0.0


def _from_folder(source: Path, notes: list[str]) -> Iterator:
    number = 0
    for base, folders, names in os.walk(source):
        folders.sort()
        if not names and not folders and Path(base) != source:  # a submission all the same
            parts = [*Path(base).relative_to(source).parts, "nothing"]
            yield parts, os.lstat(base).st_mtime, lambda target: None
        for name in sorted([*names, *(f for f in folders if Path(base, f).is_symlink())]):
            path = Path(base, name)
            parts, number = list(path.relative_to(source).parts), number + 1
            if number > MOST_FILES:
                raise CourseError(f"`source` holds more than {MOST_FILES:,} files: {source}")
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode):
                notes.append(f"{'/'.join(parts)!r}: not a plain file, not taken")
                yield parts, found.st_mtime, lambda target: None
                continue
            yield parts, found.st_mtime, lambda target, p=path: _copy(p, target)


def _copy(path: Path, target: Path) -> None:
    """Copy a plain file, one byte more than is read at most; links are not followed."""
    with open(path, "rb", opener=lambda p, f: os.open(p, f | os.O_NOFOLLOW)) as file:
        target.write_bytes(file.read(LARGEST_FILE))
