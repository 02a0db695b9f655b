"""Start, restart under load, end: clear errors, no request lost, no process left."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from lmlab.service import (
    Server,
    Stages,
    ask,
    littles_sides,
    load_during,
    read_metrics,
    send_load,
    swap_in_burst,
)


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_stop_leaves_no_process_and_can_be_called_twice(export):
    with Server(export) as server:
        pid = server.pid
        assert server.is_running and lives(pid)
    assert not lives(pid) and not server.is_running
    server.stop()
    assert repr(server) == "Server(model.onnx, stopped)"


def test_a_port_in_use_is_named(export):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 cannot be used"):
            Server(export, port=port)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_what_is_no_port_is_named(export, port):
    with pytest.raises(ValueError, match=f"`port` must be from 0 to 65535, got {port}"):
        Server(export, port=port)


def test_a_killed_child_loses_what_it_had_and_a_restart_serves_those_who_wait(export, row):
    with Server(export) as server:
        os.kill(server.pid, signal.SIGKILL)
        while server.is_running:
            time.sleep(0.01)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(ask, server.url, body=row)
            time.sleep(0.2)
            assert not waiting.done()
            server.restart()
            assert waiting.result()[0] == 200


def test_a_missing_or_damaged_export_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no export at .*none.onnx"):
        Server(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(RuntimeError, match=r"did not start within .*is no export"):
        Server(tmp_path / "bad.onnx")


def test_an_unknown_setting_is_named(export):
    with pytest.raises(RuntimeError, match="unexpected keyword argument 'batch'"):
        Server(export, batch=3)


@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_under_load_loses_no_request_and_a_kill_does(export, row, kill):
    with Server(export, version="old", max_seconds=10) as server:
        first = server.pid
        answers = load_during(
            lambda: swap_in_burst(server, kill=kill, version="new"),
            server.url, [row], rate=5000, count=200,
        )  # fmt: skip
        assert not lives(first) and lives(server.pid)
    assert (set(answers.status) == {200}) is not kill
    assert {"old", "new"} <= set(answers.version)


def test_a_restart_that_fails_leaves_the_old_one_at_work(export, row, tmp_path):
    with Server(export, version="old") as server:
        with pytest.raises(FileNotFoundError):
            server.restart(tmp_path / "none.onnx", version="new")
        answer = httpx.post(
            f"{server.url}/score", json={"rows": [row]}, timeout=60, trust_env=False
        )
        assert answer.json()["version"] == "old"


def test_the_child_ends_when_its_parent_is_killed(export):
    script = f"from lmlab.service import Server; s = Server({str(export)!r})"
    script += "; print(s.url, s.pid, flush=True); import time; time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    url, pid = parent.stdout.readline().decode().split()
    assert httpx.get(f"{url}/health", timeout=60, trust_env=False).status_code == 200
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    end, answers = time.monotonic() + 60, True
    while answers and time.monotonic() < end:
        try:
            httpx.get(f"{url}/health", timeout=60, trust_env=False)
            time.sleep(0.1)
        except httpx.TransportError:
            answers = False
    assert not answers
    with contextlib.suppress(ChildProcessError):  # an orphan may have become ours
        os.waitpid(int(pid), 0)


def test_load_counts_from_the_due_time_and_names_bad_arguments(server, row):
    answers = asyncio.run(send_load(server.url, [row], rate=200, count=20, seed=1))
    assert (answers.latency > 0).all() and np.all(np.diff(answers.due) > 0)
    with pytest.raises(ValueError, match="`rate` and `count` must be positive, got 0"):
        asyncio.run(send_load(server.url, [row], rate=0, count=20, seed=1))


def test_ask_and_metrics_from_outside(server, row):
    assert ask(server.url, "/health")[1]["status"] == "ready"
    before = read_metrics(server.url)["score_seconds_count"]
    assert ask(server.url, body=row)[0] == 200
    assert ask(server.url, body=row | {"age": float("nan")})[0] == 422
    assert read_metrics(server.url)["score_seconds_count"] == before + 1


def test_littles_law_on_three_requests_by_hand():
    due, done = np.array([0.0, 1, 2]), np.array([2.0, 3, 4])  # 6 s inside in 4 s
    inside, by_law = littles_sides(due, done)
    assert by_law == 1.5 and inside == pytest.approx(1.5, abs=0.001)


def test_stages_add_up_by_name():
    stages = Stages()
    for _ in range(2):
        with stages("a"):
            time.sleep(0.01)
    assert list(stages.seconds) == ["a"] and stages.seconds["a"] >= 0.02
