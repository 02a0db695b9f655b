"""Grade a class: one process per student, some at a time; goes on where it was interrupted.

A status file with the key of the submission is the only sign that a student is done, and it is
written in one move. Only this process writes the gradebook.
"""

import contextlib
import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from lmlab.labs import sandbox
from lmlab.labs.course import Course, CourseError, Lab, read_json, write_text
from lmlab.labs.gradebook import record
from lmlab.labs.sandbox import Limits

__all__ = ["grade", "students_of"]

VERSION = "2"  # of the grader: a new one grades anew
GRACE = 30  # seconds that a worker has beyond the limit of its student


@dataclass(frozen=True)
class _Running:
    student: str
    process: subprocess.Popen
    until: float


def grade(
    course: Course,
    lab: Lab,
    *,
    workers: int = 2,
    limits: Limits | None = None,
    trust: bool = False,
    again: bool = False,
) -> dict[str, dict]:
    """Grade all submissions that are not graded yet.

    Args:
        course: where; `release` and `collect` have been there before.
        lab: the source.
        workers: how many students at a time.
        limits: of one student's work.
        trust: go on without a sandbox; the students' code then runs with your rights.
        again: also those that are done.

    Returns:
        The status of each student.

    Raises:
        CourseError: there is no sandbox, nothing is collected, or another `grade` is at work.
    """
    limits = limits or Limits()
    if not trust:
        _demand_sandbox(course, lab)
    with _alone(course, lab):
        students = students_of(course, lab.name)
        keys = {student: _key(course, lab, student) for student in students}
        todo = [s for s in students if again or not _is_done(course, lab, s, keys[s])]
        for student in students:
            if student not in todo:
                record(course, lab.name, student)
        _pool(course, lab, todo, keys, workers, limits, not trust)
    return {s: read_json(course.status(lab.name, s)) or {} for s in students}


def students_of(course: Course, lab: str) -> list[str]:
    """Those who handed something in."""
    folder = course.collected(lab)
    if not folder.is_dir():
        raise CourseError(f"nothing is collected in {folder}: run `collect` first")
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _demand_sandbox(course: Course, lab: Lab) -> None:
    """Raise CourseError where students' code could not be kept apart, or could see the course."""
    if reason := sandbox.fault():
        raise CourseError(
            f"students' code cannot be kept apart: {reason}. `--trust-submissions` runs it "
            "with your rights: only for code that you have read."
        )
    for folder in (course.root, lab.folder):
        for seen in sandbox.visible_folders():
            if folder.is_relative_to(seen):
                raise CourseError(
                    f"{folder} lies in {seen}, which students' code can read: move it"
                )


@contextlib.contextmanager
def _alone(course: Course, lab: Lab):
    """Hold the lock of a lab; it falls with this process, however that ends."""
    import fcntl

    path = course.root / "status" / f"{lab.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(f"another `grade` of {lab.name} is at work") from None
        yield


def _key(course: Course, lab: Lab, student: str) -> str:
    """Changes when the submission, the lab, the release or the grader changes."""
    digest = hashlib.sha256(f"{VERSION} {lab.digest()} {course.id_of(student)}\0".encode())
    digest.update(course.notebook("release", lab.name).read_bytes())
    folder = course.collected(lab.name) / student
    for path in sorted([folder, *folder.rglob("*")]):
        found = path.lstat()
        digest.update(f"{path.relative_to(folder)}\0{stat.S_IFMT(found.st_mode)}\0".encode())
        if stat.S_ISREG(found.st_mode):
            digest.update(f"{found.st_size} {found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _is_done(course: Course, lab: Lab, student: str, key: str) -> bool:
    """Whether a status stands for this very submission; what failed is tried again."""
    status = read_json(course.status(lab.name, student)) or {}
    graded = course.notebook("autograded", lab.name, student)
    if status.get("key") != key or status.get("state") not in ("graded", "unreadable"):
        return False
    return status["state"] == "unreadable" or graded.is_file()


def _pool(
    course: Course,
    lab: Lab,
    todo: list[str],
    keys: dict[str, str],
    workers: int,
    limits: Limits,
    sandboxed: bool,
) -> None:
    """Keep `workers` processes at work until all students are done."""
    running: list[_Running] = []
    waiting, done, total = list(todo), 0, len(todo)
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                student = waiting.pop(0)
                course.status(lab.name, student).unlink(missing_ok=True)
                process = _start(course, lab, student, keys[student], limits, sandboxed)
                until = time.monotonic() + limits.seconds + GRACE
                running.append(_Running(student, process, until))
            for worker in list(running):
                if worker.process.poll() is None and time.monotonic() < worker.until:
                    continue
                running.remove(worker)
                _finish(course, lab, worker, keys[worker.student])
                done += 1
                _progress(
                    done, total, worker.student, read_json(course.status(lab.name, worker.student))
                )
            time.sleep(0.05)
    finally:
        for worker in running:
            _end(worker.process)


def _start(
    course: Course, lab: Lab, student: str, key: str, limits: Limits, sandboxed: bool
) -> subprocess.Popen:
    """Start the worker of one student; what it says goes to a log beside the status."""
    job = {"course": str(course.root), "lab": str(lab.folder), "student": student, "key": key}
    job |= {"limits": asdict(limits), "sandboxed": sandboxed, "parent": os.getpid()}
    log = course.status(lab.name, student).with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lmlab.labs.worker"],
            stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    process.stdin.write(json.dumps(job).encode())
    process.stdin.close()
    return process


def _finish(course: Course, lab: Lab, worker: _Running, key: str) -> None:
    """Enter what a worker found; where it found nothing, say that it failed. Never a zero."""
    overdue = worker.process.poll() is None
    _end(worker.process)
    path = course.status(lab.name, worker.student)
    log = path.with_suffix(".log")
    if (read_json(path) or {}).get("key") != key:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines()
        reason = lines[-1][:200] if lines else f"exit status {worker.process.returncode}"
        reason = "the grader ran out of time" if overdue else f"the grader stopped: {reason}"
        status = {"student": worker.student, "key": key, "state": "failed", "reason": reason}
        write_text(path, json.dumps(status, indent=1))
    else:
        log.unlink(missing_ok=True)
    record(course, lab.name, worker.student)


def _end(process: subprocess.Popen) -> None:
    """End a worker: politely, so that it ends its kernel, then at once."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
    process.kill()
    process.wait()


def _progress(done: int, total: int, student: str, status: dict | None) -> None:
    """One line that is overwritten on a terminal, and one line per student elsewhere."""
    state = (status or {}).get("state", "failed")
    bar = "█" * (20 * done // total) + "·" * (20 - 20 * done // total)
    memory = f"{(status or {}).get('kernel_mib', 0)} + {(status or {}).get('worker_mib', 0)} MiB"
    line = f"{bar} {done}/{total}  {student[:30]}: {state}, {memory}"
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{line}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)
