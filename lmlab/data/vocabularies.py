"""Real vocabularies: the byte-pair tokens of GPT-2 and of Qwen, read from pinned archives.

An archive lists the tokens by rank, the most urgent merge first. To encode, a text is cut into
pieces (words with the space before them, numbers, signs), and in each piece the two neighbours
whose joined bytes have the lowest rank are joined, until no pair is a token.

Chapter 5C builds a tokenizer of this kind in thirty lines. Provenance: the page *Data*.
"""

import base64
import functools
import re
import sys
import tarfile
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import DataError, Pin, load_arrays

__all__ = ["DataError", "Vocabulary", "draw_tokens", "load_gpt2_ranks", "load_qwen_ranks"]

GPT2_RANKS = Pin(
    name="openai-whisper",
    version="20250625",
    filename="openai_whisper-20250625.tar.gz",
    sha256="37a91a3921809d9f44748ffc73c0a55c9f366c85a3ef5c2ae0cc09540432eb96",
    size=803_191,
)
QWEN_RANKS = Pin(
    name="dashscope",
    version="2.0.2",
    filename="dashscope-2.0.2-py3-none-any.whl",
    sha256="0602d1800f7433bdb7953560986eaf5146454ed3988636c0a91963ba24e74258",
    size=2_425_551,
)

GPT2_PIECES = r"'(?:[sdmt]|ll|ve|re)| ?{L}+| ?{N}+| ?[^\s{LN}]+|\s+(?!\S)|\s+"
QWEN_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n{LN}]?{L}+|{N}| ?[^\s{LN}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


class Vocabulary:
    """The tokens of a byte-pair tokenizer, each with its rank.

    Args:
        tokens: the bytes of every token; its place is its number and its rank.
        pieces: how a text is cut first, a regular expression with `{L}`, `{N}` and `{LN}` for
            letters, numbers and both (the last inside brackets).
        form: Unicode form that a text is brought into first, such as `NFC`, or "".

    Raises:
        ValueError: one of the 256 bytes is no token, or a token is there twice.
    """

    def __init__(self, tokens: Sequence[bytes], pieces: str = GPT2_PIECES, form: str = ""):
        self.tokens = tuple(tokens)
        self.ranks = {token: rank for rank, token in enumerate(self.tokens)}
        if missing := [byte for byte in range(256) if bytes([byte]) not in self.ranks]:
            raise ValueError(f"`tokens` must hold all 256 bytes, {missing[0]} is missing")
        if len(self.ranks) < len(self.tokens):
            twice = len(self.tokens) - len(self.ranks)
            raise ValueError(f"`tokens` must differ from each other, got {twice} twice")
        self._pieces, self._form = _compiled(pieces), form
        self._piece = functools.lru_cache(50_000)(self._merge)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self):,} tokens)"

    def encode(self, text: str) -> list[int]:
        """The token numbers of a text; it comes back from `decode`, in the vocabulary's form."""
        if not isinstance(text, str):
            raise TypeError(f"`text` must be a str, got {type(text).__name__}")
        text = unicodedata.normalize(self._form, text) if self._form else text
        return [number for piece in self._pieces.findall(text) for number in self._piece(piece)]

    def split(self, text: str) -> list[bytes]:
        """The tokens of a text as bytes."""
        return [self.tokens[number] for number in self.encode(text)]

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of token numbers; bytes that are no character become U+FFFD.

        Raises:
            ValueError: a number is outside the vocabulary.
        """
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"`numbers` must be from 0 to {len(self) - 1}, got {number}")
        return b"".join(self.tokens[number] for number in numbers).decode(errors="replace")

    def _merge(self, piece: str) -> tuple[int, ...]:
        parts = [bytes([byte]) for byte in piece.encode()]
        while len(parts) > 1:
            ranks = [self.ranks.get(a + b, len(self)) for a, b in pairwise(parts)]
            place = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[place] == len(self):
                break
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        return tuple(self.ranks[part] for part in parts)


def draw_tokens(
    ax, tokens: Sequence[bytes], labels: Mapping[float, str], first_line: int, top: float = 0
):
    """Draw tokens as boxes over two lines of bytes, in two colours by turns.

    Args:
        ax: matplotlib axes; x counts bytes, a line is 1.25 high.
        tokens: the bytes of each token.
        labels: what stands at the place of a byte.
        first_line: how many bytes the first line takes; the second takes the rest.
        top: y of the lower edge of the first line.

    Returns:
        The same axes, with the number of tokens above the first line.
    """
    ends, boxes = np.cumsum([0, *map(len, tokens)]).tolist(), {0: [], 1: []}
    for number, (start, end) in enumerate(pairwise(ends)):
        for left, right in ((start, min(end, first_line)), (max(start, first_line), end)):
            if left < right:
                line = int(left >= first_line)
                x = left - first_line * line + 0.12 * (left == start)
                width = right - left - 0.12 * (left == start) - 0.12 * (right == end)
                boxes[line].append(((x, width), ("#fdd49e", "#9ecae1")[number % 2]))
    for line, row in boxes.items():
        if row:
            ranges, colours = zip(*row, strict=True)
            ax.broken_barh(ranges, (top - 1.25 * line, 0.9), facecolors=colours, linewidth=0)
    for place, label in labels.items():
        line = place >= first_line
        x, y = place - first_line * line + 0.5, top - 1.25 * line + 0.42
        ax.text(x, y, label, ha="center", va="center", fontsize=9)
    ax.text(0, top + 1.2, f"{len(tokens)} tokens", fontweight="bold", fontsize=10)
    ax.set_axis_off()
    return ax


def load_gpt2_ranks() -> Vocabulary:
    """Load the 50,256 byte-pair tokens of GPT-2 (its 50,257th marks the end of a text).

    Raises:
        DataError: If the archive cannot be had and read.

    Source: Radford et al. (2019); PyPI package openai-whisper 20250625, `gpt2.tiktoken`. MIT.
    """

    def read(archive):
        with tarfile.open(archive) as tar:
            path = "openai_whisper-20250625/whisper/assets/gpt2.tiktoken"
            return _read_ranks(tar.extractfile(path).read(), 50_256)

    return Vocabulary(_load_tokens(GPT2_RANKS, read, "the tokens of GPT-2"))


def load_qwen_ranks() -> Vocabulary:
    """Load the 151,643 byte-pair tokens of the Qwen models.

    Qwen brings a text into the Unicode form NFC and takes every digit alone.

    Raises:
        DataError: If the archive cannot be had and read.

    Source: Bai et al. (2023); PyPI package dashscope 2.0.2, `qwen.tiktoken`. Apache-2.0.
    """

    def read(archive):
        with ZipFile(archive) as wheel:
            return _read_ranks(wheel.read("dashscope/resources/qwen.tiktoken"), 151_643)

    tokens = _load_tokens(QWEN_RANKS, read, "the tokens of Qwen")
    return Vocabulary(tokens, QWEN_PIECES, form="NFC")


def _read_ranks(data: bytes, count: int) -> dict[str, np.ndarray]:
    """The lines "base64 of the token, rank" as arrays: all bytes in a row, and the sizes."""
    rows = [line.split() for line in data.splitlines() if line]
    tokens = [base64.b64decode(token) for token, _ in rows]
    if [int(rank) for _, rank in rows] != list(range(count)):
        raise ValueError(f"expected the ranks 0 to {count - 1}, received {len(rows)} lines")
    sizes = np.array([len(token) for token in tokens], np.int64)
    return {"tokens": np.frombuffer(b"".join(tokens), np.uint8), "sizes": sizes}


def _load_tokens(pin: Pin, read, what: str) -> list[bytes]:
    arrays = load_arrays(pin, ("tokens", "sizes"), read, what=what)
    data, ends = arrays["tokens"].tobytes(), np.cumsum(arrays["sizes"]).tolist()
    return [data[start:end] for start, end in pairwise([0, *ends])]


@functools.cache
def _compiled(pieces: str) -> re.Pattern:
    """The expression with Unicode's letters and numbers, which `re` has no names for."""
    letters, numbers = _span("L"), _span("N")
    both = letters + numbers
    for name, chars in (("{LN}", both), ("{L}", f"[{letters}]"), ("{N}", f"[{numbers}]")):
        pieces = pieces.replace(name, chars)
    return re.compile(pieces)


@functools.cache
def _span(kind: str) -> str:
    """All characters of a general category as ranges of a character class."""
    has = np.array([unicodedata.category(chr(i))[0] == kind for i in range(sys.maxunicode + 1)])
    edges = np.flatnonzero(np.diff(has, prepend=False, append=False)).reshape(-1, 2)
    return "".join(f"{chr(first)}-{chr(end - 1)}" for first, end in edges.tolist())
