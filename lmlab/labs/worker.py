"""Grade one student: the program that `grade` starts once per student, with a job on its input.

It repairs, runs and judges, writes the graded notebook, and last, in one move, the status file.
It never touches the gradebook: only `grade` itself writes there.
"""

import contextlib
import json
import os
import re
import resource
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from lmlab.labs import reading, repair
from lmlab.labs.course import Course, Lab, write_text
from lmlab.labs.judge import Verdict, function_for, judge, load_checks
from lmlab.labs.kernel import KernelError
from lmlab.labs.reading import grade_id, is_answer, is_graded, text_of
from lmlab.labs.running import Outcome, run_notebook, tasks_of
from lmlab.labs.sandbox import Limits
from lmlab.labs.student import plain_id

__all__ = ["disarmed", "grade_student", "repair_student"]

TAG = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\](?=[(\[:])(?P<to>\(\s*attachment:(?P<name>[^)\s]*)[^)]*\))?")
MOST_FILES = 10  # of a student that are looked at
MEMORY = 4 * 2**30  # bytes of address space beyond which a hostile file ends the worker


def repair_student(course: Course, lab: Lab, student: str) -> tuple[repair.Repaired, dict]:
    """Rebuild one submission on the release and write it to `submitted`.

    Returns:
        The answers with the notes, and the release notebook.

    Raises:
        Unreadable: there is nothing to grade in it.
    """
    release = json.loads(course.notebook("release", lab.name).read_text(encoding="utf-8"))
    name = f"{lab.name}.ipynb"
    files, notes = reading.find_files(course.collected(lab.name) / student, name)
    path, repaired = _best(files, release, notes)
    if path.name != name:
        notes.append(f"the file is named {path.name!r}, expected {name!r}")
    if len(files) > 1:
        notes.append(f"{len(files)} notebooks were handed in, {path.name!r} was taken")
    repaired.notes[:0] = notes
    own = course.id_of(student)
    if repaired.typed is not None and plain_id(repaired.typed) != plain_id(own):
        repaired.notes.append(f"STUDENT is {repaired.typed[:60]!r}; judged for {own!r}")
    target = course.notebook("submitted", lab.name, student)
    built = repair.rebuild(release, repaired.answers, own, repaired.pictures)
    write_text(target, _text(built))
    write_text(target.with_name("repair.txt"), "\n".join([*repaired.notes, ""]))
    return repaired, release


def _best(files: list[Path], release: dict, notes: list[str]) -> tuple[Path, repair.Repaired]:
    """The first of some files that holds an answer, else the first that can be read.

    Raises:
        Unreadable: none can be read.
    """
    read, refused = [], []
    for path in files[:MOST_FILES]:
        try:
            cells, more = reading.read_cells(path)
        except reading.Unreadable as error:
            refused.append(error)
            continue
        repaired = repair.answers(cells, release)
        read.append((path, repaired, more))
        if _answered(release, repaired):
            break
    if not read:
        raise refused[0]
    notes += [f"unreadable: {error}" for error in refused]
    path, repaired, more = read[-1] if _answered(release, read[-1][1]) else read[0]
    notes += more
    return path, repaired


def _answered(release: dict, repaired: repair.Repaired) -> set[str]:
    """The answers that differ from the release."""
    stubs = {grade_id(c): text_of(c).strip() for c in release["cells"] if is_answer(c)}
    return {name for name, text in repaired.answers.items() if text.strip() != stubs[name]}


def grade_student(
    course: Course, lab: Lab, student: str, limits: Limits, *, sandboxed: bool
) -> dict:
    """Repair, run and judge one submission; write the graded notebook.

    Returns:
        The status without its key: `state`, `reason`, `notes`, `tasks`, `kernel_mib`.
    """
    try:
        repaired, release = repair_student(course, lab, student)
    except (reading.Unreadable, OSError) as error:
        return {"state": "unreadable", "reason": str(error), "notes": []}
    source = json.loads(lab.source.read_text(encoding="utf-8"))
    answered = _answered(release, repaired)
    with_tests = _with_tests(release, source)
    own = course.id_of(student)
    notebook = repair.rebuild(with_tests, repaired.answers, own, repaired.pictures)
    checks = load_checks(lab)
    sources = {
        task.name: "\n".join(text_of(notebook["cells"][index]) for index in task.answers)
        for task in tasks_of(notebook)
    }

    def verdict(name: str, outputs: list[dict]) -> Verdict:
        return judge(function_for(checks, name), outputs, own, sources[name])

    try:
        outcome = run_notebook(notebook, answered, verdict, limits, sandboxed=sandboxed)
    except KernelError as error:
        return {"state": "failed", "reason": str(error), "notes": repaired.notes}
    status = {"notes": repaired.notes + outcome.notes, "kernel_mib": round(outcome.peak)}
    if outcome.late:
        reason = f"{limits.seconds:g} s were not enough to run every task"
        return {"state": "failed", "reason": reason, **status}
    tasks = _fill(notebook, outcome)
    write_text(course.notebook("autograded", lab.name, student), _text(notebook))
    return {"state": "graded", "reason": "", "tasks": tasks, **status}


def _with_tests(release: dict, source: dict) -> dict:
    """The release notebook with the hidden tests of the source put back."""
    tests = {grade_id(c): text_of(c) for c in source["cells"] if is_graded(c) and not is_answer(c)}
    cells = [
        cell | {"source": tests[grade_id(cell)]} if grade_id(cell) in tests else cell
        for cell in release["cells"]
    ]
    return release | {"cells": cells}


def _fill(notebook: dict, outcome: Outcome) -> dict[str, dict]:
    """Put outputs and verdicts into the notebook; the points of each task, None for by hand."""
    tasks = {}
    for index, cell in enumerate(notebook["cells"]):
        name = grade_id(cell)
        if cell["cell_type"] == "code":
            cell["outputs"] = outcome.outputs.get(index, [])
        elif is_answer(cell):
            cell["source"] = disarmed(text_of(cell), set(cell.get("attachments", ())))
        if is_graded(cell) and not is_answer(cell):
            points = float(cell["metadata"]["nbgrader"]["points"])
            verdict = outcome.verdicts[name]
            earned = round(points * verdict.part, 2)
            cell["outputs"] = _verdict_outputs(verdict, earned)
            tasks[name] = {"points": earned, "of": points, "said": list(verdict.said)}
    return tasks


def disarmed(text: str, pictures: set[str] = frozenset()) -> str:
    """A student's Markdown in which no tag or link works: nothing runs, nothing is fetched.

    Pasted pictures stay, if they came with the cell: one without stops nbgrader's pages.
    """

    def link(found: re.Match) -> str:
        if found["name"] in pictures:
            return found[0]
        return "] (a picture that is missing)" if found["to"] else "] "

    return LINK.sub(link, TAG.sub("&lt;", text)).replace("://", ":&#47;/")


def _verdict_outputs(verdict: Verdict, earned: float) -> list[dict]:
    """What nbgrader reads as partial credit, below the lines for the student."""
    text = "\n".join(verdict.said) + "\n"
    result = {"data": {"text/plain": f"{earned}"}, "metadata": {}, "execution_count": 1}
    return [
        {"output_type": "stream", "name": "stdout", "text": text},
        {"output_type": "execute_result", **result},
    ]


def _text(notebook: dict) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _end_with(parent: int) -> None:
    """End this process, and its kernel, soon after `grade` has ended in whatever way."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Read a job from standard input, do it, write the status file."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    job = json.loads(sys.stdin.read())
    _end_with(job["parent"])
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    course, lab = Course(Path(job["course"]), ""), Lab(Path(job["lab"]))
    start, limits = time.monotonic(), Limits(**job["limits"])
    status = grade_student(course, lab, job["student"], limits, sandboxed=job["sandboxed"])
    scale = 1024 if sys.platform != "darwin" else 2**20
    status |= {
        "student": job["student"],
        "key": job["key"],
        "seconds": round(time.monotonic() - start, 1),
        "worker_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale),
        "limits": asdict(limits),
    }
    write_text(course.status(lab.name, job["student"]), json.dumps(status, indent=1))


if __name__ == "__main__":
    main()
