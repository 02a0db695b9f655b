"""The teacher's commands: release, collect, repair, grade, feedback, grades, summary.

python -m lmlab.labs release labs/02_explode --due "2026-11-21 23:59 UTC"
python -m lmlab.labs collect labs/02_explode submissions.zip --students class.csv
python -m lmlab.labs grade labs/02_explode --workers 4
python -m lmlab.labs feedback labs/02_explode
python -m lmlab.labs grades labs/02_explode --students class.csv --late-per-day 10
python -m lmlab.labs summary labs/02_explode --students class.csv
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from lmlab.labs.course import Course, CourseError, Lab
from lmlab.labs.sandbox import Limits

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0 done, 1 with students who failed, 2 refused."""
    options = _parser().parse_args(arguments)
    try:
        course = Course.at(options.course, options.gradebook)
        lab = Lab.at(options.lab)
        if options.command != "release" and not course.notebook("release", lab.name).is_file():
            raise CourseError(f"no release of {lab.name} in {course.root}: run `release` first")
        return COMMANDS[options.command](course, lab, options) or 0
    except CourseError as error:
        print(f"lmlab.labs {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lmlab.labs", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "release": "make the students' notebook and enter the lab into the gradebook",
        "collect": "take in a ZIP of a learning platform, or a folder",
        "repair": "rebuild the submissions on the release and say what was put back",
        "grade": "grade all that is not graded yet",
        "feedback": "write a page for each graded student",
        "grades": "write the list of grades, and two to upload",
        "summary": "write a page about the class: points, what fell, who shares what",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("lab", help="folder of the lab, such as labs/02_explode")
        command.add_argument("--course", default="course", help="course folder (%(default)s)")
        command.add_argument("--gradebook", help="database URL; else $LMLAB_GRADEBOOK, else SQLite")
        if name == "release":
            command.add_argument("--due", help='such as "2026-11-21 23:59 UTC"')
        if name == "collect":
            command.add_argument("source", type=Path, help="a ZIP or a folder")
        if name in ("collect", "grades", "summary"):
            command.add_argument("--students", type=Path, help="class list: CSV with id,name")
        if name == "grade":
            _grade_options(command)
        if name == "grades":
            command.add_argument(
                "--late-per-day", type=float, default=0, help="percent a day begun"
            )
            command.add_argument("--late-most", type=float, default=100, help="percent in all")
    return parser


def _grade_options(command: argparse.ArgumentParser) -> None:
    limits = Limits()
    command.add_argument("--workers", type=int, default=2, help="at a time (%(default)s)")
    command.add_argument("--cell-seconds", type=float, default=limits.cell_seconds)
    command.add_argument("--seconds", type=float, default=limits.seconds, help="per student")
    command.add_argument("--megabytes", type=int, default=limits.megabytes, help="per student")
    command.add_argument("--again", action="store_true", help="also those that are done")
    command.add_argument(
        "--trust-submissions", action="store_true", help="run without a sandbox, with your rights"
    )


def _release(course: Course, lab: Lab, options: argparse.Namespace) -> None:
    from lmlab.labs.release import release

    points = release(course, lab, options.due)
    print(f"{course.notebook('release', lab.name)}: {sum(points.values()):g} points")


def _collect(course: Course, lab: Lab, options: argparse.Namespace) -> None:
    from lmlab.labs.collect import collect, read_roster
    from lmlab.labs.grade import students_of

    for note in collect(course, lab.name, options.source, read_roster(options.students)):
        print(note)
    print(f"{len(students_of(course, lab.name))} submissions in {course.collected(lab.name)}")


def _repair(course: Course, lab: Lab, options: argparse.Namespace) -> None:
    from lmlab.labs.grade import students_of
    from lmlab.labs.reading import Unreadable
    from lmlab.labs.worker import repair_student

    for student in students_of(course, lab.name):
        try:
            notes = repair_student(course, lab, student)[0].notes
        except (Unreadable, OSError) as error:
            notes = [f"unreadable: {error}"]
        print("\n  ".join([student, *(notes or ["as it was given out"])]))


def _grade(course: Course, lab: Lab, options: argparse.Namespace) -> int:
    from lmlab.labs.grade import grade

    start = time.monotonic()
    limits = Limits(
        cell_seconds=options.cell_seconds, seconds=options.seconds, megabytes=options.megabytes
    )
    found = grade(
        course,
        lab,
        workers=options.workers,
        limits=limits,
        trust=options.trust_submissions,
        again=options.again,
    )
    states = Counter(status.get("state", "failed") for status in found.values())
    for student, status in found.items():
        if status.get("state") != "graded":
            print(f"{student}: {status.get('state', 'failed')}: {status.get('reason', '')}")
    kernel = max((status.get("kernel_mib", 0) for status in found.values()), default=0)
    worker = max((status.get("worker_mib", 0) for status in found.values()), default=0)
    print(", ".join(f"{number} {state}" for state, number in sorted(states.items())), end="")
    print(
        f" in {time.monotonic() - start:.0f} s; peak memory: kernel {kernel}, grader {worker} MiB"
    )
    return 1 if states["failed"] else 0


def _feedback(course: Course, lab: Lab, options: argparse.Namespace) -> int:
    from lmlab.labs.reports import write_feedback

    pages, failed = write_feedback(course, lab)
    print(*failed, f"{len(pages)} pages in {course.root / 'feedback'}", sep="\n")
    return 1 if failed else 0


def _grades(course: Course, lab: Lab, options: argparse.Namespace) -> None:
    from lmlab.labs.collect import read_roster
    from lmlab.labs.reports import Lateness, write_grades

    lateness = Lateness(options.late_per_day, options.late_most)
    print(*write_grades(course, lab.name, read_roster(options.students), lateness), sep="\n")


def _summary(course: Course, lab: Lab, options: argparse.Namespace) -> None:
    from lmlab.labs.collect import read_roster
    from lmlab.labs.reports import write_summary

    print(write_summary(course, lab, read_roster(options.students)))


COMMANDS = {
    "release": _release,
    "collect": _collect,
    "repair": _repair,
    "grade": _grade,
    "feedback": _feedback,
    "grades": _grades,
    "summary": _summary,
}

if __name__ == "__main__":
    sys.exit(main())
