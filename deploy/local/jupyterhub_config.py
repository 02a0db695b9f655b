"""A hub on one's own machine, to try a lesson: loopback address only, no isolation, no password.

Every user runs with the rights of the one who starts it, so it is for tests and never for a class.
Start it from the repository: .venv-hub/bin/jupyterhub --config deploy/local/jupyterhub_config.py
Settings: LMLAB_HUB (folder of all that it writes), LMLAB_HUB_PORT (and the two ports after it),
LMLAB_HUB_LABS (folder of the students' notebooks), LMLAB_HUB_PYTHON (Python of the kernels).
"""

import json
import os
import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
STATE = Path(os.environ.get("LMLAB_HUB", REPOSITORY / "_build" / "hub")).absolute()
LABS = Path(os.environ.get("LMLAB_HUB_LABS", REPOSITORY / "_build" / "labs" / "release"))
PORT = int(os.environ.get("LMLAB_HUB_PORT", "8010"))
KERNEL = os.environ.get("LMLAB_HUB_PYTHON", str(REPOSITORY / ".venv" / "bin" / "python"))
ENVIRONMENT = Path(sys.prefix)

# kernels run in the book's environment, the hub and the servers in their own
kernel = STATE / "jupyter" / "kernels" / "python3" / "kernel.json"
kernel.parent.mkdir(parents=True, exist_ok=True)
argv = [KERNEL, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
kernel.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))

c = get_config()  # noqa: F821 (JupyterHub puts it here)
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.JupyterHub.db_url = f"sqlite:///{STATE}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
proxy = ENVIRONMENT / "node_modules" / ".bin" / "configurable-http-proxy"
c.ConfigurableHTTPProxy.command = [str(proxy)]

c.JupyterHub.authenticator_class = "dummy"  # any name, no password
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"  # a plain process of this user
c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "home" / "{username}")
c.Spawner.cmd = [str(ENVIRONMENT / "bin" / "jupyterhub-singleuser")]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.default_url = "/lab"
c.Spawner.ip = "127.0.0.1"
c.Spawner.environment = {"JUPYTER_PATH": str(STATE / "jupyter"), "TF_CPP_MIN_LOG_LEVEL": "3"}
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.JupyterHub.concurrent_spawn_limit = 4  # the fifth is asked to try again


def hand_out(spawner):
    """Put the students' notebooks into the home folder; what is there already stays."""
    home = STATE / "home" / spawner.user.name
    home.mkdir(parents=True, exist_ok=True)
    for notebook in LABS.glob("*/*.ipynb"):
        if not (home / notebook.name).exists():
            shutil.copy(notebook, home)


c.Spawner.pre_spawn_hook = hand_out

# servers that nobody has used for an hour are ended
c.JupyterHub.services = [
    {
        "name": "cull",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "cull",
        "services": ["cull"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]
