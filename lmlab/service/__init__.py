"""A model as a service: export, request checks, dynamic batching, metrics, a server process.

    export_onnx(model, "model.onnx", columns, fill=…, mean=…, scale=…)
    with Server("model.onnx") as server:
        httpx.post(f"{server.url}/score", json={"rows": [{"age": 30, …}]})

Home: chapter 2K. `export` writes and reads the file that is served, `app` is the service,
`batching` and `limits` are its parts, `server` runs it as a child process on the loopback
interface, `load` sends requests at a given rate, `replay` sends them under a watch.
"""

from importlib import import_module

_HOMES = {
    "app": ("create_app",),
    "batching": ("Batcher", "Overloaded"),
    "export": ("Column", "Scorer", "export_onnx"),
    "load": (
        "Answers",
        "Stages",
        "ask",
        "best_ms",
        "littles_sides",
        "load_during",
        "load_service",
        "read_metrics",
        "send_load",
        "send_raw",
        "swap_in_burst",
    ),
    "replay": ("Replay",),
    "server": ("Server",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - made of the table above


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
