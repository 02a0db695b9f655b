"""The plan of the book is whole, and the page *Coverage* says what the notebooks say."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from lmlab.authoring import coverage as coverage_page

ROOT = Path(__file__).resolve().parents[2]
PLAN = yaml.safe_load((ROOT / "book" / "coverage.yml").read_text(encoding="utf-8"))
DIGITS = "notebooks/4_innovation/3_code"

# fmt: off
HOMES = {  # chapter: the numbers of its systems
    "1C": [28, 29, 30], "1M": [1], "1K": [2, 31], "1A1": [59, 60], "1A2": [61], "1A3": [62, 63],
    "1A4": [64, 65, 66], "1A5": [67],
    "2C": [32, 40], "2M": [4, 20, 24, 25], "2K": [33, 34, 35, 36], "2A1": [68], "2A2": [69, 70],
    "2A3": [38, 39], "2A4": [37],
    "3C": [5, 6, 7, 41], "3M": [3, 19, 23, 46], "3K": [8, 42, 43, 44], "3A1": [48, 71],
    "3A2": [49, 72], "3A3": [73], "3A4": [74, 75], "3A5": [76],
    "4C": [9, 10, 51], "4M": [18, 21, 22, 27], "4K": [12, 50, 77], "4A1": [11, 78, 79],
    "4A2": [80], "4A3": [81], "4A4": [52, 82], "4A5": [56, 57],
    "5C": [15, 53], "5M": [14, 26, 47], "5K": [16, 45, 54, 83], "5A1": [84, 85], "5A2": [13, 86],
    "5A3": [87], "5A4": [17, 88], "5A5": [55, 58],
}
# fmt: on
FOLDERS = ["1_ecosystem", "2_industrialization", "3_specialization", "4_innovation", "5_business"]


@pytest.fixture
def book(tmp_path):
    """A book with one chapter of three cells; returns a function that sets its metadata."""
    (tmp_path / "book").mkdir()
    shutil.copy(ROOT / "book" / "coverage.yml", tmp_path / "book")
    notebook = tmp_path / f"{DIGITS}.ipynb"
    notebook.parent.mkdir(parents=True)
    toc = {"root": "book/index", "parts": [{"chapters": [{"file": DIGITS}]}]}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))
    check = "# measured on the test set\naccuracy = 0.97\nassert accuracy > 0.9 | False\n"
    cells = [
        {"id": "title", "cell_type": "markdown", "source": "# Digits\n\n## Check"},
        {"id": "early", "cell_type": "markdown", "source": ["Text"]},
        {"id": "learned", "cell_type": "code", "source": check.splitlines(keepends=True)},
    ]

    def write(covers, chapter="4K", sections=("D4.5", "D4.5.2")):
        meta = {"chapter": chapter, "sections": list(sections), "covers": covers}
        notebook.write_text(json.dumps({"metadata": {"lmlab": meta}, "cells": cells}))
        return tmp_path

    return write


def rows_of(page):
    """The table rows of a page, by the text of their first cell."""
    found = re.findall(r"^\| (\S+) \| (.*) \|$", page, re.MULTILINE)
    return {key: re.split(r"(?<!\\) \| ", rest) for key, rest in found}


def test_88_systems_each_in_its_home_chapter():
    expected = {f"S{n:02}": home for home, numbers in HOMES.items() for n in numbers}
    expected["S54"] = "5S"  # several machines have a chapter of their own
    expected |= {"S08": "3S", "S12": "4P", "S36": "2S", "S50": "4P"}  # and so have these
    assert {key: system["home"] for key, system in PLAN["systems"].items()} == expected
    assert list(PLAN["systems"]) == [f"S{n:02}" for n in range(1, 89)]


def test_39_chapters_and_five_more():
    assert set(PLAN["chapters"]) - set(HOMES) == {"2S", "3S", "4P", "5P", "5S"}
    assert len(HOMES) == 39
    paths = [chapter["path"] for chapter in PLAN["chapters"].values()]
    assert len(set(paths)) == len(paths) == 44
    for code, chapter in PLAN["chapters"].items():
        assert int(code[0]) == chapter["part"]
        assert chapter["path"].startswith(f"notebooks/{FOLDERS[chapter['part'] - 1]}/")
        if code[1:] in ("C", "M", "K"):
            assert chapter["path"].endswith(
                {"C": "1_concepts", "M": "2_math", "K": "3_code"}[code[1]]
            )


def test_items_of_the_documents():
    sizes, known = {}, set()
    for code, document in PLAN["documents"].items():
        items = [key for part in document["sections"].values() for key in part["items"]]
        for section, part in document["sections"].items():
            assert all(key.startswith((f"{section}-", f"{section}.")) for key in part["items"])
        sizes[code] = len(items)
        known |= {*items, *document["sections"]}
    assert sizes == {"D1": 70, "D2": 75, "D3": 74, "D4": 86, "D5": 102}
    assert {key for system in PLAN["systems"].values() for key in system["ids"]} <= known


def test_the_stored_page_is_fresh():
    coverage_page.main(["--check"])


def test_a_covered_system_shows_its_check(book):
    root = book({"S77": "learned", "D4.5.2-1": "learned", "D4.5.3-1": "early"})
    coverage_page.main([], root)
    page = (root / "book" / "coverage.md").read_text(encoding="utf-8")
    rows = rows_of(page)
    link = f"[4K, Check](../{DIGITS}.ipynb)"
    proof = f"{link}: `assert accuracy > 0.9 \\| False`"
    title = f"[4K Handwritten digits, then pre-train and fine-tune](../{DIGITS}.ipynb)"
    assert rows["S77"] == ["Handwritten digits, image classification", "手写数字", title, proof]
    assert rows["S78"][-1] == "not yet" and "](" not in rows["S78"][-2]
    assert rows["D4.5.2-1"][-2:] == [f"1M, 1K, [4K](../{DIGITS}.ipynb)", proof]
    assert rows["D4.5.3-1"][-1] == link
    assert "| Systems | 1 | 0 | 0 | 87 | 88 |" in page
    for total in (
        r"Items of D4 \| 2 \| 0 \| \d+ \| \d+ \| 86",
        r"All items \| 2 \| 0 \|( \d+ \|){2} 407",
    ):
        assert re.search(total, page)
    coverage_page.main(["--check"], root)


def test_a_page_answers_what_no_cell_checks(book):
    root = book({"D4.5.2-1": "learned"})
    target = root / "book" / "questions.md"
    target.write_text("# Questions\n\n(D4.9.1-1)=\n(D4.5.2-1)=\n## What is it?\n", encoding="utf-8")
    coverage_page.main([], root)
    rows = rows_of((root / "book" / "coverage.md").read_text(encoding="utf-8"))
    assert rows["D4.9.1-1"][-1] == "{ref}`Questions <D4.9.1-1>`"
    assert "assert accuracy" in rows["D4.5.2-1"][-1]
    page = (root / "book" / "coverage.md").read_text(encoding="utf-8")
    assert "| Items of D4 | 1 | 1 |" in page
    target.write_text("(D4.9.1-77)=\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"book/questions.md: unknown item 'D4.9.1-77'"):
        coverage_page.main([], root)


def test_an_item_without_anything_to_check_gives_its_reason(book):
    root = book({})
    path = root / "book" / "coverage.yml"
    plan = yaml.safe_load(path.read_text(encoding="utf-8")) | {"nothing": {"D4.0-1": "keywords"}}
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    coverage_page.main([], root)
    rows = rows_of((root / "book" / "coverage.md").read_text(encoding="utf-8"))
    assert rows["D4.0-1"][-1] == "nothing to check: keywords"
    path.write_text(yaml.safe_dump(plan | {"nothing": {"D9-1": "none"}}), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"book/coverage.yml: unknown item 'D9-1'"):
        coverage_page.main([], root)


def test_what_is_not_yet_waits_for_a_chapter_that_is_not_written():
    """Every item is checked, answered, without anything to check, or has a chapter in the plan."""
    page = coverage_page.render(ROOT)
    lost = [
        key
        for key, row in rows_of(page).items()
        if key[0] == "D" and row[-1] == "not yet" and not re.search(r"(?:^|, )\w+(?:,|$)", row[-2])
    ]
    assert lost == []


def test_no_reason_is_used_for_everything():
    reasons = list(PLAN.get("nothing", {}).values())
    assert all(len(reason) > 10 for reason in reasons)
    assert max(map(reasons.count, reasons), default=0) <= 20


def test_a_notebook_outside_the_table_of_contents_does_not_count(book):
    root = book({"S77": "learned"})
    (root / "_toc.yml").write_text("root: book/index\n")
    coverage_page.main([], root)
    assert f"{DIGITS}.ipynb" not in (root / "book" / "coverage.md").read_text(encoding="utf-8")


def test_a_stale_page_fails_the_check_and_stays(book):
    root = book({})
    with pytest.raises(SystemExit, match="stale: run `make notebooks`"):
        coverage_page.main(["--check"], root)
    assert not (root / "book" / "coverage.md").exists()
    coverage_page.main([], root)
    book({"S77": "learned"})
    with pytest.raises(SystemExit, match="stale"):
        coverage_page.main(["--check"], root)


def test_an_unchanged_page_is_not_written_again(book):
    root = book({})
    coverage_page.main([], root)
    before = (root / "book" / "coverage.md").stat().st_mtime_ns
    coverage_page.main([], root)
    assert (root / "book" / "coverage.md").stat().st_mtime_ns == before
    assert sorted(path.name for path in (root / "book").iterdir()) == [
        "coverage.md",
        "coverage.yml",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"covers": {"S99": "learned"}}, "unknown id 'S99'"),
        ({"covers": {"D4.5.2-7": "learned"}}, "unknown id 'D4.5.2-7'"),
        ({"covers": {"S77": "gone"}}, "S77 names the cell 'gone', which is not there"),
        ({"covers": {"S78": "learned"}}, "S78 is at home in 4A1, not in 4K"),
        ({"covers": {"S77": "early"}}, "S77 needs a code cell that checks it, 'early' is text"),
        ({"covers": {}, "sections": ["D4.55"]}, "unknown section 'D4.55'"),
        ({"covers": {}, "chapter": "4C"}, "book/coverage.yml does not plan chapter '4C' there"),
    ],
)
def test_metadata_that_cannot_be_true(book, change, message):
    with pytest.raises(SystemExit) as error:
        coverage_page.main([], book(**change))
    assert str(error.value) == f"{DIGITS}.ipynb: {message}"
