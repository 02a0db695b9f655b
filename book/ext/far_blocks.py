"""What keeps a long page from being laid out at once.

Blocks beyond the first screens say about how high they are, for a phone and for a desk, and the
browser styles and lays them out when they come near (`content-visibility`). Code is exact; for
text the estimate is corrected when it is seen, and the browser keeps the reader's place.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from math import ceil

FIRST_SCREENS = 800  # pixels on a phone that are laid out in any case
TEXTS = {"p", "li", "summary", "figcaption", "label", "legend", "dt", "dd", "tr", "caption"}
EMPTY = {"img", "input", "br", "hr", "link", "meta", "source", "wbr", "col", "path", "area"}
HEADINGS = {"h1": 90, "h2": 80, "h3": 60, "h4": 50, "h5": 50, "h6": 50}
PARTS = {"section", "dl"}  # their children are blocks; of a list they are not: marks hang outside
WIDTHS = (44, 358), (86, 688)  # characters in a line and pixels of a column: phone, desk
LINE, GAP, CODE = (
    26.4,
    18.4,
    15.6,
)  # pixels of a line of text, between paragraphs, of a line of code

TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
TWINS = re.compile(r'<span class="(\w+)">([^<]*)</span>( *)<span class="\1">([^<]*)</span>')


@dataclass
class Block:
    """A child of a section: where its start tag ends in the text, and what takes room in it."""

    at: int
    tag: str
    height: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(self, phone: float, desk: float | None = None) -> None:
        self.height[0] += phone
        self.height[1] += phone if desk is None else desk

    def text(self, characters: int) -> None:
        self.add(*(ceil(characters / wide) * LINE for wide, _ in WIDTHS))

    def picture(self, width: int, height: int) -> None:
        self.add(*(height * min(1, column / width) for _, column in WIDTHS))


class _Blocks(HTMLParser):
    """Finds the blocks of a page's article, in order, with the headings between them."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.starts = [0, *(m.end() for m in re.finditer("\n", page))]
        self.stack: list[str] = []
        self.found: list[Block] = []
        self.block: Block | None = None
        self.depth = self.hidden = self.characters = 0
        self.feed(page)

    def _end_of_tag(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column + len(self.get_starttag_text()) - 1

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        if tag in EMPTY:
            self._empty(tag, given)
            return
        if self.block is None and self.stack and self.stack[-1] in PARTS and tag not in PARTS:
            self.block, self.depth = Block(self._end_of_tag(), tag), len(self.stack)
            self.found.append(self.block)
        self.stack.append(tag)
        if self.block is None:
            return
        if tag == "details" and "open" not in given:
            self.hidden = self.hidden or len(self.stack)
        if self._is_seen() and tag in TEXTS:
            self._line()
            inside = {"li", "td", "th", "dd"}.intersection(self.stack)
            if tag == "p" and len(self.stack) > self.depth + 1 and not inside:
                self.block.add(GAP)
            if tag in ("tr", "fieldset"):
                self.block.add(16)
        if tag == "div" and "math" in (given.get("class") or "").split() and self._is_seen():
            self.block.add(50)

    def _is_seen(self) -> bool:
        return self.block is not None and (
            not self.hidden or "summary" in self.stack[self.hidden :]
        )

    def _empty(self, tag: str, given: dict) -> None:
        if not self._is_seen():
            return
        if tag == "img" and (given.get("height") or "").isdigit():
            self.block.picture(int(given["width"]), int(given["height"]))
        elif tag == "input" and given.get("type") == "range":
            self.block.add(32, 0)

    def handle_data(self, data: str) -> None:
        if not self._is_seen():
            return
        if "pre" in self.stack:
            self.block.add(data.count("\n") * CODE)
        elif "mjx-container" not in self.stack:
            self.characters += len(" ".join(data.split()))

    def _line(self) -> None:
        if self.block and self.characters:
            self.block.text(self.characters)
        self.characters = 0

    def handle_endtag(self, tag: str) -> None:
        if tag in EMPTY or tag not in self.stack:
            return
        while self.stack.pop() != tag:
            pass
        if tag == "mjx-container" and self._is_seen():
            self.characters += 4
        if tag == "pre" and self._is_seen():
            self.block.add(42)
        if tag in TEXTS:
            self._line()
        if self.hidden and len(self.stack) < self.hidden:
            self.hidden = 0
        if self.block is not None and len(self.stack) <= self.depth:
            self._line()
            self.block = None


def blocks_of(page: str) -> list[Block]:
    """The children of the page's sections, headings too."""
    return _Blocks(page).found


def with_far_blocks(page: str) -> str:
    """A page whose blocks beyond the first screens carry a class and two heights in lines."""
    parts, end, above = [], 0, 0.0
    for block in blocks_of(page):
        is_far = above > FIRST_SCREENS and block.tag not in HEADINGS
        above += HEADINGS.get(block.tag, block.height[0])
        if is_far and block.height[0]:
            phone, desk = (round(height) for height in block.height)
            parts += [page[end : block.at], f' style="--p:{phone}px;--d:{desk}px" data-far']
            end = block.at
    return "".join([*parts, page[end:]])


def plain_tokens(styles: str) -> set[str]:
    """Classes of code whose every rule in the style sheet of code says what code is like anyway."""
    rules = re.findall(r"(html\S+) \.highlight (?:\.(\w+) )?\{([^}]*)\}", styles)
    base = {
        theme: re.search(r"(?<!-)color: \S+", text)[0] for theme, name, text in rules if not name
    }
    special = {name for theme, name, text in rules if name and text.strip(" ;") != base[theme]}
    return {name for _, name, _ in rules if name} - special


def with_few_tokens(page: str, plain: set[str]) -> str:
    """A page whose code has elements only where they change how it looks."""

    def unwrap(match: re.Match) -> str:
        return match[2] if match[1] in plain else match[0]

    def code(match: re.Match) -> str:
        text, more = TOKEN.sub(unwrap, match[0].replace("<span></span>", "")), 1
        while more:  # neighbours of one kind are one
            text, more = TWINS.subn(r'<span class="\1">\2\3\4</span>', text)
        return text

    return re.sub(r'<div class="highlight"><pre>.*?</pre>', code, page, flags=re.S)
