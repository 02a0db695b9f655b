"""Each word that a chapter defines is in the glossary, in two languages, with its chapter."""

import re
from pathlib import Path

import pytest

from lmlab.authoring import glossary

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = glossary.entries(PAGE)
HAN = "[\u4e00-\u9fff]"
WORDS = {
    "walk-forward test": "滚动前推检验",
    "saturation": "饱和",
    "top-p sampling, nucleus sampling": "核采样",
    "negative transfer": "负迁移",
    "transfer learning": "迁移学习",
}


@pytest.mark.parametrize(("path", "words"), glossary.chapters(ROOT).items())
def test_what_a_chapter_defines_stands_in_the_glossary(path, words):
    assert words
    missing = [word for word in words if glossary.entry_of(word, ENTRIES) is None]
    assert missing == []


@pytest.mark.parametrize(
    ("word", "entry"),
    [
        ("Saturated", "saturation"),
        ("walk-forward", "walk-forward test"),
        ("nucleus", "top-p sampling, nucleus sampling"),
        ("Transfer", "transfer learning"),
        ("nucleus samplings", "top-p sampling, nucleus sampling"),
        ("test", "walk-forward test"),
        ("forward", None),
    ],
)
def test_a_word_finds_its_entry(word, entry):
    assert glossary.entry_of(word, WORDS) == entry


def test_each_entry_has_both_languages_and_stands_in_the_chinese_index():
    assert [names for names, chinese in ENTRIES.items() if not re.search(HAN, chinese)] == []
    assert len(set(ENTRIES.values())) == len(ENTRIES), "two entries for one word"
    index = PAGE[PAGE.index("## Chinese") :]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", index, re.MULTILINE)[2:]
    indexed = {english.split(", ")[0]: chinese for chinese, english in rows}
    wanted = {names.split(", ")[0]: chinese for names, chinese in ENTRIES.items()}
    assert indexed == wanted


def test_entries_stand_once_and_in_order():
    names = [names.lower() for names in ENTRIES]
    found = re.findall(rf"^(?:{'|'.join(map(re.escape, ENTRIES))}) \(", PAGE, re.MULTILINE)
    assert len(found) == len(names) == len(set(names))


def test_an_entry_leads_to_the_chapter_that_defines_it():
    page = glossary.with_links(ROOT, PAGE)
    link = "[1C](../notebooks/1_ecosystem/1_concepts.ipynb#what-to-remember)"
    assert re.search(rf"^roofline[^\n]*\n(?:  .*\n)*?  .* → {re.escape(link)}$", page, re.MULTILINE)
    assert page.count("#what-to-remember)") == len(glossary.homes(ROOT, PAGE)) > 90
    assert re.sub(r" → \[\w+\]\(\S+#what-to-remember\)", "", page) == PAGE
