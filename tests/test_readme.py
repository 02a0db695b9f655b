"""What README.md and CONTRIBUTING.md tell the reader to run or to open is there."""

import fnmatch
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s#]+)")
NAMES = "py|md|ipynb|ya?ml|toml|json|js|css|txt|in|lock|mplstyle|cff|sh"
FILE = re.compile(rf"[\w./*-]*\w\.({NAMES})|Makefile|LICEN[CS]E|[\w.*-]+/[\w./*-]*")


def targets_named(text):
    """The targets of `make …` in code: spans and fenced blocks, not in prose."""
    lines = [line for block in FENCE.finditer(text) for line in block[0].splitlines()[1:-1]]
    found = set()
    for line in lines + SPAN.findall(FENCE.sub("", text)):
        for command in re.split(r"&&|;", line.partition("#")[0]):
            words = command.replace("$ ", "").split()
            if "make" in words:
                words = words[words.index("make") + 1 :]
                found |= {word for word in words if re.fullmatch(r"[a-z][a-z_-]*", word)}
    return found


def paths_named(text):
    """The files and folders in backticks, and those that links lead to."""
    text = FENCE.sub("", text)
    links = {link for link in LINK.findall(text) if "://" not in link and "mailto:" not in link}
    return {span for span in SPAN.findall(text) if FILE.fullmatch(span)} | links


def is_there(path, root=ROOT):
    """Whether a path or pattern exists, or is made by a command (git ignores it)."""
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text().split()]
    made = any(
        fnmatch.fnmatch(part, rule) or f"{path}/".startswith(f"{rule}/")
        for rule in ignored
        for part in path.strip("/").split("/")
    )
    return made or any(root.glob(path.rstrip("/")))


def targets(makefile):
    """The targets that a Makefile has."""
    return set(re.findall(r"^([a-z][a-z_-]*):(?!=)", makefile, re.MULTILINE))


def targets_helped():
    """The targets that `make help` lists with a few words."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(re.findall(r"^([a-z_-]+) +\S+ \S+", done.stdout, re.MULTILINE))


SAMPLE = """# Sample

Be sure to make it work. `make book` builds; ``make ghost`` is no span of one backtick.
Then `make notebooks N=notebooks/a.ipynb`, or see [the rules](CONTRIBUTING.md#rules) and
[a site](https://example.org/x.md). Look into `lmlab/`, `tools/check_python.py`, `Makefile`,
`_build/html/index.html`, `notebooks/*/*.ipynb` and `book/none.md`; `np.float32`, `a = b/c`,
`127.0.0.1` and `lmlab.live` are no files.

```sh
git clone here && cd here
make test   # make nothing
$ make lab WORKERS=1
`inside/a_block.py`
```

1. In a list:

   ```
   make setup serve
   ```
"""


def test_targets_are_read_from_code_only():
    assert targets_named(SAMPLE) == {"book", "notebooks", "test", "lab", "setup", "serve"}


def test_paths_are_read_from_spans_and_links():
    assert paths_named(SAMPLE) == {
        "CONTRIBUTING.md",
        "Makefile",
        "_build/html/index.html",
        "book/none.md",
        "lmlab/",
        "notebooks/*/*.ipynb",
        "tools/check_python.py",
    }


def test_a_path_is_there_or_made_or_missing():
    assert is_there("lmlab/") and is_there("tools/check_python.py") and is_there("tests/test_*.py")
    assert is_there("_build/html/index.html") and is_there("book/assets/lib/x.js")
    assert not is_there("book/none.md") and not is_there("books/") and not is_there("none_*.md")


def test_targets_of_a_makefile():
    text = "a:=b\nN ?= c\nhelp: ## this list\n\techo a: b\n.PHONY: x\nbook: setup\n$(READY): y\n"
    assert targets(text) == {"help", "book"}


def test_make_help_lists_each_target():
    assert targets_helped() == targets((ROOT / "Makefile").read_text())


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_each_command_named_is_a_target_and_in_the_help(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert targets_named(text) - targets((ROOT / "Makefile").read_text()) == set()
    assert targets_named(text) - targets_helped() == set()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_each_file_named_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert {path for path in paths_named(text) if not is_there(path)} == set()


def test_the_workflow_and_the_hooks_call_what_is_there():
    """On a server the Makefile is called; before a commit, the tools that the Makefile calls."""
    makefile = (ROOT / "Makefile").read_text()
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    made = [target for step in steps for target in re.findall(r"\bmake (\S+)", step)]
    assert made[0] == "test" and set(made) <= targets(makefile)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    for hook in hooks:
        tool = hook["entry"].replace(".venv/bin", "$(BIN)").partition(" --")[0]
        assert tool in makefile, hook["id"]
