"""Judge in the grader's process what a hidden cell printed. No expected value enters a kernel."""

import builtins
import importlib.util
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from lmlab.labs.checking import Check
from lmlab.labs.course import CourseError, Lab

__all__ = ["PREFIX", "Verdict", "function_for", "judge", "load_checks"]

PREFIX = "LABOUT:"
TYPE = "(NoneType|bool|int|float|str|list|tuple|dict|set|function|method|module|type|numpy.ndarray)"
SHAPE = r"\((\d{1,3},? ?){0,4}\)"
USUAL = [  # messages that Python and NumPy word themselves
    rf"'{TYPE}' object is not (callable|iterable|subscriptable)",
    rf"'{TYPE}' object (does not support item assignment|cannot be interpreted as an integer)",
    rf"object of type '{TYPE}' has no len\(\)",
    rf"cannot unpack non-iterable {TYPE} object",
    rf"unsupported operand type\(s\) for \S{{1,3}}: '{TYPE}' and '{TYPE}'",
    "(list|tuple|string) index out of range|division by zero|math domain error",
    r"(not enough|too many) values to unpack \(expected \d{1,2}(, got \d{1,2})?\)",
    rf"operands could not be broadcast together with shapes ({SHAPE} ?){{2,3}}",
    rf"shapes {SHAPE} and {SHAPE} not aligned: \d{{1,3}} \(dim \d\) != \d{{1,3}} \(dim \d\)",
    "only (0-dimensional|length-1) arrays can be converted to Python scalars",
]
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
            said = _kind(f"{output['ename']}: {output['evalue']}")
            return Verdict(0, (f"The tests stopped: your code raised {said}",))
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
    """An error by its class. A message is kept only if it is Python's own, word for word.

    Any other is the student's to choose, and could tell the test.
    """
    name, _, message = (part.strip() for part in error.partition(":"))
    known = getattr(builtins, name, None)
    is_known = isinstance(known, type) and issubclass(known, BaseException)
    if not (is_known or name in KNOWN):
        return "an error of its own"
    return f"{name}: {message}" if any(re.fullmatch(usual, message) for usual in USUAL) else name


def _said(check: Check) -> str:
    """A line for the student: never the expected value of a hidden test."""
    if check.ok:
        return f"holds: {check.label}"
    return f"does not hold: {check.label}" + (f" ({check.hint})" if check.hint else "")
