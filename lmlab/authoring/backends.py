"""Run chapters on another backend of Keras and write `book/backends.md`: what was run, and where.

    KERAS_BACKEND=jax python -m lmlab.authoring.backends notebooks/5_business/2_math.ipynb …

A chapter passes if every cell runs and every assertion and band of the book holds. The results
are kept in `notebooks/backends.json`. The status is 1 if a chapter fails that passed before.
"""

import argparse
import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path

from lmlab.authoring.execute import execute

__all__ = ["main", "render"]

ROOT = Path(__file__).resolve().parents[2]
INTRODUCTION = """# Backends

The chapters are written for Keras on TensorFlow, and `make test` runs all of them there. With
`KERAS_BACKEND=jax` a chapter runs on JAX where it is installed. Here is what was run, each
chapter as it stands; it passed where every cell ran and every number lay in the band of the book.
A chapter that did not pass needs TensorFlow; one that is not in the table was not run on JAX, and
PyTorch was not run at all.

`make test-backends` runs the chapters that passed once more.

% Written by lmlab/authoring/backends.py from notebooks/backends.json. Do not edit.

| chapter | TensorFlow | JAX | where it stopped |
| --- | --- | --- | --- |
"""


def render(results: dict) -> str:
    """The page of what was run.

    Args:
        results: for each chapter `{"jax": "passed" or the reason, "version": that of JAX}`.
    """
    rows = []
    for chapter, row in sorted(results.items()):
        passed = row["jax"] == "passed"
        word, why = ("passed", "") if passed else ("needs TensorFlow", row["jax"])
        title = f"[{chapter}](../notebooks/{chapter}.ipynb)"
        rows.append(f"| {title} | passed | {word}, {row['version']} | {why} |")
    return INTRODUCTION + "\n".join(rows) + "\n"


def run(path: Path) -> str:
    """`passed`, or in a line where and why the chapter stopped."""
    try:
        execute(path, timeout=200)
    except Exception as error:
        plain = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip().splitlines()
        return f"`{plain[-1][:110].replace('|', '/').replace('`', '')}`" if plain else "an error"
    return "passed"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run chapters, keep the results and write the page; without chapters those that passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--page", action="store_true", help="write the page only")
    options = parser.parse_args(arguments)
    stored = root / "notebooks" / "backends.json"
    results = json.loads(stored.read_text("utf-8")) if stored.is_file() else {}
    known = [root / "notebooks" / f"{c}.ipynb" for c, r in results.items() if r["jax"] == "passed"]
    worse = 0
    for path in [] if options.page else options.paths or known:
        if os.environ.get("KERAS_BACKEND") != "jax":
            sys.exit("set KERAS_BACKEND=jax, in an environment with JAX: `make test-backends`")
        chapter = "/".join(path.with_suffix("").parts[-2:])
        said = run(path)
        print(f"{chapter}: {said}", flush=True)
        worse += said != "passed" == results.get(chapter, {}).get("jax")
        results[chapter] = {"jax": said, "version": version("jax")}
        if not worse:
            stored.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n", "utf-8")
    (root / "book" / "backends.md").write_text(render(results), "utf-8")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
