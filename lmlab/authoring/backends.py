"""Run chapters on the other backends of Keras and write `book/backends.md`: what ran, and where.

    python -m lmlab.authoring.backends [notebooks/5_business/2_math.ipynb …]

A chapter passes if every cell runs and every assertion and band of the book holds. The results
are kept in `notebooks/backends.json`. Without names, those that passed and those that have no
result yet are run. The status is 1 if a chapter fails that passed before.
"""

import argparse
import json
import os
import re
import resource
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nbformat

from lmlab.authoring.execute import execute

__all__ = ["main", "render", "uses_keras"]

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = {"jax": "JAX", "torch": "PyTorch"}
NO_KERAS = "no Keras"
CPU_SECONDS = 180  # of a kernel; on TensorFlow the longest chapter needs 95
INTRODUCTION = """# Backends

The chapters are written for Keras on TensorFlow, and `make test` runs all of them there. With
`KERAS_BACKEND=jax` or `torch` a chapter runs on JAX or PyTorch where they are installed. Here is
what was run, each chapter as it stands; it passed where every cell ran and every number lay in the
band of the book. A chapter that passed on neither says *TensorFlow only* in its line *Time*. One
without Keras is the same everywhere.

`make test-backends` runs the chapters that passed once more, on both; it takes half an hour.

% Written by lmlab/authoring/backends.py from notebooks/backends.json. Do not edit.

"""


def name_of(path: Path, root: Path = ROOT) -> str:
    """`5_business/2_math` for a chapter, `labs/08_gpt` for a lab."""
    name = path.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
    return name.removeprefix("notebooks/").removesuffix("/lab")


def path_of(name: str, root: Path = ROOT) -> Path:
    """The notebook of a name, see `name_of`."""
    return root / (f"{name}/lab.ipynb" if name.startswith("labs/") else f"notebooks/{name}.ipynb")


def uses_keras(path: Path) -> bool:
    """Whether the code of a notebook names Keras or TensorFlow."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return re.search("keras|tensorflow", code) is not None


def render(results: dict) -> str:
    """The page of what was run.

    Args:
        results: for each chapter and backend `{"result": …, "version": that of the backend}`; the
            result is `passed`, the reason why it stopped, or `no Keras` (then without a version).
    """
    rows = ["| chapter | TensorFlow | JAX | PyTorch | where it stopped |", "| - | - | - | - | - |"]
    for name, row in sorted(results.items(), key=lambda item: (item[0][:4] == "labs", item)):
        link = (
            f"[{name}](../notebooks/{name}.ipynb)" if name[:4] != "labs" else f"[{name}](labs.md)"
        )
        words, reasons = [], []
        for backend, title in BACKENDS.items():
            run = row.get(backend, {"result": "not run"})
            passed = run["result"] in ("passed", NO_KERAS, "not run")
            words.append(run["result"] if passed else "stopped")
            words[-1] += f", {run['version']}" if "version" in run else ""
            reasons += [] if passed else [f"{title}: {run['result']}"]
        rows.append(f"| {link} | passed | {' | '.join(words)} | {'; '.join(reasons)} |")
    return INTRODUCTION + "\n".join(rows) + "\n"


def run(path: Path, backend: str) -> tuple[str, float]:
    """`passed`, or in a line why the chapter stopped; and the CPU seconds of the kernel."""
    from nbclient.exceptions import DeadKernelError

    os.environ["KERAS_BACKEND"] = backend
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        execute(path, timeout=3600)  # the CPU seconds are limited, not those of a busy machine
        said = "passed"
    except DeadKernelError:
        said = f"more than {CPU_SECONDS} CPU seconds, or out of memory"
    except Exception as error:
        plain = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip().splitlines() or ["an error"]
        # what Keras says: where it happened, an empty line, what happened
        text = re.sub(r": Exception encountered when calling .*\s+", ": ", "\n".join(plain))
        lines = re.findall(r"^\s*(\w+(?:Error|Exception)\b.*)", text, re.M)
        line = lines[-1] if lines else plain[-1]
        said = f"`{line[:110].strip().replace('|', '/').replace('`', '')}`"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run chapters, keep the results and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--page", action="store_true", help="write the page only")
    options = parser.parse_args(arguments)
    stored = root / "notebooks" / "backends.json"
    results = json.loads(stored.read_text("utf-8")) if stored.is_file() else {}
    every = [*sorted(root.glob("notebooks/*/*.ipynb")), *sorted(root.glob("labs/*/lab.ipynb"))]
    worse = 0
    for path in [] if options.page else options.paths or every:
        name = name_of(path, root)
        for backend in BACKENDS:
            before = results.get(name, {}).get(backend, {}).get("result")
            if not uses_keras(path):
                new = {"result": NO_KERAS}
            elif options.paths or before in (None, "passed", NO_KERAS):
                if find_spec(backend) is None:
                    sys.exit(f"{backend} is not installed here: `make test-backends`")
                said, seconds = run(path, backend)
                print(f"{name} on {backend}: {said} ({seconds:.0f} CPU s)", flush=True)
                if worse_now := said != "passed" == before:
                    worse += worse_now
                    continue
                new = {"result": said, "version": version(backend).partition("+")[0]}
            else:
                continue
            results.setdefault(name, {})[backend] = new
            stored.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n", "utf-8")
    (root / "book" / "backends.md").write_text(render(results), "utf-8")
    return 1 if worse else 0


if __name__ == "__main__":
    # a kernel inherits it, and a chapter without an end on one backend ends all the same
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, hard))
    sys.exit(main(sys.argv[1:]))
