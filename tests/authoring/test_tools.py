"""Each tool, book and paper of the documents has a source and a date, and the page shows them."""

import datetime
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from lmlab.authoring import tools

ROOT = Path(__file__).resolve().parents[2]
GROUPS = yaml.safe_load((ROOT / "book" / "tools.yml").read_text(encoding="utf-8"))["groups"]
ROWS = {row["name"]: row for group in GROUPS for row in group["rows"]}
PLAN = yaml.safe_load((ROOT / "book" / "coverage.yml").read_text(encoding="utf-8"))
ITEMS = {
    key
    for document in PLAN["documents"].values()
    for part in document["sections"].values()
    for key in part["items"]
}
MONTHS = "January February March April May June July August September October November December"
DATE = rf"(\d{{1,2}}) ({'|'.join(MONTHS.split())}) (\d{{4}})"


def test_names_are_used_once():
    assert len(ROWS) == sum(len(group["rows"]) for group in GROUPS)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_has_a_source_and_a_date(row):
    assert row["sources"]
    for source in row["sources"]:
        assert len(source["what"]) > 2
        assert type(source["date"]) is datetime.date
        assert datetime.date(2026, 1, 1) <= source["date"] <= datetime.date.today()
        assert urlsplit(source.get("link", "https://none")).scheme == "https"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_says_all_that_the_page_needs(row):
    assert row["verdict"] in tools.VERDICTS and row["state"] in tools.STATES
    assert row["items"] and set(row["items"]) <= ITEMS
    assert row["what"].endswith((".", ".*")) and row["used"]
    if row["state"] in ("kept", "slow", "ended", "unknown"):
        assert row["today"]
    if row["verdict"] == "not confirmed":
        assert re.search("search|could not|no public|Ten public", row["today"])
    assert {"code", "text", "plan"} & {*row} == {*re.findall(r"\{(\w+)\}", row["used"])}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_dates_in_words_are_dates_before_the_look_up(row):
    last = max(source["date"] for source in row["sources"])
    for day, month, year in re.findall(DATE, f"{row['what']} {row.get('today', '')}"):
        date = datetime.date(int(year), MONTHS.split().index(month) + 1, int(day))
        assert date <= last


def test_a_pattern_finds_its_chapters():
    chapters = {
        "1A": {"path": "notebooks/a", "code": "import numpy as np", "text": "Sutton (2018)"},
        "2B": {"path": "notebooks/b", "code": "import numpy", "text": ""},
    }
    row = {"code": r"\bnumpy\b", "text": "Barto", "plan": "2B"}
    assert (
        tools.users(chapters, row, "code") == "chapters [1A](../notebooks/a.ipynb), "
        "[2B](../notebooks/b.ipynb)"
    )
    assert tools.users(chapters, row, "text") == "no chapter so far"
    assert tools.users(chapters, row, "plan") == "chapter [2B](../notebooks/b.ipynb)"
    said = tools.users(chapters, {"plan": "9X"}, "plan")
    assert said == "not yet: it belongs to chapter 9X, which is not written"
    many = {str(n): chapters["1A"] for n in range(9)}
    assert tools.users(many, row, "code") == "9 of 9 chapters"


def test_places_are_sections():
    assert tools.places(["D1.8-3", "D4.7.2.3-1", "D4.7.1.3-1"]) == "D1 (8), D4 (7.2.3, 7.1.3)"


def test_the_page_shows_each_row_with_its_source():
    page = tools.render(ROOT)
    for name, row in ROWS.items():
        section = re.search(rf"^### {re.escape(name)}$(.*?)(?=^##|\Z)", page, re.M | re.S)[1]
        assert all(source["what"] in section for source in row["sources"])
        assert "{" not in section.replace("{cite}", "")
    assert f"| {len(ROWS)} |" in page
