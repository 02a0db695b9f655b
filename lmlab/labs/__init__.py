"""Classroom labs: what a student's notebook imports. The teacher's side is `python -m lmlab.labs`.

Importing this needs the standard library only; numpy is imported when a check or variant runs.
"""

from lmlab.labs.checking import (
    Check,
    entry,
    holds,
    if_written,
    near,
    own_number,
    written_number,
)
from lmlab.labs.reporting import report
from lmlab.labs.student import check, variant

__all__ = [
    "Check",
    "check",
    "entry",
    "holds",
    "if_written",
    "near",
    "own_number",
    "report",
    "variant",
    "written_number",
]
