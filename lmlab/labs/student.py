"""The student's side of a lab: public checks and the data that belong to one student."""

import hashlib
import importlib
import sys
import traceback
import unicodedata
from collections.abc import Callable
from types import ModuleType

__all__ = ["check", "plain_id", "variant"]


def plain_id(student: str) -> str:
    """A student id as it is compared: no outer blanks, lower case, composed characters."""
    return unicodedata.normalize("NFC", str(student)).strip().casefold()


def variant(lab: str, student: str):
    """Return the random generator of one student in one lab: the same on every machine.

    Args:
        lab: the folder of the lab, such as `"02_explode"`.
        student: the id as in the class list; case and outer blanks do not count.

    Returns:
        A `numpy.random.Generator`.

    Raises:
        ValueError: no id was filled in.
    """
    import numpy as np

    if plain_id(student) in ("", "your-id"):
        raise ValueError("`STUDENT` must be your id as in the class list, got the empty form")
    digest = hashlib.sha256(f"{lab}/{plain_id(student)}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def check(task: str | None = None) -> None:
    """Run the public checks of a task on the names of the notebook, and print what they say.

    Args:
        task: such as `"task-1"`; None for a line about each task, before you hand in.

    Raises:
        ValueError: the notebook does not say which lab it is, or the lab has no such task.
    """
    names = sys._getframe(1).f_globals
    lab = names.get("LAB")
    if not isinstance(lab, str):
        raise ValueError('the first cell must set `LAB`, such as LAB = "02_explode"; run it first')
    checks = importlib.import_module(f"lmlab.labs.public.lab_{lab}")
    tasks = [name.replace("_", "-") for name in dir(checks) if name.startswith("task_")]
    if task is None:
        print(*(_line(name, _function(checks, name), names) for name in tasks), sep="\n")
        return
    if task not in tasks:
        raise ValueError(f"`task` must be one of {', '.join(tasks)}, got {task!r}")
    function = _function(checks, task)
    try:
        results = list(function(names))
    except KeyError as error:
        print(f"{task}: not yet. {error.args[0]} is not defined: run the cell of your answer.")
    except NotImplementedError:
        print(f"{task}: not yet. The answer still raises NotImplementedError.")
    except Exception as error:
        print(f"{task}: not yet. Your code raised {type(error).__name__}: {error}")
        _, _, trace = sys.exc_info()
        inner = traceback.extract_tb(trace)[-1]
        print(f"  in {inner.name}, line {inner.lineno}: {inner.line}")
    else:
        _show(task, results)


def _function(checks: ModuleType, task: str) -> Callable:
    return getattr(checks, task.replace("-", "_"))


def _line(task: str, function: Callable, names: dict) -> str:
    """What the public checks of a task say, in one line."""
    try:
        failed = [result.label for result in function(names) if not result.ok]
    except KeyError as error:
        return f"{task}: {error.args[0]} is missing: run the cell of your answer"
    except NotImplementedError:
        return f"{task}: not answered yet"
    except Exception as error:
        return f"{task}: your code raised {type(error).__name__}"
    return f"{task}: " + (f"does not hold yet: {failed[0]}" if failed else "the public checks pass")


def _show(task: str, results: list) -> None:
    """Print the public checks of a task, those that do not hold with what came."""
    if not all(result.ok for result in results):
        print(f"{task}: not yet.")
    for result in results:
        print(f"  {'holds' if result.ok else 'NOT   '}  {result.label}".rstrip())
        if not result.ok:
            if result.expected:
                print(f"         expected {result.expected}")
            if result.received:
                print(f"         received {result.received}")
            if result.hint:
                print(f"         {result.hint}")
    if all(result.ok for result in results):
        print(f"{task}: the public checks pass. More are run when your work is graded.")
