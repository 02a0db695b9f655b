"""What a hidden cell uses: run some expressions and print what came, as one line of JSON."""

import json
from collections.abc import Callable

__all__ = ["report"]


def report(**parts: Callable[[], object]) -> None:
    """Print `LABOUT:` and a JSON object: what each part returns, `{"error": …}` where it raises.

    Args:
        parts: functions without arguments; arrays become nested lists.
    """
    out = {}
    for name, part in parts.items():
        try:
            out[name] = _plain(part())
            json.dumps(out[name])
        except Exception as error:
            out[name] = {"error": f"{type(error).__name__}: {error}"[:200]}
    print(f"\nLABOUT:{json.dumps(out)}", flush=True)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value.numpy().tolist() if hasattr(value, "numpy") else value
