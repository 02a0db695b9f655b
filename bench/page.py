"""Write `book/performance.md` from what the benchmarks measured; never edit the page by hand.

A benchmark stores `bench/results/<name>.json` through `store` and writes the page anew. A section
whose file is missing says that it was not run, and with which command it runs.
"""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"
PAGE = ROOT / "book/performance.md"

INTRODUCTION = """# Performance

How fast the pages of this book are, and its models beside other ways to write the same model.
A number of the models is the median of interleaved runs on one machine, with the lowest and the
highest in brackets; each variant runs in a process of its own and computes the same from the same
weights. Of the pages it is the median of the visits that are named below the table. Read the
ratios: another machine has other times, and a machine that does something else at the same time
has a wide spread.

This page is written by `make bench` and `make bench-page`; nothing on it is typed.
"""

SECTIONS = {
    "pages": ("The pages of this book", "make bench-page"),
    "gpt-cpu": ("A small GPT on a CPU", "make bench"),
    "gpt-gpu": ("GPT-2 on a GPU", "KERAS_BACKEND=jax python bench/gpt.py --gpu"),
    "smollm2": ("SmolLM2-135M: float32, bfloat16, int8", "make bench"),
}


def store(name: str, facts: list[str], tables: list[dict]) -> None:
    """Store one benchmark and write the page.

    Args:
        name: a key of `SECTIONS`.
        facts: lines of plain text under the heading: device, versions, what was not run.
        tables: each `{"title": …, "note": …, "columns": [...], "rows": [[...], …]}`; text only.
    """
    RESULTS.mkdir(exist_ok=True)
    stored = {"facts": facts, "tables": tables}
    (RESULTS / f"{name}.json").write_text(
        json.dumps(stored, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    write()


def write() -> None:
    """Write the page from all stored results."""
    parts = [INTRODUCTION]
    for name, (title, command) in SECTIONS.items():
        parts.append(f"## {title}\n")
        path = RESULTS / f"{name}.json"
        if not path.exists():
            parts.append(f"Not run. The command is `{command}`.\n")
            continue
        stored = json.loads(path.read_text("utf-8"))
        parts.append("\n".join(f"- {fact}" for fact in stored["facts"]) + "\n")
        for table in stored["tables"]:
            lines = [table["columns"], ["---", *["---:"] * (len(table["columns"]) - 1)]]
            rows = ["| " + " | ".join(row) + " |" for row in [*lines, *table["rows"]]]
            parts += [f"### {table['title']}\n", "\n".join(rows) + "\n", table["note"] + "\n"]
    PAGE.write_text("\n".join(part for part in parts if part.strip()), "utf-8")


def spread(values: list[float], digits: int = 0) -> str:
    """`median (lowest–highest)`."""
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    low, mid, high = (f"{value:,.{digits}f}" for value in (ordered[0], middle, ordered[-1]))
    return f"{mid} ({low}–{high})"


def machine() -> str:
    """Processor and number of usable cores, in one line."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'s' if cores > 1 else ''} used, {platform.system()}"


def versions(*names: str) -> str:
    """`keras 3.15.1, torch 2.13.0+cpu, …` of what is installed."""
    found = [f"Python {platform.python_version()}"]
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


if __name__ == "__main__":
    write()
