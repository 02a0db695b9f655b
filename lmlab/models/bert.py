"""A small masked language model in Keras: the model of chapter 4.4, pre-trained on real text.

Shapes: B windows, T tokens, K blanks in each, D = d_model, V = vocab_size. Its blocks are those of
the small GPT (`gpt`); what differs is who sees whom, and that may be any matrix.

Source: Devlin et al. (2019), *BERT: pre-training of deep bidirectional transformers for language
understanding*. Left out: the special first token and the task of the next sentence.
"""

import dataclasses
from collections import Counter

import numpy as np

from lmlab.models.device import keras
from lmlab.models.gpt import Block, GPTConfig
from lmlab.models.sampling import require

__all__ = ["MASK", "PAD", "UNK", "MaskedLM", "Vocabulary", "corrupt", "windows_of"]

layers, ops = keras.layers, keras.ops

PAD, UNK, MASK = 0, 1, 2  # the first three tokens of each vocabulary
SPECIAL = ("[PAD]", "[UNK]", "[MASK]")


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows, lower case; all others are [UNK]."""

    words: tuple[str, ...]  # V, the special tokens first

    def __post_init__(self):
        first = self.words[: len(SPECIAL)]
        require(first == SPECIAL, "words", f"begin with {SPECIAL}", first)

    @classmethod
    def count(cls, words, size: int) -> "Vocabulary":
        """The most frequent of `words`, `size` with the special tokens; ties by the alphabet."""
        counts = Counter(word.lower() for word in words)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(SPECIAL + tuple(ranked[: size - len(SPECIAL)]))

    def encode(self, words) -> np.ndarray:
        """Tokens (W,) int32 of words; a special token may stand among them."""
        token = {word: i for i, word in enumerate(self.words)}
        return np.array([token.get(w if w in SPECIAL else w.lower(), UNK) for w in words], "int32")

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens)"


def windows_of(tokens: np.ndarray, document: np.ndarray, seq_len: int) -> np.ndarray:
    """Running text in windows (n, T) that do not overlap; none reaches over a document's end."""
    ends = np.flatnonzero(np.diff(document)) + 1
    parts = np.split(tokens, ends)
    whole = [part[: len(part) // seq_len * seq_len].reshape(-1, seq_len) for part in parts]
    return np.concatenate(whole)


def corrupt(windows: np.ndarray, blanks: int, vocab_size: int, rng) -> tuple[np.ndarray, ...]:
    """Choose blanks and spoil them 80/10/10, exactly over the whole batch.

    Args:
        windows: tokens (B, T).
        blanks: K, places chosen in each window, without [UNK] where there are enough others.
        vocab_size: V, from which the wrong words come.
        rng: NumPy generator.

    Returns:
        The spoiled windows (B, T), the chosen places (B, K) and the words that stood there (B, K):
        of the B·K places 8 of 10 hold [MASK], 1 of 10 a random word, the rest the word itself.
    """
    keys = rng.random(windows.shape) + (windows < len(SPECIAL))  # unknown words come last
    places = np.sort(np.argpartition(keys, blanks, axis=1)[:, :blanks], axis=1).astype("int32")
    truth = np.take_along_axis(windows, places, axis=1)
    order, now = rng.permutation(truth.size), truth.reshape(-1).copy()
    masked, random = truth.size * 8 // 10, truth.size // 10
    now[order[:masked]] = MASK
    now[order[masked : masked + random]] = rng.integers(len(SPECIAL), vocab_size, random)
    spoiled = windows.copy()
    np.put_along_axis(spoiled, places, now.reshape(truth.shape), axis=1)
    return spoiled, places, truth


class SeeingBlock(Block):
    """The block of the GPT, with a matrix that says who sees whom in place of the causal mask.

    Each head has a learned number for each distance between two places, which is added to its
    scores (Raffel et al., 2020): the model knows places by it alone, where BERT has learned vectors
    for places. First weights keep the size of what a layer reads.
    """

    def __init__(self, config: GPTConfig, **kwargs):
        super().__init__(config, **kwargs)
        deep, normal = (2 * config.num_layers) ** -0.5, keras.initializers.RandomNormal
        for layer, inputs, factor in (
            (self.qkv, 1, 1.0), (self.expand, 1, 1.0),
            (self.project, 1, deep), (self.contract, 4, deep),
        ):  # fmt: skip
            layer.kernel_initializer = normal(stddev=factor * (inputs * config.d_model) ** -0.5)
        self.size = config.seq_len
        table = (config.num_heads, 2 * self.size - 1)
        self.distance = self.add_weight(table, normal(stddev=1.0), name="distance")

    def call(self, x, seen, training=None):
        q, k, v = self.split(x)
        places = np.arange(x.shape[1])
        apart = places[None, :] - places[:, None] + self.size - 1  # (T, T), key minus query
        bias = ops.take(self.distance, apart.ravel(), axis=1)
        bias = ops.reshape(bias, (1, -1, *apart.shape))  # (1, N, T, T)
        return self.finish(x, ops.dot_product_attention(q, k, v, bias=bias, mask=seen), training)


@keras.saving.register_keras_serializable("lmlab")
class MaskedLM(keras.Model):
    """Tokens (B, T) → states (B, T, D); `logits` reads the words (…, V) from states.

    Args:
        config: sizes; `seq_len` is the longest window.
        pattern: which place sees which, (T, T) of 0 and 1, row = who looks; None: all see all.
            [PAD] is never seen.
    """

    def __init__(self, config: GPTConfig, pattern=None, **kwargs):
        super().__init__(**kwargs)
        self.config, d, size = config, config.d_model, config.seq_len
        self.pattern = np.ones((size, size), bool) if pattern is None else np.array(pattern, bool)
        shape = self.pattern.shape
        require(shape == (size, size), "pattern", f"have the shape {(size, size)}", shape)
        normal = keras.initializers.RandomNormal(stddev=0.02)
        self.tokens = layers.ReversibleEmbedding(config.vocab_size, d, True, normal)
        self.blocks = [SeeingBlock(config, name=f"block_{i}") for i in range(config.num_layers)]
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.bias = self.add_weight((config.vocab_size,), "zeros", name="bias")
        self.build((None, size))

    def build(self, shape):
        for layer in (self.tokens, *self.blocks, self.norm):
            layer.build((*shape, self.config.d_model))
        self.built = True

    def call(self, tokens, training=None):
        length, limit = tokens.shape[1] or 0, self.config.seq_len
        require(length <= limit, "tokens", f"have at most {limit} columns", length)
        return self.encode(self.embed(tokens), tokens != PAD, training)

    def embed(self, tokens):
        """(B, T) → (B, T, D)."""
        return self.config.d_model**0.5 * self.tokens(tokens)

    def encode(self, x, real=None, training=None):
        """States from embedded tokens (B, T, D); `real` (B, T) is false at [PAD]."""
        length = x.shape[1]
        seen = ops.convert_to_tensor(self.pattern[:length, :length])[None, None]  # (1, 1, T, T)
        if real is not None:
            seen = ops.logical_and(seen, real[:, None, None, :])
        for block in self.blocks:
            x = block(x, seen, training=training)
        return self.norm(x)

    def logits(self, states):
        """(…, D) → (…, V)."""
        return self.tokens(states, reverse=True) + self.bias

    def at(self, tokens, places, training=None):
        """Logits (B, K, V) at `places` (B, K) of `tokens` (B, T)."""
        states = self(tokens, training=training)
        return self.logits(ops.take_along_axis(states, places[:, :, None], axis=1))

    def get_config(self):
        config = {"config": dataclasses.asdict(self.config), "pattern": self.pattern.tolist()}
        return super().get_config() | config

    @classmethod
    def from_config(cls, config):
        return cls(**config | {"config": GPTConfig(**config["config"])})
