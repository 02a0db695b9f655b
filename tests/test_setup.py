"""A reader's own settings change neither what is set up nor what a chapter computes."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
FOREIGN = {"PIP_USER": "1", "UV_SYSTEM_PYTHON": "1", "UV_PYTHON": sys.executable}


def tool(name):
    """A module of tools/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(code, **environment):
    """What a fresh Python prints."""
    clean = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "KERAS_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_setting_of_pip_or_uv_reaches_a_command():
    """What make hands to its commands, whatever the environment says."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "-f", "-", "shown"],
        input=MAKEFILE + "\nshown:\n\t@env\n",
        cwd=ROOT,
        env=os.environ | FOREIGN | {"PYTHONPATH": "/elsewhere"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    values = dict(line.partition("=")[::2] for line in shown.splitlines() if "=" in line)
    assert values["PIP_USER"] == "0" and values["PYTHONUTF8"] == "1"
    assert not {"UV_SYSTEM_PYTHON", "UV_PYTHON", "PYTHONPATH"} & set(values)


def test_every_call_that_installs_names_its_python():
    calls = re.findall(r"\$\(UV\) pip (?:sync|install).*", MAKEFILE)
    assert len(calls) >= 5
    assert [call for call in calls if "--python " not in call] == []


def test_uv_keeps_to_the_environment_it_is_given(tmp_path):
    """Only said, not done: `--dry-run`."""
    (tmp_path / "uv.toml").write_text("[pip]\nsystem = true\n", "utf-8")
    (tmp_path / "none.txt").write_text("", "utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    python = tmp_path / "own" / "bin" / "python"
    command = [sys.executable, "-m", "uv", "pip", "sync", "--dry-run", "--offline"]
    done = subprocess.run(
        [*command, "--python", python, "--allow-empty-requirements", "none.txt"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k not in FOREIGN},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Would uninstall" not in done.stderr, done.stderr


def test_without_git_the_notebooks_are_found(tmp_path):
    """A downloaded archive has no .git."""
    for name in ("notebooks/1_a/1_x.ipynb", "labs/01/lab.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("{}", "utf-8")
    done = subprocess.run(
        ["make", "-f", "-", "shown"],
        input=MAKEFILE + "\nshown:\n\t@echo $(N)\n",
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k not in ("N", "MAKEFLAGS", "MAKELEVEL")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) == {"notebooks/1_a/1_x.ipynb", "labs/01/lab.ipynb"}
    assert "git ls-files" not in MAKEFILE


@pytest.mark.parametrize("settings", [{"backend": "theano"}, {"floatx": "float64"}])
def test_a_readers_keras_json_changes_nothing(tmp_path, settings):
    (tmp_path / "keras.json").write_text(json.dumps(settings), "utf-8")
    code = (
        "from lmlab.models.device import start_keras\nkeras = start_keras()\n"
        "one = keras.ops.ones(1)\n"
        "print(keras.backend.backend(), keras.layers.Dense(1).compute_dtype, one.dtype)"
    )
    said = run(code, KERAS_HOME=str(tmp_path))
    assert said[0].replace("<dtype: 'float32'>", "float32") == "tensorflow float32 float32"


def test_a_readers_matplotlibrc_changes_no_picture(tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\naxes.grid: True\n", "utf-8")
    code = (
        "import matplotlib as mpl\nmpl.use('Agg')\nfrom lmlab.figures import use_style\n"
        "use_style()\nprint(mpl.rcParams['lines.linewidth'], mpl.rcParams['axes.grid'])"
    )
    ours = run(code, MATPLOTLIBRC=str(tmp_path / "matplotlibrc"))
    assert ours == run(code, MATPLOTLIBRC="") and not ours[0].startswith("9")


def test_a_processor_without_avx_is_told_so(tmp_path, monkeypatch):
    from lmlab.models import device

    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(device.platform, "machine", lambda: "x86_64")
    info.write_text("flags\t\t: fpu sse4_2 popcnt\n", "utf-8")
    with pytest.raises(RuntimeError, match="needs a processor with AVX"):
        device._require_avx(info)
    info.write_text("flags\t\t: fpu avx avx2\n", "utf-8")
    device._require_avx(info)
    device._require_avx(tmp_path / "none")


def test_an_old_npm_is_refused(tmp_path):
    old = tmp_path / "npm"
    old.write_text("#!/bin/sh\necho 6.14.18\n", "utf-8")
    old.chmod(0o755)
    with pytest.raises(SystemExit, match=r"npm 6\.14\.18 cannot read package-lock.json"):
        tool("front_end").check_npm([str(old)])


def test_a_socks_proxy_is_answered_before_pip_fails():
    script = ROOT / "tools" / "check_python.py"
    proxies = {k for k in os.environ if k.lower().endswith("_proxy")}
    clean = {k: v for k, v in os.environ.items() if k not in proxies}
    done = subprocess.run(
        [sys.executable, script],
        env=clean | {"ALL_PROXY": "socks5://127.0.0.1:9"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "SOCKS proxy" in done.stderr
    direct = clean | {"ALL_PROXY": "socks5://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    assert subprocess.run([sys.executable, script], env=direct).returncode == 0


def test_what_is_missing_is_said_with_what_it_is_for():
    missing = tool("check_machine").missing
    assert missing("linux", lambda name: name) == []
    assert [line.split(" ")[0] for line in missing("linux", lambda name: None)] == [
        "Chromium", "Firefox", "bubblewrap", "git",
    ]  # fmt: skip
    assert len(missing("darwin", lambda name: None)) == 3


def test_jupyterlab_as_root_is_answered_in_one_line():
    refusal = tool("lab").refusal
    assert "make lab LAB_ARGS=--allow-root" in refusal(["--no-browser"], 0)
    assert refusal(["--allow-root"], 0) == refusal([], 1000) == ""


def test_where_home_cannot_be_written_jupyter_keeps_its_files_in_the_environment(tmp_path):
    own_folders = tool("lab").own_folders
    assert own_folders(tmp_path, tmp_path / "place") == {}
    folders = own_folders(tmp_path / "none", tmp_path / "place")
    assert folders["JUPYTER_DATA_DIR"] == str(tmp_path / "place" / "jupyter_data_dir")


def test_the_package_carries_what_jupyterlab_reads_by_itself(tmp_path):
    tool("jupyterlab_files").install(tmp_path)
    settings = tmp_path / "share/jupyter/lab/settings/overrides.d/lmlab.json"
    assert "saveState" in settings.read_text("utf-8")
    extension = tmp_path / "share/jupyter/labextensions/lmlab"
    named = json.loads((extension / "package.json").read_text("utf-8"))["jupyterlab"]["_build"]
    assert (extension / named["load"]).is_file()


def test_make_lab_hands_arguments_on():
    done = subprocess.run(
        ["make", "--dry-run", "lab", "LAB_ARGS=--no-browser --port 9000"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "-- --no-browser --port 9000" in done.stdout


def test_the_wheel_carries_every_room_and_file_of_the_package():
    """A student installs it, with no repository beside it."""
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    rooms = {path.parent for path in (ROOT / "lmlab").rglob("__init__.py")}
    named = {room: ".".join(room.relative_to(ROOT).parts) for room in rooms}
    assert sorted(named.values()) == sorted(setup["packages"])
    for room in rooms:
        carried = {
            f for glob in setup["package-data"].get(named[room], ()) for f in room.glob(glob)
        }
        there = {path for path in room.iterdir() if path.suffix not in (".py", "")}
        there |= {f for kept in ("weights/*", "files/*") for f in room.glob(kept) if f.is_file()}
        assert there == carried, named[room]
