"""A card from printed lines, and what each check of it sees."""

import pytest

from lmlab.models import cards

LINES = [
    "62,784 parameters",
    "4,815,361 tokens to learn from, 114,573 and 103,309 held out",
    "GPT on Macbeth, mean of 3 seeds ≈ 2.20 (± 0.07)",  # a tolerance, no variation
    "standard deviation over the seeds < 0.06",
    "table of the same text on Macbeth, mean of 3 ≈ 1.71 (± 0.03)",
]


@pytest.fixture
def card():
    return cards.gpt_card(LINES, 75)


def test_numbers_come_from_the_lines(card):
    assert card["model_details"]["parameters"] == 62784
    assert card["evaluation_data"]["tokens"] == 103309
    assert card["metrics"]["variation"] == 0.06
    assert (card["quantitative_analyses"]["loss"], card["energy"]["cpu_seconds"]) == (2.2, 75)
    with pytest.raises(ValueError, match="no line of the outputs has"):
        cards.gpt_card(LINES[:-1], 75)


def test_the_table_may_be_printed_without_its_play(card):
    lines = [line.replace("text on Macbeth, mean", "text, mean") for line in LINES]
    assert lines != LINES and cards.gpt_card(lines, 75) == card


def test_lines_are_those_that_a_notebook_prints(tmp_path):
    path = tmp_path / "one.ipynb"
    path.write_text('{"cells": [{"outputs": [{"text": ["a\\n", "b\\n"]}]}, {}]}', encoding="utf-8")
    assert cards.said_by(path) == ["a", "b"]


def test_an_honest_card_passes_and_every_omission_is_seen(card):
    assert cards.audit(card, card) == []
    for section, name in cards.leaves(card):
        found = cards.audit(cards.without(card, section, name), card)
        assert found == [f"'{name}' is a required property"]


@pytest.mark.parametrize(
    ("section", "name", "put", "seen"),
    [
        ("factors", "groups", "", (1, 2, 3)),
        ("factors", "groups", "to be done.", (2, 3)),
        ("factors", "groups", "N/A", (2, 3)),
        ("metrics", "variation", "small", (1, 2, 3)),
        ("quantitative_analyses", "loss", 2.02, (3,)),
        ("intended_use", "not_for", "nothing that we can think of", ()),
    ],
)
def test_which_check_sees_what(card, section, name, put, seen):
    spoiled = cards.without(card, section, name, put)
    assert tuple(k for k in (1, 2, 3) if cards.audit(spoiled, card, k)) == seen
    assert card[section][name] != put  # the card itself stays as it was


def test_a_fault_changes_one_field(card):
    assert cards.spoil(card, "nothing") == card
    for fault, (section, name, put) in cards.FAULTS.items():
        if section:
            assert cards.spoil(card, fault)[section].get(name) == put != card[section][name]


def test_a_sheet_counts_its_texts():
    sheet = cards.play_sheet(["abc", "de"])
    assert (sheet["composition"]["works"], sheet["composition"]["characters"]) == (2, 5)
    assert cards.audit(sheet, sheet, 3, cards.SHEET) == []
    with pytest.raises(ValueError, match="`checks` must be 1, 2 or 3, got 4"):
        cards.audit(sheet, sheet, 4, cards.SHEET)
