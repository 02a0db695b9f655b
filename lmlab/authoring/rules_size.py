"""House rules on size: what a chapter may cost its reader, the page and the machine (style 2).

`notebooks/compute.json` holds the measured time and memory. A chapter that needs more of them says
so in `metadata.lmlab.limits`: `{"cpu_seconds": 120, "megabytes": 3000}`.
"""

import json
from pathlib import Path

from lmlab.authoring.cells import Found, code_cells, count_lines, count_words, get

CORE = {"words": 3000, "lines": 450, "cells": 40, "bytes": 2_500_000, "cpu_seconds": 60}
APPLICATION = {"words": 2200, "lines": 320, "cells": 28, "bytes": 1_500_000, "cpu_seconds": 35}
MEGABYTES = 1500
TOLERANCE = 1.3  # of the time: on a busy machine the same work takes longer
RULES = {  # the rule, and what to do
    "words": ("style 2", "of prose; write it shorter"),
    "lines": ("style 2", "of code; move what does not teach to the package"),
    "cells": ("style 2", "with code; show less"),
    "bytes": ("style 7.4", "in the file; draw fewer or smaller pictures"),
    "cpu_seconds": ("design 8.6", "measured; make it lighter"),
    "megabytes": ("design 8.6", "measured; make it lighter"),
}
OVER = {  # chapters written before the limits, and those that they break; the list may only shrink
    "1_ecosystem/2_math": {"lines"},
    "1_ecosystem/3_code": {"words", "lines", "cells"},
    "5_business/1_concepts": {"words", "lines", "cells"},
    "5_business/2_math": {"words", "lines", "cells"},
    "5_business/3_code": {"lines"},
    "5_business/4_pretrained": {"words", "lines", "cells"},
    "5_business/5_scaling": {"words", "lines", "cells"},
}


def limits_of(nb) -> dict[str, int]:
    """The limits of a notebook; the code of its chapter says whether it is an application."""
    is_application = "A" in str(get(nb.metadata, "lmlab", "chapter"))
    kind = APPLICATION if is_application else CORE
    return kind | {"megabytes": MEGABYTES} | dict(get(nb.metadata, "lmlab", "limits") or {})


def check_size(nb, path: Path) -> Found:
    """Style 2 (how long a chapter is), 7.4 (its file) and design 8.6 (its time and memory)."""
    chapter = f"{path.parent.name}/{path.stem}"
    sizes = {
        "words": count_words(nb),
        "lines": count_lines(nb),
        "cells": len(code_cells(nb)),
        "bytes": path.stat().st_size,
    }
    table = path.parents[1] / "compute.json"
    if table.is_file():
        sizes |= json.loads(table.read_text("utf-8")).get(f"{chapter}.ipynb", {})
        if not {"cpu_seconds", "megabytes"} <= sizes.keys():
            yield "design 8.6", None, "time and memory are not measured; run `make notebooks`"
    limits = limits_of(nb)
    for unit in sorted(limits.keys() & sizes.keys()):
        size, limit, (rule, what) = sizes[unit], limits[unit], RULES[unit]
        is_over = size > limit * (TOLERANCE if unit == "cpu_seconds" else 1)
        if is_over and unit not in OVER.get(chapter, ()):
            yield rule, None, f"{size:,} {unit} {what}; at most {limit:,}"
        elif not is_over and unit in OVER.get(chapter, ()):
            yield rule, None, f"{size:,} {unit} are few enough; strike them from OVER in {__name__}"
