"""Does a small product still answer when one package is gone? Run in a process of its own.

`answers(stack, package)` blocks the import of what a package brings, builds the product and sends
it one request. It sees what that request needs, not what another one would.
"""

import asyncio
import importlib.metadata
import os
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["answers", "modules_of"]

STACKS = ("ONNX", "TensorFlow")


def modules_of(package: str) -> set[str]:
    """Names that an installed package adds to what Python can import."""
    found = set()
    for file in importlib.metadata.files(package) or ():
        parts = file.parts
        if parts[0] in ("..", "__pycache__") or parts[0].endswith((".dist-info", ".libs")):
            continue
        if len(parts) == 1 and file.suffix in (".py", ".so"):
            found.add(parts[0].split(".")[0])
        elif len(parts) > 1 and file.suffix in (".py", ".so"):
            shared = parts[0] == "google" and len(parts) > 2  # a name of several packages
            found.add(".".join(parts[: 2 if shared else 1]))
    return found


def answers(stack: str, package: str = "") -> str:
    """Run the product of a stack without a package.

    Args:
        stack: "ONNX" (an export behind a web service) or "TensorFlow" (a Keras model behind it,
            trained for one step, saved and loaded).
        package: whose modules are not to be imported, or "".

    Returns:
        "" if the request was answered, else the first line of the error.

    Raises:
        ValueError: another stack.
    """
    if stack not in STACKS:
        raise ValueError(f"`stack` must be one of {STACKS}, got {stack!r}")
    with tempfile.TemporaryDirectory() as folder:
        _export(Path(folder) / "model.onnx")
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        run = subprocess.run(
            [sys.executable, "-m", "lmlab.models.blocked", stack, folder, package],
            capture_output=True,
            text=True,
            env={**os.environ, "KERAS_BACKEND": "tensorflow", **quiet},
        )
    said = run.stdout.strip().splitlines()
    if run.returncode or not said or not said[-1].startswith("result:"):
        return f"exit {run.returncode}"
    return said[-1].removeprefix("result:").strip()


def _export(path: Path) -> None:
    """Eight numbers in, their ReLU out."""
    from onnx import TensorProto, helper, save

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 8]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", ends[:1], ends[1:])
    opsets = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)


class _Gone:
    """A finder that refuses some modules."""

    def __init__(self, names: set[str]):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if any(name == each or name.startswith(f"{each}.") for each in self.names):
            raise ModuleNotFoundError(f"no module {name}: taken away", name=name)


def _model(stack: str, folder: str):
    import numpy as np

    if stack == "ONNX":
        import onnxruntime

        session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
        return lambda row: session.run(None, {"x": np.array([row], "float32")})[0].sum()
    import keras

    layers = [keras.Input((8,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 8)), np.zeros(4), verbose=0)
    model.save(f"{folder}/model.keras")
    loaded = keras.saving.load_model(f"{folder}/model.keras")
    return lambda row: np.asarray(loaded(np.array([row], "float32"))).sum()


def _product(stack: str, folder: str) -> None:
    """A web service around the model, asked once."""
    model = _model(stack, folder)
    import prometheus_client
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    app = FastAPI()
    counter = prometheus_client.Counter("asked", "requests")

    class Row(BaseModel):
        row: list[float]

    @app.post("/score")
    def score(asked: Row):
        counter.inc()
        return {"score": float(model(asked.row))}

    uvicorn.Config(app).load()
    body, sent = b'{"row": [1, 2, 3, 4, 5, 6, 7, 8]}', []
    header = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/score", "raw_path": b"/score"}
    scope |= {"query_string": b"", "root_path": "", "headers": header, "scheme": "http"}

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    if sent[0]["status"] != 200:
        raise RuntimeError(f"status {sent[0]['status']}")
    prometheus_client.generate_latest()


def _main(stack: str, folder: str, package: str) -> None:
    gone = modules_of(package) if package else set()
    for name in list(sys.modules):
        if any(name == each or name.startswith(f"{each}.") for each in gone):
            del sys.modules[name]
    sys.meta_path.insert(0, _Gone(gone))
    try:
        _product(stack, folder)
        print("result:")
    except Exception as error:  # whatever it was, the product is down
        print("result:", type(error).__name__, str(error).splitlines()[0][:60])


if __name__ == "__main__":
    _main(*sys.argv[1:])
