"""A claim is a function that is run over a grid: base, sweep, ledger, staleness, words, page."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lmlab.authoring import execute, sweeps
from lmlab.authoring.claims import Claim, ledger_of
from lmlab.authoring.sweeps import LEAST, WITHOUT_CLAIMS, check_claims, find, needed
from lmlab.check import claim

ROOT = Path(__file__).resolve().parents[2]
SEEDS = {"seed": range(5)}
SETUP = """\
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from lmlab.check import claim
from lmlab.data import load_breast_cancer, load_song_ci

SCALE = 2
data = np.arange(4.0)
data /= 1
rows = []
rows.append(1)"""
HELP = """\
def times(x):
    \"\"\"Scale a number.\"\"\"
    return SCALE * x + data[0] + len(rows) - 1  # a comment"""
DRAW = "figure, ax = plt.subplots()\nax.plot(data)\nplt.close(figure)\nx = 3"
CLAIM = """\
@claim(
    "Twice a number is above two",
    above=2,
    base={"x": 2, "seed": 0},
    grid={"seed": range(2), "x": [1, 2, 3]},
)
def double(x, seed):
    with Path("runs.txt").open("a") as runs:
        runs.write(f"{x} {seed}\\n")
    return times(x) + seed"""


def notebook(path, *sources):
    """Write a notebook with an explanation before each cell."""
    cells = [cell for source in sources for cell in (new_markdown_cell("Text."), code(source))]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


def code(source):
    return new_code_cell(source, id=f"c{abs(hash(source)) % 10**9}")


@pytest.fixture
def chapter(tmp_path):
    """A chapter with one claim over six settings, of which four hold."""
    return notebook(tmp_path / "notebooks" / "1_part" / "1_one.ipynb", SETUP, HELP, DRAW, CLAIM)


def runs_of(chapter):
    """What the function was called with."""
    return (chapter.parent / "runs.txt").read_text().splitlines()


def faults(path, kind="template"):
    nb = nbformat.read(path, as_version=4)
    return [text for _, _, text in check_claims(nb, path, path.name, kind)]


def sweep(path, *more):
    return sweeps.main([str(path), *more])


# The claim, by hand


def test_a_grid_is_the_product_of_its_axes_over_the_base():
    grid = {("a", "b"): [(1, 2), (3, 4)], "seed": np.arange(2), "c": [(5, 5), None]}
    one = Claim("f", "It holds.", {"above": 0}, {"a": 0, "b": 0, "seed": 9, "c": 0, "d": 7}, grid)
    assert len(one.settings) == 8
    assert one.settings[0] == {"a": 1, "b": 2, "seed": 0, "c": (5, 5), "d": 7}
    assert one.settings[-1] == {"a": 3, "b": 4, "seed": 1, "c": None, "d": 7}
    assert one.say(one.settings[0]) == "a 1, b 2, seed 0, c (5, 5)"


def verdict_of(values, grid, **bounds):
    one = Claim("f", "It holds.", bounds or {"above": 0}, dict.fromkeys(grid, 0), grid)
    ledger = {"f": {"runs": list(map(list, zip(one.settings, values, strict=False)))}}
    return one.summary(one.verdicts(ledger))


@pytest.mark.parametrize(
    ("values", "grid", "text"),
    [
        ([1, 2, 3, 4, 5], SEEDS,
         "On its grid: holds in 5 of 5 settings (100 %); values 1 to 5, median 3."),
        ([1, -2, 3, "nan", 5], SEEDS,
         "On its grid: holds in 3 of 5 settings (60 %); values -2 to 5, median 2; "
         "1 gave no number.\nFails at seed 1, 3."),
        ([1, 1, 1, -1], {"rate": [0.1, 1e-5], "seed": range(2)},
         "On its grid: holds in 3 of 4 settings (75 %); values -1 to 1, median 1.\n"
         "Fails at rate 1e-05, seed 1."),
        ([1, 1, 1, -1, -1, -1, -1, 1, 1], {"rate": [1, 2, 3], "seed": range(3)},
         "On its grid: holds in 5 of 9 settings (56 %); values -1 to 1, median 1.\n"
         "Fails mostly at rate 2 (holds in 0 of 3)."),
        ([1, -1, 1, -1, 1, 1, -1, -1, 1, 1, 1, 1], {"rate": [1, 2, 3], "seed": range(4)},
         "On its grid: holds in 8 of 12 settings (67 %); values -1 to 1, median 1.\n"
         "Weakest at rate 1 (holds in 2 of 4)."),
        ([1, 1], SEEDS, "On its grid: holds in 2 of 2 settings (100 %); values 1 to 1, median 1; "
         "3 not run yet."),
        (["nan"] * 5, SEEDS, "On its grid: holds in 0 of 5 settings (0 %); 5 gave no number.\n"
         "Fails at seed 0, 1, 2, 3, 4."),
        ([1] * 499 + [-1], {"seed": range(500)}, "On its grid: holds in 499 of 500 settings "
         "(99 %); values -1 to 1, median 1.\nFails at seed 499."),
        ([], SEEDS, "Not run over its grid yet: `make sweeps` does it."),
    ],
)  # fmt: skip
def test_the_summary_says_how_much_and_where(values, grid, text):
    assert verdict_of(values, grid) == text


BASE = {"seed": 0, "rate": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grid": {}}, r"`grid` must have two axes, or five settings on one; got 0"),
        ({"grid": {"seed": [1]}}, r"`grid` must have two axes, or five settings on one; got 1"),
        ({"grid": {"seed": range(4)}}, r"two axes, or five settings on one; got 4"),
        ({"grid": {"seed": [1], "rate": range(3)}}, r"two axes, or five settings on one; got 3"),
        ({"grid": {"seed": []}}, r"`grid` must list values on the axis 'seed', got \[\]"),
        ({"grid": {"seed": 5}}, r"`grid` must list values on the axis 'seed', got 5"),
        ({"grid": {("seed", "rate"): [1, 2]}}, r"`grid` must list tuples of 2 on the axis \('se"),
        ({"grid": {"seed": [1, 1, 2, 3, 4]}}, r"`grid` must name each setting once, got"),
        ({"grid": {"sed": range(5)}}, r"`grid` must name arguments of f\(seed, rate\), got sed"),
        ({"base": BASE | {"x": 1}}, r"`base` must name arguments of f\(seed, rate\), got x"),
        ({"base": {"seed": 0}}, r"`base` must give every argument, got none for rate"),
        ({"base": BASE | {"rate": np.ones(3)}}, r"a setting must be a number, .* got array"),
        ({"above": None}, r"expected one claim: about= with tol=, or below=, or above=; got none"),
        ({"above": float("nan")}, r"`above` must be finite, got nan"),
    ],
)
def test_a_claim_that_cannot_be_run_says_why(change, message):
    def f(seed, rate):
        return 1

    with pytest.raises(ValueError, match=message):
        claim("It holds", **{"above": 0, "base": BASE, "grid": SEEDS} | change)(f)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda seed: -1, "It holds: expected > 0 with seed 0, got -1"),
        (lambda seed: float("nan"), "It holds: expected > 0 with seed 0, got nan"),
        (lambda seed: np.inf, "It holds: expected > 0 with seed 0, got inf"),
        (lambda seed: [][seed], "It holds: expected > 0 with seed 0, got IndexError: list index"),
        (lambda seed: None, "It holds: expected > 0 with seed 0, got TypeError: float"),
    ],
)
def test_a_base_that_fails_is_an_error_in_words(result, message, capsys):
    with pytest.raises(AssertionError) as error:
        claim("It holds.", above=0, base={"seed": 0}, grid=SEEDS)(result)
    assert str(error.value).startswith(message)
    assert capsys.readouterr().out == ""


def test_a_claim_without_a_ledger_says_so_and_hands_the_function_back(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)

    @claim("It holds.", above=0, base={"seed": 3}, grid=SEEDS)
    def three(seed):
        return seed

    assert three(3) == 3
    assert capsys.readouterr().out == (
        "Claim: It holds.\nHere, with seed 3: > 0.\n"
        "Not run over its grid yet: `make sweeps` does it.\n"
    )


# Sweeps


def test_a_sweep_fills_the_ledger_and_the_chapter_shows_it(chapter, capfd):
    assert faults(chapter) == [
        "the ledger of double is stale; run `make sweeps N=1_one.ipynb`",
    ]
    assert sweep(chapter) == 0
    assert "1_one: double: On its grid: holds in 5 of 6" in capfd.readouterr().out
    assert sorted(runs_of(chapter)) == ["1 0", "1 1", "2 0", "2 1", "3 0", "3 1"]
    entry = json.loads(ledger_of(chapter).read_text())["double"]
    assert entry["runs"][0] == [{"x": 1, "seed": 0}, 2.0]
    assert ledger_of(chapter) == chapter.parents[1] / "claims" / "1_part" / "1_one.json"
    assert faults(chapter) == [
        "the output shows another ledger; run `make notebooks`",
    ]
    for _ in range(2):  # the second run changes nothing
        before = chapter.read_bytes()
        assert execute.main([str(chapter)]) == 0
        assert faults(chapter) == []
    assert chapter.read_bytes() == before
    words, picture = nbformat.read(chapter, as_version=4).cells[-1].outputs
    assert words.text == (
        "Claim: Twice a number is above two.\nHere, with seed 0, x 2: > 2.\n"
        "On its grid: holds in 5 of 6 settings (83 %); values 2 to 7, median 4.5.\n"
        "Fails at seed 0, x 1.\n"
    )
    alt = picture.metadata["image/png"]["alt"]
    assert alt.startswith("Twice a number is above two. On its grid: holds in 5 of 6 settings")
    assert len(picture.data["image/png"]) < 8000


def test_a_second_sweep_computes_nothing_and_a_wider_grid_only_what_is_new(chapter):
    assert sweep(chapter) == 0
    ledger, before = ledger_of(chapter), ledger_of(chapter).read_bytes()
    assert sweep(chapter) == 0
    assert ledger.read_bytes() == before
    notebook(chapter, SETUP, HELP, DRAW, CLAIM.replace("range(2)", "range(3)"))
    assert sweep(chapter) == 0
    assert len(runs_of(chapter)) == 9
    assert len(json.loads(ledger.read_text())["double"]["runs"]) == 9
    notebook(chapter, SETUP, HELP.replace("- 1", "- 2"), DRAW, CLAIM)
    assert sweep(chapter) == 0
    assert len(runs_of(chapter)) == 15
    notebook(chapter, SETUP, HELP, DRAW)
    assert sweep(chapter) == 0
    assert not ledger.exists()


def test_what_raises_or_diverges_is_kept_as_a_failure(chapter, capfd):
    broken = CLAIM.replace(
        "    return",
        "    if x == 1:\n        raise RuntimeError('too small')\n"
        "    if x == 3:\n        return np.log(-1.0 * seed) if seed else None\n    return",
    )
    notebook(chapter, SETUP, HELP, broken)
    assert sweep(chapter) == 0
    values = [value for _, value in json.loads(ledger_of(chapter).read_text())["double"]["runs"]]
    assert values[0] == values[3] == "RuntimeError: too small"
    assert values[1] == 4.0
    assert values[2].startswith("TypeError: float()")
    assert values[5] == "nan"
    assert "holds in 2 of 6 settings (33 %)" in capfd.readouterr().out
    assert [f for f in faults(chapter) if "sentence" in f] == [
        "the sentence needs 80 % of its grid, 2 of 6 settings (33 %) hold; "
        "say it in part, or mend the claim"
    ]


def waiting_claim(when):
    """The claim, which at some settings waits until there is a file `go`."""
    wait = f"    while {when} and not Path('go').exists():\n        time.sleep(0.05)\n"
    return CLAIM.replace("    return", f"{wait}    return")


def test_a_grid_over_its_time_keeps_what_it_has(chapter, capfd):
    notebook(chapter, SETUP, HELP, waiting_claim("x == 3"))
    assert sweep(chapter, "--seconds=3") == 1
    captured = capfd.readouterr()
    assert (
        "double: stopped after 3 s: make the grid smaller or the function faster; On its gri"
        in (captured.out)
    )
    assert captured.err.endswith("the ledger is not complete; what was computed is kept\n")
    kept = json.loads(ledger_of(chapter).read_text())["double"]["runs"]
    assert [settings["x"] for settings, _ in kept] == [1, 2]
    assert faults(chapter) == ["the ledger holds 2 of 6 settings; run `make sweeps N=1_one.ipynb`"]
    (chapter.parent / "go").touch()
    assert sweep(chapter) == 0
    assert len(runs_of(chapter)) == 7  # one was cut off


def test_a_killed_sweep_goes_on_where_it_was(chapter):
    notebook(chapter, SETUP, HELP, waiting_claim("seed == 1"))
    command = [sys.executable, "-m", "lmlab.authoring.sweeps", str(chapter)]
    process = subprocess.Popen(command, start_new_session=True)
    ledger, end = ledger_of(chapter), time.monotonic() + 180
    while not (ledger.is_file() and len(json.loads(ledger.read_text())["double"]["runs"]) == 3):
        assert time.monotonic() < end
        time.sleep(0.05)
    kernels = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert psutil.wait_procs(kernels, timeout=60)[1] == []  # they notice that their parent is gone
    calls, known = len(runs_of(chapter)), json.loads(ledger.read_text())["double"]["runs"]
    assert len(known) == 3
    (chapter.parent / "go").touch()
    assert sweep(chapter) == 0
    assert len(runs_of(chapter)) == calls + 6 - len(known)
    assert json.loads(ledger.read_text())["double"]["runs"][: len(known)] == known


def test_an_error_in_the_notebook_or_a_claim_out_of_sight_ends_the_sweep(chapter, capfd):
    notebook(chapter, SETUP, HELP, "1 / 0", CLAIM)
    assert sweep(chapter) == 1
    assert "ZeroDivisionError" in capfd.readouterr().err
    hidden = "if True:\n" + "\n".join(f"    {line}" for line in CLAIM.splitlines())
    notebook(chapter, SETUP, HELP, hidden.replace("double", "hidden"), CLAIM)
    assert sweep(chapter) == 1
    assert "hidden: `@claim` must stand over a function at the top of a cell" in (
        capfd.readouterr().err
    )


def test_two_notebooks_are_swept_side_by_side(chapter, capfd):
    other = notebook(chapter.with_name("2_two.ipynb"), SETUP, HELP, CLAIM)
    assert sweeps.main([str(chapter), str(other)]) == 0
    assert ledger_of(other).is_file()
    assert ledger_of(chapter).is_file()
    assert faults(chapter)[0] == "the part has another claim double; rename it"


# Staleness, from the source


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SCALE = 2", "SCALE = 3"),
        ("data = np.arange(4.0)", "data = np.ones(4)"),
        ("data /= 1", "data /= 3"),
        ("rows.append(1)", "rows.append(2)"),
        ("SCALE * x", "SCALE * x + 1"),
        ("return times(x) + seed", "return times(x) - seed"),
    ],
)
def test_a_change_in_what_is_used_makes_the_ledger_stale(old, new):
    before, after = versions(old, new)
    assert before.uses != after.uses
    assert before.terms == after.terms


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ax.plot(data)", "ax.plot(data, color='red')"),
        ("x = 3", "x = 4"),
        ("import matplotlib.pyplot as plt", "from matplotlib import pyplot as plt"),
        ("load_breast_cancer, load_song_ci", "load_breast_cancer"),
        ("  # a comment", ""),
        ("Scale a number.", "Scale."),
        ("SCALE * x + data[0]", "(SCALE * x\n        + data [0])"),
        ("Twice a number is above two", "Twice a number is mostly above two"),
    ],
)
def test_a_drawing_a_comment_or_the_sentence_does_not(old, new):
    before, after = versions(old, new)
    assert (before.uses, before.terms) == (after.uses, after.terms)


@pytest.mark.parametrize(("old", "new"), [("above=2", "above=3"), ("range(2)", "range(3)"),
                                          ('"seed": 0', '"seed": 1')])  # fmt: skip
def test_the_terms_of_a_claim_have_a_mark_of_their_own(old, new):
    before, after = versions(old, new)
    assert before.uses == after.uses
    assert before.terms != after.terms


def versions(old, new):
    sources = [SETUP, HELP, DRAW, CLAIM]
    assert any(old in source for source in sources)
    pair = (sources, [source.replace(old, new) for source in sources])
    return [find(new_notebook(cells=list(map(code, part))))[0] for part in pair]


def mark(setup, body):
    source = f"@claim('It', above=0, base={{}}, grid={{}})\ndef f(seed):\n    {body}"
    return find(new_notebook(cells=[code(setup), code(source)]))[0].uses


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that the fingerprint reads; returns a function that edits a file."""
    from lmlab.authoring import fingerprint

    shutil.copytree(ROOT / "lmlab", tmp_path / "lmlab")
    monkeypatch.setattr(fingerprint, "PACKAGE", tmp_path / "lmlab")
    fingerprint._module.cache_clear()

    def edit(name, old, new):
        path = tmp_path / "lmlab" / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        fingerprint._module.cache_clear()

    yield edit
    fingerprint._module.cache_clear()


def test_the_functions_of_the_package_count_with_all_that_they_use(package):
    setup = "from lmlab.data import load_song_ci\nfrom lmlab.figures import end_labels"
    used, unused = (mark(setup, body) for body in ("return load_song_ci()", "return 1"))
    package("data/__init__.py", '"load_smarket"', '"load_other"')  # another loader
    package("figures.py", "pad: float = 0.06", "pad: float = 0.07")
    package("data/archives.py", ') -> Path:\n    """', ') -> Path:\n    """Words. ')
    assert mark(setup, "return load_song_ci()") == used
    head = "def fetch(pin: Pin) -> Path:\n"
    package("data/archives.py", head, f"{head}    print(1)\n")
    assert mark(setup, "return load_song_ci()") == used
    package("data/archives.py", "    archive = fetch(pin)", "    archive = open(fetch(pin))")
    assert mark(setup, "return load_song_ci()") != used
    assert mark(setup, "return 1") == unused


@pytest.mark.parametrize(
    "setup", ["from lmlab.models import training", "import lmlab.models.training"]
)
def test_a_module_counts_whole(package, setup):
    body = "return training.fit" if "from" in setup else "return lmlab.models.training.fit"
    before = mark(setup, body)
    package("models/training.py", "import random", "ANY = 1\nimport random")
    assert mark(setup, body) != before
    inside = mark("x = 1", f"{setup}\n    {body}")
    package("models/training.py", "ANY = 1", "ANY = 2")
    assert mark("x = 1", f"{setup}\n    {body}") != inside


@pytest.mark.parametrize("inside", [False, True])
def test_of_a_package_the_loaders_count_that_are_used(package, inside):
    setup, body = "from lmlab import data", "return data.load_song_ci()"
    setup, body = ("x = 1", f"{setup}\n    {body}") if inside else (setup, body)
    before = mark(setup, body)
    package("data/__init__.py", '"load_smarket"', '"load_other"')  # another loader
    package("data/tables.py", "def load_smarket", "def load_another")
    assert mark(setup, body) == before
    package("data/archives.py", "    archive = fetch(pin)", "    archive = open(fetch(pin))")
    assert mark(setup, body) != before


# The rule of words


@pytest.mark.parametrize(
    ("sentence", "share"),
    [
        ("Dropout helps", 0.8),
        ("Dropout always helps", 1.0),
        ("Every seed agrees", 1.0),
        ("It never helps", 1.0),
        ("In all splits it helps", 1.0),
        ("Dropout helps most seeds", 0.5),
        ("It mostly helps", 0.5),
        ("Usually it helps", 0.5),
        ("It helps more often than not", 0.5),
        ("It loses at most two points", 0.8),
        ("The most common word wins", 0.8),
        ("It can help", 0.0),
        ("It cannot help", 0.8),
        ("It sometimes helps", 0.0),
        ("It does not always help", 0.0),
        ("Small steps call for more", 0.8),
        ("Most can be had in every seed", 1.0),
    ],
)
def test_a_word_needs_a_share_of_the_grid(sentence, share):
    assert needed(sentence)[0] == share


@pytest.mark.parametrize(
    ("word", "held", "passes"),
    [
        ("", 8, True), ("", 7, False), ("always ", 10, True), ("always ", 9, False),
        ("mostly ", 6, True), ("mostly ", 5, False), ("sometimes ", 1, True),
        ("sometimes ", 0, False),
    ],
)  # fmt: skip
def test_a_sentence_may_not_say_more_than_its_ledger(tmp_path, word, held, passes):
    source = CLAIM.replace("is above", f"is {word}above").replace("range(2)", "range(10)")
    path = notebook(tmp_path / "notebooks" / "a.ipynb", SETUP, HELP, source.replace(", 2, 3", ""))
    here = find(nbformat.read(path, as_version=4))[0]
    runs = [[{"x": 1, "seed": seed}, 4 if seed < held else 1] for seed in range(10)]
    grid = [[["seed"], [[seed] for seed in range(10)]], [["x"], [[1]]]]
    entry = {"uses": here.uses, "terms": here.terms, "bounds": {"above": 2},
             "base": {"x": 2, "seed": 0}, "grid": grid, "runs": runs}  # fmt: skip
    ledger_of(path).parent.mkdir()
    ledger_of(path).write_text(json.dumps({"double": entry}))
    assert bool([text for text in faults(path) if text.startswith("the sentence")]) is not passes


def test_other_faults_are_named(chapter, monkeypatch):
    name = "notebooks/old.ipynb"
    monkeypatch.setitem(WITHOUT_CLAIMS, name, "written before there were claims")
    notebook(chapter, SETUP, HELP, CLAIM.replace('"Twice', 'f"Twice'))
    assert faults(chapter) == ["the sentence must be a literal text, the first argument"]
    notebook(chapter, SETUP, CLAIM)
    nb = nbformat.read(chapter, as_version=4)
    lines = [text for *_, text in check_claims(nb, chapter, "notebooks/new.ipynb", "chapter")]
    assert lines[0] == f"claims with a grid: 1; register {LEAST} or more"
    lines = [text for *_, text in check_claims(nb, chapter, name, "chapter")]
    assert "claims with a grid" not in lines[0]
    nb.cells.append(code(CLAIM.replace("double", "second")))
    lines = [text for *_, text in check_claims(nb, chapter, name, "chapter")]
    assert lines[0] == "claims with a grid: 2; remove it from WITHOUT_CLAIMS"
    ledger_of(chapter).parent.mkdir(parents=True)
    ledger_of(chapter).write_text('{"gone": {"runs": []}}')
    assert faults(chapter)[0] == (
        "the ledger holds gone, no claim now; run `make sweeps N=1_one.ipynb`"
    )
    ledger_of(chapter).write_text('{"double"')
    assert "no ledger" in faults(chapter)[0]


# The book


def test_the_page_lists_the_most_fragile_first(tmp_path):
    parts = tmp_path / "notebooks"
    weak = CLAIM.replace("above=2", "above=6.5").replace('"x": 2', '"x": 3').replace(
        '"seed": 0', '"seed": 1'
    ).replace("double", "weak").replace("is above two", "is | sometimes above")  # fmt: skip
    paths = [notebook(parts / "1_part" / "1_one.ipynb", SETUP, HELP, CLAIM, weak),
             notebook(parts / "1_part" / "2_two.ipynb", SETUP, HELP)]  # fmt: skip
    toc = "root: book/index\nchapters:\n" + "".join(
        f"- file: {p.relative_to(tmp_path).with_suffix('')}\n" for p in paths
    )
    (tmp_path / "_toc.yml").write_text(toc)
    (tmp_path / "book").mkdir()
    assert sweep(paths[0]) == 0
    page = tmp_path / "book" / "claims.md"
    sweeps.main(["--page"], tmp_path)
    head, *lines = page.read_text().splitlines()[-4:]
    assert head == "| Claim | Chapter | Holds in | Where it fails |"
    link = "[1_one](../notebooks/1_part/1_one.ipynb)"
    assert lines[1] == (
        f"| Twice a number is \\| sometimes above | {link} | 1 of 6 settings (17\u00a0%) "
        "| Fails mostly at x 1 (holds in 0 of 2), x 2 (holds in 0 of 2). |"
    )
    assert lines[2].startswith(
        f"| Twice a number is above two | {link} | 5 of 6 settings (83\u00a0%)"
    )
    sweeps.main(["--check"], tmp_path)
    page.write_text("old")
    with pytest.raises(SystemExit, match=r"claims\.md is stale: run `make notebooks`"):
        sweeps.main(["--check"], tmp_path)


def test_the_page_of_the_book_is_current_and_every_ledger_has_its_notebook():
    assert sweeps.main(["--check"]) == 0
    for ledger in (ROOT / "notebooks" / "claims").rglob("*"):
        name = ledger.relative_to(ROOT / "notebooks" / "claims").with_suffix(".ipynb")
        assert ledger.is_dir() or (ROOT / "notebooks" / name).is_file()


def test_chapters_without_claims_are_chapters():
    assert [name for name in WITHOUT_CLAIMS if not (ROOT / name).is_file()] == []


def test_a_strip_shows_every_setting(monkeypatch):
    import matplotlib.pyplot as plt

    from lmlab import figures
    from lmlab.authoring import claims

    seen = []
    monkeypatch.setattr(figures, "show_figure", lambda figure, **_: seen.append(figure))
    grid = {"rate": [0.1, 0.2], "hidden": [(10, 5), (100,), ()], "seed": range(3)}
    one = Claim("f", "It holds", {"above": 0}, dict.fromkeys(grid, 0), grid)
    values = [*range(17), "nan"]
    one_ledger = {"f": {"runs": list(zip(one.settings, values, strict=True))}}
    claims._strip(one, one.verdicts(one_ledger))
    (ax,) = seen[0].axes
    signs = [text.get_text() for text in ax.texts if text.get_text() in {"✓", "×", "!"}]
    assert sorted(signs) == sorted(["×", *"✓" * 16, "!"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.1", "0.2"]
    plt.close(seen[0])


def test_the_strip_of_every_ledger_has_room(monkeypatch):
    """Many settings or long headings leave room for the cells: matplotlib does not warn."""
    import matplotlib as mpl

    from lmlab import figures
    from lmlab.authoring import claims

    monkeypatch.setattr(figures, "show_figure", lambda figure, **_: figures.png(figure))
    with mpl.rc_context():
        figures.use_style()
        for ledger in (ROOT / "notebooks" / "claims").rglob("*.json"):
            for name, entry in claims.load(ledger).items():
                grid = {tuple(names): list(map(tuple, rows)) for names, rows in entry["grid"]}
                grid = {names if len(names) > 1 else names[0]: rows if len(names) > 1 else
                        [row[0] for row in rows] for names, rows in grid.items()}  # fmt: skip
                stored = Claim(name, f"{ledger.stem} holds", entry["bounds"], entry["base"], grid)
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    claims._strip(stored, stored.verdicts({name: entry}))
