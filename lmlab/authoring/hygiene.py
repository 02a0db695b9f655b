"""House rules of a notebook, checked on the stored file: nothing is run.

`python -m lmlab.authoring.hygiene [files or folders]` prints one line per broken
rule. What a chapter holds:

* Cell 1: the one `# ` title, a **question in bold?**, four lines (list items or not) that begin
  `**You will be able to**`, `**You need**` (a link), `**Time**` (`25 min`) and `**Mirrors**`
  (`D4.5` or `section 5 of D4`).
* A heading with the word *Check*, below it an `assert` or `show(` of computed values. *Exercises*:
  3-6 headings `Exercise 1` ... or list items `1.` ..., a `<details>` in each. Last *What to
  remember*: 3-5 list items, a **term**, then *Next* and *Sources*, each a heading or a line that
  begins `**Next**`, `**Sources**`.
* Notebook metadata `"lmlab": {"chapter": "4K", "document": "D4", "sections": ["D4.5"], "covers":
  {"S77": "id of a code cell with an assert or show("}}`.
* Cell metadata `"lmlab": {...}`, reasons of three words or more. `long`: 21-30 lines. `exact`:
  shows a loss, error or time that no machine changes, or dates of the data. `reason`: why there is
  the tag `nbval-ignore-output`; no other tag and no comment of nbval is accepted.
* The output with a figure has `metadata["image/png"]["alt"]`, and its cell repeats the text in
  `mystnb.image.alt`: one figure a cell.

Rule 3.7. A code span outside fenced blocks counts if it is one number: a sign or ≈ ~ < > ≤ ≥ =
before it, thousands commas, decimals, an exponent, `± number`, one unit (% × x s MB k M ... or a
word after a space). It stands if a text output, an alt text or a text in the widget state holds a
number that rounds to it; a one-digit integer must be there as it is. `97.5 %` may be printed as
0.975 or 97.5, and `0.975` as 97.5 %. Signs count; units are not converted; `ln 10` and `(3, 28)`
are no numbers. A value that is chosen, not measured, stands in plain font.

Rule 3.10, as far as text can decide it. In a cell whose checked output has a decimal point, a name
(acc, loss, error, time ... or ending in `_loss` ...) is printed or is the last expression: in an
f-string, a subscript, under round, float, mean and the like, but not under `show(`.
"""

import ast
import contextlib
import copy
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import nbformat

from lmlab.authoring.claims import check_claims
from lmlab.authoring.execute import STATE, VIEW, clean
from lmlab.authoring.fingerprint import parse

Found = Iterator[tuple[str, int | None, str]]  # rule, position of the cell from 0, what to do

NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3}(?!\d))?"
UNIT = r"(?:\s?(?:%|‰|×|x|°C?|[kKMGT]?i?B|[nmµu]?s|min|h|px|pt|k|M)|\s[^\W\d_][^\s\d(=]*)?"
SPAN = re.compile(rf"(?:[≈~<>≤≥=±]\s?)*({NUMBER}){UNIT}(?:\s?±\s?({NUMBER}))?{UNIT}")
LABEL = r"^(?:[-*+] )?\*\*"
OPENING = {
    "You will be able to": (r"\w", "two to four verbs"),
    "You need": (r"\]\(", "links to what comes before"),
    "Time": (r"\d.*min", "the minutes on a laptop CPU"),
    "Mirrors": (r"\bD[1-5]\D*\d|\d[^*]*\bD[1-5]\b", "document and section, such as D4.5"),
}
UNSTABLE = {
    "an object address": r"0x[0-9a-fA-F]{6,}",
    "an absolute path": r"/(?:home|root|Users|tmp)/|\b[CD]:\\",
    "a progress bar": r"━|\r|(?<![A-Za-z])it/s|\d(?:ms|us|µs|s)/step",
    "a time of day": r"\b\d{1,2}:\d\d:\d\d\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
}
DOWNLOADS = {"urlopen", "urlretrieve", "get_file", "hf_hub_download", "from_pretrained"}
MEASURED = re.compile(
    "(?:.*_)?(?:acc|accurac(?:y|ies)|loss(?:es)?|errors?|err|mse|rmse|mae|auc|f1|wer|perplexity|"
    "times?|seconds|elapsed|duration|evaluate|perf_counter)",
    re.I,
)
THROUGH = {"round", "float", "abs", "min", "max", "sum", "mean", "std", "item", "numpy", "format"}


def _code(nb) -> list[tuple[int, nbformat.NotebookNode]]:
    return [(i, cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]


def _get(node, *keys: str):
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _reason(cell, key: str) -> bool:
    return len(str(_get(cell.metadata, "lmlab", key) or "").split()) >= 3


def _ignored(cell) -> bool:
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def _called(node) -> str:
    """The last name of a call: `show` for `check.show(...)`."""
    func = getattr(node, "func", None)
    return getattr(func, "attr", getattr(func, "id", ""))


def _claims(cell) -> list[bool]:
    """For every `assert`, `show` and `@claim` of a cell: is it about something computed?"""
    claims = []
    for node in ast.walk(parse(cell.source if cell.cell_type == "code" else "")):
        claims += [True for d in getattr(node, "decorator_list", ()) if _called(d) == "claim"]
        if isinstance(node, ast.Assert) or (_called(node) == "show" and node.args):
            value = node.test if isinstance(node, ast.Assert) else node.args[-1]
            computed = any(isinstance(part, ast.Name) for part in ast.walk(value))
            claims.append(computed and not isinstance(value, ast.Tuple))
    return claims


def _prose(cell) -> str:
    """Markdown without its fenced blocks; empty for code."""
    fence = r"^[ >]*(`{3,}|~{3,}).*?(?:^[ >]*\1[`~]*[ \t]*$|\Z)"
    markdown = cell.source if cell.cell_type == "markdown" else ""
    return re.sub(fence, "", markdown, flags=re.M | re.S)


def _plain(html: str) -> str:
    """HTML without tags; alt texts stay."""
    html = re.sub(r"<style.*?</style>", "", html, flags=re.S)
    return re.sub(r"<[^>]*?\salt=\"([^\"]*)\"[^>]*>|</?\w[^>]*>", r" \1 ", html)


def _texts(cell) -> str:
    """What the text outputs of a code cell say; the view of a widget says nothing."""
    texts = [output.get("text", "") for output in cell.outputs]
    for data in (output.get("data", {}) for output in cell.outputs):
        kinds = [mime for mime in data if mime.startswith("text/") and VIEW not in data]
        texts += [_plain(data[mime]) if mime == "text/html" else data[mime] for mime in kinds]
    return "\n".join(texts)


def _section(nb, title: str) -> tuple[int | None, str, str, list]:
    """Position of a heading, the text below it, all text to the end, the cells below it."""
    flat = "\n\f\n".join(map(_prose, nb.cells))
    head = re.search(rf"^(#+) {title}[ \t]*$", flat, re.M)
    if not head:
        return None, "", "", []
    after = flat[head.end() :]
    text = after[: re.search(rf"^#{{1,{len(head[1])}}} |\Z", after, re.M).start()]
    first = flat.count("\f", 0, head.start())
    return first, text, after, nb.cells[first : first + text.count("\f") + 1]


def check_headings(nb) -> Found:
    """Rules 2.1 and 2.6."""
    opening = _prose(nb.cells[0])
    titles = [i for i, cell in enumerate(nb.cells) for _ in re.findall(r"^# ", _prose(cell), re.M)]
    if titles != [0]:
        yield "style 2.1", 0, "the first cell, and no other, must hold one '# ' title; write it"
    if not re.search(r"\*\*(?=\S)[^*]+[?？]\*\*", opening):
        yield "style 2.1", 0, "no bold question under the title; write one"
    for label, (pattern, what) in OPENING.items():
        line = re.search(rf"{LABEL}{label}:?\*\*(.*?)(?={LABEL}|\Z)", opening, re.M | re.S)
        if not line or not re.search(pattern, line[1]):
            yield "style 2.1", 0, f"no line that begins '**{label}**' and gives {what}; write it"
    at, _, _, cells = _section(nb, r".*\bChecks?\b.*")
    if at is None:
        yield "style 2.6", None, "no heading with the word Check; add it, and a known number below"
    elif not any(any(_claims(cell)) for cell in cells):
        yield "style 2.6", at, "no assert and no show( of a computed value below; add one"


def check_ending(nb) -> Found:
    """Rules 2.7 and 2.8."""
    at, text, _, _ = _section(nb, "Exercises")
    seen = re.sub(r"<details.*?</details>", lambda m: " " * len(m[0]), text, flags=re.S)
    starts = list(re.finditer(r"^#+ Exercise (\d+)", seen, re.M))
    starts = starts or list(re.finditer(r"^(\d+)[.)] ", seen, re.M))
    numbers = [int(start[1]) for start in starts]
    if not 3 <= len(numbers) <= 6 or numbers != list(range(1, len(numbers) + 1)):
        yield "style 2.7", at, f"below Exercises write three to six, from 1; found {numbers}"
    for start, end in zip(starts, [*(s.start() for s in starts[1:]), None], strict=False):
        if not re.search(r"<details.*</details>", text[start.start() : end], re.S):
            yield "style 2.7", at, f"exercise {start[1]} has no solution; fold one in <details>"
    at, _, after, _ = _section(nb, "What to remember")
    if re.search(r"^#+ (?!Next\b|Sources\b)", after, re.M):
        yield "style 2.8", at, "a section follows that is not Next or Sources; move it up"
    own = re.split(rf"{LABEL}(?:Next|Sources)\b|^#", after, flags=re.M)[0]
    if not 3 <= len(re.findall(r"^[-*+] ", own, re.M)) <= 5:
        yield "style 2.8", at, "below 'What to remember' write three to five list items"
    if not re.search(r"\*\*[^*]+\*\*", own):
        yield "style 2.8", at, "no new term in bold below 'What to remember'; mark one"
    for word in ("Next", "Sources"):
        if not re.search(rf"(?:^#+ |{LABEL}){word}\b", after, re.M):
            yield "style 2.8", at, f"no heading and no line '**{word}**' at the end; add it"


def check_coverage(nb) -> Found:
    """Design 2 (the metadata of a chapter) and rule 7.4 (prose per line of code)."""
    about = _get(nb.metadata, "lmlab") or {}
    for key, pattern in (("chapter", "[1-5](?:[CMKPS]|A[1-9])"), ("document", "D[1-5]")):
        if not re.fullmatch(pattern, str(about.get(key))):
            yield "design 2", None, f"metadata lmlab.{key} must match {pattern}; set it"
    for key, kind in (("sections", list), ("covers", dict)):
        if not isinstance(about.get(key), kind) or not about[key]:
            yield "design 2", None, f"metadata lmlab.{key} must be a filled {kind.__name__}; set it"
    proofs = {cell.id for cell in nb.cells if any(_claims(cell))}
    for row, cell in dict(about.get("covers") or {}).items():
        if cell not in proofs:
            yield "design 2", None, f"{row}: {cell!r} is no cell with an assert or show(; name one"
    noise = r"\$\$.*?\$\$|\$[^$\n]+\$|<[^>]+>|\]\([^)]*\)"
    prose = re.sub(noise, " ", "\n".join(map(_prose, nb.cells)), flags=re.S)
    lines = sum(bool(line.strip()) for _, c in _code(nb) for line in c.source.splitlines())
    ratio = len(re.findall(r"[^\W\d_][\w'’-]*", prose)) / max(lines, 1)
    if not 5 <= ratio <= 22:
        yield "style 7.4", None, f"{ratio:.1f} words of prose per line of code; keep 5 to 22"


def check_imports(nb) -> Found:
    """Rule 3.3."""
    for order, (i, cell) in enumerate(_code(nb)):
        if re.search(r"^[ \t]*[%!]+ *(?:pip|conda|uv|apt|npm|curl|wget)\b", cell.source, re.M):
            yield "style 3.3", i, "a notebook installs nothing; add the package to requirements.in"
        for node in ast.walk(parse(cell.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                modules = [getattr(node, "module", None) or name for name in names]
                if names == ["*"]:
                    yield "style 3.3", i, f"star import of {modules[0]}; import the module"
                if order:
                    yield "style 3.3", i, f"import of {modules[0]}; move it to the setup cell"
                if {module.split(".")[0] for module in modules} & {"urllib", "requests", "httpx"}:
                    yield "style 3.3", i, f"import of {modules[0]}; no network, use lmlab.data"
            elif isinstance(node, ast.Call):
                url = any(re.match(r"Constant\(value='\w+://", ast.dump(a)) for a in node.args)
                if (url and re.match("read_|open", _called(node))) or _called(node) in DOWNLOADS:
                    yield "style 3.3", i, f"{_called(node)} opens a URL; use lmlab.data"


def _measured(node) -> str:
    """The name of a measured number that an expression shows; empty if there is none."""
    name, inside = "", []
    if isinstance(node, ast.Name | ast.Attribute):
        name = getattr(node, "attr", getattr(node, "id", ""))
    elif isinstance(node, ast.Subscript):
        name, inside = str(getattr(node.slice, "value", "")), [node.value]
    elif isinstance(node, ast.Call):
        name = _called(node)
        inside = [*node.args, getattr(node.func, "value", None)] if name in THROUGH else []
    elif node and not isinstance(node, ast.Compare):
        inside = ast.iter_child_nodes(node)
    if MEASURED.fullmatch(name):
        return name
    return next(filter(None, map(_measured, inside)), "")


def _bare(source: str) -> list[str]:
    """The measured numbers that a cell prints or returns; caught exceptions are none."""
    tree = parse(source)
    shown = [arg for node in ast.walk(tree) if _called(node) == "print" for arg in node.args]
    shown += [node.value for node in tree.body[-1:] if isinstance(node, ast.Expr)]
    caught = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)}
    return sorted({_measured(node) for node in shown} - caught - {""})


def _dead(source: str) -> Iterator[str]:
    """Comment lines that are an assignment, a call or an import."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and token.line.strip() == token.string:
                code = next(iter(parse(token.string.strip("# ")).body), None)
                call = isinstance(getattr(code, "value", None), ast.Call)
                legend = len(getattr(code, "targets", "1")) > 1  # B = batch, T = time
                kinds = ast.Assign | ast.AugAssign | ast.Import | ast.ImportFrom
                if (isinstance(code, kinds) and not legend) or (call and " (" not in token.string):
                    yield token.string


def check_code(nb) -> Found:
    """Rules 2.6 (checks that cannot fail), 3.1, 3.4 (the semicolon), 3.10 and 4.2."""
    for i, cell in _code(nb):
        if not all(_claims(cell)):
            yield "style 2.6", i, "this check cannot fail; compare a computed value"
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        if lines > 30 or (lines > 20 and not _reason(cell, "long")):
            reason = "" if lines > 30 else ", or give the reason in lmlab.long"
            yield "style 3.1", i, f"{lines} lines; split the cell, use the package{reason}"
        if re.search(r";[^\S\n]*(?:#[^\n]*)?(?:\n[^\S\n]*(?:#[^\n]*)?)*\Z", cell.source):
            yield "style 3.4", i, "the cell ends in ';', which nbval fails; remove it"
        for comment in _dead(cell.source):
            yield "style 4.2", i, f"{comment!r} is commented-out code; delete it"
        if not _ignored(cell) and not _reason(cell, "exact") and re.search(r"\d\.\d", _texts(cell)):
            for name in _bare(cell.source):
                yield "style 3.10", i, f"{name} is shown bare; use show(), or say why: lmlab.exact"


def check_outputs(nb) -> Found:
    """Rules 3.4 and 5.4."""
    seen = set()
    for i, cell in _code(nb):
        if any(output.get("name") == "stderr" for output in cell.outputs):
            yield "style 3.4", i, "text on stderr is stored; remove its cause and execute again"
        for what, pattern in UNSTABLE.items() if not _ignored(cell) else ():
            dates = what == "a time of day" and _reason(cell, "exact")
            if not dates and (found := re.search(pattern, _texts(cell))):
                yield "style 3.4", i, f"the output holds {what}, {found[0]!r}; do not print it"
        images = [(o, m) for o in cell.outputs for m in o.get("data", {}) if m[:6] == "image/"]
        for output, mime in images:
            alt = str(_get(output, "metadata", mime, "alt") or "")
            empty = r"(?:an? |the )?(?:figure|(?:image|plot|picture) of)\b"
            if len(alt) < 20 or re.match(empty, alt, re.I):
                yield "style 5.4", i, f"alt text {alt!r}; say the finding in 20 characters or more"
            elif alt in seen:
                yield "style 5.4", i, "another figure has this alt text; say what this one shows"
            elif _get(cell.metadata, "mystnb", "image", "alt") != alt:
                yield "style 5.4", i, "the cell does not repeat the alt text; run `make notebooks`"
            seen.add(alt)


def _stored(nb) -> set[tuple[Decimal, bool]]:
    """Numbers in text outputs, alt texts and widget texts, each with: is it a percentage?"""
    texts = []
    for _, cell in _code(nb):
        alts = [_get(o, "metadata", m, "alt") for o in cell.outputs for m in o.get("data", ())]
        texts += [_texts(cell), *filter(None, alts)]
    for model in (_get(nb.metadata, "widgets", STATE, "state") or {}).values():
        traits = model.get("state", {}).items()
        values = [v for k, v in traits if k[0] != "_" or k == "_options_labels"]
        lines = [line for v in values for line in (v if isinstance(v, list) else [v])]
        texts += [_plain(line) for line in lines if isinstance(line, str)]
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
    stored = _stored(nb)
    myst = r"^[ >]*(?:`{3,}|~{3,}|:{3,}) *\{\S*|(?<!`)\{[a-z][\w:+-]*\}`[^`\n]+`"
    for i, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown" and (found := re.search(myst, cell.source, re.M)):
            yield "style 3.6", i, f"{found[0]!r} is MyST, which Colab shows raw; write Markdown"
        for _, code in re.findall(r"(`+)(.+?)\1", _prose(cell), re.S):
            span = SPAN.fullmatch(code.strip().replace("−", "-"))
            for number in filter(None, span.groups() if span else ()):
                if not stands(number, "%" in code, stored):
                    yield "style 3.7", i, f"`{code}` is in no stored output; show it, or drop `"


def check_record(nb) -> Found:
    """Rules 7.3, 7.4 (execution) and 8.2."""
    other = r"^\s*#+\s*(?:NBVAL|PYTEST_VALIDATE)_\w+\s*$"
    tagged = r"nbval-(?!ignore-output$)|raises-exception|pytest-validate"
    for order, (i, cell) in enumerate(_code(nb), 1):
        tags = cell.metadata.get("tags", [])
        if re.search(other, cell.source, re.M) or any(re.match(tagged, tag) for tag in tags):
            yield "style 7.3", i, "of nbval use the tag nbval-ignore-output only; remove the other"
        if _ignored(cell) and not _reason(cell, "reason"):
            yield "style 7.3", i, "the output is ignored; give the reason in lmlab.reason"
        if cell.execution_count != order:
            yield "style 7.4", i, f"count {cell.execution_count}, not {order}; `make notebooks`"
        if any(output.output_type == "error" for output in cell.outputs):
            yield "style 7.4", i, "an error is stored; correct the cell and execute again"
    ignored, total = sum(_ignored(cell) for _, cell in _code(nb)), len(_code(nb))
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


ALWAYS = (check_code, check_outputs, check_record)
PAGE = (*ALWAYS, check_imports, check_prose)  # a lab imports in its tests, too
CHECKS = {
    "chapter": (check_headings, check_ending, check_coverage, *PAGE),
    "template": PAGE,
    "lab": ALWAYS,
}


def check_cells(nb: nbformat.NotebookNode, name: str, kind: str = "chapter") -> list[str]:
    """Check a parsed notebook (format 4.5, not empty) of a kind that `CHECKS` names.

    Returns:
        A line per broken rule: rule, file, cell (from 1) with its first line, what to do.
    """
    return _lines(nb, name, (found for check in CHECKS[kind] for found in check(nb)))


def _lines(nb, name: str, found: Found) -> list[str]:
    lines = []
    for rule, i, text in found:
        first = "" if i is None else nb.cells[i].source.strip().partition("\n")[0][:60]
        cell = "" if i is None else f", cell {i + 1} ({first})"
        lines.append(f"{rule}: {name}{cell}: {text}")
    return lines


def check_notebook(path: str | Path) -> list[str]:
    """Check a notebook file; `_toc.yml` is sought in the folders above it.

    Returns:
        The lines of `check_cells`, and those on the file itself (rule 7.4).

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a notebook file, got {path}")
    toc = next((up / "_toc.yml" for up in path.parents if (up / "_toc.yml").is_file()), None)
    name = path.relative_to(toc.parent) if toc else path
    kind = path.stem if path.stem in CHECKS else "chapter"
    try:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
        nb.cells[0]  # a notebook without cells has no title
    except Exception as error:  # nbformat raises six kinds
        why = str(error).partition("\n")[0]
        return [f"style 7.4: {name}: no valid notebook ({why}); restore it and execute again"]
    messages = check_cells(nb, str(name), kind)
    messages += _lines(nb, str(name), check_claims(nb, path, name.as_posix(), kind))
    if path.stat().st_size > 2.5e6:
        messages.append(f"style 7.4: {name}: larger than 2.5 MB; draw fewer or smaller pictures")
    messages += [f"design 8.6: {name}: {text}" for text in check_compute(path, nb)]
    entry = rf"^[-\s]*(?:file|root):\s*['\"]?{re.escape(name.with_suffix('').as_posix())}\b"
    if bool(toc and re.search(entry, toc.read_text("utf-8"), re.M)) != (kind == "chapter"):
        action = "not in _toc.yml; add it" if kind == "chapter" else "in _toc.yml; remove it"
        messages.append(f"style 7.4: {name}: {action}")
    return messages


def check_compute(path: Path, nb: nbformat.NotebookNode) -> list[str]:
    """Compare the measured time and memory with the limits of the chapter.

    The limits are 60 s and 1,500 MB; a chapter that needs more says so in `metadata.lmlab.limits`.
    """
    table = path.parents[1] / "compute.json"
    if not table.is_file():
        return []
    row = json.loads(table.read_text("utf-8")).get(f"{path.parent.name}/{path.name}")
    if row is None:
        return ["time and memory are not measured; run make notebooks"]
    limits = {"seconds": 60, "megabytes": 1500} | dict(_get(nb.metadata, "lmlab", "limits") or {})
    return [
        f"{row[unit]} {unit} measured, {limit} allowed; make it lighter"
        for unit, limit in limits.items()
        if row[unit] > limit
    ]


def check_all(root: str | Path) -> list[str]:
    """Check every chapter, the template and the labs of the repository in the folder `root`.

    Raises:
        ValueError: `root` has no folder `notebooks`.
    """
    folder = Path(root) / "notebooks"
    if not folder.is_dir():
        raise ValueError(f"`root` must hold the folder notebooks, got {root}")
    paths = {*folder.glob("[!.]*/*.ipynb"), *folder.glob("template.ipynb")}
    paths |= {*Path(root).glob("labs/*/lab.ipynb"), *Path(root).glob("tests/labs/*/lab.ipynb")}
    return [line for path in sorted(paths) for line in check_notebook(path)]


def main(arguments: list[str]) -> int:
    """Print what is to be done in files and repositories; 1 if there is anything."""
    paths = [Path(argument) for argument in arguments or ["."]]
    checked = (check_all(path) if path.is_dir() else check_notebook(path) for path in paths)
    messages = [line for lines in checked for line in lines]
    print(*messages, sep="\n", end="\n" if messages else "")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
