"""What a function of a notebook depends on, read from the source: nothing is run.

The fingerprint covers the function, the statements of the code cells above it that make the names
it uses (and the names that those use), and the functions and constants of lmlab that are imported
there, again with all that they use. Comments, docstrings and formatting do not count, nor does a
cell that only draws, nor how pinned data are fetched.

A statement also counts if it changes a name that is used: `x[0] = 1`, `x.y = 1`, `x += 1`, or a
call that trains, fills or sets (`model.fit(x)`, `train_steps(model, x)`, `rows.append(1)`). A
change hidden in a function with another kind of name is not seen.
"""

import ast
import contextlib
import functools
import hashlib
import re
import symtable
from collections.abc import Iterable
from pathlib import Path

__all__ = ["called", "fingerprint", "parse"]

PACKAGE = Path(__file__).resolve().parents[1]
CHANGING = re.compile(
    r"(?:fit|train|compile|build|load|set|add|append|extend|insert|update|pop|remove|sort|shuffle|"
    r"fill|apply|assign|adapt|partial_fit|step)(?:_|$)"
)
OUTRIGHT = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef, ast.With)
IMPORTS = (ast.Import, ast.ImportFrom)
SKIPPED = {"ctx", "kind", "type_comment", "type_params"}
PINNED = {("lmlab.data.archives", "fetch")}  # how bytes come that a hash pins changes no value
AT_ONCE = {"listcomp", "setcomp", "dictcomp", "genexpr"}


def parse(source: str) -> ast.Module:
    """The syntax tree of a cell, magics left out; empty where it is not Python (`%%html`)."""
    for text in (source, re.sub(r"^([ \t]*)(?:\w+ *= *)?[%!].*", r"\1pass", source, flags=re.M)):
        with contextlib.suppress(SyntaxError):
            return ast.parse(text)
    return ast.Module([], [])


def fingerprint(cells: Iterable[str], used: Iterable[ast.AST]) -> str:
    """Twelve hexadecimal digits that change if what the nodes `used` depend on changes.

    Args:
        cells: sources of the code cells that run before.
        used: function definitions or expressions.
    """
    notebook = Source("", [node for cell in cells for node in parse(cell).body])
    trace = _Trace()
    for node in used:
        trace.found[("", len(notebook.nodes), len(trace.found))] = _text(node)
        trace.follow(notebook, node, len(notebook.nodes))
    text = "\n".join(trace.found[key] for key in sorted(trace.found))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Source:
    """The statements of a notebook or a module, in order, and the names that each one changes."""

    def __init__(self, name: str, nodes: list[ast.stmt]):
        self.name, self.nodes = name, nodes
        for node in nodes:
            decorators = getattr(node, "decorator_list", [])
            decorators[:] = [d for d in decorators if called(d) != "claim"]
        self.tables = [_table(node) for node in nodes]
        self.binds = [
            {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
            for table in self.tables
        ]
        pairs = list(zip(nodes, self.binds, strict=True))
        modules = {name for node, bound in pairs if isinstance(node, IMPORTS) for name in bound}
        self.changes = [bound | (_changed(node) - modules) for node, bound in pairs]
        self.names = set().union(*self.binds)
        self.packages = _packages(nodes)


@functools.cache
def _module(name: str) -> Source | None:
    """A module of lmlab, or None if there is none of that name."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return Source(name, ast.parse(path.read_text("utf-8")).body) if path.is_file() else None


class _Trace:
    """Collects the text of every statement that a name depends on."""

    def __init__(self):
        self.found: dict[tuple, str] = {}
        self._seen = set()

    def name(self, source: Source, name: str, before: int) -> None:
        """Follow a name back from a position to the statements that make or change it."""
        if (source.name, name, before) in self._seen or (source.name, name) in PINNED:
            return
        self._seen.add((source.name, name, before))
        for i in reversed(range(before)):
            if name in source.changes[i]:
                self.statement(source, i, name)
                if name in source.binds[i] and isinstance(source.nodes[i], OUTRIGHT + IMPORTS):
                    return

    def statement(self, source: Source, i: int, name: str = "") -> None:
        node = source.nodes[i]
        if isinstance(node, IMPORTS):  # of several names, only the one that is used
            wanted = [a for a in node.names if name in ("", (a.asname or a.name).split(".")[0])]
            for alias in wanted:
                key = (source.name, i, alias.asname or alias.name)
                self.found[key] = f"{getattr(node, 'module', '')} {alias.name} {alias.asname}"
                self.imported(node, alias.name)
        elif (source.name, i) not in self._seen:
            self._seen.add((source.name, i))
            self.found[(source.name, i, "")] = _text(node)
            self.follow(source, node, i)

    def follow(self, source: Source, node: ast.AST, at: int) -> None:
        """Follow the names and the inner imports of a node; a function's names at the end."""
        for name, later in sorted(set(_uses(_table(node)))):
            self.name(source, name, len(source.nodes) if later else at)
        packages = source.packages | _packages(ast.walk(node))
        for inner in ast.walk(node):
            if isinstance(inner, IMPORTS):
                for alias in inner.names:
                    self.imported(inner, alias.name)
            elif isinstance(inner, ast.Attribute) and _root(inner) in packages:
                self.handed_on(packages[_root(inner)], inner.attr)

    def imported(self, node: ast.Import | ast.ImportFrom, name: str) -> None:
        """Follow an import if it is one of lmlab."""
        home = node.module if isinstance(node, ast.ImportFrom) else name
        source = _module(home) if (home or "").split(".")[0] == "lmlab" else None
        if source is None:
            return
        inner = _module(f"{home}.{name}") if isinstance(node, ast.ImportFrom) else source
        if inner and "__getattr__" in inner.names:  # a package: what is used of it is followed
            return
        if inner:  # a whole module
            for i in range(len(inner.nodes)):
                self.statement(inner, i)
        elif name in source.names:
            self.name(source, name, len(source.nodes))
        else:
            self.handed_on(home, name)

    def handed_on(self, home: str, name: str) -> None:
        """Follow a name that a package takes from one of its modules, or makes on demand."""
        folder = PACKAGE.joinpath(*home.split(".")[1:])
        homes = [_module(f"{home}.{p.stem}") for p in sorted(folder.glob("[!_]*.py"))]
        homes = [inner for inner in homes if name in inner.names]
        for inner in homes or [_module(home)]:
            self.name(inner, name if homes else "__getattr__", len(inner.nodes))


def _packages(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The names that imports give to rooms of lmlab, such as `data`, and their full names."""
    return {
        alias.asname or alias.name: f"lmlab.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "lmlab"
        for alias in node.names
        if (PACKAGE / alias.name).is_dir()
    }


def called(node: ast.AST) -> str:
    """The last name of a call: `fit` for `model.fit(x)`."""
    func = getattr(node, "func", None)
    return getattr(func, "attr", getattr(func, "id", ""))


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return getattr(node, "id", "")


def _changed(statement: ast.stmt) -> set[str]:
    """Names that a statement changes without binding them."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return set()
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            names.add(_root(node))
        elif isinstance(node, ast.Call) and CHANGING.match(called(node)):
            names |= {_root(node.func)} if isinstance(node.func, ast.Attribute) else set()
            if isinstance(node.func, ast.Name) or called(node) == "shuffle":
                names |= set(map(_root, node.args)) if called(node) != "set" else set()
    return names - {""}


def _table(node: ast.AST) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(node), "cell", "exec")


def _uses(table: symtable.SymbolTable, later: bool = False) -> Iterable[tuple[str, bool]]:
    """The global names that code uses, each with: only when a function is called?"""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global()):
            yield symbol.get_name(), later
    for child in table.get_children():
        inner = child.get_type() == "function" and child.get_name().strip("<>") not in AT_ONCE
        yield from _uses(child, later or inner)


def _text(node) -> str:
    """A syntax tree as text that no formatting, comment, docstring or Python version changes."""
    if isinstance(node, ast.AST):
        fields = (
            f"{key}={_text(value)}"
            for key, value in ast.iter_fields(node)
            if key not in SKIPPED and value is not None and value != []
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        texts = (
            _text(item)
            for item in node
            if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        )
        return f"[{','.join(texts)}]"
    return repr(node)
