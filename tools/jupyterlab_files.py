"""Prepare JupyterLab and git for a reader who runs and saves the chapters.

JupyterLab gets the files that the package's wheel carries and an editable install leaves out: it
then stores the states of live figures with each save and shows them without red marks. Git gets
a filter that keeps what JupyterLab saves (outputs, states, versions) out of diffs and commits.
"""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def install(prefix: Path) -> None:
    """Copy the data files of pyproject.toml to an environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for folder, files in project["tool"]["setuptools"]["data-files"].items():
        (prefix / folder).mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(ROOT / file, prefix / folder)


def configure_git(root: Path) -> None:
    """Name the filter that .gitattributes asks for; nothing where there is no repository."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return
    command = ".venv/bin/python tools/jupyterlab_files.py clean %f"
    subprocess.run(["git", "config", "filter.lmlab.clean", command], cwd=root, check=False)


def clean(text: bytes, stored: bytes | None) -> bytes:
    """What git compares and keeps of a notebook.

    Args:
        text: the notebook in the folder.
        stored: the same notebook as git has it, or None.

    Returns:
        `text` itself, unless JupyterLab saved it (it writes down the kernel's lexer); then the
        stored notebook with the cells of `text`: a cell whose source is as it was keeps its
        stored output, a changed or new one has none.
    """
    try:
        saved, known = json.loads(text), json.loads(stored)
        if "codemirror_mode" not in saved["metadata"]["language_info"]:
            return text
        before = {cell["id"]: cell for cell in known["cells"]}
        if [_source(cell) for cell in saved["cells"]] == [_source(c) for c in known["cells"]]:
            return stored
        cells = []
        for cell in saved["cells"]:
            old = before.get(cell.get("id"))
            if old and _source(old) == _source(cell):
                cell = old
            elif cell["cell_type"] == "code":
                cell = cell | {"outputs": [], "execution_count": None}
            cells.append(cell)
    except (ValueError, TypeError, KeyError, AttributeError):
        return text  # no notebook, or a new one
    return (json.dumps(known | {"cells": cells}, indent=1, ensure_ascii=False) + "\n").encode()


def _source(cell: dict) -> tuple:
    source = cell["source"]
    return cell["cell_type"], "".join(source) if isinstance(source, list) else source


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["clean"]:
        text = sys.stdin.buffer.read()
        # the signature is sought first: git asks for each changed notebook, of some megabytes
        found = None
        if b'"codemirror_mode"' in text:
            show = ["git", "show", f":{arguments[1]}"]
            found = subprocess.run(show, capture_output=True).stdout or None
        sys.stdout.buffer.write(clean(text, found) if found else text)
    else:
        install(Path(sys.prefix))
        configure_git(ROOT)


if __name__ == "__main__":
    main(sys.argv[1:])
