"""`make bench`: the small GPT against plain PyTorch and against the loops that tutorials show.

Each variant (`variants.py`) has a process of its own; they take turns, so that whatever else the
machine does meets all of them. `--gpu` compares GPT-2 (124 M) in bfloat16 instead.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import page

from lmlab.models.gpt import GPTConfig

SMALL = {"vocab_size": 65, "seq_len": 128, "d_model": 192, "num_layers": 6, "num_heads": 6}
GPT2 = {"vocab_size": 50257, "seq_len": 1024, "d_model": 768, "num_layers": 12, "num_heads": 12}

# title, function of `variants.py`, backend of Keras; the first is what ratios refer to
TRAINING = [
    ("PyTorch, nanoGPT style, eager", "train_torch", ""),
    ("Keras on TensorFlow, `train_steps`", "train_steps", "tensorflow"),
    ("Keras on TensorFlow, `model.fit`", "train_fit", "tensorflow"),
    ("Keras on PyTorch, `model.fit`", "train_fit", "torch"),
    ("Keras on JAX, `model.fit`", "train_fit", "jax"),
]
DECODING = [
    ("Keras, compiled loop: `lmlab.models.gpt.generate`", "decode_compiled", "tensorflow"),
    ("Keras, cached loop in Python", "decode_cached", "tensorflow"),
    ("Keras, `model.predict` on the whole context", "decode_predict", "tensorflow"),
    ("PyTorch, nanoGPT's `generate`", "decode_torch", ""),
    ("KerasHub's `generate`, XLA", "decode_kerashub", "tensorflow"),
    ("Keras on JAX, compiled loop", "decode_compiled", "jax"),
]
BACKEND = os.environ.get("KERAS_BACKEND", "jax")
GPU_TRAINING = [
    ("PyTorch, nanoGPT style, `torch.compile`", "train_torch_compile", ""),
    (f"Keras on {BACKEND}, `train_steps`", "train_steps", BACKEND),
]
GPU_DECODING = [
    (f"Keras on {BACKEND}, compiled loop", "decode_compiled", BACKEND),
    ("PyTorch, nanoGPT's `generate`", "decode_torch", ""),
]
# bfloat16 FLOP/s of the data sheets, without sparsity: what model-FLOPs utilisation refers to
DATA_SHEETS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}
PACKAGES = ("keras", "tensorflow", "torch", "jax", "keras-hub", "numpy")


class Variant:
    """A process that does one round of work each time it is asked."""

    def __init__(self, function: str, backend: str, spec: dict):
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TOKENIZERS_PARALLELISM": "false"}
        environment |= {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        environment |= {"KERAS_BACKEND": backend} if backend else {}
        here = Path(__file__).with_name("variants.py")
        self.process = subprocess.Popen(
            [sys.executable, str(here), function, json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if spec["verbose"] else subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.ready, self.rounds = self.answer(), []

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"missing": "stopped with an error"}

    def round(self) -> None:
        self.process.stdin.write("round\n")
        self.process.stdin.flush()
        self.rounds.append(self.answer())

    def stop(self) -> dict:
        out, _ = self.process.communicate("stop\n", timeout=60)
        return json.loads(out.splitlines()[-1]) if out.strip() else {}

    def column(self, name: str) -> list[float]:
        return [row[name] for row in self.rounds]


def race(plan: list[tuple], spec: dict, rounds: int) -> dict[str, Variant]:
    """Start all variants, let them take turns, stop them; those that cannot start are told."""
    Variant("weights", BACKEND if spec["gpu"] else "tensorflow", spec).stop()
    running = {}
    for title, function, backend in plan:
        variant = Variant(function, backend, spec)
        if "missing" in variant.ready:
            print(f"  not run: {title}: {variant.ready['missing']}", flush=True)
            spec["missing"].append(f"Not run: {title} ({variant.ready['missing']})")
        else:
            print(f"  ready after {variant.ready['start']:.0f} s: {title}", flush=True)
            running[title] = variant
    for number in range(rounds):
        order = list(running.values())
        for variant in order if number % 2 else reversed(order):
            variant.round()
        print(f"  round {number + 1} of {rounds}", flush=True)
    for variant in running.values():
        variant.end = variant.stop()
    return running


def start_and_memory(variant: Variant) -> list[str]:
    return [f"{variant.ready['start_cpu']:.0f}", f"{variant.end['peak_mb'] / 1000:.1f}"]


def flops_per_token(config: GPTConfig) -> float:
    """Forward and backward, for one token: 6 for each weight, and attention's products."""
    weights = config.num_parameters - config.seq_len * config.d_model
    return 6 * weights + 12 * config.num_layers * config.d_model * config.seq_len


def training(spec: dict, rounds: int, plan: list[tuple]) -> dict:
    """The table of training: tokens a second, ratios, share of the peak of matrix products."""
    config = GPTConfig(**spec["config"])
    found = race([("peak", "gemm", ""), *plan], spec, rounds)
    peak = found.pop("peak", None)
    tokens = spec["steps"] * spec["batch_size"] * config.seq_len
    losses = [variant.column("loss") for variant in found.values()]
    apart = max(np.ptp(one) for one in zip(*losses, strict=True))
    rows, first, flops = [], next(iter(found.values())), flops_per_token(config)
    for title, variant in found.items():
        speed, base = (
            {clock: [tokens / t for t in v.column(clock)] for clock in ("wall", "cpu")}
            for v in (variant, first)
        )
        numbers = []
        for clock in ("wall", "cpu"):
            faster = [m / b for m, b in zip(speed[clock], base[clock], strict=True)]
            numbers += [page.spread(speed[clock]), page.spread(faster, 2)]
        share = "–"
        if peak:
            best = [row["flops"] / row["cpu"] for row in peak.rounds]
            pairs = zip(speed["cpu"], best, strict=True)
            share = page.spread([flops * s / b * 100 for s, b in pairs]) + " %"
        rows.append([title, *numbers, share, *start_and_memory(variant)])
    sheet = next((f for name, f in DATA_SHEETS.items() if spec["gpu"] and name in gpu_name()), 0)
    use = [
        f" Model-FLOPs utilisation of {title}: "
        f"{page.spread([100 * flops * tokens / t / sheet for t in variant.column('wall')])} %."
        for title, variant in found.items()
        if sheet
    ]
    top = [row["flops"] / row["wall"] / 1e9 for row in peak.rounds] if peak else [0]
    each = flops * tokens / spec["steps"]
    sizes = f"{config.num_parameters / 1e6:.1f} M parameters, context {config.seq_len}, batch"
    return {
        "title": f"Training: {sizes} {spec['batch_size']}, {spec['dtype']}",
        "columns": [
            "variant",
            "tokens/s",
            "× the first row",
            "tokens a CPU second",
            "× the first row",
            "share of the peak",
            "start, CPU s",
            "memory, GB",
        ],
        "rows": rows,
        "note": f"Same weights, same batches, AdamW and clipping at 1.0 in every row; "
        f"{rounds} rounds of {spec['steps']} steps; the losses of a round differ by at most "
        f"{apart:.1g}. The peak is that of matrix products in the same rounds, shares are by CPU "
        f"time: {page.spread(top)} GFLOP/s; a step is {each / 1e9:,.1f} GFLOP." + "".join(use),
    }


def decoding(spec: dict, rounds: int, plan: list[tuple]) -> dict:
    """The table of decoding: milliseconds a token, and how many times slower than the first row."""
    found = race(plan, spec, rounds)
    first = next(iter(found.values()))
    texts = {title: v.rounds[0]["text"] for title, v in found.items() if "text" in v.rounds[0]}
    longest = first.rounds[0]["text"]
    same = [title for title, text in texts.items() if text == longest[: len(text)]]
    rows = []
    for title, variant in found.items():
        made = variant.rounds[0].get("tokens", spec["num_tokens"])
        numbers = []
        for clock in ("wall", "cpu"):
            base = [1000 * t / spec["num_tokens"] for t in first.column(clock)]
            mine = [1000 * t / made for t in variant.column(clock)]
            slower = [m / b for m, b in zip(mine, base, strict=True)]
            numbers += [page.spread(mine, 2), page.spread(slower, 1)]
        rows.append([title, *numbers, *start_and_memory(variant)])
    differing = sorted(set(texts) - set(same))
    note = "All rows with the same noise make the same tokens, `model.predict` the first quarter"
    note += f", except: {', '.join(differing)}" if differing else ""
    return {
        "title": f"Decoding {spec['num_tokens']} tokens of one text, {spec['dtype']}",
        "columns": [
            "variant",
            "ms a token",
            "× the first row",
            "CPU ms a token",
            "× the first row",
            "start, CPU s",
            "memory, GB",
        ],
        "rows": rows,
        "note": f"{note} (KerasHub draws greedily, from weights of its own); {rounds} rounds. "
        "By the first row is divided: the time of a token is so many times longer.",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpu", action="store_true", help="GPT-2 124M in bfloat16 on a GPU")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cores", type=int, help="use so many cores only (Linux)")
    parser.add_argument("--verbose", action="store_true", help="show what the variants print")
    options = parser.parse_args()
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    spec = {"verbose": options.verbose, "gpu": options.gpu, "num_tokens": 256, "missing": []}
    if options.gpu:
        spec |= {"config": GPT2, "batch_size": 16, "steps": 20, "dtype": "bfloat16"}
    else:
        spec |= {"config": SMALL, "batch_size": 32, "steps": 4, "dtype": "float32"}
    plans = (GPU_TRAINING, GPU_DECODING) if options.gpu else (TRAINING, DECODING)
    tables, load = [], os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        print("training", flush=True)
        train = spec | {"weights": f"{folder}/train.npz"}
        tables.append(training(train, options.rounds, plans[0]))
        print("decoding", flush=True)
        config = spec["config"] | {"seq_len": max(256, spec["config"]["seq_len"])}
        decode = spec | {"weights": f"{folder}/decode.npz", "config": config}
        tables.append(decoding(decode, options.rounds, plans[1]))
    facts = [page.machine() + (f", {gpu_name()}" if options.gpu else ""), page.versions(*PACKAGES)]
    facts.append(f"Load of the machine before the start: {load:.1f}; rounds: {options.rounds}")
    facts += spec["missing"]
    page.store("gpt-gpu" if options.gpu else "gpt-cpu", facts, tables)
    for table in tables:
        print(table["title"])
        for row in (table["columns"], *table["rows"]):
            print("  " + " | ".join(row))
        print("  " + table["note"])


def gpu_name() -> str:
    import torch

    return torch.cuda.get_device_name()


if __name__ == "__main__":
    main()
