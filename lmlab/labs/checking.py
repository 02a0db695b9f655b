"""One comparison of a lab: what was expected, what came, and whether it holds."""

import ast
import math
import numbers
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Check",
    "entry",
    "holds",
    "if_written",
    "in_digits",
    "is_number",
    "near",
    "number_in_digits",
    "numbers_in",
    "own_number",
    "written_number",
]


@dataclass(frozen=True)
class Check:
    """The result of one comparison."""

    ok: bool
    label: str  # what was compared, in words; never the expected value
    expected: str = ""  # shown by public checks only
    received: str = ""
    hint: str = ""  # shown when it does not hold
    worth: int = 1  # its part of the points, against the others of the task


def near(
    label: str,
    received: object,
    expected: object,
    *,
    tol: float = 1e-6,
    rel: float | None = None,
    hint: str = "",
    worth: int = 1,
) -> Check:
    """Compare numbers, or nested sequences of numbers, of the same shape.

    Args:
        label: what is compared, in words.
        received: what the student's code gave; anything.
        expected: a number, or sequences of numbers of any shape.
        tol: largest |received − expected| ≤ tol · max(1, |expected|), > 0.
        rel: in place of `tol`: |received − expected| ≤ rel · |expected|.
        hint: what to look at if it does not hold.
        worth: its part of the points, against the other checks of the task.

    Returns:
        A check that holds where every number is finite and close.
    """
    texts = _text(expected), _text(received)
    try:
        pairs = zip(_flat(received), _flat(expected), strict=True)
        ok = _shape(received) == _shape(expected) and all(
            math.isfinite(a) and abs(a - b) <= _margin(b, tol, rel) for a, b in pairs
        )
    except (TypeError, ValueError, OverflowError, RecursionError):
        ok = False
    return Check(ok, label, *texts, hint, worth)


def holds(
    label: str, condition: object, *, received: object = "", hint: str = "", worth: int = 1
) -> Check:
    """Check a condition; `label` says it as a fact, such as "the loss falls"."""
    return Check(bool(condition), label, "", _text(received), hint, worth)


def _margin(expected: float, tol: float, rel: float | None) -> float:
    return tol * max(1.0, abs(expected)) if rel is None else rel * abs(expected)


def _plain(value: object) -> object:
    """A NumPy or Keras array as nested lists; all else as it is."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return value.numpy().tolist() if hasattr(value, "numpy") else value


def _flat(value: object) -> list[float]:
    value = _plain(value)
    if isinstance(value, str | bytes | bool):
        raise TypeError(f"expected a number, received {type(value).__name__}")
    if isinstance(value, Sequence):
        return [number for item in value for number in _flat(item)]
    return [float(value)]


def _shape(value: object) -> tuple[int, ...]:
    value = _plain(value)
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        return ()
    return (len(value), *(_shape(value[0]) if value else ()))


def _text(value: object, longest: int = 200) -> str:
    """A short text of a value: numbers with six digits, long texts cut."""
    try:
        value = _plain(value)
        if isinstance(value, float):
            text = f"{value:.6g}"
        elif isinstance(value, list | tuple):
            text = "[" + ", ".join(_text(item, 40) for item in value[:12])
            text += ", …]" if len(value) > 12 else "]"
        else:
            text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # the repr of a student's object can raise anything
        text = f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"
    return text if len(text) <= longest else text[: longest - 1] + "…"


def written_number(source: str, name: str) -> bool:
    """Whether the answer sets `name` to a number as such (`my_limit = 0.031`), not computed.

    A number that is computed comes out right in a copied notebook too.
    """
    values = _set_to(source, name)
    return bool(values) and all(
        isinstance(getattr(value, "operand", value), ast.Constant) for value in values
    )


def numbers_in(source: str) -> dict[str, float]:
    """The names that an answer sets to a number written as such, with the last such number."""
    names = set(re.findall(r"\b[A-Za-z_]\w*\b", source))
    found = {}
    for name in sorted(names):
        for value in _set_to(source, name) if len(source) < 20_000 else ():
            sign = -1 if isinstance(getattr(value, "op", None), ast.USub) else 1
            number = getattr(getattr(value, "operand", value), "value", None)
            if is_number(number):
                found[name] = sign * number
    return found


def _set_to(source: str, name: str) -> list[ast.AST]:
    """What code at its top level sets a name to; nothing if it does not parse."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    values = []
    for node in tree.body:
        if isinstance(node, ast.AugAssign) and _is(node.target, name):
            values.append(node)  # computed
        elif isinstance(node, ast.AnnAssign) and node.value and _is(node.target, name):
            values.append(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if _is(target, name):
                values.append(node.value)
            elif isinstance(target, ast.Tuple | ast.List):
                parts = getattr(node.value, "elts", [node.value] * len(target.elts))
                pairs = zip(target.elts, parts, strict=False)
                values += [value for each, value in pairs if _is(each, name)]
    return values


def _is(target: ast.AST, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def if_written(source: str, name: str, check: Check) -> Check:
    """Return the check of a number where the answer writes it as such; else one that fails."""
    if written_number(source, name):
        return check
    return holds(f"{name} is written in digits", False, worth=check.worth)


def own_number(
    name: str,
    received: object,
    expected: float,
    source: str,
    *,
    tol: float = 0.0,
    worth: int = 1,
) -> Check:
    """Check a number for the student's own data, written in digits: a copied one is another's.

    Args:
        name: of the variable in the answer.
        received: what it holds; anything.
        expected: the number for this student.
        source: the answer as text.
        tol: largest |received − expected|; 0: equal but for rounding.
        worth: its part of the points, against the other checks of the task.
    """
    relative = tol / max(1.0, abs(expected)) if tol else 1e-9
    hint = "is it the number for your id?"
    label = f"{name} for your data"
    return if_written(
        source, name, near(label, received, expected, tol=relative, hint=hint, worth=worth)
    )


def entry(values: object, place: int) -> object:
    """The entry of a list at this place, or None where the answer gave no such list."""
    return values[place] if isinstance(values, list) and len(values) > place else None


def is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def in_digits(names: dict, name: str) -> bool:
    """Whether the last cell that sets a name writes a number, as far as the notebook knows."""
    cells = [cell for cell in names.get("In", []) if _set_to(cell, name)]
    return not cells or written_number(cells[-1], name)


def number_in_digits(names: dict, name: str) -> Check:
    """Check that a name of the notebook is a number, and written in digits."""
    value = names[name]
    ok = is_number(value) and in_digits(names, name)
    return holds(f"{name} is a number, written in digits", ok, received=value)
