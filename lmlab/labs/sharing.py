"""Who shares own numbers or code with whom: a list for a talk, and no proof."""

import ast
import json
import re
from collections import defaultdict
from dataclasses import dataclass

from lmlab.labs.checking import numbers_in
from lmlab.labs.course import Course
from lmlab.labs.reading import grade_id, is_answer, text_of

__all__ = ["Shared", "shared"]

LEAST_DIGITS = 3  # of a number: 0.5 can be chance
LEAST_NODES = 60  # of a syntax tree: short answers are alike by themselves
LARGEST_PART = 0.25  # of the class: what many write is the obvious way


@dataclass(frozen=True)
class Shared:
    """One thing that several students have."""

    task: str
    what: str
    students: tuple[str, ...]


def shared(course: Course, lab: str, students: list[str]) -> list[Shared]:
    """Compare the answers of a class.

    Args:
        course: where `grade` has been.
        lab: its name.
        students: their folders.

    Returns:
        Numbers `my_…`, which are another student's if two have them, and code that is the same but
        for its names of variables, comments and blanks.
    """
    numbers, codes = defaultdict(set), defaultdict(set)
    for student in students:
        path = course.notebook("submitted", lab, student)
        if not path.is_file():
            continue
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if not is_answer(cell) or cell["cell_type"] != "code":
                continue
            task, source = grade_id(cell), text_of(cell)
            for name, value in numbers_in(source).items():
                if name.startswith("my_") and _digits(value) >= LEAST_DIGITS:
                    numbers[task, f"{name} = {value}"].add(student)
            if form := _form(source):
                codes[task, form].add(student)
    most = max(2, LARGEST_PART * len(students))
    found = [Shared(task, what, tuple(sorted(who))) for (task, what), who in numbers.items()]
    found += [
        Shared(task, "the same code", tuple(sorted(who)))
        for (task, _), who in codes.items()
        if len(who) <= most
    ]
    return sorted((s for s in found if len(s.students) > 1), key=lambda s: (s.task, s.what))


def _digits(value: float) -> int:
    """The number of digits that tell something: 3 in 0.0310, 1 in 200."""
    return len(re.sub(r"[.\-+]|e.*", "", repr(value)).strip("0"))


def _form(source: str) -> str:
    """Code without comments, blanks and the names it chose itself; "" if it is short or broken."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    nodes = list(ast.walk(tree))
    if len(nodes) < LEAST_NODES:
        return ""
    own: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.arg):
            own.setdefault(node.arg, f"v{len(own)}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.setdefault(node.id, f"v{len(own)}")
    for node in nodes:
        if isinstance(node, ast.arg):
            node.arg, node.annotation = own[node.arg], None
        elif isinstance(node, ast.Name):
            node.id = own.get(node.id, node.id)
        elif isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
