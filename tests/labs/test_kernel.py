"""The sandboxed kernel: what students' code can see and use, and what comes of too much."""

import os
import time

import pytest
from lab_cases import needs_sandbox

from lmlab.labs.kernel import Kernel
from lmlab.labs.sandbox import Limits

pytestmark = needs_sandbox
LIMITS = Limits(cell_seconds=5, megabytes=500)


def text(ran):
    return "".join(output.get("text", "") for output in ran.outputs)


@pytest.fixture(scope="module")
def kernel():
    os.environ["LMLAB_TEST_SECRET"] = "password-of-the-gradebook"
    with Kernel(LIMITS, sandboxed=True) as kernel:
        yield kernel
    del os.environ["LMLAB_TEST_SECRET"]


def test_outputs_come_as_in_a_notebook(kernel):
    ran = kernel.run("print(1)\nprint(2)\n3", 5)
    assert ran.fault == ""
    assert ran.outputs[0] == {"output_type": "stream", "name": "stdout", "text": "1\n2\n"}
    assert ran.outputs[1]["data"] == {"text/plain": "3"}
    assert kernel.run("1 / 0", 5).outputs[0]["ename"] == "ZeroDivisionError"


def test_no_variable_of_the_teacher_can_be_read(kernel):
    code = "import glob\nfor f in glob.glob('/proc/*/environ'):\n    try:\n"
    code += "        print(open(f, errors='replace').read())\n    except OSError:\n        pass"
    said = text(kernel.run(code, 5))
    assert "HOME=/home/student" in said
    assert "password-of-the-gradebook" not in said


def test_only_the_private_folders_can_be_written(kernel):
    code = "import os\nok = []\nfor base, _, _ in os.walk('/'):\n"
    code += "    if not base.startswith('/proc') and os.access(base, os.W_OK):\n"
    code += "        ok.append(base)\nprint(*ok, sep='\\n')"
    folders = text(kernel.run(code, 30)).splitlines()
    roots = ("/tmp", "/home/student", "/dev/shm", "/dev/pts", str(kernel._folder))
    assert folders and [folder for folder in folders if not folder.startswith(roots)] == []


def test_there_is_no_network_and_no_other_process(kernel):
    said = text(kernel.run("import socket; print(socket.if_nameindex())", 5))
    assert said == "[(1, 'lo')]\n"
    code = "import os; print(len([n for n in os.listdir('/proc') if n.isdigit()]))"
    assert int(text(kernel.run(code, 5))) <= 3


def test_a_picture_is_kept_and_a_false_one_is_not(kernel):
    show = "from IPython.display import publish_display_data as show\n"
    good = kernel.run(f"{show}show({{'image/png': 'aGVsbG8='}})", 5)
    assert good.outputs[0]["data"] == {"image/png": "aGVsbG8="}
    bad = kernel.run(f"{show}show({{'image/png': '\"><script>', 'text/html': '<b>'}})", 5)
    assert bad.outputs == []


def test_output_is_cut(kernel):
    ran = kernel.run("print('x' * 1_000_000)", 10)
    assert len(text(ran)) < LIMITS.output + 100
    assert "too long and is cut" in ran.outputs[-1]["text"]


def test_a_loop_is_stopped_and_the_kernel_lives(kernel):
    ran = kernel.run("while True: pass", 1)
    assert ran.fault == "took longer than 1 s and was stopped"
    assert text(kernel.run("print('alive')", 5)) == "alive\n"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import os; os._exit(0)", "ended its Python process"),
        ("hold = [bytearray(10**8) for _ in range(99)]", "500 MiB of memory"),
        ("import subprocess as s\nfor _ in range(99): s.Popen(['sleep', '9'])", "64 processes"),
        ("for i in range(99): open(f'{folder}/{i}', 'wb').write(bytes(10**7))", "MiB of files"),
        (
            "import os; kept = []\nfor i in range(99):\n    path = f'{folder}/{i}'\n"
            "    kept.append(open(path, 'wb'))\n    os.remove(path)\n"
            "    kept[-1].write(bytes(10**7)); kept[-1].flush()",
            "MiB of files",
        ),
    ],
)
def test_a_kernel_ends_for_a_reason_and_stays_ended(code, fault):
    with Kernel(LIMITS, sandboxed=True) as kernel:
        kernel.run(f"folder = {str(kernel._folder)!r}", 5)
        kernel.run(code, 20)
        end = time.monotonic() + 60
        while not kernel.dead and time.monotonic() < end:  # what is over quickly is seen later
            kernel.run("import time; time.sleep(0.5)", 5)
        assert fault in kernel.dead
        assert fault in kernel.run("1", 5).fault
    assert not kernel._folder.exists()
    assert kernel.peak > 30
