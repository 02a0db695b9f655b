"""The script of a page under node: what it computes, without a browser."""

import json
import subprocess
from pathlib import Path

from lmlab import pads


def run_behind(script, node, code, /, **given):
    """What `code` logs as JSON, run behind a script of the package with `given` as constants."""
    text = Path(pads.__file__).with_name(script).read_text(encoding="utf-8")
    names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
    done = subprocess.run(
        [*node, "--input-type=module"],
        input=f"{text}\n{names}{code}",
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
