"""House rules on outputs and on the record of a run (style 3.4, 5.4, 7.3, 7.4, 8.2).

* The output with a figure has `metadata["image/png"]["alt"]`, and its cell repeats the text in
  `mystnb.image.alt`: one figure a cell.
* Cell metadata `"lmlab": {"reason": ...}` (three words or more) says why there is the tag
  `nbval-ignore-output`; no other tag and no comment of nbval is accepted.
"""

import copy
import re

from lmlab.authoring.cells import Found, code_cells, get, has_reason, is_ignored, texts_of
from lmlab.authoring.execute import VIEW, clean

UNSTABLE = {
    "an object address": r"0x[0-9a-fA-F]{6,}",
    "an absolute path": r"/(?:home|root|Users|tmp)/|\b[CD]:\\",
    "a progress bar": r"━|\r|(?<![A-Za-z])it/s|\d(?:ms|us|µs|s)/step",
    "a time of day": r"\b\d{1,2}:\d\d:\d\d\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
}


def check_outputs(nb) -> Found:
    """Rules 3.4 and 5.4."""
    seen = set()
    for i, cell in code_cells(nb):
        if any(output.get("name") == "stderr" for output in cell.outputs):
            yield "style 3.4", i, "text on stderr is stored; remove its cause and execute again"
        for what, pattern in UNSTABLE.items() if not is_ignored(cell) else ():
            dates = what == "a time of day" and has_reason(cell, "exact")
            if not dates and (found := re.search(pattern, texts_of(cell))):
                yield "style 3.4", i, f"the output holds {what}, {found[0]!r}; do not print it"
        shown = [output for output in cell.outputs if VIEW not in output.get("data", {})]
        images = [(o, m) for o in shown for m in o.get("data", {}) if m[:6] == "image/"]
        for output, mime in images:
            alt = str(get(output, "metadata", mime, "alt") or "")
            empty = r"(?:an? |the )?(?:figure|(?:image|plot|picture) of)\b"
            if len(alt) < 20 or re.match(empty, alt, re.I):
                yield "style 5.4", i, f"alt text {alt!r}; say the finding in 20 characters or more"
            elif alt in seen:
                yield "style 5.4", i, "another figure has this alt text; say what this one shows"
            elif get(cell.metadata, "mystnb", "image", "alt") != alt:
                yield "style 5.4", i, "the cell does not repeat the alt text; run `make notebooks`"
            seen.add(alt)


def check_record(nb) -> Found:
    """Rules 7.3, 7.4 (execution) and 8.2."""
    other = r"^\s*#+\s*(?:NBVAL|PYTEST_VALIDATE)_\w+\s*$"
    tagged = r"nbval-(?!ignore-output$)|raises-exception|pytest-validate"
    for order, (i, cell) in enumerate(code_cells(nb), 1):
        tags = cell.metadata.get("tags", [])
        if re.search(other, cell.source, re.M) or any(re.match(tagged, tag) for tag in tags):
            yield "style 7.3", i, "of nbval use the tag nbval-ignore-output only; remove the other"
        if is_ignored(cell) and not has_reason(cell, "reason"):
            yield "style 7.3", i, "the output is ignored; give the reason in lmlab.reason"
        if cell.execution_count != order:
            yield "style 7.4", i, f"count {cell.execution_count}, not {order}; `make notebooks`"
        if any(output.output_type == "error" for output in cell.outputs):
            yield "style 7.4", i, "an error is stored; correct the cell and execute again"
    ignored, total = sum(is_ignored(cell) for _, cell in code_cells(nb)), len(code_cells(nb))
    if ignored > 0.15 * total:
        yield "style 7.3", None, f"{ignored} of {total} outputs are ignored; check all but 15 %"
    try:
        if clean(copy.deepcopy(nb)) != nb:
            yield (
                "style 8.2",
                None,
                "another run would write other ids or metadata; run `make notebooks`",
            )
    except (ValueError, KeyError) as error:
        yield "style 8.2", None, f"{error}; run `make notebooks`"
