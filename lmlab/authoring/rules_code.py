"""House rules on code cells (style 2.6, 3.1, 3.3, 3.4, 3.10, 4.2).

Cell metadata `"lmlab": {...}`, reasons of three words or more. `long`: 21-30 lines. `exact`: shows
a loss, error or time that no machine changes, or dates of the data.

Rule 3.10, as far as text can decide it. In a cell whose checked output has a decimal point, a name
(acc, loss, error, time ... or ending in `_loss` ...) is printed or is the last expression: in an
f-string, a subscript, under round, float, mean and the like, but not under `show(`.
"""

import ast
import contextlib
import io
import re
import tokenize
from collections.abc import Iterator

from lmlab.authoring.cells import (
    Found,
    called,
    checks_in,
    code_cells,
    has_reason,
    is_ignored,
    lines_of,
    texts_of,
)
from lmlab.authoring.fingerprint import parse

DOWNLOADS = {"urlopen", "urlretrieve", "get_file", "hf_hub_download", "from_pretrained"}
MEASURED = re.compile(
    "(?:.*_)?(?:acc|accurac(?:y|ies)|loss(?:es)?|errors?|err|mse|rmse|mae|auc|f1|wer|perplexity|"
    "times?|seconds|elapsed|duration|evaluate|perf_counter)",
    re.I,
)
THROUGH = {"round", "float", "abs", "min", "max", "sum", "mean", "std", "item", "numpy", "format"}


def check_imports(nb) -> Found:
    """Rule 3.3."""
    for order, (i, cell) in enumerate(code_cells(nb)):
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
                if (url and re.match("read_|open", called(node))) or called(node) in DOWNLOADS:
                    yield "style 3.3", i, f"{called(node)} opens a URL; use lmlab.data"


def _measured(node) -> str:
    """The name of a measured number that an expression shows; empty if there is none."""
    name, inside = "", []
    if isinstance(node, ast.Name | ast.Attribute):
        name = getattr(node, "attr", getattr(node, "id", ""))
    elif isinstance(node, ast.Subscript):
        name, inside = str(getattr(node.slice, "value", "")), [node.value]
    elif isinstance(node, ast.Call):
        name = called(node)
        inside = [*node.args, getattr(node.func, "value", None)] if name in THROUGH else []
    elif node and not isinstance(node, ast.Compare):
        inside = ast.iter_child_nodes(node)
    if MEASURED.fullmatch(name):
        return name
    return next(filter(None, map(_measured, inside)), "")


def _bare(source: str) -> list[str]:
    """The measured numbers that a cell prints or returns; caught exceptions are none."""
    tree = parse(source)
    shown = [arg for node in ast.walk(tree) if called(node) == "print" for arg in node.args]
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
    """Rules 2.6 (checks that cannot fail or say nothing), 3.1, 3.4 (semicolon), 3.10, 4.2."""
    for i, cell in code_cells(nb):
        if not all(checks_in(cell)):
            yield "style 2.6", i, "this check cannot fail; compare a computed value"
        for node in ast.walk(parse(cell.source)):
            if isinstance(node, ast.Assert) and not node.msg:
                text = f"`{ast.unparse(node)[:60]}` says nothing when it fails; add a text"
                yield "style 2.6", i, text
        lines = lines_of(cell.source)
        if lines > 30 or (lines > 20 and not has_reason(cell, "long")):
            reason = "" if lines > 30 else ", or give the reason in lmlab.long"
            yield "style 3.1", i, f"{lines} lines; split the cell, use the package{reason}"
        if re.search(r";[^\S\n]*(?:#[^\n]*)?(?:\n[^\S\n]*(?:#[^\n]*)?)*\Z", cell.source):
            yield "style 3.4", i, "the cell ends in ';', which nbval fails; remove it"
        for comment in _dead(cell.source):
            yield "style 4.2", i, f"{comment!r} is commented-out code; delete it"
        if (
            not is_ignored(cell)
            and not has_reason(cell, "exact")
            and re.search(r"\d\.\d", texts_of(cell))
        ):
            for name in _bare(cell.source):
                yield "style 3.10", i, f"{name} is shown bare; use show(), or say why: lmlab.exact"
