"""Judge in the grader's process what a hidden cell printed. No expected value enters a kernel."""

import builtins
import importlib.util
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from lmlab.labs.checking import Check
from lmlab.labs.course import CourseError, Lab

__all__ = ["PREFIX", "Verdict", "function_for", "judge", "load_checks"]

PREFIX = "LABOUT:"
KNOWN = {"LinAlgError", "AxisError", "InvalidArgumentError", "Stopped"}  # beside Python's own


@dataclass(frozen=True)
class Verdict:
    """The part of the points that was earned, from 0 to 1, and what the student is told."""

    part: float
    said: tuple[str, ...]


def load_checks(lab: Lab) -> ModuleType:
    """Import the lab's checks.py."""
    spec = importlib.util.spec_from_file_location(f"lab_checks_{lab.name}", lab.checks)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function_for(checks: ModuleType, name: str) -> Callable:
    """The function that judges the hidden cell `task-1-test`: `task_1`.

    Raises:
        CourseError: checks.py has no such function.
    """
    wanted = name.removesuffix("-test").replace("-", "_")
    function = getattr(checks, wanted, None)
    if not callable(function):
        raise CourseError(f"checks.py must have a function {wanted} for the cell {name}")
    return function


def judge(function: Callable, outputs: list[dict], student: str, source: str = "") -> Verdict:
    """Judge the outputs of one hidden cell.

    Args:
        function: of checks.py; takes the printed object, the student's true id and, if it has a
            third parameter, the source of the answers; returns checks.
        outputs: of the hidden cell, as in a notebook file.
        student: the true id.
        source: of the answers of the task.

    Returns:
        Each check's part of the points. Anything but one readable result line earns nothing.
    """
    for output in outputs:
        if output["output_type"] == "error":
            if output["ename"] == "Stopped":  # the grader's own words
                return Verdict(0, (f"The tests stopped: {output['evalue'][:300]}",))
            return Verdict(0, (f"The tests stopped: your code raised {_kind(output['ename'])}",))
    streams = [o["text"] for o in outputs if o.get("name") == "stdout"]
    lines = [line for line in "".join(streams).split("\n") if line.startswith(PREFIX)]
    if len(lines) != 1:
        return Verdict(0, (f"The tests printed {len(lines)} result lines, expected 1.",))
    printed = {}
    try:
        printed = json.loads(lines[0].removeprefix(PREFIX))
        known = (printed, student, source)[: len(inspect.signature(function).parameters)]
        checks = list(function(*known))
        texts = (*(_said(check) for check in checks), *_errors(printed))
        earned = sum(check.worth for check in checks if check.ok)
        return Verdict(earned / sum(check.worth for check in checks), texts)
    except Exception as error:  # the object can have any form
        said = f"The results do not have the form that was asked for ({type(error).__name__})."
        return Verdict(0, (said, *_errors(printed)))


def _errors(printed: object) -> list[str]:
    """What the student's code raised in single parts of the tests."""
    if not isinstance(printed, dict):
        return []
    parts = [part for part in printed.values() if isinstance(part, dict) and "error" in part]
    return sorted({f"your code raised {_kind(str(part['error']))}" for part in parts})


def _kind(error: str) -> str:
    """The class of an error. Its message is the student's to choose, and could tell the test."""
    name = error.split(":")[0].strip()
    known = getattr(builtins, name, None)
    is_known = isinstance(known, type) and issubclass(known, BaseException)
    return name if is_known or name in KNOWN else "an error of its own"


def _said(check: Check) -> str:
    """A line for the student: never the expected value of a hidden test."""
    if check.ok:
        return f"holds: {check.label}"
    return f"does not hold: {check.label}" + (f" ({check.hint})" if check.hint else "")
