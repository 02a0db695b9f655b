"""Execute the notebooks of the book and clean them, so that a second run changes nothing.

    python -m lmlab.authoring.execute notebooks/4_innovation/3_code.ipynb …

Each notebook is executed in a fresh kernel, cleaned and written back in one move. If a cell fails
or a view has no stored state, the file stays as it was.
"""

import argparse
import contextlib
import json
import math
import os
import re
import sys
import threading
from pathlib import Path

import nbformat

from lmlab.check import PROOF

__all__ = ["clean", "execute", "renumber_widgets", "write"]

FOLDED = {"hide-input", "hide-cell"}
CELL_TIMEOUT = 240  # seconds
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
COMPUTE = Path(__file__).resolve().parents[2] / "notebooks" / "compute.json"


def execute(path: Path, timeout: int = CELL_TIMEOUT) -> tuple[nbformat.NotebookNode, dict]:
    """Run all cells of a notebook in a fresh kernel.

    Args:
        path: the notebook; its folder is the working directory.
        timeout: longest time for one cell, in seconds.

    Returns:
        The executed notebook and `{"cpu_seconds": time of the kernel and its children on all
        cores, "megabytes": peak memory}`.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
        nbclient.exceptions.CellTimeoutError: a cell took longer than `timeout`.
    """
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        startup_timeout=240,  # on a busy machine the default of a minute is short
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    with client.setup_kernel(env=os.environ | {PROOF: "1"}):
        client.km.has_kernel  # noqa: B018 - the kernel is up here
        meter = _Meter(client.km.provisioner.process.pid)
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        client.set_widgets_metadata()
        used = meter.stop()
    return notebook, used


class _Meter:
    """CPU time of a process and its children, and its peak memory, sampled five times a second.

    The time is that of all cores: another program on the machine adds little to it. The memory,
    in MB (10^6 bytes), is that of the process alone.
    """

    def __init__(self, pid: int):
        import psutil

        self._process, self._bytes, self._ended = psutil.Process(pid), 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        import psutil

        while not self._ended.wait(0.2):
            try:
                self._bytes = max(self._bytes, self._process.memory_info().rss)
            except psutil.Error:
                return

    def stop(self) -> dict:
        import psutil

        self._ended.set()
        self._thread.join()
        seconds = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                # user and system: its own, then those of its children that have ended
                seconds += sum(process.cpu_times()[:4])
        return {"cpu_seconds": seconds, "megabytes": self._bytes / 1e6}


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove all that another run would write differently.

    Keeps outputs, execution counts and cell ids. Joins text sent in pieces. Copies a picture's
    alternative text and width to the cell, where the book reads them. Folds in JupyterLab what
    the book folds. Renumbers widget models.

    Raises:
        ValueError: a widget view has no stored state.
    """
    kept = {key: notebook.metadata[key] for key in ("lmlab", "widgets") if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": LANGUAGE, **kept}
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in ("lmlab", "nbgrader") if key in cell.metadata}
            | ({"tags": tags} if tags else {})
            | ({"jupyter": {"source_hidden": True}} if FOLDED & set(tags or ()) else {})
        )
        if cell.cell_type == "code":
            cell.outputs = _merge_streams(cell.outputs)
        for output in cell.get("outputs", []):
            shown = output.get("metadata", {}).get("image/png", {})
            if "alt" in shown and VIEW not in output["data"]:
                image = {"alt": shown["alt"], "width": f"{shown['width']}px"}
                cell.metadata["mystnb"] = {"image": image}
    return renumber_widgets(notebook)


def _merge_streams(outputs: list) -> list:
    """One output for text that the kernel happened to send in several pieces."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        same = output.get("output_type") == "stream" == last.get("output_type")
        if same and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def renumber_widgets(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Give widget models numbers in order of appearance and drop what no view needs.

    Raises:
        ValueError: a view names a model without stored state (as after a save in JupyterLab).
    """
    views = [
        output["data"][VIEW]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if VIEW in output.get("data", {})
    ]
    if not views:
        notebook.metadata.pop("widgets", None)
        return notebook
    stored = notebook.metadata.get("widgets", {}).get(STATE, {"state": {}})
    models = stored["state"]
    names: dict[str, str] = {}

    def visit(model_id: str) -> None:
        if model_id in names or model_id not in models:
            return
        names[model_id] = f"{len(names) + 1:032x}"
        for found in re.findall(r"IPY_MODEL_([0-9a-f]+)", json.dumps(models[model_id]["state"])):
            visit(found)

    for view in views:
        if view["model_id"] not in models:
            raise ValueError(
                f"the view of model {view['model_id']} has no stored state: run `make notebooks`, "
                "and do not save from JupyterLab without it"
            )
        visit(view["model_id"])
    # a link names its two widgets; nothing names the link
    links = {
        model_id: [names[end[0].removeprefix("IPY_MODEL_")] for end in ends]
        for model_id, model in models.items()
        if all(ends := [model["state"].get(end) for end in ("source", "target")])
        and all(end[0].removeprefix("IPY_MODEL_") in names for end in ends)
    }
    for model_id in sorted(links, key=links.get):
        visit(model_id)
    for model in models.values():  # of a layout or style the page knows all but what was set
        if model["model_name"].endswith(("LayoutModel", "StyleModel")):
            state = model["state"].items()
            model["state"] = {k: v for k, v in state if v is not None and not k.startswith("_")}
    text = re.sub(
        r"(?<=IPY_MODEL_)[0-9a-f]+",
        lambda found: names.get(found[0], found[0]),
        json.dumps({name: models[old] for old, name in names.items()}),
    )
    notebook.metadata["widgets"] = nbformat.from_dict(
        {STATE: {**stored, "state": json.loads(text)}}
    )
    for view in views:
        view["model_id"] = names[view["model_id"]]
    return notebook


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook in one move; nothing half-written is ever left."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        nbformat.write(notebook, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def record_compute(path: Path, used: dict) -> str:
    """Keep CPU time and memory of a notebook in `notebooks/compute.json`; returns a line of text.

    The table holds ceilings, in steps of 5 s and 50 MB. One is raised when a run needs more and
    lowered when a run needs less than half, so that the table does not change with every run.
    A notebook outside `notebooks/` is not in the table.
    """
    line = f"{used['cpu_seconds']:.0f} CPU s, {used['megabytes']:.0f} MB"
    if not path.resolve().is_relative_to(COMPUTE.parent):
        return f"{path}: {line}"
    table = json.loads(COMPUTE.read_text("utf-8")) if COMPUTE.exists() else {}
    key = path.resolve().relative_to(COMPUTE.parent).as_posix()
    before, row = table.get(key, {}), {}
    for name, step in (("cpu_seconds", 5), ("megabytes", 50)):
        row[name] = before.get(name, 0)
        if not row[name] / 2 - step <= used[name] <= row[name]:
            row[name] = math.ceil(used[name] / step) * step
    table[key] = row
    COMPUTE.write_text(json.dumps(dict(sorted(table.items())), indent=2) + "\n", "utf-8")
    return f"{key}: {line}"


def longest_first(paths: list[Path]) -> list[Path]:
    """Sort notebooks by the measured time, so that two workers end together.

    What is not in the table (a lab) counts as a minute.
    """
    table = json.loads(COMPUTE.read_text("utf-8")) if COMPUTE.exists() else {}

    def seconds(path: Path) -> float:
        return table.get("/".join(path.parts[-2:]), {}).get("cpu_seconds", 60)

    return sorted(paths, key=seconds, reverse=True)


def main(arguments: list[str] | None = None) -> int:
    """Execute and clean the notebooks named; 1 if one failed."""
    from lmlab.authoring.stills import add_stills  # it imports this module

    parser = argparse.ArgumentParser(prog="python -m lmlab.authoring.execute", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--timeout", type=int, default=CELL_TIMEOUT, help="seconds for one cell")
    parser.add_argument("--longest-first", action="store_true", help="only print them, sorted")
    options = parser.parse_args(arguments)
    if options.longest_first:
        print(*longest_first(options.paths))
        return 0
    failed = 0
    for path in options.paths:
        if not path.is_file():
            print(f"{path}: no such notebook; name one as in N=notebooks/4_innovation/3_code.ipynb")
            failed += 1
            continue
        try:
            notebook, used = execute(path, options.timeout)
            write(add_stills(clean(notebook)), path)
        except Exception as error:
            print(f"{path}: not written. {type(error).__name__}: {error}", file=sys.stderr)
            failed += 1
        else:
            print(record_compute(path, used))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
