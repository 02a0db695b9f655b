"""A whole class of broken and hostile students goes through the grader in one command."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

import psutil
import pytest
from fake_class import DOUBLE, FILE, LAB, answered, save, students
from lab_cases import grades, needs_sandbox

from lmlab.labs import sandbox
from lmlab.labs.__main__ import main
from lmlab.labs.course import Course, safe_name
from lmlab.labs.gradebook import opened, rows

TINY = Path(__file__).parent / LAB
BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}")


def run(command, course, *more, **options):
    """Run one of the teacher's commands in a process of its own."""
    arguments = [sys.executable, "-m", "lmlab.labs", command, str(TINY), "--course", str(course)]
    environment = os.environ | {"TMPDIR": str(course.parent)}
    return subprocess.Popen([*arguments, *map(str, more)], env=environment, **options)


def processes(folder):
    """What still runs of the grader in this folder, and what a student detached."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(folder) in line or "98761" in line:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def graded(place):
    """The course after one `grade` of the whole class, with its seconds."""
    course, incoming = place / "course", place / "incoming"
    assert (
        main(["release", str(TINY), "--course", str(course), "--due", "2030-01-01 12:00 UTC"]) == 0
    )
    release = json.loads((course / "release" / LAB / FILE).read_text())
    for name, fake in students(str(course)).items():
        fake.hand_in(incoming / name.replace("/", "_"), release, safe_name(name))
    class_list = place / "class.csv"
    class_list.write_text('id,name\nabsent,"Missing, A."\ngood,=HYPERLINK(1)\nCS/2023/045,Cy\n')
    options = ["--students", str(class_list)]
    assert main(["collect", str(TINY), str(incoming), "--course", str(course), *options]) == 0
    start = time.monotonic()
    limits = ["--cell-seconds", 5, "--seconds", 60, "--megabytes", 600, "--workers", 4]
    assert run("grade", course, *limits).wait(timeout=900) == 0
    seconds = time.monotonic() - start
    assert main(["feedback", str(TINY), "--course", str(course)]) == 0
    assert main(["grades", str(TINY), "--course", str(course), *options]) == 0
    return course, seconds


@needs_sandbox
def test_the_class_is_large_and_mostly_hostile():
    fakes = students("/nowhere")
    assert len(fakes) >= 30
    assert sum(fake.hostile for fake in fakes.values()) >= 20


@needs_sandbox
@pytest.mark.parametrize("name", students("/nowhere"))
def test_every_student_gets_what_was_earned(graded, name):
    fake, rows = students("/nowhere")[name], grades(graded[0], LAB)
    student = name if "/" in name else safe_name(name)
    row = rows[f"'{student}" if student[0] in "=+-@" else student]
    received = [row[f"task-{number}"] for number in (1, 2, 3)]
    expected = ["", "", ""] if fake.points is None else [f"{float(p)}" for p in fake.points]
    assert received == expected, row
    assert fake.says in row["status"] + row["notes"], row
    if fake.status != "graded" or name != "script":
        assert row["status"].startswith(fake.status), row


@needs_sandbox
def test_one_command_ends_in_minutes(graded):
    assert graded[1] <= 540  # three on two cores that do other things as well


@needs_sandbox
def test_nothing_is_left_running_and_nothing_is_written_elsewhere(graded, place):
    assert processes(place) == []
    assert {path.name for path in place.iterdir()} == {"course", "incoming", "class.csv"}
    for folder in (place, TINY.parent, Path(sys.prefix), Path.home()):
        assert not (folder / "intruder").exists()
    assert not list(graded[0].rglob("intruder"))
    database = (graded[0] / "gradebook.db").read_bytes()
    assert b"intruder" not in database


@needs_sandbox
def test_a_student_sees_no_file_of_the_course(graded):
    text = (graded[0] / "autograded" / "reads the course" / LAB / FILE).read_text()
    assert "FOUND []" in text


@needs_sandbox
def test_the_list_of_grades_is_safe_and_complete(graded):
    text = (graded[0] / "grades" / f"{LAB}.csv").read_text()
    rows = grades(graded[0], LAB)
    assert len(rows) == len(students("/nowhere")) + 1
    assert rows["absent"]["status"] == "missing" and rows["absent"]["total"] == ""
    assert rows["absent"]["name"] == "Missing, A."
    assert rows["good"]["name"] == "'=HYPERLINK(1)"
    assert rows["good"]["total"] == "7.0"
    assert rows["idle"]["total"] == "0.0"
    assert not any(line.startswith(("=", "+", "-", "@", '"=')) for line in text.splitlines())


@needs_sandbox
def test_feedback_shows_no_hidden_test_and_runs_nothing(graded):
    pages = list((graded[0] / "feedback").rglob("*.html"))
    assert len(pages) >= 40
    for page in pages:
        text = page.read_text()
        assert "holds: " in text or "hold: " in text or "The tests" in text, page
        assert "lambda: double" not in text and "lambda: total" not in text, page
        assert "<script>alert" not in text and "<img src=x" not in text, page
        assert not re.search(r'<[^>]*(src|href)="?https?:', text), page
        assert "<script" not in text and 'href="javascript' not in text, page
        assert not re.search(r"<[^>]*onerror", text), page
        assert not re.search(r"<[^>]*(javascript:alert|attachment:)", text), page
        assert "&lt;p&gt;" not in text and "your code raised LAMBDA" not in text, page
    told = (graded[0] / "feedback" / "tells the tests" / LAB / "01_tiny.html").read_text()
    coded = [b64decode(code + "=" * (-len(code) % 4)) for code in BASE64.findall(told)]
    assert any(b"STUDENT" in text for text in coded)
    assert not any(b"report(" in text for text in coded)


@needs_sandbox
def test_a_second_command_grades_nobody_twice(graded):
    folder = graded[0] / "status" / LAB
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    assert run("grade", graded[0]).wait(timeout=300) == 0
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}


@needs_sandbox
def test_points_given_by_hand_are_counted_and_kept(graded):
    course = Course.at(graded[0])
    with opened(course) as gradebook:
        grade = gradebook.find_grade("task-4", LAB, LAB, "writer")
        grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.db.commit()
    (row,) = [row for row in rows(course, LAB, []) if row.student == "writer"]
    assert (row.status, row.total) == ("graded", 8)
    path = course.status(LAB, "writer")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recorded": False}))
    assert run("grade", course.root).wait(timeout=300) == 0
    (row,) = [row for row in rows(course, LAB, []) if row.student == "writer"]
    assert (row.status, row.total) == ("graded", 8)
    marked = path.with_suffix(".answers")
    marked.write_text(json.dumps(json.loads(marked.read_text()) | {"task-4": "another"}))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recorded": False}))
    assert run("grade", course.root).wait(timeout=300) == 0
    (row,) = [row for row in rows(course, LAB, []) if row.student == "writer"]
    assert (row.status, row.total) == ("needs hand grading", None)
    with opened(course) as gradebook:
        assert gradebook.find_grade("task-4", LAB, LAB, "writer").manual_score == 1


@needs_sandbox
def test_a_killed_command_goes_on_where_it_was(place):
    course, incoming = place / "killed", place / "slow"
    assert main(["release", str(TINY), "--course", str(course)]) == 0
    release = json.loads((course / "release" / LAB / FILE).read_text())
    for number in range(5):
        name = f"s{number}"
        slow = f"{DOUBLE}import time\ntime.sleep({0 if number < 2 else 4})\n"
        save(incoming / name, answered(release, name, task_1=slow))
    assert main(["collect", str(TINY), str(incoming), "--course", str(course)]) == 0
    folder = course / "status" / LAB
    command = run("grade", course, "--workers", 2)
    until = time.monotonic() + 180
    while len(list(folder.glob("*.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    command.send_signal(signal.SIGKILL)
    command.wait()
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    done = [name for name in before if json.loads((folder / name).read_text()).get("recorded")]
    until = time.monotonic() + 90
    while processes(place) and time.monotonic() < until:
        time.sleep(0.2)
    assert processes(place) == []
    assert 1 <= len(before) < 5
    assert run("grade", course, "--workers", 3).wait(timeout=300) == 0
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    assert len(after) == 5
    assert all(after[name] == before[name] for name in done)
    assert main(["grades", str(TINY), "--course", str(course)]) == 0
    assert [row["total"] for row in grades(course, LAB).values()] == ["7.0"] * 5
    shutil.rmtree(course)
    shutil.rmtree(incoming)


def test_without_a_sandbox_it_refuses(tmp_path, monkeypatch, capsys):
    course = tmp_path / "course"
    due = ["--due", "2020-01-01 00:00 UTC"]
    assert main(["release", str(TINY), "--course", str(course), *due]) == 0
    save(tmp_path / "in" / "eve", json.loads((course / "release" / LAB / FILE).read_text()))
    assert main(["collect", str(TINY), str(tmp_path / "in"), "--course", str(course)]) == 0
    monkeypatch.setattr(sandbox, "fault", lambda: "bwrap is not installed")
    assert main(["grade", str(TINY), "--course", str(course)]) == 2
    assert "bwrap is not installed" in capsys.readouterr().err
    assert not list((course / "status" / LAB).glob("*.json"))
    trusted = ["grade", str(TINY), "--course", str(course), "--trust-submissions"]
    assert main(trusted) == 0
    assert json.loads((course / "status" / LAB / "eve.json").read_text())["state"] == "graded"
    assert main(["grades", str(TINY), "--course", str(course)]) == 0
    assert float(grades(course, LAB)["eve"]["hours late"]) > 24 * 365
