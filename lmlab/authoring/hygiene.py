"""House rules of a notebook, checked on the stored file: nothing is run.

`python -m lmlab.authoring.hygiene [files or folders]` prints one line per broken rule. The rules
stand in `rules_chapter`, `rules_code`, `rules_outputs`, `rules_prose`, `rules_reading` and
`rules_size`.
"""

import re
import sys
from pathlib import Path

import nbformat

from lmlab.authoring.cells import Found
from lmlab.authoring.rules_chapter import check_coverage, check_ending, check_headings
from lmlab.authoring.rules_code import check_code, check_imports
from lmlab.authoring.rules_outputs import check_outputs, check_record
from lmlab.authoring.rules_prose import check_prose
from lmlab.authoring.rules_reading import check_band, check_guesses, check_minutes
from lmlab.authoring.rules_size import check_size
from lmlab.authoring.sweeps import check_claims

ALWAYS = (check_code, check_outputs, check_record)
PAGE = (*ALWAYS, check_imports, check_prose)  # a lab imports in its tests, too
READER = (check_guesses, check_minutes, check_band)
CHECKS = {
    "chapter": (check_headings, check_ending, check_coverage, *READER, *PAGE),
    "template": PAGE,
    "lab": ALWAYS,
}


def check_cells(nb: nbformat.NotebookNode, name: str, kind: str = "chapter") -> list[str]:
    """Check a parsed notebook (format 4.5, not empty) of a kind that `CHECKS` names.

    Returns:
        A line per broken rule: rule, file, cell (from 1) with its first line, what to do.
    """
    return _lines(nb, name, (found for check in CHECKS[kind] for found in check(nb)))


def _lines(nb, name: str, found: Found) -> list[str]:
    lines = []
    for rule, i, text in found:
        first = "" if i is None else nb.cells[i].source.strip().partition("\n")[0][:60]
        cell = "" if i is None else f", cell {i + 1} ({first})"
        lines.append(f"{rule}: {name}{cell}: {text}")
    return lines


def check_notebook(path: str | Path) -> list[str]:
    """Check a notebook file; `_toc.yml` is sought in the folders above it.

    Returns:
        The lines of `check_cells`, and those on the file itself (rules 2 and 7.4).

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a notebook file, got {path}")
    toc = next((up / "_toc.yml" for up in path.parents if (up / "_toc.yml").is_file()), None)
    name = path.relative_to(toc.parent) if toc else path
    kind = path.stem if path.stem in CHECKS else "chapter"
    try:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
        nb.cells[0]  # a notebook without cells has no title
    except Exception as error:  # nbformat raises six kinds
        why = str(error).partition("\n")[0]
        return [f"style 7.4: {name}: no valid notebook ({why}); restore it and execute again"]
    messages = check_cells(nb, str(name), kind)
    messages += _lines(nb, str(name), check_claims(nb, path, name.as_posix(), kind))
    if kind == "chapter":
        messages += _lines(nb, str(name), check_size(nb, path))
    entry = rf"^[-\s]*(?:file|root):\s*['\"]?{re.escape(name.with_suffix('').as_posix())}\b"
    if bool(toc and re.search(entry, toc.read_text("utf-8"), re.M)) != (kind == "chapter"):
        action = "not in _toc.yml; add it" if kind == "chapter" else "in _toc.yml; remove it"
        messages.append(f"style 7.4: {name}: {action}")
    return messages


def check_all(root: str | Path) -> list[str]:
    """Check every chapter, the template and the labs of the repository in the folder `root`.

    Raises:
        ValueError: `root` has no folder `notebooks`.
    """
    folder = Path(root) / "notebooks"
    if not folder.is_dir():
        raise ValueError(f"`root` must hold the folder notebooks, got {root}")
    paths = {*folder.glob("[!.]*/*.ipynb"), *folder.glob("template.ipynb")}
    paths |= {*Path(root).glob("labs/*/lab.ipynb"), *Path(root).glob("tests/labs/*/lab.ipynb")}
    return [line for path in sorted(paths) for line in check_notebook(path)]


def main(arguments: list[str]) -> int:
    """Print what is to be done in files and repositories; 1 if there is anything."""
    paths = [Path(argument) for argument in arguments or ["."]]
    checked = (check_all(path) if path.is_dir() else check_notebook(path) for path in paths)
    messages = [line for lines in checked for line in lines]
    print(*messages, sep="\n", end="\n" if messages else "")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
