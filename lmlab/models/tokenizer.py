"""A byte-pair tokenizer with the vocabulary and the merges of a file."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

__all__ = ["Tokenizer"]


def _byte_letters() -> list[str]:
    """GPT-2's letter for each byte: itself where it can be seen, else one from U+0100 on."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return [chr(byte) if byte in seen else chr(next(hidden)) for byte in range(256)]


class Tokenizer:
    """Byte-pair encoding with the vocabulary and the merges of a file.

    Args:
        tokens: the text of every token, bytes written as GPT-2's letters.
        merges: the pairs that are joined, the most urgent first.
        special: numbers of the tokens that stand for no text, such as the ends of a turn.

    Source: Sennrich et al. (2016); pieces as in GPT-2, every digit alone. Own code, because the
    book needs 40 lines of what the package `tokenizers` does.
    """

    pieces = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
    letters = _byte_letters()

    def __init__(self, tokens: Sequence[str], merges: Sequence[str], special: Sequence[int] = ()):
        self.tokens = list(tokens)
        self.numbers = {token: number for number, token in enumerate(tokens)}
        self.ranks = {tuple(pair.split(" ")): rank for rank, pair in enumerate(merges)}
        self.special = {self.tokens[number]: number for number in special}
        self._bytes = {letter: byte for byte, letter in enumerate(self.letters)}
        self._word = lru_cache(50_000)(self._merge)

    @classmethod
    def from_fields(cls, fields: Mapping) -> "Tokenizer":
        """The tokenizer that a GGUF file describes."""
        kinds = fields["tokenizer.ggml.token_type"]
        special = [number for number, kind in enumerate(kinds) if kind == 3]
        return cls(fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.merges"], special)

    def __repr__(self) -> str:
        return f"Tokenizer({len(self.tokens):,} tokens)"

    def encode(self, text: str) -> list[int]:
        """The token numbers of a text.

        Raises:
            ValueError: the text holds a character whose bytes are in no token.
        """
        ends = "|".join(map(re.escape, self.special)) or r"(?!)"
        numbers = []
        for part in re.split(f"({ends})", text):
            if part in self.special:
                numbers.append(self.special[part])
                continue
            cut = "".join(f"\0{c}\0" if unicodedata.category(c)[0] == "N" else c for c in part)
            for run in cut.split("\0"):
                words = [run] if len(run) == 1 else self.pieces.findall(run)
                for word in words:
                    numbers += self._word(word)
        return numbers

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of token numbers; bytes that are no character become U+FFFD."""
        text = "".join(self.tokens[number] for number in numbers)
        parts = (bytes([self._bytes[c]]) if c in self._bytes else c.encode() for c in text)
        return b"".join(parts).decode(errors="replace")

    def _merge(self, word: str) -> tuple[int, ...]:
        parts = [self.letters[byte] for byte in word.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            joined, i = [], 0
            while i < len(parts):
                both = tuple(parts[i : i + 2]) == best
                joined.append("".join(best) if both else parts[i])
                i += 1 + both
            parts = joined
        if strange := [part for part in parts if part not in self.numbers]:
            raise ValueError(f"`text` holds {word!r}, whose byte {strange[0]!r} is in no token")
        return tuple(self.numbers[part] for part in parts)
