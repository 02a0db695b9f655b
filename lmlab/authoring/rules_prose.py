"""House rules on prose: plain Markdown, and numbers that stand in an output (style 3.6, 3.7).

A code span outside fenced blocks counts if it is one number: a sign or ≈ ~ < > ≤ ≥ = before it,
thousands commas, decimals, an exponent, `± number`, one unit (% × x s MB k M ... or a word after a
space). It stands if a text output, an alt text or a text in the widget state holds a number that
rounds to it; a one-digit integer must be there as it is. `97.5 %` may be printed as 0.975 or 97.5,
and `0.975` as 97.5 %. Signs count; units are not converted; `ln 10` and `(3, 28)` are no numbers.
A value that is chosen, not measured, stands in plain font.
"""

import re
from decimal import Decimal

from lmlab.authoring.cells import Found, code_cells, get, plain, prose_of, texts_of
from lmlab.authoring.execute import STATE

NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3}(?!\d))?"
UNIT = r"(?:\s?(?:%|‰|×|x|°C?|[kKMGT]?i?B|[nmµu]?s|min|h|px|pt|k|M)|\s[^\W\d_][^\s\d(=]*)?"
SPAN = re.compile(rf"(?:[≈~<>≤≥=±]\s?)*({NUMBER}){UNIT}(?:\s?±\s?({NUMBER}))?{UNIT}")


def stored_numbers(nb) -> set[tuple[Decimal, bool]]:
    """Numbers in text outputs, alt texts and widget texts, each with: is it a percentage?"""
    texts = []
    for _, cell in code_cells(nb):
        alts = [get(o, "metadata", m, "alt") for o in cell.outputs for m in o.get("data", ())]
        texts += [texts_of(cell), *filter(None, alts)]
    for model in (get(nb.metadata, "widgets", STATE, "state") or {}).values():
        traits = model.get("state", {}).items()
        values = [v for k, v in traits if k[0] != "_" or k == "_options_labels"]
        lines = [line for v in values for line in (v if isinstance(v, list) else [v])]
        texts += [plain(line) for line in lines if isinstance(line, str)]
    found = re.findall(rf"(?<![\w.#])({NUMBER})(\s?%)?", "\n".join(texts).replace("−", "-"))
    return {(Decimal(number.replace(",", "")), bool(percent)) for number, percent in found}


def stands(number: str, percent: bool, stored: set[tuple[Decimal, bool]]) -> bool:
    """Whether one of the stored numbers rounds to a number in prose."""
    value = Decimal(number.replace(",", ""))
    half = Decimal(5).scaleb(value.as_tuple().exponent - 1)
    if not percent and re.fullmatch(r"[-+]?\d", number):
        half = Decimal(0)
    return any(
        abs(other * scale - value) <= half
        for other, is_percent in stored
        for scale in (1, Decimal(100) ** (percent - is_percent))
    )


def check_prose(nb) -> Found:
    """Rules 3.6 and 3.7."""
    stored = stored_numbers(nb)
    myst = r"^[ >]*(?:`{3,}|~{3,}|:{3,}) *\{\S*|(?<!`)\{[a-z][\w:+-]*\}`[^`\n]+`"
    for i, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown" and (found := re.search(myst, cell.source, re.M)):
            yield "style 3.6", i, f"{found[0]!r} is MyST, which Colab shows raw; write Markdown"
        for _, code in re.findall(r"(`+)(.+?)\1", prose_of(cell), re.S):
            span = SPAN.fullmatch(code.strip().replace("−", "-"))
            for number in filter(None, span.groups() if span else ()):
                if not stands(number, "%" in code, stored):
                    yield "style 3.7", i, f"`{code}` is in no stored output; show it, or drop `"
