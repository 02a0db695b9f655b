"""The hub of `deploy/local` on loopback: two users log in, open a lab and run a cell."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lmlab.labs.__main__ import main

ROOT = Path(__file__).parent.parent
HUB = ROOT / ".venv-hub"
MISSING = [
    str(path.relative_to(ROOT))
    for path in (HUB / "bin" / "jupyterhub", HUB / "node_modules" / ".bin")
    if not path.exists()
]
CELL = """\
from lmlab.labs import variant
print("variant", variant(LAB, STUDENT).integers(10**6))
import os, sys
print("folder", os.getcwd(), "tensorflow" in sys.modules)
"""


def free_port():
    """The first of three ports in a row that are free."""
    for port in range(8100, 9000, 10):
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            try:
                for number, place in enumerate((one, two, three)):
                    place.bind(("127.0.0.1", port + number))
            except OSError:
                continue
            return port
    pytest.fail("no free ports")


@pytest.fixture(scope="module")
def hub():
    """The address of a hub that runs, and its folder; it ends with the tests."""
    if MISSING or not shutil.which("node"):
        pytest.skip(f"no hub: {', '.join(MISSING) or 'node'} is missing (make hub)")
    state, port = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp")), free_port()
    course = state / "course"
    assert main(["release", str(ROOT / "labs" / "02_explode"), "--course", str(course)]) == 0
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY"))}
    variables |= {"LMLAB_HUB": str(state), "LMLAB_HUB_LABS": str(course / "release")}
    variables["LMLAB_HUB_PORT"] = str(port)
    variables["PATH"] = f"{HUB / 'bin'}:{os.environ['PATH']}"
    command = [HUB / "bin" / "jupyterhub", "--config", ROOT / "deploy/local/jupyterhub_config.py"]
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=state, env=variables, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait(lambda: is_up(f"http://127.0.0.1:{port}/hub/health", process), 180, state)
        yield f"http://127.0.0.1:{port}", state
    finally:
        process.send_signal(signal.SIGINT)  # the hub ends its servers and its proxy
        try:
            process.wait(timeout=120)  # it waits for its servers, on a busy machine long
        finally:
            end_group(process.pid)
            shutil.rmtree(state, ignore_errors=True)


def end_group(group):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def is_up(url, process):
    import requests

    assert process.poll() is None, "the hub ended"
    try:
        return requests.get(url, timeout=20).ok
    except requests.RequestException:
        return False


def wait(condition, seconds, state):
    """Wait until something holds; fail with the end of the hub's log."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > until:
            pytest.fail((state / "log").read_text(errors="replace")[-3000:])
        time.sleep(0.3)
    return found


def log_in(url, name):
    """A session with the cookies of a user who typed a name into the form."""
    import requests

    session = requests.Session()
    session.get(f"{url}/hub/login", timeout=120)
    token = session.cookies.get("_xsrf", path="/hub/")
    form = {"username": name, "password": "", "_xsrf": token}
    answer = session.post(f"{url}/hub/login", data=form, allow_redirects=False, timeout=120)
    assert answer.status_code == 302, answer.text[:500]
    return session


def open_lab(url, session, name, state):
    """Start the server of a user and open JupyterLab in it; the headers of later requests."""
    own = f"{url}/user/{name}"
    session.get(f"{url}/hub/spawn", timeout=120)

    def page():
        answer = session.get(f"{own}/lab", timeout=120)
        return answer.ok and answer.url.startswith(f"{own}/lab") and answer.text

    assert "JupyterLab" in wait(page, 120, state)
    return {"X-XSRFToken": session.cookies.get("_xsrf", path=f"/user/{name}/")}


def run_cells(url, session, name, headers, codes):
    """What cells print, over the websocket of a new kernel."""
    import websocket

    kernel = session.post(
        f"{url}/user/{name}/api/kernels", json={"name": "python3"}, headers=headers, timeout=120
    ).json()["id"]
    address = f"{url.replace('http', 'ws')}/user/{name}/api/kernels/{kernel}/channels"
    cookies = "; ".join(
        f"{c.name}={c.value}" for c in session.cookies if f"/user/{name}/".startswith(c.path)
    )
    socket_ = websocket.create_connection(address, cookie=cookies, timeout=120)
    try:
        return [run_cell(socket_, code) for code in codes]
    finally:
        socket_.close()
        session.delete(f"{url}/user/{name}/api/kernels/{kernel}", headers=headers, timeout=120)


def run_cell(socket_, code):
    """Send one cell and read until it is done; the text that it printed."""
    number, text = uuid.uuid4().hex, ""
    header = {"msg_id": number, "msg_type": "execute_request", "session": "s", "username": "u"}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    socket_.send(json.dumps({**parts, "channel": "shell", "buffers": []}))
    while True:
        message = json.loads(socket_.recv())
        if message["parent_header"].get("msg_id") != number:
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            text += content["text"]
        elif message["msg_type"] == "error":
            text += f"{content['ename']}: {content['evalue']}"
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            return text


def lesson(url, state, name):
    """Log in, open the lab, and run its first cell and one more."""
    session = log_in(url, name)
    headers = open_lab(url, session, name, state)
    answer = session.get(f"{url}/user/{name}/api/contents/02_explode.ipynb", timeout=120)
    cells = answer.json()["content"]["cells"]
    (setup,) = [c["source"] for c in cells if c["source"].startswith("LAB = ")]
    setup = setup.replace("your-id", name)
    said = "".join(run_cells(url, session, name, headers, [setup, CELL]))
    return session, said


def test_two_users_open_a_lab_and_run_a_cell(hub):
    from lmlab.labs import variant

    url, state = hub
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda name: lesson(url, state, name), ("ada", "alan")))
    for (_, said), name in zip(found, ("ada", "alan"), strict=True):
        assert f"variant {variant('02_explode', name).integers(10**6)}" in said
        assert f"folder {state / 'home' / name} False" in said
    session = found[0][0]
    answer = session.get(f"{url}/user/alan/api/contents", timeout=120)
    assert answer.status_code in (403, 404) or not answer.url.startswith(f"{url}/user/alan/api")


def test_the_hub_listens_on_loopback_only():
    text = (ROOT / "deploy" / "local" / "jupyterhub_config.py").read_text()
    assert set(re.findall(r"http://([\d.]+)", text)) == {"127.0.0.1"}
    assert '"0.0.0.0"' not in text and "c.Spawner.ip = " in text


def test_the_files_for_servers_agree_with_the_locks():
    deploy = ROOT / "deploy"
    image = (deploy / "image" / "Dockerfile").read_text()
    values = (deploy / "z2jh" / "values.yaml").read_text()
    hub = re.search(r"ARG JUPYTERHUB=([\d.]+)", image)[1]
    assert f"(JupyterHub {hub})" in values
    uv = re.search(r"^uv==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.M)[1]
    scripts = [deploy / "tljh" / "config.sh", ROOT / ".binder" / "postBuild"]
    for text in (image, *(path.read_text() for path in scripts)):
        assert f"uv=={uv}" in text and "--require-hashes" in text
    for path in scripts:
        assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_the_values_for_kubernetes():
    import yaml

    values = yaml.safe_load((ROOT / "deploy" / "z2jh" / "values.yaml").read_text())
    user = values["singleuser"]
    assert user["memory"] == {"guarantee": "0.5G", "limit": "2G"}
    assert user["cloudMetadata"]["blockWithIptables"] and user["networkPolicy"]["enabled"]
    assert user["image"]["tag"] not in ("", "latest") and values["cull"]["timeout"] == 3600
    claim = user["storage"]["extraVolumes"][0]["persistentVolumeClaim"]["claimName"]
    disk = yaml.safe_load((ROOT / "deploy" / "z2jh" / "exchange.yaml").read_text())
    assert disk["metadata"]["name"] == claim and disk["spec"]["accessModes"] == ["ReadWriteMany"]
