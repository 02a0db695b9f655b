"""Run a student's notebook so that a mistake costs only the task in which it was made.

First all cells run in one kernel, the tests after all others: what an answer prints, which its
author will read, was printed before a hidden test came near it. A task that was answered and did
not get full points then runs again, alone in a fresh kernel: the given cells, its own answer, and
the answers that it needs. The better result counts. So a dead kernel, an endless loop or
`np = None` costs one task.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lmlab.labs.judge import Verdict
from lmlab.labs.kernel import Kernel, KernelError, Ran
from lmlab.labs.reading import grade_id, is_answer, is_graded, text_of
from lmlab.labs.sandbox import Limits

__all__ = ["Outcome", "Task", "run_notebook", "tasks_of"]


@dataclass(frozen=True)
class Task:
    """One hidden test cell and the answer cells that it judges, by their position."""

    name: str  # grade_id of the test cell
    test: int
    answers: tuple[int, ...]
    needs: tuple[str, ...] = ()  # grade_ids of other answers


@dataclass
class Outcome:
    """What running gave. Outputs by the position of the cell, verdicts by the name of the task."""

    outputs: dict[int, list[dict]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    peak: float = 0.0  # MiB, of the largest kernel
    late: bool = False  # the wall clock ran out before every task had its turn


def tasks_of(notebook: dict) -> list[Task]:
    """A test cell belongs to the answers since the test before it, or to those it names.

    The metadata `"lmlab": {"needs": ["task-1"]}` of a test cell names further answers.
    """
    tasks, answers = [], []
    for index, cell in enumerate(notebook["cells"]):
        if is_answer(cell) and cell["cell_type"] == "code":
            answers.append(index)
        elif is_graded(cell) and cell["cell_type"] == "code":
            needs = cell["metadata"].get("lmlab", {}).get("needs", ())
            tasks.append(Task(grade_id(cell), index, tuple(answers), tuple(needs)))
            answers = []
    return tasks


def run_notebook(
    notebook: dict,
    answered: set[str],
    judge: Callable[[str, list[dict]], Verdict],
    limits: Limits,
    *,
    sandboxed: bool,
) -> Outcome:
    """Run and judge all tasks of a notebook.

    Args:
        notebook: with the answers and the hidden tests in place.
        answered: grade_ids of the answers that differ from the release.
        judge: gives the verdict on a task from the outputs of its test cell.
        limits: of each cell and of the whole.
        sandboxed: whether the kernels run under bubblewrap.

    Raises:
        KernelError: a kernel did not start, twice.
    """
    outcome, until = Outcome(), time.monotonic() + limits.seconds
    cells = notebook["cells"]
    code = [index for index, cell in enumerate(cells) if cell["cell_type"] == "code"]
    tests = {task.test for task in tasks_of(notebook)}
    code.sort(key=lambda index: index in tests)

    def run(positions: list[int]) -> dict[int, Ran]:
        return _run(cells, positions, limits, until, sandboxed, outcome)

    first = run(code)
    outcome.outputs = {index: _shown(ran) for index, ran in first.items()}
    for task in tasks_of(notebook):
        verdict = judge(task.name, outcome.outputs[task.test]) if task.test in first else None
        own = {grade_id(cells[index]) for index in task.answers} & answered
        ran = first
        if own and (verdict is None or (answered - own and verdict.part < 1)):
            ran = run(_alone(cells, code, task))
            again = judge(task.name, _shown(ran[task.test])) if task.test in ran else None
            if not ran and any(first[i].fault for i in first if i not in task.answers):
                outcome.late = True  # another answer took the time in which this one might be right
            if again and (verdict is None or again.part > verdict.part):
                verdict = again
                outcome.outputs |= {index: _shown(r) for index, r in ran.items()}
                outcome.notes.append(f"{task.name}: judged alone, without the other answers")
        stopped = any(index in ran and ran[index].fault for index in (*task.answers, task.test))
        outcome.late = outcome.late or (verdict is None and bool(own) and not stopped)
        outcome.verdicts[task.name] = verdict or Verdict(0, ("The tests did not run.",))
    return outcome


def _alone(cells: list[dict], code: list[int], task: Task) -> list[int]:
    """The cells that a task needs: the given ones before it, its answers, and those it names."""
    needed = {*task.answers, task.test}
    needed |= {index for index in code if grade_id(cells[index]) in task.needs}
    return [
        index
        for index in code
        if index <= task.test
        and (index in needed or not (is_answer(cells[index]) or is_graded(cells[index])))
    ]


def _run(
    cells: list[dict],
    positions: list[int],
    limits: Limits,
    until: float,
    sandboxed: bool,
    outcome: Outcome,
) -> dict[int, Ran]:
    """Run cells in a fresh kernel until it dies or the time is over; those reached."""
    reached = {}
    if time.monotonic() >= until:
        return reached
    with _started(limits, sandboxed) as kernel:
        for index in positions:
            left = until - time.monotonic()
            if kernel.dead or left <= 0:
                break
            reached[index] = ran = kernel.run(text_of(cells[index]), min(limits.cell_seconds, left))
            if ran.fault:
                name = grade_id(cells[index]) or f"cell {index + 1}"
                outcome.notes.append(f"{name}: the cell {ran.fault}")
    outcome.peak = max(outcome.peak, kernel.peak)
    return reached


@contextlib.contextmanager
def _started(limits: Limits, sandboxed: bool) -> Iterator[Kernel]:
    """A kernel that runs; a second try where the first did not start."""
    with contextlib.ExitStack() as stack:
        try:
            kernel = stack.enter_context(Kernel(limits, sandboxed=sandboxed))
        except KernelError:
            kernel = stack.enter_context(Kernel(limits, sandboxed=sandboxed))
        yield kernel


def _shown(ran: Ran) -> list[dict]:
    """The outputs of a cell; a fault is shown as an error, as nbgrader expects it."""
    if not ran.fault:
        return ran.outputs
    text = f"This cell {ran.fault}."
    error = {"output_type": "error", "ename": "Stopped", "evalue": text, "traceback": [text]}
    return [*ran.outputs, error]
