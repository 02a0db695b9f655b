"""Start JupyterLab in the repository, so that links to the glossary and the notation open.

python tools/lab.py NOTEBOOKS -- [arguments of JupyterLab]
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDERS = ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


def refusal(arguments: list[str], user: int) -> str:
    """What to do where JupyterLab would end after many lines of its log; empty: nothing."""
    if user == 0 and "--allow-root" not in arguments:
        return "JupyterLab does not run as root unless told to: make lab LAB_ARGS=--allow-root"
    return ""


def own_folders(home: Path, place: Path) -> dict[str, str]:
    """Folders for what Jupyter keeps, where the home folder cannot be written; else none."""
    try:
        with tempfile.TemporaryFile(dir=home):
            return {}
    except OSError:
        return {name: str(place / name.lower()) for name in FOLDERS if name not in os.environ}


def main(arguments: list[str]) -> None:
    cut = arguments.index("--")
    notebooks, options = arguments[:cut], arguments[cut + 1 :]
    if message := refusal(options, os.getuid()):
        sys.exit(message)
    folders = own_folders(Path.home(), Path(sys.prefix, "jupyter"))
    if folders:
        print(f"{Path.home()} cannot be written: Jupyter keeps its files in {sys.prefix}/jupyter")
    os.environ.update(folders)
    jupyter = [sys.executable, "-m", "jupyter"]
    # trusted: else the stored figures would stay hidden until a cell is run
    subprocess.run([*jupyter, "trust", *notebooks], stdout=subprocess.DEVNULL, check=True)
    start = ["--LabApp.default_url=/lab/tree/notebooks", *options]
    os.execv(sys.executable, [*jupyter, "lab", *start])


if __name__ == "__main__":
    main(sys.argv[1:])
