"""House rules on what a reader meets on the way: guesses, minutes, the sign ± (style 3.10, 9).

* Rule 9.9. In a chapter with three guesses or more (`predict` of a live figure) no place among the
  buttons holds more than 60 % of the right answers; `predict` and `answer` are written out.
* Rule 9.11. The line **Time** says `N minutes` to read: words of prose / 180 + lines of code that
  is not folded / 12, up to four minutes more or less. Folded solutions are not counted.
* Rule 3.10. In the first section that shows a number with ±, a text says that it is a *tolerance*.
"""

import ast
import re
from collections import Counter

from lmlab.authoring.cells import Found, code_cells, count_words, lines_of, prose_of, texts_of
from lmlab.authoring.fingerprint import called, parse

FOLDED = {"hide-cell", "hide-input", "remove-cell", "remove-input"}


def minutes_of(nb) -> float:
    """Minutes to read a notebook (rule 9.11)."""
    lines = sum(
        lines_of(cell.source)
        for _, cell in code_cells(nb)
        if not FOLDED & {*cell.metadata.get("tags", [])}
    )
    return count_words(nb, with_solutions=False) / 180 + lines / 12


def check_guesses(nb) -> Found:
    """Rule 9.9: the place of the right answer."""
    places = []
    for i, cell in code_cells(nb):
        calls = [node for node in ast.walk(parse(cell.source)) if called(node) == "explore"]
        for given in ({word.arg: word.value for word in call.keywords} for call in calls):
            if "predict" not in given:
                continue
            keys = [getattr(key, "value", None) for key in getattr(given["predict"], "keys", ())]
            answer = getattr(given.get("answer"), "value", None)
            if answer not in keys or answer is None:
                yield "style 9.9", i, "write `predict` out, and the right one of it as `answer`"
            else:
                places.append(keys.index(answer))
    place, often = Counter(places).most_common(1)[0] if places else (0, 0)
    if len(places) >= 3 and often > 0.6 * len(places):
        text = f"{often} of {len(places)} right answers stand at place {place + 1}; reorder some"
        yield "style 9.9", None, text


def check_minutes(nb) -> Found:
    """Rule 9.11: the line Time."""
    said = re.search(r"\*\*Time:?\*\*\D*(\d+)(?: (?:to|-|–) (\d+))?", prose_of(nb.cells[0]))
    minutes = minutes_of(nb)
    if said and abs(int(said[2] or said[1]) - minutes) > 4:
        counted = f"{minutes:.0f} minutes to read by words / 180 + visible lines / 12"
        right = f"write about {max(5, 5 * round(minutes / 5))} minutes"
        yield "style 9.11", 0, f"{counted}, {said[2] or said[1]} stated; {right}"


def check_band(nb) -> Found:
    """Rule 3.10: the first ± of a chapter is explained."""
    shown = (i for i, cell in code_cells(nb) if "(± " in texts_of(cell))
    first = next(shown, None)
    around = nb.cells[: first + 2] if first is not None else []
    if around and not any(re.search("±.*tolerance|tolerance.*±", prose_of(c)) for c in around):
        yield "style 3.10", first, "the first ± is shown; say by its cell that ± is a tolerance"
