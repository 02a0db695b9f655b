"""The last step of a build: pages that a slow line and a slow processor can open.

All styles become one file with only the rules that a page or a script of the book can use, all
scripts one file that no text waits for, and icons become drawings in the page. What only the
search needs loads where one searches.
"""

import hashlib
import io
import logging
import re
import struct
from pathlib import Path

import pydata_sphinx_theme
import tinycss2
from far_blocks import plain_tokens, with_far_blocks, with_few_tokens
from fontTools import subset
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

STYLES = [
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
    "sphinx-design.min.css",
    "formulas.css",
    "book.css",
]
SCRIPTS = [
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "book.js",
]
LATER = {  # what a reader does not wait for; book.js loads each in an idle moment, in this order
    "code.js": ["clipboard.min.js", "copybutton.js", "scripts/sphinx-book-theme.js"],
    "menus.js": ["scripts/bootstrap.js"],
    "theme.js": ["scripts/pydata-sphinx-theme.js"],
}
SEARCH = ["_static/searchtools.js", "_static/language_data.js", "searchindex.js"]
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
# the theme measures every block when a page has loaded, which lays out all of it; book.js measures
# a block when it is near
SLOW = re.compile(
    r'"complete"===document\.readyState\?(\w)\(\)'
    r':window\.addEventListener\("load",\1\)\}\)\(\)'
)
MARK = "<!-- light -->"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Make the built pages light. A page that is light already stays as it is."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    for asset in Path(app.srcdir, "book/assets").glob("*.*"):  # Sphinx copies it with a page only
        (static / asset.name).write_bytes(asset.read_bytes())
    script = _write_scripts(static)

    pages = {path: path.read_text("utf-8") for path in out.rglob("*.html")}
    pages = {path: page for path, page in pages.items() if "</head>" in page}  # no redirections
    icons = _icons()
    plain = plain_tokens((static / "pygments.css").read_text("utf-8"))
    for path, page in pages.items():
        if MARK not in page:
            page = with_few_tokens(_draw_icons(_sized(page, path), icons), plain)
            pages[path] = with_far_blocks(page)
    known = set(re.findall(r"[\w-]+", script + (static / "live.js").read_text("utf-8")))
    for page in pages.values():
        for names in re.findall(r'\b(?:class|id)="([^"]*)"', page):
            known.update(names.split())
    styles = _styles(static, known)
    (static / "page.css").write_text(_with_icon_font(styles, static), "utf-8")

    for path, page in pages.items():
        up = "../" * (len(path.relative_to(out).parts) - 1)
        page = page if MARK in page else _with_light_head(page, up, path.name == "search.html")
        page = re.sub(r"(_static/[a-z]+\.(?:css|js))\?v=\w*", _stamped(out), page)
        if page != path.read_text("utf-8"):
            path.write_text(page, "utf-8")
    (out / ".nojekyll").touch()  # GitHub Pages leaves out folders that begin with _


def _write_scripts(static: Path) -> str:
    """Write page.js and the scripts for later; the text of all of them."""
    texts = {}
    for name, parts in {"page.js": SCRIPTS, **LATER}.items():
        text = ";\n".join((static / part).read_text("utf-8") for part in parts)
        texts[name] = re.sub(r"//# sourceMappingURL=\S+", "", text)
    texts["theme.js"], found = SLOW.subn("0})()", texts["theme.js"])
    if found != 1:
        raise ExtensionError("the theme's script has changed: see `SLOW` in book/ext/light_page.py")
    for name, text in texts.items():
        (static / name).write_text(text, "utf-8")
    return "\n".join(texts.values())


def _stamped(out: Path):
    """The address of a file with what changes when the file does."""

    def stamp(match: re.Match) -> str:
        digest = hashlib.sha256((out / match[1]).read_bytes()).hexdigest()[:8]
        return f"{match[1]}?v={digest}"

    return stamp


FIRST = Path(__file__).with_name("first.js")  # the one script that stands in the page


def _with_light_head(page: str, up: str, is_search: bool) -> str:
    """A page whose head names one style sheet and the scripts that no text waits for."""
    head, body = page.split("</head>", 1)
    scripts = r"<script\b(?:(?!</script>).)*</script>"
    needs_live = "live.js" in head
    head = re.sub(scripts, "", head, flags=re.S)
    head = re.sub(r'<link\b[^>]*\b(?:rel="stylesheet"|rel="preload")[^>]*>', "", head)
    head = re.sub(r"<!--(?:(?!-->).)*-->", "", head, flags=re.S)
    head = head.replace('data-theme="auto"', 'data-theme="light"')  # without a script
    later = " ".join(f"{up}_static/{name}?v=" for name in LATER)
    tags = f'<script defer src="{up}_static/page.js?v=" data-later="{later}"></script>\n'
    tags += "".join(f'<script defer src="{up}{name}"></script>\n' for name in SEARCH * is_search)
    live = f'\n<script defer src="{up}_static/live.js?v="></script>' * needs_live
    link = f'\n<link rel="stylesheet" href="{up}_static/page.css?v=">'
    head = re.sub(
        r"\s*\n\s*",
        "\n",
        f"{head}{MARK}\n<script>\n{FIRST.read_text('utf-8')}</script>{link}{live}\n",
    )
    body = re.sub(r'<script defer src="[^"]*_static/scripts/[^"]*"></script>', "", body)
    body = body.replace("</body>", f"{tags}</body>")  # so that they do not share the line with text
    return f"{head}</head>{body}"


def _icons() -> dict[str, tuple[int, int, str]]:
    """Width, height and outline of Font Awesome's solid icons, from the theme's copy."""
    text = (THEME / "scripts/fontawesome.js").read_text("utf-8")
    entry = r'[{,]"?([a-z0-9-]+)"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]'
    # the solid ones come last and so replace the others
    return {name: (int(w), int(h), path) for name, w, h, path in re.findall(entry, text)}


def _draw_icons(page: str, icons: dict) -> str:
    """A page with a drawing in place of each element that stands for an icon."""

    def draw(match: re.Match) -> str:
        classes = match[2].split()
        names = [c[3:] for c in classes if c.startswith("fa-") and c[3:] in icons]
        if not names:
            return match[0]
        width, height, path = icons[names[0]]
        kept = [c for c in classes if c == "fa-lg" or not c.startswith("fa")]
        rest = re.sub(r'\s*class="[^"]*"', "", match[0].split(">", 1)[0].split(None, 1)[1])
        return (
            f'<svg class="{" ".join(["svg-inline--fa", *kept])}"{rest} aria-hidden="true" '
            f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{path}"/></svg>'
        )

    return re.sub(r'<(i|span)\b[^>]*class="([^"]*\bfa-[^"]*)"[^>]*></\1>', draw, page)


def _sized(page: str, path: Path) -> str:
    """A page whose pictures say how high they are, so that nothing jumps."""

    def size(match: re.Match) -> str:
        tag, source = match[0], match[1]
        file = path.parent / source
        if source.startswith("data:") or "height=" in tag or not file.is_file():
            return tag
        data = file.read_bytes()
        if data[:4] != b"\x89PNG":
            return tag
        columns, rows = struct.unpack(">II", data[16:24])
        wide = re.search(r"width: (\d+)px;?", tag)
        width = int(wide[1]) if wide else columns
        tag = re.sub(r' style="width: \d+px;?"', "", tag)
        about = f'width="{width}" height="{round(width * rows / columns)}" loading="lazy"'
        return tag.replace("<img", f"<img {about}", 1)

    return re.sub(r'<img\b[^>]*\bsrc="([^"]+)"[^>]*>', size, page)


def _styles(static: Path, known: set[str]) -> str:
    """The rules of all style sheets that `known` classes and ids can meet, as text."""
    parts = []
    for name in STYLES:
        for path in sorted(static.glob(name)):
            rules = tinycss2.parse_stylesheet(
                path.read_text("utf-8"), skip_comments=True, skip_whitespace=True
            )
            parts += _kept(rules, path.parent, static, known)
    return _without_unused("\n".join(parts) + "\n")


def _without_unused(styles: str) -> str:
    """Styles less the variables of the theme that no rule reads."""
    declared = re.compile(r"(--(?:bs|pst|sd)-[\w-]+)\s*:[^;{}\"']*(?:;|(?=\}))")
    before = ""
    while styles != before:
        before = styles
        read = set(re.findall(r"var\(\s*(--[\w-]+)", styles))
        unread = set(declared.findall(styles)) - read
        styles = declared.sub(lambda m, unread=unread: "" if m[1] in unread else m[0], styles)
    return styles


def _kept(rules: list, folder: Path, static: Path, known: set[str]) -> list[str]:
    """The text of the rules that can apply."""
    kept = []
    for rule in rules:
        if rule.type == "at-rule" and rule.lower_at_keyword in ("import", "charset"):
            continue
        if (
            rule.type == "at-rule"
            and rule.content
            and rule.lower_at_keyword in ("media", "supports")
        ):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if text := "\n".join(_kept(inner, folder, static, known)):
                head = tinycss2.serialize(rule.prelude).strip()
                kept.append(f"@{rule.at_keyword} {head}{{{text}}}")
        elif rule.type == "qualified-rule":
            kept += _kept_rule(rule, folder, static, known)
        elif rule.type == "at-rule":
            kept.append(_local(tinycss2.serialize([rule]), folder, static))
    return kept


def _kept_rule(rule, folder: Path, static: Path, known: set[str]) -> list[str]:
    """One rule with the selectors that can apply; the dark theme prints like the light one."""
    selectors = []
    for selector in _split(tinycss2.serialize(rule.prelude)):
        asked = re.sub(r":not\([^)]*\)|\[[^\]]*\]|\\.", "", selector)
        names = re.findall(r"[.#](-?[A-Za-z_][\w-]*)", asked)
        if "\\" in selector or known.issuperset(names):
            selectors.append(re.sub(r"\s+", " ", selector.strip()))
    if not selectors:
        return []
    text = _local(_squeezed(rule.content), folder, static)
    is_dark = [s for s in selectors if re.search(r"data-theme=\"?dark", s)]
    is_light = [s for s in selectors if re.search(r"data-theme=\"?light", s)]
    rest = [s for s in selectors if s not in is_dark]
    parts = [f"{','.join(rest)}{{{text}}}"] if rest else []
    if is_dark:
        parts.append(f"@media screen{{{','.join(is_dark)}{{{text}}}}}")
    if is_light:
        bare = ",".join(re.sub(r"\[data-theme=\"?light\"?\]", "[data-theme]", s) for s in is_light)
        parts.append(f"@media print{{{bare}{{{text}}}}}")
    return parts


def _split(prelude: str) -> list[str]:
    """The selectors of a rule; a comma inside brackets does not part them."""
    return re.findall(r"(?:[^,(\[]|\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])+", prelude)


def _squeezed(content: list) -> str:
    text = re.sub(r"/\*(?:(?!\*/).)*\*/", "", tinycss2.serialize(content), flags=re.S)
    return re.sub(r"\s*\n\s*", "", text.strip())


def _local(text: str, folder: Path, static: Path) -> str:
    """Style text whose addresses are right for a file in `static`."""

    def address(match: re.Match) -> str:
        if re.match(r"data:|#|https?:", match[1]):
            return match[0]
        path = (folder / match[1]).resolve().relative_to(static.resolve())
        return f'url("{path.as_posix()}")'

    return re.sub(r'url\(\s*["\']?([^"\')]+)["\']?\s*\)', address, text)


def _with_icon_font(styles: str, static: Path) -> str:
    """Styles with one font of the few icons that they name, in place of three large ones."""
    styles = re.sub(r"@font-face\s*\{[^}]*Font Awesome[^}]*\}\n?", "", styles)
    escaped = re.findall(r"\\([ef][0-9a-f]{3})\b", styles)
    glyphs = {int(code, 16) for code in escaped} | {
        ord(c) for c in styles if "\ue000" <= c <= "\uf8ff"
    }
    if not glyphs:
        return styles
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    options = subset.Options(layout_features=[], name_IDs=[], notdef_outline=False, flavor="woff")
    font = subset.load_font(THEME / "vendor/fontawesome/webfonts/fa-solid-900.ttf", options)
    tool = subset.Subsetter(options)
    tool.populate(unicodes=glyphs)
    tool.subset(font)
    font.flavor, file = "woff", io.BytesIO()
    font["head"].modified = 0
    font.save(file)
    (static / "icons.woff").write_bytes(file.getvalue())
    face = (
        '@font-face{font-family:"Font Awesome 6 Free";font-weight:900;font-display:block;'
        'src:url("icons.woff") format("woff")}'
    )
    return f"{face}\n{styles}"


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
