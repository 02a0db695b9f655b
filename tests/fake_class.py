"""A class of fake students for the very small lab: good, careless, broken and hostile.

Every entry hands something in and says what the grader must make of it.
"""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lmlab.labs import variant

LAB = "01_tiny"
FILE = f"{LAB}.ipynb"
DOUBLE = "# task-1\ndef double(x):\n    return 2 * x\n"
TOTAL = "# task-2\ndef total(values):\n    return sum(values)\n"
LINKS = """**Answer to task-4** ![](attachment:a.png) [plot](javascript:alert(4)) [it][1]
![x](http://example.org/t.png) and a < b, 1 <b>

| a | b |
|---|---|
| 1 | 2 |

[1]: javascript:alert(5)
"""  # as Jupyter writes a pasted picture, and as nobody should
FULL = (2, 2, 3)
NOT_1, NOT_2, NOT_3 = (0, 2, 3), (2, 0, 3), (2, 2, 0)


@dataclass(frozen=True)
class Fake:
    """What a student hands in, and what must come of it."""

    hand_in: Callable[[Path, dict, str], None]  # (own folder, release notebook, id)
    points: tuple | None = FULL  # of the three tasks; None: there are none
    says: str = ""  # part of the status or the notes
    status: str = "graded"  # its beginning
    hostile: bool = True  # broken or hostile in some way


def own_number(student: str) -> int:
    return int(variant(LAB, student).integers(1000, 10_000))


def answered(release: dict, student: str, **answers: str) -> dict:
    """The release with right answers, but for those given here (`task_1="…"`)."""
    right = {"task-1": DOUBLE, "task-2": TOTAL}
    right["task-3"] = f"# task-3\nthree_times = {3 * own_number(student)}\n"
    right |= {name.replace("_", "-"): text for name, text in answers.items()}
    notebook = copy.deepcopy(release)
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in right:
            cell["source"] = right[name]
        elif "STUDENT = " in "".join(cell["source"]):
            cell["source"] = f'LAB = "{LAB}"\nSTUDENT = "{student}"'
    return notebook


def save(folder: Path, notebook: dict, name: str = FILE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def code(points: tuple | None = FULL, says: str = "", **answers: str) -> Fake:
    """One who writes certain answers."""
    return Fake(lambda folder, r, s: save(folder, answered(r, s, **answers)), points, says)


def edited(change: Callable[[dict], object], says: str = "", points: tuple = FULL) -> Fake:
    """One whose right notebook was changed by a tool or by hand."""

    def hand_in(folder: Path, release: dict, student: str) -> None:
        notebook = answered(release, student)
        save(folder, change(notebook) or notebook)

    return Fake(hand_in, points, says)


def file(content: bytes, says: str) -> Fake:
    """One whose file cannot be read."""

    def hand_in(folder: Path, release: dict, student: str) -> None:
        folder.mkdir(parents=True)
        (folder / FILE).write_bytes(content)

    return Fake(hand_in, None, says, "unreadable")


def encoded(encoding: str, says: str) -> Fake:
    """One whose right notebook is written in another encoding."""

    def hand_in(folder: Path, release: dict, student: str) -> None:
        notebook = answered(release, student, task_1=f"{DOUBLE}# déjà vu\n")
        folder.mkdir(parents=True)
        text = json.dumps(notebook, ensure_ascii=False)
        (folder / FILE).write_bytes(text.encode(encoding))

    return Fake(hand_in, FULL, says)


def cells_named(notebook: dict, name: str) -> list[dict]:
    return [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    ]


def drop_metadata(notebook: dict, markers: bool = True) -> None:
    """What a tool does that knows neither nbgrader's metadata nor cell ids."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
        source = "".join(cell["source"])
        if not markers and source.startswith("# task"):
            cell["source"] = source.split("\n", 1)[1]


def as_version_3(notebook: dict) -> dict:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    return {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": notebook["cells"]}]}


def twice(notebook: dict) -> None:
    """The first answer again, wrong and above the right one, with the same grade_id."""
    (cell,) = cells_named(notebook, "task-1")
    wrong = copy.deepcopy(cell) | {"source": "# task-1\ndef double(x):\n    return 0\n"}
    notebook["cells"].insert(notebook["cells"].index(cell), wrong)


def without(notebook: dict, name: str) -> None:
    notebook["cells"].remove(cells_named(notebook, name)[0])


def softer_tests(notebook: dict) -> None:
    cells_named(notebook, "task-1-test")[0]["source"] = "print('LABOUT:{\"small\":42}')\n2.0"
    cells_named(notebook, "task-1-test")[0]["metadata"]["nbgrader"]["points"] = 1000
    cells_named(notebook, "own")[0]["source"] = "own = 1"
    notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": "double = None"})


def link(folder: Path, release: dict, student: str) -> None:
    folder.mkdir(parents=True)
    (folder / FILE).symlink_to(folder.parent / "good" / FILE)


def pipe(folder: Path, release: dict, student: str) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / FILE)


def empty_folder_as_file(folder: Path, release: dict, student: str) -> None:
    (folder / FILE).mkdir(parents=True)


def of_neighbour(folder: Path, release: dict, student: str) -> None:
    save(folder, answered(release, "good"))


def in_other_name(folder: Path, release: dict, student: str) -> None:
    save(folder / "New folder", answered(release, student), "my lab (1).ipynb")


def beside_the_form(folder: Path, release: dict, student: str) -> None:
    save(folder, answered(release, student), "a solution.ipynb")
    save(folder, release)
    (folder / "later.ipynb").write_text("{", encoding="utf-8")


def students(course: str) -> dict[str, Fake]:
    """The class; `course` is the folder that nobody may read or write."""
    everywhere = [course, "/work", "/root", "/home", "/etc", "/usr", str(Path(__file__).parent)]
    walked = [top for top in everywhere if top != "/usr"]  # the system's own, long to walk
    return {
        "good": Fake(lambda f, r, s: save(f, answered(r, s)), hostile=False),
        "idle": Fake(lambda f, r, s: save(f, r), (0, 0, 0), hostile=False),
        "writer": Fake(
            lambda f, r, s: save(f, answered(r, s, task_4="**Answer to task-4** To be sure.")),
            FULL, "", "needs hand grading", hostile=False,
        ),
        "wrong": code(NOT_1, task_1="# task-1\ndef double(x):\n    return x ** 2\n"),
        "half": code((1, 2, 3), task_1="# task-1\ndef double(x):\n    return abs(2 * x)\n"),
        "syntax": code(NOT_2, task_2="# task-2\ndef total(values)\n    return 0\n"),
        "loop": code(FULL, "took longer", task_1=f"{DOUBLE}while True:\n    pass\n"),
        "loop before": code(NOT_1, "took longer", task_1=f"while True:\n    pass\n{DOUBLE}"),
        "loop in a function": code(
            NOT_2, "took longer", task_2="# task-2\ndef total(v):\n    while True:\n        pass\n"
        ),
        "stubborn": code(
            NOT_1, "could not be interrupted",
            task_1=f"{DOUBLE}import time\nwhile True:\n    try:\n        time.sleep(9)\n"
            "    except BaseException:\n        pass\n",
        ),
        "ends its process": code(
            NOT_2, "ended its Python process", task_2=f"{TOTAL}import os\nos._exit(0)\n"
        ),
        "kills when called": code(
            NOT_1, "ended its Python process",
            task_1="# task-1\nimport os\ndef double(x):\n    os.kill(os.getpid(), 9)\n",
        ),
        "kills the others": code(
            task_1=f"{DOUBLE}import os\nfor pid in (1, os.getppid()):\n"
            "    try:\n        os.kill(pid, 9)\n    except OSError:\n        pass\n",
        ),
        "memory": code(
            NOT_1, "memory", task_1=f"{DOUBLE}hold = [bytearray(10**8) for _ in range(10**4)]\n"
        ),
        "memory in files": code(
            task_1=f"{DOUBLE}try:\n    for i in range(99):\n"
            "        open(f'/tmp/{i}', 'wb').write(bytes(10**8))\nexcept OSError:\n    pass\n"
            "import glob, os\nfor path in glob.glob('/tmp/*'):\n    os.remove(path)\n",
        ),
        "prints 100 MB": code(NOT_1, task_1=f"{DOUBLE}print('a' * 100_000_000)\n"),
        "prints for ever": code(
            FULL, "took longer", task_1=f"{DOUBLE}while True:\n    print('spam' * 99)\n"
        ),
        "forges in the answer": code(
            NOT_1,
            task_1='# task-1\nprint(\'LABOUT:{"small": 42, "large": -9}\')\n'
            "def double(x):\n    return 0\n",
        ),
        "forges in a function": code(
            NOT_1, "",
            task_1='# task-1\ndef double(x):\n    print(\'LABOUT:{"small": 42, "large": -9}\')\n',
        ),
        "forges from a thread": code(
            NOT_1,
            task_1="# task-1\nimport threading, time\ndef spam():\n    while True:\n"
            "        print('\\nLABOUT:{}')\n        time.sleep(0.001)\n"
            "threading.Thread(target=spam, daemon=True).start()\ntime.sleep(0.1)\n" + DOUBLE,
        ),
        "replaces print": code(
            NOT_1,
            task_1="# task-1\nimport builtins, json\nshow = print\n"
            "builtins.print = lambda *a, **k: show('LABOUT:{\"small\": 1, \"three\": 1}')\n"
            "json.dumps = lambda value: '{}'\n" + DOUBLE,
        ),
        "replaces the report": code(
            NOT_1,
            task_1="# task-1\nimport lmlab.labs\n"
            "lmlab.labs.report = lambda **k: print('LABOUT:{\"three_times\": 3}')\n" + DOUBLE,
        ),
        "replaces the package": code(
            NOT_1,
            task_1="# task-1\nimport os, sys\nos.makedirs('/tmp/x/lmlab/labs')\n"
            "open('/tmp/x/lmlab/__init__.py', 'w')\n"
            "open('/tmp/x/lmlab/labs/__init__.py', 'w').write('def report(**k): pass')\n"
            "sys.path.insert(0, '/tmp/x')\n"
            "for name in [n for n in sys.modules if n.startswith('lmlab')]:\n"
            "    del sys.modules[name]\n" + DOUBLE,
        ),
        "breaks what others need": code(
            NOT_1, task_1="# task-1\nimport builtins\nbuiltins.sum = builtins.int = None\nLAB = 3\n"
        ),
        "clears all names": code(NOT_1, task_1=f"{DOUBLE}%reset -f\n"),
        "reads the course": code(
            NOT_1,
            task_1=f"# task-1\nimport os\nfound = []\nfor top in {walked!r}:\n"
            "    for b, folders, names in os.walk(top):\n"
            "        folders[:] = [f for f in folders if f != 'site-packages']  # long to walk\n"
            "        wanted = {'checks.py', 'gradebook.db', 'lab.ipynb'} & set(names)\n"
            "        found += [os.path.join(b, n) for n in wanted if 'labs' in b]\n"
            "print('FOUND', found)\ndef double(x):\n    return 42 if found else 0\n",
        ),
        "writes elsewhere": code(
            task_1=f"# task-1\nfor top in {everywhere!r}:\n"
            "    for name in ('/intruder', '/.bashrc', '/gradebook.db'):\n        try:\n"
            "            open(top + name, 'a').write('intruder')\n"
            "        except OSError:\n            pass\n" + DOUBLE,
        ),
        "network": code(
            NOT_1,
            task_1="# task-1\nimport socket\n"
            "socket.create_connection(('127.0.0.1', 22), timeout=1)\n" + DOUBLE,
        ),
        "detached process": code(
            task_1="# task-1\nimport subprocess\n"
            "subprocess.Popen(['sleep', '98761'], start_new_session=True)\n" + DOUBLE,
        ),
        "fork bomb": code(
            NOT_1, task_1=f"{DOUBLE}import os\nwhile True:\n    os.fork()\n"
        ),
        "asks": code(NOT_1, task_1="# task-1\nname = input('password? ')\n" + DOUBLE),
        "exits": code(task_1=f"{DOUBLE}import sys\nsys.exit()\n", task_2=f"{TOTAL}exit()\n"),
        "closes files": code(
            NOT_1, task_1=f"{DOUBLE}import os\nos.closerange(3, 500)\n"
        ),
        "moves away": code(task_1=f"{DOUBLE}import os\nos.chdir('/')\nos.umask(0o777)\n"),
        "script": code(
            task_1=f"{DOUBLE}from IPython.display import HTML, display\n"
            "display(HTML('<script>alert(1)</script>'))\n",
            task_4="**Answer to task-4** <script>alert(2)</script><img src=x onerror=alert(3)>",
        ),
        "links": Fake(
            lambda f, r, s: save(f, answered(r, s, task_4=LINKS)), FULL, "", "needs hand grading"
        ),
        "shows the tests": code(
            task_1="# task-1\nimport sys\ndef double(x):\n    global seen\n"
            "    seen = open(sys._getframe(1).f_code.co_filename).read() if 0 else In[-1]\n"
            "    return 2 * x\n",
            task_2=f"{TOTAL}print(In[-2], globals().get('seen'))\n",
        ),
        "tells the tests": code(
            (0, 2, 0),
            task_1="# task-1\nfrom base64 import b64encode\ndef double(x):\n"
            "    raise ValueError(b64encode(''.join(In).encode())[:150])\n",
            task_2=f"{TOTAL}print(b64encode(''.join(In).encode()))\n",
            task_3="# task-3\nclass LAMBDA_DOUBLE(Exception): pass\nraise LAMBDA_DOUBLE\n",
        ),
        "long answer": code(
            NOT_1, "longer than", task_1=DOUBLE + "# " + "x" * 200_000
        ),
        "deleted": edited(lambda n: without(n, "task-2"), "missing", NOT_2),
        "deleted a test": edited(lambda n: without(n, "task-2-test")),
        "duplicated": edited(twice, "2 cells claim"),
        "edited": edited(softer_tests, "put back"),
        "tool without metadata": edited(drop_metadata, "marker"),
        "no marks at all": edited(lambda n: drop_metadata(n, markers=False), "names"),
        "version 3": edited(as_version_3, "nbformat 3"),
        "version 5": edited(lambda n: n | {"nbformat": 5, "nbformat_minor": 9}, "nbformat 5"),
        "byte order mark": encoded("utf-8-sig", "byte order mark"),
        "latin": encoded("latin-1", "Latin-1"),
        "empty": file(b"", "empty"),
        "not json": file(b"{'cells': ", "not a notebook"),
        "deep": file(b"[" * 200_000, "not a notebook"),
        "odd": file(b'{"nbformat": 4, "cells": [1, null, {"source": 7}]}', "no cells"),
        "huge": file(b" " * 60_000_000, "larger than"),
        "folder": Fake(empty_folder_as_file, None, "no notebook", "unreadable"),
        "link": Fake(link, None, "no notebook", "unreadable"),
        "pipe": Fake(pipe, None, "no notebook", "unreadable"),
        "neighbour": Fake(of_neighbour, NOT_3, "STUDENT is 'good'"),
        "CS/2023/045": Fake(lambda f, r, s: save(f, answered(r, "CS/2023/045"))),
        "other name": Fake(in_other_name, FULL, "my lab (1).ipynb"),
        "beside the form": Fake(beside_the_form, FULL, "'a solution.ipynb' was taken"),
        "=1+1, 'quoted'": code(),
        "@SUM(A1:A9)": code(),
        "[a-z]": code(),
    }  # fmt: skip
